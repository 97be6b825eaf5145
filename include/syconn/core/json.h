// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <nlohmann/json.hpp>

#include "syconn/core/error.h"

namespace syconn {

/// JSON with keys in insertion order, so that text is reproducible. Include from .cpp files and few headers only.
using Json = nlohmann::ordered_json;

/// Parses `text`; throws Error{input} as "`origin`: not valid JSON at byte N: …".
Json parse_json(const std::string& text, const std::string& origin);

}  // namespace syconn
