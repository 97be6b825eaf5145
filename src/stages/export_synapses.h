// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>

#include "export_steps.h"
#include "syconn/io/annotation_grid.h"
#include "syconn/io/precomputed_annotations.h"

/// Synapses on their way into the annotation layer.
namespace syconn {

/// spread -> ends: what the table says.
struct SynapseRow {
  Id id = 0, cell_a = 0, cell_b = 0, pre_id = 0, post_id = 0;
  std::int64_t rep_vx[3] = {};
  float prob = 0, area_um2 = 0;
  std::uint32_t size_vx = 0;
  std::int8_t sign = 0;
  std::uint8_t from_comp = 255, to_comp = 255, from_type = 255, to_type = 255;
  std::uint8_t unused[7] = {};

  bool directed() const { return pre_id != 0 && post_id != 0; }
  Id from() const { return directed() ? pre_id : cell_a; }
  Id to() const { return directed() ? post_id : cell_b; }
  Vec3i rep() const { return {rep_vx[0], rep_vx[1], rep_vx[2]}; }
};

/// ends -> sort -> annotations: a line as it stands in the layer. `key`: cell of the grid, related cell, or id.
struct AnnotationRecord {
  std::uint64_t key = 0;
  Id id = 0, from = 0, to = 0;
  std::uint32_t directed = 0;
  char line[44] = {};
};

/// ends -> levels: lines that meet a cell of a level's grid.
struct CellCount {
  std::uint64_t cell = 0;  ///< raster index
  std::uint32_t level = 0, n = 0;
};

/// Properties of every line; the order of line_values(). `types` are names of cell types by code.
std::vector<AnnotationProperty> line_properties(const std::map<std::int64_t, std::string>& types);
std::array<double, 8> line_values(const SynapseRow& row);
inline const std::array<const char*, 4> kRelationships{"pre_segment", "post_segment", "cell_a", "cell_b"};

/// The box of a block that holds a voxel.
std::int64_t block_of(const PrecomputedPyramid& pyramid, const Vec3i& voxel);

/// What an annotation file holds. They are counted through: by id, each relationship, each level of the grid.
class AnnotationFiles {
 public:
  explicit AnnotationFiles(const Geometry& g);
  std::uint32_t count() const { return begin_.back(); }
  std::size_t layers() const { return begin_.size() - 1; }
  std::uint32_t file_of(std::size_t layer, std::uint64_t key) const {
    return begin_[layer] + static_cast<std::uint32_t>(layouts_[layer].shard_of(key));
  }
  static std::size_t level_layer(std::size_t level) { return 1 + kRelationships.size() + level; }

  struct File {
    std::size_t layer;
    std::uint64_t shard;
    fs::path path;  ///< in the layer's folder
    const ShardLayout* layout;
  };
  File file(std::uint32_t index) const;
  const std::vector<AnnotationGridLevel>& levels() const { return levels_; }
  const ShardLayout& ids() const { return layouts_[0]; }

 private:
  std::vector<AnnotationGridLevel> levels_;
  std::vector<ShardLayout> layouts_;
  std::vector<std::string> folders_;
  std::vector<std::uint32_t> begin_{0};
};

}  // namespace syconn
