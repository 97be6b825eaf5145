// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/core/json.h"

namespace syconn {

/// The part of TOML that descriptions of KNOSSOS datasets use: [tables], [[arrays of tables]], bare and quoted keys,
/// strings in one line, numbers, booleans, arrays. Throws Error{input} with `origin` and the line.
Json parse_toml(const std::string& text, const std::string& origin);

}  // namespace syconn
