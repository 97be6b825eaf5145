// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/vec3.h"
#include "syconn/io/dtype.h"

namespace syconn {

/// One fixed-size column: dataset `/<name>`, shape [n] (width 1) or [n, width].
struct ColumnSpec {
  std::string name;
  DType dtype = DType::u64;
  int width = 1;
  std::string units = {};        ///< "nm", "vx", "um2", …; empty: no unit
  std::string description = {};  ///< one line
  std::string enum_json = {};    ///< JSON object, code -> name; empty: not an enumeration

  friend bool operator==(const ColumnSpec&, const ColumnSpec&) = default;
};

/// One part of a ragged field: dataset `/<field>/<name>`, shape [R] (width 1) or [R, width]; the object in row r owns
/// the part's rows offset[r] … offset[r + 1].
struct PartSpec {
  std::string name;
  DType dtype = DType::u64;
  int width = 1;
  std::string offset = "offset";  ///< name of its offset dataset within the field; parts may share one
  bool bulk = true;               ///< zstd chunks of at most 64 KiB; false: contiguous (id lists, edges)
  std::string units = {};
  std::string description = {};
  std::string enum_json = {};

  friend bool operator==(const PartSpec&, const PartSpec&) = default;
};

struct FieldSpec {
  std::string name;
  std::vector<PartSpec> parts;

  friend bool operator==(const FieldSpec&, const FieldSpec&) = default;
};

/// What the shards of one stage hold. The column `id` (u64) is always there and not listed.
struct DatasetSchema {
  std::string type;  ///< sv, mi, cs, syn, …
  Vec3d voxel_size_nm;
  std::string provenance_json = "{}";  ///< the deterministic part only: no time, host, user
  std::vector<ColumnSpec> columns;
  std::vector<FieldSpec> fields;
};

/// Throws Error{runtime} for names that are not [a-z0-9_]+, twice the same name, a width < 1 or a row above 64 KiB.
void check_schema(const DatasetSchema& schema);

/// size_vx u64, bbox_min_vx, bbox_max_vx, rep_vx i64 [n,3], centroid_nm f64 [n,3]: what every type has besides `id`.
std::vector<ColumnSpec> common_columns();
/// `voxels`: x-runs in raster order, runs_vx i32 [R,4] = x, y, z, length; `more` are further parts with one row a run.
FieldSpec voxels_field(std::vector<PartSpec> more = {});
/// `mesh`: vertices_nm f32 [V,3] (vertex_offset), faces u32 [F,3] (face_offset), indices local to the object.
FieldSpec mesh_field();
/// A list of ids an object: part `ids` u64, and `more` parts with one row an id (`voxels` of an overlap, …).
FieldSpec ids_field(const std::string& name, const std::string& description, std::vector<PartSpec> more = {});

/// Shards of one type: one a 2^26 voxels of the dataset, at least 2, at most 128. A function of the dataset's size
/// only.
std::uint32_t n_shards(std::int64_t dataset_voxels);
inline constexpr std::uint32_t kMaxShards = 128;

/// `<type>/<stage>-<8 hex>_%04d.h5` and the name of one shard, relative to the folder of the top file.
std::string shard_pattern(const std::string& type, const std::string& stage, const std::string& hash8);
std::string shard_file_name(const std::string& type, const std::string& stage, const std::string& hash8,
                            std::uint32_t shard);

}  // namespace syconn
