// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/pyramid.h"

#include <algorithm>
#include <array>

namespace syconn {
namespace {

Id mode(std::array<Id, 8>& labels, int n) {
  const Id first = labels[0];
  bool same = true;
  for (int i = 1; i < n; ++i) same &= labels[static_cast<std::size_t>(i)] == first;
  if (same) return first;
  std::sort(labels.begin(), labels.begin() + n);
  Id best = kBackground;
  int most = 0;
  for (int begin = 0; begin < n;) {
    const Id label = labels[static_cast<std::size_t>(begin)];
    int end = begin;
    while (end < n && labels[static_cast<std::size_t>(end)] == label) ++end;
    // Ascending, so background comes first and any label as frequent takes its place.
    if (end - begin > most || (end - begin == most && best == kBackground)) best = label, most = end - begin;
    begin = end;
  }
  return best;
}

std::uint8_t mean(const std::array<std::uint8_t, 8>& grey, int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += grey[static_cast<std::size_t>(i)];
  return static_cast<std::uint8_t>((2 * sum + n) / (2 * n));
}

/// Calls one(fine voxels, how many) for every voxel of `out`.
template <class T, class One>
void halve(const VolumeView<const T>& fine, const Vec3i& factor, const VolumeView<T>& out, const One& one) {
  const Box3 there = fine.box();
  for (std::int64_t z = 0; z < out.size.z; ++z)
    for (std::int64_t y = 0; y < out.size.y; ++y) {
      T* const to = out.row(y, z);
      for (std::int64_t x = 0; x < out.size.x; ++x) {
        const Vec3i first = (out.origin + Vec3i(x, y, z)) * factor;
        const Box3 from = intersect({first, first + factor}, there);
        std::array<T, 8> values;
        int n = 0;
        for (std::int64_t k = from.min.z; k < from.max.z; ++k)
          for (std::int64_t j = from.min.y; j < from.max.y; ++j)
            for (std::int64_t i = from.min.x; i < from.max.x; ++i)
              values[static_cast<std::size_t>(n++)] = fine.at({i, j, k});
        to[x] = one(values, n);
      }
    }
}

}  // namespace

void halve_labels(const VolumeView<const Id>& fine, const Vec3i& factor, const VolumeView<Id>& out) {
  halve(fine, factor, out, mode);
}

void halve_grey(const VolumeView<const std::uint8_t>& fine, const Vec3i& factor, const VolumeView<std::uint8_t>& out) {
  halve(fine, factor, out, mean);
}

}  // namespace syconn
