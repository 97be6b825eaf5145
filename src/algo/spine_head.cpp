// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/spine_head.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "syconn/algo/edt.h"
#include "syconn/algo/watershed.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::uint32_t kVoters = 50;
constexpr std::int64_t kNearby_vx = 10;
constexpr std::uint64_t kFarthest = 1000000;  ///< squared grid voxels; distances beyond count as that

template <class F>
void each_voxel(const Vec3i& size, const F& f) {
  for (std::int64_t z = 0; z < size.z; ++z)
    for (std::int64_t y = 0; y < size.y; ++y)
      for (std::int64_t x = 0; x < size.x; ++x) f(Vec3i{x, y, z});
}

Vec3i nearest_voxel(const Vec3d& nm, const Vec3d& voxel_nm, const Vec3d& origin_nm) {
  const Vec3d at = (nm - origin_nm) / voxel_nm;
  return {std::llround(at.x), std::llround(at.y), std::llround(at.z)};
}

/// Background that does not reach the view's faces becomes cell.
Volume<std::uint8_t> filled(VolumeView<const std::uint8_t> cell) {
  const Box3 box = cell.box();
  Volume<std::uint8_t> mask(box), rest(box);
  each_voxel(cell.size, [&](const Vec3i& v) { rest.view()(v.x, v.y, v.z) = cell(v.x, v.y, v.z) == 0; });
  Volume<std::uint32_t> part(box);
  std::vector<char> open(label_components(std::as_const(rest).view(), part.view()) + std::size_t{1}, 0);
  each_voxel(cell.size, [&](const Vec3i& v) {
    const bool face =
        v.min_element() == 0 || v.x + 1 == cell.size.x || v.y + 1 == cell.size.y || v.z + 1 == cell.size.z;
    if (face) open[part.view()(v.x, v.y, v.z)] = 1;
  });
  open[0] = 0;
  for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = open[part.data()[i]] == 0;
  return mask;
}

bool is_peak(VolumeView<const std::uint32_t> distance, const Vec3i& v) {
  const Vec3i lo = max(v - Vec3i(1), Vec3i()), hi = min(v + Vec3i(1), distance.size - Vec3i(1));
  const std::uint32_t own = distance(v.x, v.y, v.z);
  for (std::int64_t z = lo.z; z <= hi.z; ++z)
    for (std::int64_t y = lo.y; y <= hi.y; ++y)
      for (std::int64_t x = lo.x; x <= hi.x; ++x)
        if (distance(x, y, z) > own) return false;
  return own > 0;
}

/// Compartment + 1 at the local maxima; false where no vertex can tell.
bool seed(const SpineHeadScene& scene, VolumeView<const std::uint32_t> distance, VolumeView<std::uint32_t> labels) {
  std::vector<Vec3f> known, peaks_nm;
  std::vector<std::int32_t> codes;
  for (std::size_t i = 0; i < scene.vertices_nm.size(); ++i) {
    if (scene.codes[i] == kUnknownCompartment || scene.codes[i] < 0) continue;
    if (!scene.cell.box().contains(nearest_voxel(Vec3d(scene.vertices_nm[i]), scene.voxel_nm, scene.origin_nm)))
      continue;
    known.push_back(scene.vertices_nm[i]);
    codes.push_back(scene.codes[i]);
  }
  if (known.empty()) return false;
  std::vector<Vec3i> peaks;
  each_voxel(distance.size, [&](const Vec3i& v) {
    if (is_peak(distance, v)) peaks.push_back(v);
  });
  for (const Vec3i& p : peaks) peaks_nm.emplace_back(scene.origin_nm + Vec3d(p + distance.origin) * scene.voxel_nm);
  const std::vector<std::int32_t> label = knn_majority(known, codes, peaks_nm, kVoters);
  for (std::size_t i = 0; i < peaks.size(); ++i)
    labels(peaks[i].x, peaks[i].y, peaks[i].z) = static_cast<std::uint32_t>(label[i] + 1);
  return true;
}

/// The head at the synapse, of parts 1..n.
std::uint32_t choose(const SpineHeadScene& scene, VolumeView<const std::uint32_t> parts, std::uint32_t n) {
  const Vec3i at = nearest_voxel(scene.synapse_nm, scene.voxel_nm, scene.origin_nm);
  const Box3 nearby = Box3{at, at + Vec3i(1)}.grown(Vec3i(kNearby_vx));
  std::vector<std::uint64_t> count(n + std::size_t{1}, 0);
  std::uint32_t nearest = 0;
  double best = INFINITY;
  each_voxel(parts.size, [&](const Vec3i& v) {
    const std::uint32_t part = parts(v.x, v.y, v.z);
    if (part == 0) return;
    count[part] += nearby.contains(v + parts.origin);
    const Vec3d d = scene.origin_nm + Vec3d(v + parts.origin) * scene.voxel_nm - scene.synapse_nm;
    if (d.dot(d) < best) best = d.dot(d), nearest = part;
  });
  const auto most = std::max_element(count.begin() + 1, count.end());
  return *most > 0 ? static_cast<std::uint32_t>(most - count.begin()) : nearest;
}

}  // namespace

Box3 spine_head_box(const Vec3d& synapse_nm, const Vec3d& voxel_nm, const Vec3d& origin_nm, const Box3& world,
                    const Vec3i& reach_vx) {
  const Vec3i at = nearest_voxel(synapse_nm, voxel_nm, origin_nm);
  return intersect(Box3{at, at + Vec3i(1)}.grown(reach_vx), world);
}

std::optional<double> spine_head_volume_um3(const SpineHeadScene& scene) {
  if (scene.codes.size() != scene.vertices_nm.size())
    throw Error(Category::runtime, "spine head: not one compartment a vertex");
  if (scene.cell.box().empty()) return {};
  const Volume<std::uint8_t> mask = filled(scene.cell);
  Volume<std::uint32_t> distance(mask.box()), labels(mask.box());
  squared_edt(mask.view(), scene.world, {{1, 1, 1}, kFarthest, 1}, distance.view());
  if (!seed(scene, std::as_const(distance).view(), labels.view())) return {};
  Volume<std::uint32_t> level(mask.box());
  levels_of_distances(std::as_const(distance).view(), mask.view(), level.view());
  Watershed().run(std::as_const(level).view(), mask.view(), labels.view());
  Volume<std::uint8_t> head(mask.box());
  for (std::size_t i = 0; i < head.count(); ++i) head.data()[i] = labels.data()[i] == kSpineHead + 1;
  const std::uint32_t n = label_components(std::as_const(head).view(), labels.view());
  if (n == 0) return {};
  const std::uint32_t part = n == 1 ? 1 : choose(scene, std::as_const(labels).view(), n);
  const auto voxels = std::count(labels.data(), labels.data() + labels.count(), part);
  return static_cast<double>(voxels) * scene.voxel_nm.product() * 1e-9;
}

}  // namespace syconn
