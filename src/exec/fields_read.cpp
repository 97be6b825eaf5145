// SPDX-License-Identifier: GPL-3.0-or-later
#include "fields_read.h"

#include "fields_text.h"
#include "fields_value.h"

namespace syconn {

KeyPath KeyPath::key(const std::string& name) const {
  if (full.empty()) return {name, name, true};
  return {full + "." + name, is_section ? name : label + "." + name};
}
KeyPath KeyPath::entry(const std::string& name) const { return {full + "." + name, name}; }
KeyPath KeyPath::element(std::size_t index) const {
  const std::string suffix = "[" + std::to_string(index) + "]";
  return {full + suffix, label + suffix};
}
std::string KeyPath::inside() const { return full.empty() ? "at the top level" : "in '" + full + "'"; }

void ReadState::error(const KeyPath& path, const Place& place, const std::string& message) {
  diagnostics_.error(place, message);
  bad_.insert(path.full);
}

bool ReadState::is_bad(const std::string& full_path) const {
  for (auto it = bad_.lower_bound(full_path); it != bad_.end() && it->starts_with(full_path); ++it)
    if (it->size() == full_path.size() || (*it)[full_path.size()] == '.' || (*it)[full_path.size()] == '[') return true;
  return false;
}

void ReadState::note_defaults(const MapSlot& map, const KeyPath& path) {
  if (!noted_maps_.insert(path.full).second) return;
  for (const std::string& name : map.keys()) default_entries_.insert(path.entry(name).full);
}

const Place& ReadState::place_of(const std::string& full_path) const {
  const Place* place = nearest_place(places, full_path);
  return place != nullptr ? *place : file_;
}

const Place* nearest_place(const std::map<std::string, Place>& places, std::string key) {
  while (true) {
    if (const auto found = places.find(key); found != places.end()) return &found->second;
    const auto cut = key.find_last_of(".[");
    if (cut == std::string::npos) return nullptr;
    key.resize(cut);
  }
}

namespace {

bool has_named_keys(const Slot& slot) {
  if (const auto* optional = std::get_if<std::shared_ptr<OptionalSlot>>(&slot.value))
    return has_named_keys((*optional)->sample());
  return std::holds_alternative<DescribeFunction>(slot.value) ||
         std::holds_alternative<std::shared_ptr<MapSlot>>(slot.value);
}

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool read(const YamlNode& node, bool& value) {
  const bool yes = node.text == "true" || node.text == "True" || node.text == "TRUE";
  const bool no = node.text == "false" || node.text == "False" || node.text == "FALSE";
  value = yes;
  return (yes || no) && !node.quoted;
}
bool read(const YamlNode& node, std::int64_t& value) {
  const auto parsed = parse_int(node.text);
  return parsed && !node.quoted && (value = *parsed, true);
}
bool read(const YamlNode& node, int& value) {
  const auto parsed = parse_int(node.text);
  return parsed && !node.quoted && std::in_range<int>(*parsed) && (value = static_cast<int>(*parsed), true);
}
bool read(const YamlNode& node, std::uint64_t& value) {
  const auto parsed = parse_uint(node.text);
  return parsed && !node.quoted && (value = *parsed, true);
}
bool read(const YamlNode& node, double& value) {
  const auto parsed = parse_real(node.text);
  return parsed && !node.quoted && (value = *parsed, true);
}
bool read(const YamlNode& node, std::string& value) {
  value = node.text;
  return !has_control_characters(value);
}
template <class T>
bool read(const YamlNode& node, Vec3<T>& value) {
  if (node.items.size() != 3) return false;
  for (int axis = 0; axis < 3; ++axis)
    if (node.items[axis].kind != YamlNode::Kind::scalar || !read(node.items[axis], value[axis])) return false;
  return true;
}
template <class T>
constexpr YamlNode::Kind kKindOf = YamlNode::Kind::scalar;
template <class T>
constexpr YamlNode::Kind kKindOf<Vec3<T>> = YamlNode::Kind::list;

template <class T>
std::string limits_of(const T&) {
  if constexpr (!std::integral<T>)
    return "";
  else
    return "[" + std::to_string(std::numeric_limits<T>::min()) + ", " + std::to_string(std::numeric_limits<T>::max()) +
           "]";
}

bool in_range(const Range& range, long double value) { return value >= range.min && value <= range.max; }
template <class T>
bool in_range(const Range& range, const Vec3<T>& v) {
  return in_range(range, v.x) && in_range(range, v.y) && in_range(range, v.z);
}

/// "" or what the range says against the value.
template <class T>
std::string range_error(const Field& field, const T& value) {
  if constexpr (std::same_as<T, bool> || std::same_as<T, std::string>) {
    return "";
  } else {
    if (!field.range || in_range(*field.range, value)) return "";
    return range_text(*field.range);
  }
}

}  // namespace

void FieldsReader::unknown_key(const std::string& key, const Place& place, const Fields& fields, const KeyPath& path) {
  std::vector<std::string> known;
  for (const Field& field : fields.list()) known.push_back(field.key);
  state_.error(path.key(key), place, "unknown key '" + key + "' " + path.inside() + "." + did_you_mean(key, known));
}

void FieldsReader::read_table(const YamlNode& node, const Fields& fields, const KeyPath& path) {
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const auto field = std::find_if(fields.list().begin(), fields.list().end(),
                                    [&](const Field& candidate) { return candidate.key == key.text; });
    if (field == fields.list().end()) {
      unknown_key(key.text, key.place, fields, path);
      continue;
    }
    const KeyPath child = path.key(key.text);
    state_.places[child.full] = has_named_keys(field->slot) ? key.place : node.items[i].place;
    read_value(node.items[i], *field, field->slot, child);
  }
}

