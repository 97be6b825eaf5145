// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"
#include "syconn/io/precomputed_shard_writer.h"

namespace syconn {

/// One scale of a Neuroglancer precomputed volume.
struct PrecomputedScale {
  Vec3i mag;    ///< dataset voxels along the edges of one voxel
  Box3 box;     ///< voxels of this scale
  Vec3i chunk;  ///< voxels of a chunk; those at the upper faces are cut off
  Vec3d voxel_nm;
  ShardLayout layout;  ///< data_gzip: see PrecomputedEncoding

  std::string key() const;  ///< its folder: "10_10_25"
  Vec3i grid() const;       ///< chunks along x, y, z
  Box3 chunk_box(const Vec3i& cell) const;
};

/// How a volume splits into scales, chunks and shards so that each shard of the finer scales has one writer: the blocks
/// are boxes of 64 × (mag of scale block_level()) voxels, and of every finer scale a block's chunks are one shard. All
/// scales from block_level() on are one shard each; they start from 64³ voxels a block. A pure function of box and
/// voxel size: at most 64 blocks while they are smaller than 2^26 voxels or so, at most 4,096 in all.
/// An axis is halved from one scale to the next while its voxel is less than sqrt(2) times the smallest edge; the last
/// scale has at most 128 voxels along each axis, or is the first of one cube. Where the box does not start at a
/// multiple of the coarsest voxel, the volume starts at the multiple below it, filled with 0.
class PrecomputedPyramid {
 public:
  PrecomputedPyramid(const Box3& box, const Vec3d& voxel_nm);

  const std::vector<PrecomputedScale>& scales() const { return scales_; }
  int block_level() const { return block_level_; }
  const Vec3i& blocks() const { return blocks_; }  ///< along x, y, z
  std::int64_t block_count() const { return blocks_.product(); }
  Vec3i block_position(std::int64_t index) const;
  /// Shard of a finer scale that holds the chunks of a block.
  std::uint64_t block_shard(const Vec3i& position) const { return grid_key(position, blocks_); }
  /// The 64³ voxels at `position` of a level (beyond the last scale too), not clipped: dataset voxels; voxels of the
  /// level.
  Box3 cube(int level, const Vec3i& position) const;
  Box3 cube_at(int level, const Vec3i& position) const;
  /// Whether any voxel of the volume lies in the cube.
  bool holds(int level, const Vec3i& position) const {
    return !intersect(cube(level, position), Box3{origin_, box_.max}).empty();
  }
  /// Finer voxels along the edges of a voxel of `level`, 1 or 2 each; level > 0.
  Vec3i factor(int level) const;
  /// The level whose one cube holds the whole volume.
  int top_level() const { return static_cast<int>(mags_.size()) - 1; }
  const Box3& box() const { return box_; }  ///< dataset voxels that have values
  /// The voxels of `level` that have values.
  Box3 box_at(int level) const;

 private:
  bool plan(const Vec3d& voxel_nm);
  void add_scale(const Vec3d& voxel_nm);
  Box3 box_;
  Vec3i origin_, blocks_;
  int block_level_ = 1;
  std::vector<Vec3i> mags_;
  std::vector<PrecomputedScale> scales_;
};

/// compressed_segmentation (gzip on top), or of images: raw (gzip on top) or png.
enum class PrecomputedEncoding { labels, raw, png };

struct PrecomputedInfo {
  PrecomputedEncoding encoding = PrecomputedEncoding::labels;
  std::string mesh = {}, skeletons = {}, segment_properties = {};  ///< folders relative to the volume's; may be empty
};
/// The text of the file `info`.
std::string precomputed_volume_info(const PrecomputedPyramid& pyramid, const PrecomputedInfo& info);

/// One shard of a scale. Chunks must be whole: their box is a chunk_box(); in any order.
class PrecomputedChunks {
 public:
  PrecomputedChunks(const fs::path& path, const PrecomputedScale& scale, PrecomputedEncoding encoding,
                    std::uint64_t shard);
  void add(const Volume<Id>& chunk);
  void add(const Volume<std::uint8_t>& chunk);
  void close() { file_.close(); }

 private:
  void add(const Box3& box, const std::vector<char>& bytes);
  PrecomputedScale scale_;
  PrecomputedEncoding encoding_;
  ShardFileWriter file_;
  std::vector<char> encoded_;
};

}  // namespace syconn
