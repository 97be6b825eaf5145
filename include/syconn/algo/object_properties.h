// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/runs.h"
#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// Voxel size as the integers distances are compared in: whole picometres, divided by their greatest common divisor.
/// Throws Error{config} unless every edge is positive and at most 1 mm.
Vec3i distance_units(const Vec3d& voxel_size_nm);

/// What is known of an object from a part of its voxels. Parts are merged in any order and grouping with the same
/// result.
struct ObjectRecord {
  Id id = 0;
  std::uint64_t size_vx = 0;
  Box3 bbox;                   ///< half-open
  Vec3<std::uint64_t> sum_vx;  ///< of the voxels' coordinates, which must not be negative
  std::vector<Vec3<std::int32_t>>
      candidates;  ///< a touched 64^3 tile: its voxel nearest to the centroid there; raster order

  friend bool operator==(const ObjectRecord&, const ObjectRecord&) = default;
};

/// Edge of the tiles behind representative voxels; they start at the dataset's corner.
inline constexpr std::int64_t kRepTile = 64;

/// Adds `from` (same object, disjoint voxels, no tile in common) to `into`.
void merge(ObjectRecord& into, const ObjectRecord& from);
/// Merges records of equal id; the result ascends by id.
std::vector<ObjectRecord> merge_records(std::vector<ObjectRecord> records);

/// Mean of the voxels' centres (v + 0.5) * voxel size.
Vec3d centroid_nm(const ObjectRecord& record, const Vec3d& voxel_size_nm);
/// The representative voxel: in each tile the object's voxel nearest to the object's centroid within that tile; among
/// these the nearest to the whole centroid. Compared exactly, in integers; ties by raster order.
Vec3i rep_vx(const ObjectRecord& record, const Vec3i& units);

/// Record of an object given by its raster-sorted runs, coordinates >= 0. A record may cover a chunk only if the chunk
/// is made of whole tiles (or of what the dataset's box leaves of them).
ObjectRecord record_of_runs(Id id, std::span<const Run> runs, const Vec3i& units);

namespace detail {
/// The part of an object in one tile; coordinates from the tile's corner.
struct TileObject {
  std::uint32_t object = 0, n = 0;
  std::uint32_t sum[3] = {};
  std::int32_t low[3] = {64, 64, 64}, high[3] = {};  ///< box, half-open
  std::int32_t nearest[3] = {};
  std::int32_t mean_x = 0;  ///< rounded, half down; set by prepare()
  __int128 nearest_key = 0;
  bool found = false;

  void add(std::int32_t x, std::int32_t y, std::int32_t z, std::int32_t len) {
    const auto k = static_cast<std::uint32_t>(len), at = static_cast<std::uint32_t>(x);
    n += k;
    sum[0] += k * at + k * (k - 1) / 2, sum[1] += k * static_cast<std::uint32_t>(y);
    sum[2] += k * static_cast<std::uint32_t>(z);
    low[0] = std::min(low[0], x), low[1] = std::min(low[1], y), low[2] = std::min(low[2], z);
    high[0] = std::max(high[0], x + len), high[1] = std::max(high[1], y + 1), high[2] = std::max(high[2], z + 1);
  }
  /// After all runs were added.
  void prepare() { mean_x = static_cast<std::int32_t>((2 * sum[0] + n - 1) / (2 * n)); }
  /// Offers a run as holder of the nearest voxel, in raster order. `Key`: as wide as keys of such units need.
  template <class Key>
  void offer(std::int32_t x, std::int32_t y, std::int32_t z, std::int32_t len, const Vec3i& units);
};
}  // namespace detail

/// Records of all objects of a label volume, ascending by id, in one pass over its x-runs. `labels` must start at a
/// tile's corner or at the dataset's border, coordinates >= 0.
class VolumeProperties {
 public:
  explicit VolumeProperties(const Vec3i& units) : units_(units) {}
  std::vector<ObjectRecord> run(VolumeView<const Id> labels);

 private:
  struct TileRun {
    std::uint32_t slot;
    std::uint8_t x, y, z, len;
  };
  struct Tile {
    std::vector<TileRun> runs;
    std::vector<detail::TileObject> sums;
    Id last = 0;
    std::uint32_t last_slot = 0;  ///< of `last`
  };
  void band(VolumeView<const Id> labels, std::vector<ObjectRecord>& out);
  void add_row(const Id* row, std::int64_t n, const Vec3i& at, std::size_t tile, std::vector<ObjectRecord>& out);
  void finish(std::size_t tile, const Vec3i& corner, std::vector<ObjectRecord>& out);
  std::uint32_t object_of(Id id, std::vector<ObjectRecord>& out);

  Vec3i units_;
  std::vector<Tile> tiles_;             // of a band along x
  std::vector<std::uint32_t> slot_of_;  // (object, tile) -> its sum there
  std::vector<std::uint64_t> keys_;     // hash table id -> object
  std::vector<std::uint32_t> values_;
};

}  // namespace syconn
