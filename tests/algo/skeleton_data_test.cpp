// SPDX-License-Identifier: GPL-3.0-or-later
// The running majority against the reference's vectors; skeletons of real cells against their promises.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <map>
#include <set>

#include "algo/h5_input.h"
#include "syconn/algo/run_components.h"
#include "syconn/algo/skeleton.h"
#include "syconn/algo/skeleton_labels.h"

namespace syconn {
namespace {

std::vector<Vec3f> read_points(const std::filesystem::path& file, const char* name, std::size_t n) {
  std::vector<float> v(3 * n);
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), d = H5Dopen2(f, name, H5P_DEFAULT);
  const herr_t ok = H5Dread(d, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, v.data());
  H5Dclose(d), H5Fclose(f);
  if (ok < 0) throw std::runtime_error("cannot read nodes");
  std::vector<Vec3f> points;
  for (std::size_t i = 0; i < n; ++i) points.push_back({v[3 * i], v[3 * i + 1], v[3 * i + 2]});
  return points;
}

TEST(SkeletonData, RunningMajorityOfTheReference) {
  const auto file = testing_input::golden_folder() / "label_propagation.h5";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "label_propagation.h5 is not in " << file.parent_path();
  std::vector<hsize_t> shape;
  const auto labels = testing_input::read_h5<std::int32_t>(file, "skeleton/labels", shape);
  const auto pairs = testing_input::read_h5<std::int32_t>(file, "skeleton/edges", shape);
  const auto nodes = read_points(file, "skeleton/nodes_nm", labels.size());
  std::vector<SkeletonEdge> edges;
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    edges.push_back({static_cast<std::uint32_t>(pairs[i]), static_cast<std::uint32_t>(pairs[i + 1])});
  for (const int radius : {1000, 2500, 10000}) {
    const auto want =
        testing_input::read_h5<std::int32_t>(file, "skeleton/majority_" + std::to_string(radius) + "nm", shape);
    EXPECT_EQ(running_majority(nodes, edges, labels, radius), want) << radius;
  }
}

using CellRuns = std::map<std::uint64_t, std::vector<syconn::Run>>;

CellRuns pinky_cells() {
  CellRuns cells;
  const auto path = testing_input::data_folder() / "pinky40" / "seg.h5";
  if (!std::filesystem::exists(path)) return cells;
  const Volume<std::uint64_t> labels = testing_input::read_zyx<std::uint64_t>(path, "seg");
  const Vec3i size = labels.box().size();
  for (std::int32_t z = 0; z < size.z; ++z)
    for (std::int32_t y = 0; y < size.y / 2; ++y)
      for (std::int32_t x = 0; x < size.x / 2; ++x) {
        const std::uint64_t id = labels.at({2 * x, 2 * y, z});
        if (id != 0) cells[id].push_back({x, y, z, 1});
      }
  for (auto& [id, runs] : cells) sort_and_merge(runs);
  return cells;
}

/// Distance of p from an edge less twice the radius there.
double slack(const Vec3d& p, const Skeleton& s, const SkeletonEdge& e) {
  const Vec3d a(s.nodes_nm[e[0]]), d = Vec3d(s.nodes_nm[e[1]]) - a, o = p - a;
  const double t = d.dot(d) > 0 ? std::clamp(o.dot(d) / d.dot(d), 0.0, 1.0) : 0;
  const Vec3d r = o - d * t;
  return std::sqrt(r.dot(r)) -
         2 * ((1 - t) * static_cast<double>(s.radius_nm[e[0]]) + t * static_cast<double>(s.radius_nm[e[1]]));
}

TEST(SkeletonData, Pinky40CellsAreTreesInsideAndCovered) {
  const CellRuns cells = pinky_cells();
  if (cells.empty()) GTEST_SKIP() << "pinky40/seg.h5 is not in " << testing_input::data_folder();
  const Vec3d pitch{32, 32, 40};
  std::uint64_t checked = 0, uncovered = 0, nodes = 0;
  double worst = -1e9;
  for (const auto& [id, runs] : cells) {
    const std::uint64_t size = voxel_count(runs);
    if (id % 7 != 0 && size < 1000000) continue;
    SkeletonParams params;
    params.tick_nm = 0;
    const Skeleton s = skeletonise(runs, pitch, {}, params);
    nodes += s.n_nodes();
    const RunComponents parts = run_components(runs);
    ASSERT_EQ(s.edges.size() + 1, s.n_nodes());
    const auto trees = skeleton_components(s.n_nodes(), s.edges, s.bridge_nm);
    EXPECT_EQ(*std::max_element(trees.begin(), trees.end()) + 1, parts.n_parts) << id;
    for (const Vec3f& n : s.nodes_nm) {
      const syconn::Run v{static_cast<std::int32_t>(std::lround(n.x / 32)),
                          static_cast<std::int32_t>(std::lround(n.y / 32)),
                          static_cast<std::int32_t>(std::lround(n.z / 40)), 1};
      auto it = std::upper_bound(runs.begin(), runs.end(), v,
                                 [](const syconn::Run& a, const syconn::Run& b) { return raster_less(a, b); });
      ASSERT_TRUE(it != runs.begin() && (--it)->z == v.z && it->y == v.y && v.x < it->end()) << id;
    }
    std::vector<std::uint64_t> part_size(parts.n_parts, 0);
    for (std::size_t i = 0; i < runs.size(); ++i) part_size[parts.part[i]] += static_cast<std::uint64_t>(runs[i].len);
    std::uint64_t k = 0;
    const std::uint64_t stride = 1 + size / 3000;  // a sample of the voxels
    for (std::size_t i = 0; i < runs.size(); ++i)
      for (std::int32_t x = runs[i].x; x < runs[i].end(); ++x) {
        if (k++ % stride != 0 || part_size[parts.part[i]] < 1000) continue;
        double best = 1e9;
        for (const SkeletonEdge& e : s.edges)
          best = std::min(best, slack(Vec3d(Vec3i{x, runs[i].y, runs[i].z}) * pitch, s, e));
        ++checked, uncovered += best > 500;
        worst = std::max(worst, best - 500);
      }
  }
  RecordProperty("checked", std::to_string(checked));
  RecordProperty("uncovered", std::to_string(uncovered));
  RecordProperty("worst_nm", std::to_string(worst));
  EXPECT_EQ(uncovered, 0U) << "of " << checked << ", worst by " << worst << " nm";
}

}  // namespace
}  // namespace syconn
