// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/import_swc.h"

#include <algorithm>

#include "import_swc_rows.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/core/sha256.h"
#include "syconn/core/version.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/table_csv.h"

/// Neurons from SWC files as the cells of a run: docs/stages/import-swc.md.
namespace syconn {
namespace {

constexpr const char* kName = "import-swc";

void check(const SwcImport& o) {
  if (!(o.nm_per_unit > 0) || o.nm_per_unit > 1e9)
    throw Error(Category::config, "import swc: the unit must be more than 0 and at most 1e9 nm");
  if (!o.types.empty() && o.folder_types)
    throw Error(Category::config, "import swc: types come from a table or from the folders, not from both");
  if (o.max_nodes < 1 || o.max_nodes > 1'000'000'000)
    throw Error(Category::config, "import swc: a file may have 1 to 10^9 nodes");
  if (!(o.surface.points_per_um2 > 0) || !(o.surface.min_radius_nm > 0) || o.surface.max_points < 1)
    throw Error(Category::config, "import swc: density, smallest radius and number of points must be positive");
  if (!fs::is_directory(o.folder)) throw Error(Category::input, "there is no folder '" + o.folder.string() + "'");
}

/// Of all that the tables depend on: options, and the files' names, types and bytes.
std::string hash_of(const SwcImport& o, const SwcFiles& list) {
  Json settings{{"unit_nm", o.nm_per_unit},
                {"center", o.center},
                {"compartments", o.compartments},
                {"points_per_um2", o.surface.points_per_um2},
                {"min_radius_nm", o.surface.min_radius_nm},
                {"max_points", o.surface.max_points},
                {"types", list.types}};
  std::vector<std::uint32_t> crc(list.files.size());
  parallel_for(static_cast<std::int64_t>(crc.size()), o.threads, [&](std::int64_t i) {
    crc[static_cast<std::size_t>(i)] = file_crc32c(list.files[static_cast<std::size_t>(i)].path);
  });
  std::string text = settings.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t i = 0; i < crc.size(); ++i) {
    const SwcFile& f = list.files[i];
    text +=
        '\n' + std::to_string(f.id) + ' ' + std::to_string(f.code) + ' ' + std::to_string(crc[i]) + ' ' + f.relative;
  }
  return sha256_hex(text);
}

std::string provenance(const std::string& hash) {
  return Json{{"tool", "syconn"}, {"version", version()}, {"stage", kName}, {"stage_sha256", hash}}.dump();
}

/// True: the folder holds this import. Throws for other cells.
bool is_done(const fs::path& top, const std::string& provenance_json) {
  if (!fs::exists(top)) return false;
  if (read_top_file(top).provenance_json == provenance_json) return true;
  throw Error(Category::input, "'" + top.string() + "' holds other cells; give another folder, or remove this one");
}

std::vector<SwcRow> write_shards(const SwcImport& o, const SwcFiles& list, const ShardSet& set,
                                 const DatasetSchema& schema) {
  std::vector<SwcRow> rows(list.files.size());
  const auto n = static_cast<std::uint32_t>(set.files.size());
  parallel_for(n, o.threads, [&](std::int64_t k) {
    const auto shard = static_cast<std::uint32_t>(k);
    const fs::path path = o.out / "datasets" / set.files[shard];
    ShardBuilder builder(schema, {shard, n, std::uint64_t{256} << 20, path.parent_path(), 1});
    for (std::size_t i = 0; i < list.files.size(); ++i)
      if (shard_of(list.files[i].id, n) == shard) rows[i] = add_swc_cell(builder, list.files[i], o);
    builder.commit(path);
  });
  return rows;
}

void write_names(const fs::path& path, const SwcFiles& list, const std::vector<SwcRow>& rows) {
  const fs::path temporary = temporary_name(path);
  CsvWriter csv(temporary, {"id", "name", "file", "type", "nodes", "points"});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SwcFile& f = list.files[i];
    csv.add(f.id).add(f.name).add(f.relative).add(f.type).add(rows[i].nodes).add(rows[i].points).end_row();
  }
  csv.close();
  commit_file(temporary, path);
}

/// So that stages can be run on the cells. The box starts at 0, whatever lies below.
void write_config(const fs::path& path, const std::vector<SwcRow>& rows) {
  Vec3i size(64);
  for (const SwcRow& row : rows) size = max(size, row.max_vx);
  const auto triple = [](const auto& v) {
    return "[" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + "]";
  };
  const auto voxel = static_cast<std::int64_t>(kSwcVoxelNm);
  write_file_atomically(path, "# Cells of SWC files, by syconn import swc.\ndataset:\n  name: swc\n  voxel_size_nm: " +
                                  triple(Vec3i(voxel)) + "\n  box_vx: {min: [0, 0, 0], max: " + triple(size) +
                                  "}\n  volumes: {}\nstages: [celltype]\n");
}

}  // namespace

SwcImported import_swc(const SwcImport& options) {
  check(options);
  SwcImported counts;
  const SwcFiles list = list_swc_files(options, counts);
  counts.cells = list.files.size();
  const std::string hash = hash_of(options, list), origin = provenance(hash);
  const fs::path top = options.out / "datasets/ssv.h5";
  counts.was_there = is_done(top, origin);
  if (counts.was_there) return counts;
  const auto n = static_cast<std::uint32_t>(std::clamp<std::size_t>(list.files.size() / 32, 2, kMaxShards));
  const ShardSet set = shard_set("ssv", kName, hash.substr(0, 8), n);
  make_folder(options.out / "datasets/ssv");
  sweep_temporaries(options.out / "datasets/ssv");
  const std::vector<SwcRow> rows = write_shards(options, list, set, swc_schema(list.types, origin));
  for (const SwcRow& row : rows) counts.nodes += row.nodes, counts.points += row.points;
  write_names(options.out / "cells.csv", list, rows);
  write_config(options.out / "config.yml", rows);
  commit_top_file(top, {{set}, origin, true});
  return counts;
}

}  // namespace syconn
