// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "record_cursor.h"
#include "syconn/algo/object_properties.h"
#include "syconn/algo/runs.h"
#include "syconn/core/ids.h"
#include "syconn/io/dataset_schema.h"
#include "syconn/io/record_file.h"
#include "syconn/io/shard_builder.h"

/// Records between the steps of `contacts`. A pair's slice is part_of(mix64(sv_a, sv_b), slices).
namespace syconn {

struct SvPair {
  Id a = 0, b = 0;
  friend auto operator<=>(const SvPair&, const SvPair&) = default;
};

/// extract -> count: voxels of a pair in one chunk.
struct PairCount {
  SvPair pair;
  std::uint64_t cs_vx = 0, syn_vx = 0;
};

/// extract -> merge: followed by the cs runs, then the syn runs of the pair in one chunk.
struct PairRecord {
  SvPair pair;
  std::uint64_t n_sym = 0, n_asym = 0, n_cs_runs = 0, n_syn_runs = 0;
};

/// merge -> shards: followed by the runs, then (cs only) the part of each run.
struct ObjectHeader {
  Id id = 0;
  SvPair pair;
  std::uint64_t size_vx = 0, n_runs = 0, n_parts = 0, n_sym = 0, n_asym = 0;
  std::int64_t bbox_min[3] = {}, bbox_max[3] = {}, rep[3] = {};
  double centroid_nm[3] = {};
};

/// Size, box, centroid and representative voxel of raster-sorted runs.
void fill_properties(ObjectHeader& object, std::span<const Run> runs, const Vec3i& units, const Vec3d& voxel_size_nm);

DatasetSchema cs_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json);
DatasetSchema syn_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json);
/// One row of cs (with `part`, a run each) or of syn (`part` empty).
void add_object(ShardBuilder& shard, const ObjectHeader& object, std::span<const Run> runs,
                std::span<const std::uint32_t> part);

}  // namespace syconn
