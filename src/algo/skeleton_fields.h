// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of TEASAR over the slots of a component. Lengths are integers of 1/64 nm, so that sums are exact and
// fields do not depend on the order in which voxels are visited.
#pragma once
#include <array>
#include <vector>

#include "skeleton_bricks.h"

namespace syconn::skeleton {

inline constexpr double kUnitsPerNm = 64;
inline constexpr std::uint32_t kFar = 0xffffffffU;
inline constexpr std::uint64_t kUnreached = ~0ULL;

/// Step lengths by which axes differ: bit 0 x, bit 1 y, bit 2 z. Indexed by the xor of two places in a brick.
struct StepLengths {
  explicit StepLengths(const Vec3d& voxel_nm);
  std::uint32_t between(std::uint32_t place_a, std::uint32_t place_b) const { return by_xor[place_a ^ place_b]; }
  std::array<std::uint32_t, 64> by_xor;
  std::uint32_t shortest, longest;
};

/// Squared distance in nm² of every solid voxel to the nearest voxel that is not solid; exact up to float rounding.
std::vector<float> squared_edt(const Bricks& bricks, const Vec3d& voxel_nm);

/// Geodesic distance over the graph from one voxel, and the voxels in the order of the buckets that settled them.
struct Geodesic {
  std::vector<std::uint32_t> distance;     ///< a slot; kFar where not reached
  std::vector<std::uint32_t> order;        ///< slots, bucket by bucket
  std::vector<std::size_t> bucket_offset;  ///< into order
  std::uint32_t largest = 0;

  void compute(const Bricks& bricks, const StepLengths& steps, std::uint32_t source);
};

/// Cheapest cost of entering every voxel from the skeleton so far; entering a voxel costs its penalty, whatever the
/// step. The field is kept while the skeleton grows.
class PenaltyField {
 public:
  PenaltyField(const Bricks& bricks, std::vector<std::uint32_t> penalty);
  /// Makes voxels part of the skeleton (cost 0) and lowers what becomes cheaper.
  void add_sources(const std::vector<std::uint32_t>& slots);
  /// Voxels from `slot` to the first one of the skeleton, both included: at each step to the neighbour of the lowest
  /// cost, tie: raster.
  std::vector<std::uint32_t> path_from(std::uint32_t slot) const;

 private:
  struct Entry {
    std::uint64_t key;
    std::uint32_t slot;
  };
  void push(std::uint64_t key, std::uint32_t slot);
  bool pop(Entry& out);

  const Bricks& bricks_;
  std::vector<std::uint32_t> penalty_;
  std::vector<std::uint64_t> cost_;
  static constexpr std::size_t kMostTouched = std::size_t{1} << 20;
  std::vector<std::uint64_t> fresh_;         ///< a brick: voxels of the cell that the wave that runs has not reached
  std::vector<std::uint32_t> touched_;       ///< bricks that the wave reached, again and again; full: any
  std::array<std::vector<Entry>, 65> heap_;  ///< radix heap: bucket = highest bit that differs from last_
  std::uint64_t last_ = 0;
};

/// Which voxels the skeleton has claimed: within `reach` of a claiming voxel along the solid.
class Claims {
 public:
  Claims(const Bricks& bricks, const StepLengths& steps);
  struct Seed {
    std::uint32_t slot;
    std::uint32_t reach;  ///< 1/64 nm
  };
  void claim(std::vector<Seed> seeds);
  bool open(std::uint32_t slot) const { return open_[slot >> 6] >> (slot & 63) & 1; }

 private:
  void place(std::uint32_t slot, std::uint32_t left);

  const Bricks& bricks_;
  const StepLengths& steps_;
  std::vector<std::uint32_t> left_;  ///< remaining reach + 1; 0: not claimed
  std::vector<std::uint64_t> open_;  ///< a brick: graph voxels not claimed
  std::vector<std::vector<std::uint32_t>> ring_;
  std::uint32_t top_ = 0;  ///< remaining reaches lie at or below this while a claim runs
  std::size_t pending_ = 0;
};

}  // namespace syconn::skeleton
