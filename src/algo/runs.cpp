// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/runs.h"

#include <algorithm>

#include "bit_rows.h"

namespace syconn {

std::uint64_t voxel_count(std::span<const Run> runs) {
  std::uint64_t n = 0;
  for (const Run& r : runs) n += static_cast<std::uint64_t>(r.len);
  return n;
}

Box3 bounding_box(std::span<const Run> runs) {
  if (runs.empty()) return {};
  Box3 box{runs[0].first(), runs[0].first() + Vec3i(1)};
  for (const Run& r : runs) {
    box.min = min(box.min, r.first());
    box.max = max(box.max, Vec3i{r.end(), r.y + 1, r.z + 1});
  }
  return box;
}

bool is_raster_sorted(std::span<const Run> runs) {
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const Run &a = runs[i - 1], &b = runs[i];
    if (!raster_less(a, b) || (a.z == b.z && a.y == b.y && a.end() > b.x)) return false;
  }
  return true;
}

void sort_and_merge(std::vector<Run>& runs) {
  if (!std::is_sorted(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return raster_less(a, b); }))
    std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return raster_less(a, b); });
  std::size_t n = 0;
  for (const Run& r : runs) {
    if (n > 0 && runs[n - 1].z == r.z && runs[n - 1].y == r.y && runs[n - 1].end() >= r.x)
      runs[n - 1].len = std::max(runs[n - 1].end(), r.end()) - runs[n - 1].x;
    else
      runs[n++] = r;
  }
  runs.resize(n);
}

std::vector<Run> runs_of_mask(VolumeView<const std::uint8_t> mask) {
  std::vector<Run> runs;
  for (std::int64_t z = 0; z < mask.size.z; ++z)
    for (std::int64_t y = 0; y < mask.size.y; ++y) {
      const std::uint8_t* row = mask.row(y, z);
      for (std::int64_t x = 0; x < mask.size.x; ++x) {
        while (x + 8 <= mask.size.x && word_at(row + x) == 0) x += 8;
        while (x < mask.size.x && !row[x]) ++x;
        const std::int64_t start = x;
        while (x < mask.size.x && row[x]) ++x;
        if (x == start) break;
        runs.push_back({static_cast<std::int32_t>(mask.origin.x + start), static_cast<std::int32_t>(mask.origin.y + y),
                        static_cast<std::int32_t>(mask.origin.z + z), static_cast<std::int32_t>(x - start)});
      }
    }
  return runs;
}

void clip_runs(std::span<const Run> runs, const Box3& box, std::vector<Run>& out) {
  for (const Run& r : runs) {
    if (r.y < box.min.y || r.y >= box.max.y || r.z < box.min.z || r.z >= box.max.z) continue;
    const auto x0 = static_cast<std::int32_t>(std::max<std::int64_t>(r.x, box.min.x));
    const auto x1 = static_cast<std::int32_t>(std::min<std::int64_t>(r.end(), box.max.x));
    if (x0 < x1) out.push_back({x0, r.y, r.z, x1 - x0});
  }
}

}  // namespace syconn
