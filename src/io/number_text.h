// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <charconv>
#include <string>

namespace syconn {

/// The fewest digits that read back as the same number, without exponent where that is short.
template <class T>
std::string number_text(T value) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace syconn
