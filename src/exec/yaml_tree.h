// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/exec/diagnostics.h"

namespace syconn {

struct YamlKey {
  std::string text;
  Place place;
};

/// A YAML document as written: scalars untyped, keys in order, each with its place.
struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;             ///< scalar
  bool quoted = false;          ///< scalar in quotes or block style
  bool refused = false;         ///< an error was reported for this very node: say no more about it
  std::vector<YamlKey> keys;    ///< map
  std::vector<YamlNode> items;  ///< list elements, or the map's values beside `keys`
};

/// Parses one document. Syntax errors, duplicate keys, anchors, aliases, merge keys, tags, a second document and keys
/// that are no text go to `diagnostics`; std::nullopt after a syntax error or for a text without content.
std::optional<YamlNode> parse_yaml(const std::string& text, const std::string& origin, Diagnostics& diagnostics);

/// The node on one line as a user would write it, shortened to ~60 characters, for "got …".
std::string got_text(const YamlNode& node);

}  // namespace syconn
