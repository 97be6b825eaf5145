// SPDX-License-Identifier: GPL-3.0-or-later
#include "yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

namespace syconn {
namespace {

/// Builds the tree from parser events: the node API of yaml-cpp hides duplicate keys, anchors and quotes.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string origin, Diagnostics& diagnostics) : origin_(std::move(origin)), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(make_node(YamlNode::Kind::null, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node;
    node.place = place(mark);
    node.refused = true;
    diagnostics_.error(node.place, "aliases (*name) are not supported: write the value out");
    finish(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make_node(YamlNode::Kind::scalar, mark, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";
    finish(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    stack_.push_back({make_node(YamlNode::Kind::list, mark, tag, anchor), std::nullopt});
  }
  void OnSequenceEnd() override { pop(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    stack_.push_back({make_node(YamlNode::Kind::map, mark, tag, anchor), std::nullopt});
  }
  void OnMapEnd() override { pop(); }

  std::optional<YamlNode> root;

 private:
  struct Frame {
    YamlNode node;
    std::optional<YamlNode> key;
  };

  Place place(const YAML::Mark& mark) const { return {origin_, mark.line + 1, mark.column + 1}; }

  YamlNode make_node(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    YamlNode node;
    node.kind = kind;
    node.place = place(mark);
    if (anchor != 0) diagnostics_.error(node.place, "anchors (&name) are not supported: write the value out");
    if (!tag.empty() && tag != "?" && tag != "!") {
      node.refused = true;
      diagnostics_.error(node.place, "tags (!name) are not supported: leave it out");
    }
    return node;
  }

  void pop() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    finish(std::move(node));
  }

  void finish(YamlNode node) {
    if (stack_.empty()) {
      root = std::move(node);
    } else if (Frame& top = stack_.back(); top.node.kind == YamlNode::Kind::list) {
      top.node.items.push_back(std::move(node));
    } else if (!top.key) {
      top.key = std::move(node);
    } else {
      const YamlNode key = std::move(*top.key);
      top.key.reset();
      add_entry(top.node, key, std::move(node));
    }
  }

  void add_entry(YamlNode& map, const YamlNode& key, YamlNode value) {
    if (key.refused) return;
    if (key.kind != YamlNode::Kind::scalar) {
      diagnostics_.error(key.place, "a key must be text, got " + got_text(key));
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      diagnostics_.error(key.place, "merge keys (<<) are not supported: write the keys out");
      return;
    }
    for (const YamlKey& other : map.keys)
      if (other.text == key.text) {
        diagnostics_.error(key.place, "duplicate key '" + key.text + "'" + position_in_tree() + ", first in line " +
                                          std::to_string(other.place.line));
        return;
      }
    if (value.kind == YamlNode::Kind::null && !value.refused)
      value.place = key.place;  // the parser's mark is the next token
    map.keys.push_back({key.text, key.place});
    map.items.push_back(std::move(value));
  }

  std::string position_in_tree() const {
    std::string path;
    for (const Frame& frame : stack_)
      if (frame.key) path += (path.empty() ? "" : ".") + frame.key->text;
    return path.empty() ? " at the top level" : " in '" + path + "'";
  }

  std::string origin_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
};

std::optional<YamlNode> parse(const std::string& text, const std::string& origin, Diagnostics& diagnostics) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  TreeBuilder builder(origin, diagnostics);
  if (!parser.HandleNextDocument(builder)) return std::nullopt;
  TreeBuilder rest(origin, diagnostics);
  if (parser.HandleNextDocument(rest)) {
    const Place place = rest.root ? rest.root->place : Place{origin};
    diagnostics.error(place, "a second YAML document begins here: keep one a file");
  }
  return std::move(builder.root);
}

}  // namespace

std::optional<YamlNode> parse_yaml(const std::string& text, const std::string& origin, Diagnostics& diagnostics) {
  try {
    return parse(text, origin, diagnostics);
  } catch (const YAML::Exception& e) {
    const Place place = e.mark.is_null() ? Place{origin} : Place{origin, e.mark.line + 1, e.mark.column + 1};
    diagnostics.error(place, "not valid YAML: " + e.msg);
  } catch (const std::exception& e) {  // what the parser lets through on garbage
    diagnostics.error({origin}, std::string("not valid YAML: ") + e.what());
  }
  return std::nullopt;
}

namespace {

void append_got(const YamlNode& node, std::string& out) {
  constexpr std::size_t kLimit = 60;
  if (out.size() > kLimit) return;
  switch (node.kind) {
    case YamlNode::Kind::null:
      out += "nothing";
      return;
    case YamlNode::Kind::scalar:
      out += node.quoted ? '"' + node.text + '"' : node.text;
      return;
    case YamlNode::Kind::list:
      out += '[';
      break;
    case YamlNode::Kind::map:
      out += '{';
      break;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) out += ", ";
    if (node.kind == YamlNode::Kind::map) out += node.keys[i].text + ": ";
    append_got(node.items[i], out);
  }
  out += node.kind == YamlNode::Kind::list ? ']' : '}';
}

}  // namespace

std::string got_text(const YamlNode& node) {
  std::string text;
  append_got(node, text);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  if (text.size() <= 60) return text;
  std::size_t cut = 57;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;  // no half UTF-8 character
  return text.substr(0, cut) + "...";
}

}  // namespace syconn
