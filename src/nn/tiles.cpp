// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/tiles.h"

#include <sstream>

namespace syconn {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::uint8_t grey_of(float p) {
  if (!(p >= -1e-3F && p <= 1.001F))
    throw Error(Category::runtime,
                "the network gives a value that is no probability; its card should say softmax: true "
                "if it gives logits");
  return static_cast<std::uint8_t>(std::min(1.0F, std::max(0.0F, p)) * 255.0F);
}

}  // namespace

bool TiledInference::predict(const Box3& core, const ReadTile& read, std::span<const std::size_t> classes,
                             std::span<const VolumeView<std::uint8_t>> out) {
  Box3 seen = core.grown(card_.halo_vx);
  seen.max = seen.min + (seen.size() + card_.stride_vx - Vec3i(1)) / card_.stride_vx * card_.stride_vx;
  const Box3 wanted = intersect(core, out[0].box());
  const Vec3i size = seen.size();
  const auto voxels = static_cast<std::size_t>(seen.voxels());
  in_.resize(voxels), probabilities_.resize(voxels * card_.classes.size());
  read(seen, in_);
  if (!network_.run(in_, size, probabilities_)) return false;
  ++tiles_;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const VolumeView<const float> p(probabilities_.data() + classes[c] * voxels, size, seen.min);
    for (std::int64_t z = wanted.min.z; z < wanted.max.z; ++z)
      for (std::int64_t y = wanted.min.y; y < wanted.max.y; ++y)
        for (std::int64_t x = wanted.min.x; x < wanted.max.x; ++x) out[c].at({x, y, z}) = grey_of(p.at({x, y, z}));
  }
  return true;
}

void TiledInference::halve() {
  int axis = -1;
  for (int k = 0; k < 3; ++k)
    if (tile_vx_[k] % (2 * card_.stride_vx[k]) == 0 && (axis < 0 || tile_vx_[k] > tile_vx_[axis])) axis = k;
  if (axis < 0) {
    std::ostringstream text;
    text << "the device has too little memory even for tiles of " << tile_vx_ << " voxels with a halo of "
         << card_.halo_vx << "; use device: cpu or a smaller model";
    throw Error(Category::runtime, text.str());
  }
  tile_vx_[axis] /= 2;
}

void TiledInference::run(const ReadTile& read, std::span<const std::size_t> classes,
                         std::span<const VolumeView<std::uint8_t>> out) {
  const Box3 box = out[0].box();
  if (box.empty()) return;
  // The grid's cells as the card has them; within one, smaller tiles where memory made them so.
  const Vec3i cell = card_.tile_vx;
  Vec3i first, end;
  for (int k = 0; k < 3; ++k)
    first[k] = floor_div(box.min[k], cell[k]), end[k] = floor_div(box.max[k] - 1, cell[k]) + 1;
  for (std::int64_t z = first.z; z < end.z; ++z)
    for (std::int64_t y = first.y; y < end.y; ++y)
      for (std::int64_t x = first.x; x < end.x; ++x) {
        const Box3 whole = Box3::of_size(cell).shifted(Vec3i(x, y, z) * cell);
        bool done = false;
        while (!done) {
          done = true;
          const Vec3i n = cell / tile_vx_;
          for (std::int64_t i = 0; done && i < n.product(); ++i) {
            const Vec3i at(i % n.x, i / n.x % n.y, i / (n.x * n.y));
            const Box3 part = Box3::of_size(tile_vx_).shifted(whole.min + at * tile_vx_);
            if (!intersect(part, box).empty()) done = predict(part, read, classes, out);
          }
          if (!done) halve();
        }
      }
}

}  // namespace syconn
