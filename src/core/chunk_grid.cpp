// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/chunk_grid.h"

#include <sstream>

#include "syconn/core/error.h"

namespace syconn {

ChunkGrid::ChunkGrid(const Box3& box, const Vec3i& chunk) : box_(box), chunk_(chunk) {
  if (chunk.min_element() < 1) {
    std::ostringstream os;
    os << "chunk edges must be positive, got " << chunk;
    throw Error(Category::config, os.str());
  }
  if (box.empty()) return;
  for (int a = 0; a < 3; ++a) {
    first_[a] = floor_div(box.min[a], chunk[a]);
    n_[a] = ceil_div(box.max[a], chunk[a]) - first_[a];
  }
}

Vec3i ChunkGrid::position(std::int64_t index) const {
  return first_ + Vec3i{index % n_.x, index / n_.x % n_.y, index / (n_.x * n_.y)};
}

Box3 ChunkGrid::chunk_box(std::int64_t index) const {
  const Vec3i lo = position(index) * chunk_;
  return intersect(box_, {lo, lo + chunk_});
}

std::int64_t ChunkGrid::index_of(const Vec3i& voxel) const {
  Vec3i p;
  for (int a = 0; a < 3; ++a) p[a] = floor_div(voxel[a], chunk_[a]) - first_[a];
  return p.x + n_.x * (p.y + n_.y * p.z);
}

}  // namespace syconn
