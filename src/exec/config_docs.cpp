// SPDX-License-Identifier: GPL-3.0-or-later
#include "config_root.h"
#include "fields_text.h"
#include "fields_value.h"

namespace syconn {
namespace {

constexpr const char* kIntroduction = R"(# Configuration

One YAML file describes a run: `syconn run -c run.yml`. `syconn config init` writes one to start from, `syconn config check`
reports every error in it at once, `syconn config show --resolved` prints every key with the value in use.

- Later wins: defaults, then the file, then `--set key=value` (as `--set contacts.closings=6`; the value is YAML).
- Triples are x, y, z. Units are in the names of keys: `_nm`, `_um`, `_vx` (voxels), `_s`.
- File paths are relative to the folder of the config file, in `--set` to the current folder. Paths of the dataset's volumes
  and tables are relative to `dataset.root`.
- Keys by name (`<name>` below): the names in the file are all there are; a name known to the defaults starts from its
  default values. `--set` adds or changes single names.
- YAML anchors, aliases, merge keys (`<<`) and tags are refused, and so are duplicate keys.
- Keys that change results make up the config's hash: results made with other values are not taken as input.
)";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
  return result;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + escaped(text) + "`"; }

struct DocsTable {
  std::string rows;

  void add(const std::string& prefix, const Fields& fields, bool changes_results) {
    for (const Field& field : fields.list())
      add_slot(prefix + field.key, field, field.slot, changes_results && field.changes_results, default_of(field));
  }

  static std::string default_of(const Field& field) {
    if (field.required) return "required";
    const std::string text = flow_yaml(field.slot);
    return text == "\"\"" || text == "null" ? "" : code(text);
  }

  void add_slot(const std::string& name, const Field& field, const Slot& slot, bool changes, const std::string& value) {
    if (const auto* describe = std::get_if<DescribeFunction>(&slot.value))
      return add(name + ".", fields_of(*describe), changes);
    if (const auto* optional = std::get_if<std::shared_ptr<OptionalSlot>>(&slot.value);
        optional != nullptr && is_table((*optional)->sample())) {
      row(name, field, "keys, optional", changes, value);
      return add_slot(name, field, (*optional)->sample(), changes, value);
    }
    if (const auto* map = std::get_if<std::shared_ptr<MapSlot>>(&slot.value);
        map != nullptr && is_table((*map)->sample())) {
      row(name, field, type_text(slot), changes, value);
      return add_slot(name + ".<name>", field, (*map)->sample(), changes, value);
    }
    if (const auto* list = std::get_if<std::shared_ptr<ListSlot>>(&slot.value);
        list != nullptr && is_table((*list)->sample())) {
      row(name, field, type_text(slot), changes, value);
      return add_slot(name + "[]", field, (*list)->sample(), changes, value);
    }
    row(name, field, type_text(slot), changes, value);
  }

  static bool is_table(const Slot& slot) { return std::holds_alternative<DescribeFunction>(slot.value); }

  void row(const std::string& name, const Field& field, const std::string& type, bool changes,
           const std::string& value) {
    rows += "| " + code(name) + " | " + type + " | " + value + " | " + escaped(limits_text(field)) + " | " +
            field.units + " | " + escaped(field.doc) + " | " + (changes ? "yes" : "no") + " |\n";
  }
};

constexpr const char* kHead =
    "| key | type | default | range | units | meaning | changes results |\n|---|---|---|---|---|---|---|\n";

}  // namespace

std::string config_docs(const std::vector<Section>& sections) {
  RunConfig config = default_config(sections);
  const Fields root = root_fields(config, sections);
  std::string text = kIntroduction;
  for (const Field& field : root.list()) {
    const auto* describe = std::get_if<DescribeFunction>(&field.slot.value);
    if (describe == nullptr) {
      DocsTable table;
      table.add_slot(field.key, field, field.slot, field.changes_results, DocsTable::default_of(field));
      text += "\n## `" + field.key + "`\n\n" + kHead + table.rows;
      continue;
    }
    DocsTable table;
    table.add("", fields_of(*describe), field.changes_results);
    text +=
        "\n## `" + field.key + "`: " + field.doc + "\n\n" + (table.rows.empty() ? "No keys.\n" : kHead + table.rows);
  }
  return text;
}

}  // namespace syconn
