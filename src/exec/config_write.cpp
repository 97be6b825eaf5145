// SPDX-License-Identifier: GPL-3.0-or-later
#include "config_root.h"
#include "fields_text.h"
#include "fields_value.h"

namespace syconn {
namespace {

/// Block YAML with a comment a key.
class YamlWriter {
 public:
  void table(const Fields& fields, int indent) {
    for (const Field& field : fields.list()) value(field.key, field.slot, comment_of(field), indent);
  }

  void value(const std::string& key, const Slot& slot, const std::string& comment, int indent) {
    if (const auto* optional = std::get_if<std::shared_ptr<OptionalSlot>>(&slot.value);
        optional != nullptr && (*optional)->has_value())
      return value(key, (*optional)->get(), comment, indent);
    if (const auto* describe = std::get_if<DescribeFunction>(&slot.value)) {
      line(indent, key + ":", comment);
      return table(fields_of(*describe), indent + 2);
    }
    if (const auto* map = std::get_if<std::shared_ptr<MapSlot>>(&slot.value);
        map != nullptr && !(*map)->keys().empty()) {
      line(indent, key + ":", comment);
      for (const std::string& name : (*map)->keys()) value(yaml_text(name), (*map)->put(name), "", indent + 2);
      return;
    }
    if (const auto* list = std::get_if<std::shared_ptr<ListSlot>>(&slot.value);
        list != nullptr && (*list)->size() > 0 && std::holds_alternative<DescribeFunction>((*list)->at(0).value)) {
      line(indent, key + ":", comment);
      for (std::size_t i = 0; i < (*list)->size(); ++i) list_item((*list)->at(i), indent + 2);
      return;
    }
    line(indent, key + ": " + flow_yaml(slot), comment);
  }

  void line(int indent, const std::string& code, const std::string& comment) {
    text +=
        std::string(static_cast<std::size_t>(indent), ' ') + code + (comment.empty() ? "" : "  # " + comment) + "\n";
  }

  std::string text;

 private:
  void list_item(const Slot& slot, int indent) {
    YamlWriter inner;
    inner.table(fields_of(std::get<DescribeFunction>(slot.value)), indent + 2);
    if (inner.text.empty()) return line(indent, "- {}", "");
    inner.text[static_cast<std::size_t>(indent)] = '-';
    text += inner.text;
  }
};

/// `yaml`, each line at `indent`.
std::string indented(const std::string& yaml, int indent) {
  std::string text(static_cast<std::size_t>(indent), ' ');
  for (const char c : yaml) {
    text += c;
    if (c == '\n') text += std::string(static_cast<std::size_t>(indent), ' ');
  }
  return text + "\n";
}

/// Block text commented out, the marks in column `indent`.
std::string commented(const std::string& block, int indent) {
  std::string text;
  for (std::size_t at = 0, end; at < block.size(); at = end + 1) {
    end = std::min(block.find('\n', at), block.size());
    const auto space = static_cast<std::size_t>(indent);
    text += std::string(space, ' ') + "# " + block.substr(at + space, end - at - space) + "\n";
  }
  return text;
}

std::string example_block(const Field& field, int indent) {
  YamlWriter writer;
  if (field.example.empty()) {
    writer.value(field.key, field.slot, comment_of(field), indent);
  } else if (field.example.find('\n') == std::string::npos) {
    writer.line(indent, field.key + ": " + field.example, comment_of(field));
  } else {
    writer.line(indent, field.key + ":", comment_of(field));
    writer.text += indented(field.example, indent + 2);
  }
  return writer.text;
}

std::string template_table(const Fields& fields, int indent) {
  std::string text;
  for (const Field& field : fields.list()) {
    const auto* describe = std::get_if<DescribeFunction>(&field.slot.value);
    const bool is_written = field.required || (describe != nullptr && indent == 0);
    if (is_written && describe != nullptr) {
      YamlWriter head;
      head.line(indent, field.key + ":", comment_of(field));
      text += (indent == 0 ? "\n" : "") + head.text + template_table(fields_of(*describe), indent + 2);
    } else {
      const std::string block = example_block(field, indent);
      text += (indent == 0 ? "\n" : "") + (is_written ? block : commented(block, indent));
    }
  }
  return text;
}

}  // namespace

std::string resolved_yaml(const RunConfig& config, const std::vector<Section>& sections) {
  RunConfig copy = config;  // describing binds members, so it cannot work on a const config
  YamlWriter writer;
  writer.text = "# Configuration of a syconn run: every key with the value in use.\n";
  writer.table(root_fields(copy, sections), 0);
  return writer.text;
}

std::string config_template(const std::vector<Section>& sections) {
  RunConfig config = default_config(sections);
  return "# Configuration of a syconn run. Keys behind a # show their defaults: remove the # to change one.\n" +
         template_table(root_fields(config, sections), 0);
}

}  // namespace syconn
