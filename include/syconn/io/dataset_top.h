// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"

namespace syconn {

/// The shard files of one stage, one a shard in shard order (those of empty shards too); names relative to the top
/// file's folder.
struct ShardSet {
  std::string stage;
  std::vector<std::string> files;
  std::vector<std::string> columns = {}, fields = {};  ///< what they give; filled by read_top_file, ignored in writing
};
/// `<type>/<stage>-<hash8>_%04d.h5` for all shards. Stages whose shards have hashes of their own (`sso`) fill `files`
/// themselves.
ShardSet shard_set(const std::string& type, const std::string& stage, const std::string& hash8, std::uint32_t n_shards);

/// What a user opens: `datasets/<type>.h5`.
struct TopFile {
  std::vector<ShardSet> sets;  ///< the stage that made the objects first, then those that added columns
  std::string provenance_json = "{}";
  bool complete = true;
};

/// More virtual sources than this would meet the usual limit of 1,024 open files, where HDF5 reads zeros without an
/// error.
inline constexpr std::size_t kMaxSources = 900;

/// Writes the top file at `path` (the caller renames it within the same folder): virtual columns over the non-empty
/// shards, `shard_start`, attributes format, version, type, voxel_size_nm, provenance, complete, files (ragged field ->
/// pattern, or a list of names where no pattern fits), sources (all of it, with byte sizes, for our reader) and
/// checksums. Opens every shard; throws Error{input} if one is missing or is not what its place says, if sets differ in
/// type, size or ids, or name a column twice; Error{runtime} for 900 sources or more.
void write_top_file(const fs::path& path, const TopFile& top);
/// write_top_file to a temporary name, then the atomic swap by commit_file().
void commit_top_file(const fs::path& path, const TopFile& top);

/// What a top file was written from. Opens no shard; throws Error{input} if it is missing or damaged.
TopFile read_top_file(const fs::path& path);
/// The top file with `added` in the place of what the same stage gave before, else at the end: how a later stage adds
/// columns. The stage that made the objects stays first.
TopFile with_shards(TopFile top, ShardSet added);

}  // namespace syconn
