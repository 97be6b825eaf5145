// SPDX-License-Identifier: GPL-3.0-or-later
// The attribute `sources` of a top file: which files hold which columns and fields.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/json.h"

namespace syconn {

/// Shards of one stage: [{"stage", "files": pattern or list, "bytes": [...], "columns": [...], "fields": [...]}, …].
struct StageSource {
  std::string stage;
  std::vector<std::string> files;    ///< one a shard, relative to the top file's folder
  std::vector<std::uint64_t> bytes;  ///< size of each
  std::vector<std::string> columns, fields;
};

/// "x_%04d.h5" if the names are that pattern, else the list.
Json files_to_json(const std::vector<std::string>& files);
Json sources_to_json(const std::vector<StageSource>& sources);
/// Throws Error{input} naming `origin`; every source has `n_shards` files and sizes.
std::vector<StageSource> sources_from_json(const std::string& text, std::size_t n_shards, const std::string& origin);

}  // namespace syconn
