// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "syconn/core/volume_view.h"
#include "syconn/nn/room.h"

namespace syconn {

/// Fills `out` (x fastest) with what the network is to see of `box`, grey · scale + offset; outside the volume grey is
/// 0.
using ReadTile = std::function<void(const Box3& box, std::span<float> out)>;

/// A network over boxes of any size, in tiles of one shape on a fixed grid: tile (i,j,k) is [i,j,k]·tile_vx from the
/// volume's origin on, whatever box is asked for, and is always computed whole, alone. So no box can show in a result.
class TiledInference {
 public:
  /// `card.tile_vx` and `halo_vx` decide the tiles; a halo that is no multiple of the stride is wider on the far side.
  TiledInference(Network& network, const ModelCard& card) : network_(network), card_(card), tile_vx_(card.tile_vx) {}

  /// Probabilities of `classes` (indices), ·255 and cut to whole numbers, into one view each; all views cover one box.
  /// Where the device's memory does not suffice, the tile is halved along its longest axis from there on (a result that
  /// may differ by a grey level). Throws Error{runtime} if that ends at the stride, or if the network gives no numbers.
  void run(const ReadTile& read, std::span<const std::size_t> classes, std::span<const VolumeView<std::uint8_t>> out);

  std::int64_t tiles_done() const { return tiles_; }
  /// What passes predict now: card.tile_vx unless halved.
  const Vec3i& tile_vx() const { return tile_vx_; }

 private:
  bool predict(const Box3& core, const ReadTile& read, std::span<const std::size_t> classes,
               std::span<const VolumeView<std::uint8_t>> out);
  void halve();

  Network& network_;
  const ModelCard& card_;
  Vec3i tile_vx_;
  std::int64_t tiles_ = 0;
  std::vector<float> in_, probabilities_;
};

}  // namespace syconn
