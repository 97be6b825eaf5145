// SPDX-License-Identifier: GPL-3.0-or-later
// Label volumes for tests.
#pragma once
#include <limits>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/core/rng.h"
#include "syconn/core/volume_view.h"

namespace syconn::patterns {

/// Voronoi cells of random points (in squeezed coordinates, so cells may be flat), some of them background; ids spread
/// over 64 bits.
inline Volume<Id> voronoi(const Box3& box, int n_cells, double background, std::uint64_t seed,
                          Vec3d squeeze = {1, 1, 1}) {
  std::uint64_t state = seed;
  const auto random = [&] { return state = mix64(state); };
  const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  std::vector<Vec3d> points;
  std::vector<Id> ids;
  for (int i = 0; i < n_cells; ++i) {
    const Vec3i n = box.size();
    points.push_back(
        {unit() * static_cast<double>(n.x), unit() * static_cast<double>(n.y), unit() * static_cast<double>(n.z)});
    const Id id = i % 3 == 0 ? random() >> 40 : i % 3 == 1 ? random() : random() >> 20;
    ids.push_back(unit() < background ? 0 : id | 1);
  }
  Volume<Id> out(box);
  std::size_t k = 0;
  for (std::int64_t z = 0; z < box.size().z; ++z)
    for (std::int64_t y = 0; y < box.size().y; ++y)
      for (std::int64_t x = 0; x < box.size().x; ++x, ++k) {
        double best = std::numeric_limits<double>::max();
        for (std::size_t i = 0; i < points.size(); ++i) {
          const Vec3d d{(static_cast<double>(x) - points[i].x) * squeeze.x,
                        (static_cast<double>(y) - points[i].y) * squeeze.y,
                        (static_cast<double>(z) - points[i].z) * squeeze.z};
          if (d.dot(d) < best) best = d.dot(d), out.data()[k] = ids[i];
        }
      }
  return out;
}

/// Every voxel an id of its own choice among n_ids (0 = background with the same chance).
inline Volume<Id> noise(const Box3& box, int n_ids, std::uint64_t seed) {
  Volume<Id> out(box);
  std::uint64_t state = seed;
  for (std::size_t i = 0; i < out.count(); ++i) {
    state = mix64(state);
    const Id k = (state >> 33) % static_cast<Id>(n_ids);
    out.data()[i] = k == 0 ? 0 : mix64(k);
  }
  return out;
}

}  // namespace syconn::patterns
