// SPDX-License-Identifier: GPL-3.0-or-later
#include "fields_read.h"
#include "fields_value.h"

/// "--set a.b.c=value" and what is checked once everything is read.
namespace syconn {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// A value of the command line has no lines: each node's place is the whole option.
void set_places(YamlNode& node, const Place& place) {
  node.place = place;
  for (YamlKey& key : node.keys) key.place = place;
  for (YamlNode& item : node.items) set_places(item, place);
}

}  // namespace

void FieldsReader::apply_set(const std::string& set, const Fields& root) {
  const Place place{"--set " + set};
  const auto equals = set.find('=');
  if (equals == std::string::npos || equals == 0) {
    state_.diagnostics().error(place, "must read key=value, as contacts.closings=6");
    return;
  }
  Diagnostics of_value(place.origin);
  auto value = parse_yaml(set.substr(equals + 1), place.origin, of_value);
  if (of_value.count() > 0) return state_.diagnostics().take(of_value, place);
  Set target{split(set.substr(0, equals), '.'), value ? std::move(*value) : YamlNode{}, place};
  set_places(target.value, place);
  set_in_table(target, 0, root, {});
}

void FieldsReader::set_in_table(const Set& set, std::size_t at, const Fields& fields, const KeyPath& path) {
  for (const Field& field : fields.list()) {
    if (field.key != set.keys[at]) continue;
    const KeyPath child = path.key(field.key);
    return set_in_slot(set, at + 1, field, field.slot, child);
  }
  unknown_key(set.keys[at], set.place, fields, path);
}

void FieldsReader::set_in_slot(const Set& set, std::size_t at, const Field& field, const Slot& slot,
                               const KeyPath& path) {
  if (at == set.keys.size()) {
    state_.places[path.full] = set.place;
    return read_value(set.value, field, slot, path);
  }
  state_.places.try_emplace(path.full, set.place);
  if (const auto* describe = std::get_if<DescribeFunction>(&slot.value))
    return set_in_table(set, at, fields_of(*describe), path);
  if (const auto* optional = std::get_if<std::shared_ptr<OptionalSlot>>(&slot.value))
    return set_in_slot(set, at, field, (*optional)->get(), path);
  if (const auto* map = std::get_if<std::shared_ptr<MapSlot>>(&slot.value)) {
    state_.note_defaults(**map, path);
    if (!check_name(set.keys[at], set.place, path)) return;
    return set_in_slot(set, at + 1, field, (*map)->put(set.keys[at]), path.entry(set.keys[at]));
  }
  const bool is_list = std::holds_alternative<std::shared_ptr<ListSlot>>(slot.value);
  state_.error(path, set.place,
               is_list ? "no part of the list '" + path.full + "' can be set: set the whole list"
                       : "unknown key '" + set.keys[at] + "' in '" + path.full + "': it holds one value");
}

void FieldsFinisher::finish_table(const Fields& fields, const KeyPath& path, bool required) {
  for (const Field& field : fields.list()) finish_field(field, path.key(field.key), required);
  run_checks(fields, path);
}

void FieldsFinisher::run_checks(const Fields& fields, const KeyPath& path) {
  if (!path.full.empty() && state_.is_bad(path.full)) return;
  for (const Field& field : fields.list()) {
    if (!field.check || state_.is_bad(path.key(field.key).full)) continue;
    const std::string wrong = field.check();
    if (wrong.empty()) continue;
    const KeyPath key = path.key(field.key);
    state_.error(key, state_.place_of(key.full), "'" + key.label + "' " + wrong + ", got " + flow_yaml(field.slot));
  }
}

void FieldsFinisher::finish_field(const Field& field, const KeyPath& path, bool required) {
  if (required && field.required && !state_.places.contains(path.full)) return report_missing(field, path);
  finish_slot(field.slot, field, path, required);
}

void FieldsFinisher::report_missing(const Field& field, const KeyPath& path) {
  const auto dot = path.full.rfind('.');
  const std::string parent = dot == std::string::npos ? "" : path.full.substr(0, dot);
  state_.error(path, state_.place_of(parent), "missing key '" + field.key + "' " + KeyPath{parent, ""}.inside());
}

bool FieldsFinisher::is_made_here(const std::string& entry) const {
  return state_.places.contains(entry) && !state_.is_default_entry(entry);
}

void FieldsFinisher::finish_slot(const Slot& slot, const Field& field, const KeyPath& path, bool required) {
  if (state_.is_unusable(path.full)) return;
  std::visit(Overloaded{[&](const DescribeFunction& describe) { finish_table(fields_of(describe), path, required); },
                        [&](const std::shared_ptr<ListSlot>& list) {
                          for (std::size_t i = 0; i < list->size(); ++i)
                            finish_slot(list->at(i), field, path.element(i),
                                        state_.places.contains(path.element(i).full));
                        },
                        [&](const std::shared_ptr<MapSlot>& map) {
                          for (const std::string& name : map->keys())
                            finish_slot(map->put(name), field, path.entry(name), is_made_here(path.entry(name).full));
                        },
                        [&](const std::shared_ptr<OptionalSlot>& optional) {
                          if (optional->has_value()) finish_slot(optional->get(), field, path, required);
                        },
                        [&](std::string* text) {
                          if (field.is_file_path) make_absolute(*text, path);
                        },
                        [](const auto*) {}},
             slot.value);
}

void FieldsFinisher::make_absolute(std::string& text, const KeyPath& path) {
  if (text.starts_with("~"))
    state_.error(path, state_.place_of(path.full), "'" + path.label + "' must be written without ~, got " + text);
  if (text.empty() || text.find("://") != std::string::npos) return;  // an address is no path
  const auto given = state_.places.find(path.full);
  const bool from_set = given != state_.places.end() && given->second.line == 0;
  fs::path absolute = ((from_set ? current_ : folder_) / text).lexically_normal();
  if (!absolute.has_filename() && absolute.has_relative_path()) absolute = absolute.parent_path();  // "x/." -> "x"
  text = absolute.string();
}

}  // namespace syconn