void FieldsReader::read_value(const YamlNode& node, const Field& field, const Slot& slot, const KeyPath& path) {
  if (node.refused) return;
  const auto wrong_type = [&] {
    state_.error(path, node.place,
                 "'" + path.label + "' must be " + expected_text(field, slot) + ", got " + got_text(node));
  };
  std::visit(Overloaded{[&](const DescribeFunction& describe) {
                          if (node.kind == YamlNode::Kind::null) return;  // a section with all keys commented out
                          if (node.kind != YamlNode::Kind::map) return wrong_type();
                          read_table(node, fields_of(describe), path);
                        },
                        [&](const std::shared_ptr<ListSlot>& list) {
                          if (node.kind != YamlNode::Kind::list) return wrong_type();
                          read_list(node, field, *list, path);
                        },
                        [&](const std::shared_ptr<MapSlot>& map) {
                          if (node.kind != YamlNode::Kind::map) return wrong_type();
                          read_map(node, field, *map, path);
                        },
                        [&](const std::shared_ptr<OptionalSlot>& optional) {
                          if (node.kind == YamlNode::Kind::null) return optional->reset();
                          read_value(node, field, optional->get(), path);
                        },
                        [&](const auto*) { read_scalar(node, field, slot, path); }},
             slot.value);
}

void FieldsReader::read_scalar(const YamlNode& node, const Field& field, const Slot& slot, const KeyPath& path) {
  const auto fail = [&](const std::string& what) { state_.error(path, node.place, "'" + path.label + "' " + what); };
  const auto read_into = [&]<class T>(T* target) {
    T value{};
    if (node.kind == YamlNode::Kind::scalar && !node.quoted && std::integral<T> && !std::same_as<T, bool> &&
        is_integer_text(node.text) && !read(node, value))
      return fail(node.text + " outside " + limits_of(value));
    if (node.kind != kKindOf<T> || !read(node, value))
      return fail("must be " + expected_text(field, slot) + ", got " + got_text(node));
    if (const std::string range = range_error(field, value); !range.empty()) {
      if (range == "[1, inf]") return fail("must be " + expected_text(field, slot) + ", got " + got_text(node));
      return fail(got_text(node) + " outside " + range);
    }
    if constexpr (std::same_as<T, std::string>)
      if (!field.choices.empty() && std::find(field.choices.begin(), field.choices.end(), value) == field.choices.end())
        return fail("must be " + expected_text(field, slot) + ", got " + got_text(node) + "." +
                    did_you_mean(value, field.choices));
    *target = value;
  };
  std::visit(Overloaded{[&](bool* v) { read_into(v); }, [&](int* v) { read_into(v); },
                        [&](std::int64_t* v) { read_into(v); }, [&](std::uint64_t* v) { read_into(v); },
                        [&](double* v) { read_into(v); }, [&](std::string* v) { read_into(v); },
                        [&](Vec3i* v) { read_into(v); }, [&](Vec3d* v) { read_into(v); }, [](const auto&) {}},
             slot.value);
}

void FieldsReader::read_list(const YamlNode& node, const Field& field, ListSlot& list, const KeyPath& path) {
  list.clear();
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const KeyPath element = path.element(i);
    state_.places[element.full] = node.items[i].place;
    read_value(node.items[i], field, list.append(), element);
  }
}

bool FieldsReader::check_name(const std::string& name, const Place& place, const KeyPath& map) {
  static const std::string kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!name.empty() && name.find_first_not_of(kAllowed) == std::string::npos) return true;
  state_.error(map.entry(name), place,
               "name '" + name + "' " + map.inside() + " must consist of letters, digits, '_' and '-'");
  return false;
}

void FieldsReader::read_map(const YamlNode& node, const Field& field, MapSlot& map, const KeyPath& path) {
  std::vector<std::string> names;
  for (const YamlKey& key : node.keys) names.push_back(key.text);
  state_.note_defaults(map, path);
  map.keep_only(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!check_name(names[i], node.keys[i].place, path)) continue;
    const KeyPath entry = path.entry(names[i]);
    const Slot slot = map.put(names[i]);
    state_.places[entry.full] = has_named_keys(slot) ? node.keys[i].place : node.items[i].place;
    read_value(node.items[i], field, slot, entry);
  }
}

}  // namespace syconn
