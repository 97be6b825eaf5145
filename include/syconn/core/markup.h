// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

namespace syconn {

/// `text` as it may stand between tags and in quoted attributes of HTML and SVG.
inline std::string escaped_markup(const std::string& text) {
  std::string result;
  for (const char c : text)
    result += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return result;
}

}  // namespace syconn
