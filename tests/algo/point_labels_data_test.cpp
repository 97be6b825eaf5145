// SPDX-License-Identifier: GPL-3.0-or-later
// The reference vectors label_propagation.h5, certainty.h5 and open3d.h5.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "golden_points.h"
#include "syconn/algo/label_votes.h"
#include "syconn/algo/point_contexts.h"

namespace syconn {
namespace {

using testing_input::attribute;

std::filesystem::path golden(const char* name) { return testing_input::golden_folder() / name; }
#define NEEDS(file) \
  if (!std::filesystem::exists(file)) GTEST_SKIP() << (file).filename() << " is not in " << (file).parent_path()

std::vector<std::int32_t> ints(const std::filesystem::path& file, const std::string& name) {
  std::vector<hsize_t> shape;
  return testing_input::read_h5<std::int32_t>(file, name, shape);
}

TEST(PointLabelsData, ContextNodes) {
  const auto file = golden("label_propagation.h5");
  NEEDS(file);
  const auto nodes = testing_input::as_float(testing_input::read_points(file, "skeleton/nodes_nm"));
  const auto pairs = ints(file, "skeleton/edges");
  std::vector<SkeletonEdge> edges;
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    edges.push_back({std::uint32_t(pairs[i]), std::uint32_t(pairs[i + 1])});
  SkeletonContexts contexts(nodes, edges);
  for (const std::uint32_t pivot : {0U, 17U, 300U, 599U}) {
    auto want = ints(file, "context/nodes_r4000_src" + std::to_string(pivot));
    std::sort(want.begin(), want.end());
    const auto got = contexts.nodes(pivot, 4000, ContextMetric::euclidean);
    EXPECT_EQ(std::vector<std::int32_t>(got.begin(), got.end()), want) << pivot;
  }
}

TEST(PointLabelsData, KnnMajority) {
  const auto file = golden("label_propagation.h5");
  NEEDS(file);
  const auto sources = testing_input::as_float(testing_input::read_points(file, "knn/rep_coords")),
             targets = testing_input::as_float(testing_input::read_points(file, "knn/target"));
  for (const std::uint32_t k : {1U, 5U, 20U, 50U})
    EXPECT_EQ(knn_majority(sources, ints(file, "knn/rep_values"), targets, k),
              ints(file, "knn/majority_k" + std::to_string(k)))
        << k;
}

TEST(PointLabelsData, Certainty) {
  const auto file = golden("certainty.h5");
  NEEDS(file);
  for (int i = 0; i < 6; ++i) {
    const std::string name = "case_" + std::to_string(i);
    std::vector<hsize_t> shape;
    const auto logits = testing_input::read_h5<double>(file, name + "/logits", shape);
    const auto rows = testing_input::read_h5<double>(file, name + "/proba", shape);
    const ClassVote a = vote_of_logits(logits, std::uint32_t(shape[1])),
                    b = vote_of_probabilities(rows, std::uint32_t(shape[1]));
    EXPECT_NEAR(a.certainty, attribute(file, name, "certainty_logit"), 1e-9);
    EXPECT_NEAR(b.certainty, attribute(file, name, "certainty_proba"), 1e-9);
    EXPECT_EQ(a.best, attribute(file, name, "class_argmax_mean_softmax"));
    EXPECT_EQ(a.majority, attribute(file, name, "class_majority_vote"));
  }
  std::vector<hsize_t> shape;
  EXPECT_NEAR(certainty(testing_input::read_h5<double>(file, "onehot/proba", shape)), 1, 1e-9);
}

/// open3d's voxels start half an edge below the minimum; ours are theirs once the points are moved by that.
TEST(PointLabelsData, VoxelsOfOpen3d) {
  const auto file = golden("open3d.h5");
  NEEDS(file);
  const auto points = testing_input::read_points(file, "voxel/points");
  for (const int size : {80, 100, 250}) {
    Vec3d low = points[0];
    for (const Vec3d& p : points) low = min(low, p);
    std::vector<Vec3d> moved;
    for (const Vec3d& p : points) moved.push_back(p - (low - Vec3d(size / 2.0)));
    const auto picked = one_per_voxel(std::span(std::as_const(moved)), size);
    const auto means = testing_input::read_points(file, "voxel/size_" + std::to_string(size) + "/down");
    ASSERT_EQ(picked.size(), means.size());
    const auto voxel = [&](const Vec3d& p) {
      return std::array{std::floor(p.x / size), std::floor(p.y / size), std::floor(p.z / size)};
    };
    std::map<std::array<double, 3>, Vec3d> mean_of;
    for (const Vec3d& m : means) mean_of[voxel(m - (low - Vec3d(size / 2.0)))] = m;
    std::map<std::array<double, 3>, double> nearest;
    const auto from_mean = [&](std::size_t i) {
      const Vec3d d = points[i] - mean_of.at(voxel(moved[i]));
      return std::sqrt(d.dot(d));
    };
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto [at, fresh] = nearest.emplace(voxel(moved[i]), from_mean(i));
      if (!fresh) at->second = std::min(at->second, from_mean(i));
    }
    for (const std::uint32_t i : picked) EXPECT_NEAR(from_mean(i), nearest.at(voxel(moved[i])), 1e-9);
  }
}

}  // namespace
}  // namespace syconn
