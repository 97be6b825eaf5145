// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh_steps.h"
#include "record_cursor.h"
#include "syconn/algo/object_properties.h"
#include "syconn/exec/job.h"
#include "syconn/io/dataset_schema.h"
#include "syconn/io/shard_builder.h"

/// Config of `sso` and the records between its steps. A supervoxel's, organelle's or cell's slice is
/// shard_of(id, slices). Organelle types are numbered in the order of sso_types().
namespace syconn {

/// When an organelle belongs to a cell.
struct SsoOrganelleConfig {
  double min_ratio = 0.5;
  std::int64_t min_vx = 0;
  void describe(Fields& f);
};

struct SsoConfig {
  std::map<std::string, SsoOrganelleConfig> organelles;
  double fragment_nm = 5000;
  MeshSettings mesh;  ///< of cells

  SsoConfig();  ///< the paper's values of mi, vc and sj
  void describe(Fields& f);
  SsoOrganelleConfig rule(const std::string& type) const;
};

/// Organelle types with instances in this run, by name; `own`: `sso` writes their objects, since no `watershed` does.
struct SsoType {
  std::string name;
  bool own = false;
};
std::vector<SsoType> sso_types(const RunConfig& config);

/// Size, box, centroid (as sums) and representative voxel of an object.
struct ObjectRow {
  Id id = 0;
  std::uint64_t size_vx = 0;
  std::int64_t bbox_min[3] = {}, bbox_max[3] = {};
  std::uint64_t sum_vx[3] = {};
  std::int64_t rep[3] = {};

  Box3 bbox() const { return {{bbox_min[0], bbox_min[1], bbox_min[2]}, {bbox_max[0], bbox_max[1], bbox_max[2]}}; }
  Vec3i rep_vx() const { return {rep[0], rep[1], rep[2]}; }
};
ObjectRow object_row(const ObjectRecord& record, const Vec3i& units);

/// scan: the part of an object in one chunk, followed by its candidates. `type`: 0 for supervoxels.
struct PieceHeader {
  Id id = 0;
  std::uint64_t type = 0, size_vx = 0, n_candidates = 0;
  std::int64_t bbox_min[3] = {}, bbox_max[3] = {};
  std::uint64_t sum_vx[3] = {};
};
void append_piece(RecordFileWriter& file, std::uint32_t slice, const ObjectRecord& record, std::uint64_t type);
/// Calls fn(type, ObjectRecord of one piece) for each piece of a slice's bytes.
std::map<std::uint64_t, std::vector<ObjectRecord>> read_pieces(const std::vector<char>& bytes);

/// Voxels common to an organelle and a supervoxel (0: background).
struct OverlapRecord {
  std::uint64_t type = 0;
  Id organelle = 0, sv = 0;
  std::uint64_t voxels = 0;
  friend auto operator<=>(const OverlapRecord&, const OverlapRecord&) = default;
};
/// Sorts, and adds up records of one (type, organelle, sv).
void merge_overlaps(std::vector<OverlapRecord>& records);

struct SvCell {
  Id sv = 0, cell = 0;
  friend auto operator<=>(const SvCell&, const SvCell&) = default;
};
/// members -> cells.
struct MemberRow {
  Id cell = 0;
  ObjectRow sv;
};
/// members -> organelles.
struct CellOverlap {
  OverlapRecord overlap;
  Id cell = 0;
};
/// organelles -> cells.
struct CellOrganelle {
  Id cell = 0;
  std::uint64_t type = 0;
  Id organelle = 0;
  friend auto operator<=>(const CellOrganelle&, const CellOrganelle&) = default;
};

/// cells -> map: a cell whose meshes are made anew.
struct ChangedCell {
  Id cell = 0;
  std::int64_t bbox_min[3] = {}, bbox_max[3] = {};

  Box3 bbox() const { return {{bbox_min[0], bbox_min[1], bbox_min[2]}, {bbox_max[0], bbox_max[1], bbox_max[2]}}; }
};

/// Representative voxel, among those of its supervoxels (ascending by id) the nearest to the cell's centroid.
ObjectRow merge_members(Id cell, const std::vector<MemberRow>& members, const Vec3i& units);

void set_common(ShardBuilder& builder, const ObjectRow& row, const Vec3d& voxel_size_nm);

}  // namespace syconn
