// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "phantom_index.h"
#include "syconn/core/box3.h"

namespace syconn::phantom {

/// Blocks and their sub-blocks are aligned to the dataset's corner and always computed whole, so what a voxel becomes
/// does not depend on the chunk that asked for it.
inline constexpr std::int64_t kBlockX = 32, kBlockY = 32, kBlockZ = 16;
inline constexpr std::int64_t kSubX = 8, kSubY = 8, kSubZ = 4;
inline constexpr int kSubs = 64, kSubVoxels = 256, kBlockVoxels = kSubs * kSubVoxels;
/// The runner-up is exact where it lies within this of the winner (nm of depth difference).
inline constexpr float kBandNm = 120;
inline constexpr float kFar = 1e6F;

/// Per-voxel answers of one block, voxel index x + 32 (y + 32 z), local coordinates.
struct Block {
  Vec3i origin;
  std::vector<float> qx, qy, qz;  ///< query point of each voxel relative to `base`
  Vec3d base;
  std::vector<std::uint32_t> node, other;  ///< winner, best of another cell (kNone: none near)
  std::vector<float> depth, other_depth;   ///< their depths; -kFar for a constant sub-block, kFar for nothing near
  std::vector<float> third_depth;          ///< best of a third cell
  std::vector<char> inside;                ///< belongs to node's cell
  // organelles and junctions
  std::vector<std::uint32_t> mito, cloud, synapse;  ///< object index, kNone
  std::vector<float> mito_depth;
  Block();
  static std::int64_t at(std::int64_t x, std::int64_t y, std::int64_t z) { return x + kBlockX * (y + kBlockY * z); }
  float wall(std::size_t i) const { return 0.5F * (other_depth[i] - depth[i]); }  ///< distance to the wall
};

/// Fast exact nearest-tube queries for blocks of voxels: candidates are pruned per block and per sub-block by their
/// Lipschitz bounds.
class BlockPartition {
 public:
  explicit BlockPartition(const PhantomModel& model);
  /// Fills everything of `b` for the block at `origin` (multiple of the block's size), sub-blocks that meet `wanted`
  /// only.
  void compute(const Vec3i& origin, const Box3& wanted, Block& b) const;

 private:
  struct Candidates;
  void sub_block(int sub, const Candidates& c, Block& b) const;
  void classify(int sub, Block& b) const;
  void organelles(Block& b) const;
  void junctions(Block& b) const;
  Vec3d voxel_nm(const Vec3i& v) const { return (Vec3d(v) + Vec3d(0.5)) * model_.params.voxel_size_nm; }

  const PhantomModel& model_;
  std::vector<float> lipschitz_;
  std::vector<Tube> mito_tubes_, cloud_tubes_;
  TubeGrid mito_grid_, cloud_grid_, synapse_grid_;
};

}  // namespace syconn::phantom
