// SPDX-License-Identifier: GPL-3.0-or-later
#include "coarser.h"

#include <algorithm>
#include <array>

namespace syconn {
namespace {

/// Calls `use(coarse voxel, fine voxel)` for every fine voxel whose coarse one lies in `out`.
template <class Use>
void for_each_voxel(const Box3& fine, const Vec3i& mag, const Box3& out, const Use& use) {
  const Box3 seen = intersect(fine, Box3{out.min * mag, out.max * mag});
  for (std::int64_t z = seen.min.z; z < seen.max.z; ++z)
    for (std::int64_t y = seen.min.y; y < seen.max.y; ++y)
      for (std::int64_t x = seen.min.x; x < seen.max.x; ++x)
        use(Vec3i(x / mag.x, y / mag.y, z / mag.z), Vec3i(x, y, z));
}

}  // namespace

void coarser_grey(const Volume<std::uint8_t>& fine, const Vec3i& mag, Volume<std::uint8_t>& out) {
  Volume<std::uint32_t> sum(out.box()), count(out.box());
  for_each_voxel(fine.box(), mag, out.box(),
                 [&](const Vec3i& to, const Vec3i& from) { sum.at(to) += fine.at(from), ++count.at(to); });
  for (std::size_t i = 0; i < out.count(); ++i) {
    const std::uint32_t n = count.data()[i];
    out.data()[i] = n == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>((2 * sum.data()[i] + n) / (2 * n));
  }
}

void coarser_labels(const Volume<std::uint8_t>& fine, const Vec3i& mag, Volume<std::uint8_t>& out) {
  for (std::int64_t z = out.box().min.z; z < out.box().max.z; ++z)
    for (std::int64_t y = out.box().min.y; y < out.box().max.y; ++y)
      for (std::int64_t x = out.box().min.x; x < out.box().max.x; ++x) {
        std::array<std::uint32_t, 256> votes{};
        const Box3 cell = Box3::of_size({1, 1, 1}).shifted({x, y, z});
        for_each_voxel(fine.box(), mag, cell, [&](const Vec3i&, const Vec3i& from) { ++votes[fine.at(from)]; });
        out.at({x, y, z}) = static_cast<std::uint8_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
      }
}

}  // namespace syconn
