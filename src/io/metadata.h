// SPDX-License-Identifier: GPL-3.0-or-later
// Metadata files of foreign volumes: JSON that nothing is believed of until it is checked.
#pragma once
#include <functional>
#include <string>

#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "syconn/core/vec3.h"

namespace syconn {

/// Coordinates and edges of volumes lie within ± this.
inline constexpr std::int64_t kMaxCoordinate = std::int64_t{1} << 48;

/// The text of a file of at most 16 MiB; throws Error{input}.
std::string read_metadata_text(const fs::path& path);
Json read_metadata(const fs::path& path);
/// Calls fn and names `path` in what it throws; errors of the JSON library become Error{input}.
void in_metadata(const fs::path& path, const std::function<void()>& fn);

/// A whole number within [low, high]; `what` names it. Throws Error{input}.
std::int64_t whole_number(const Json& value, const std::string& what, std::int64_t low, std::int64_t high);
/// A finite number above 0.
double positive_number(const Json& value, const std::string& what);
/// Three whole numbers within [low, high]; three finite numbers above 0.
Vec3i whole_triple(const Json& value, const std::string& what, std::int64_t low, std::int64_t high);
Vec3d positive_triple(const Json& value, const std::string& what);
/// A relative path without "..", as it is given; throws Error{input}.
fs::path inner_path(const std::string& text, const std::string& what);

}  // namespace syconn
