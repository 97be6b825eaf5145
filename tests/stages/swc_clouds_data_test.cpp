// SPDX-License-Identifier: GPL-3.0-or-later
// From SWC files of real neurons to the contexts of a point network.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "support/temp_folder.h"
#include "syconn/algo/point_contexts.h"
#include "syconn/algo/tree_cloud.h"
#include "syconn/io/swc.h"

namespace syconn {
namespace {

fs::path data_folder() {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  return set ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data";
}

/// The smallest radius at each node and its neighbours: no point of their frusta comes nearer to the node.
std::vector<double> clear_radius_nm(const NeuronTree& tree, double min_radius_nm) {
  std::vector<double> clear;
  for (const double r : tree.radius_nm) clear.push_back(std::max(r, min_radius_nm));
  const std::vector<double> own = clear;
  for (const SkeletonEdge& e : tree_edges(tree))
    for (int k = 0; k < 2; ++k) clear[e[k]] = std::min(clear[e[k]], own[e[1 - k]]);
  return clear;
}

void check_neuron(const fs::path& file, double nm_per_unit, double radius_nm) {
  SCOPED_TRACE(file);
  const NeuronTree tree = read_swc(file, nm_per_unit);
  TreeCloudParams params;
  params.points_per_um2 = 20, params.max_points = 200000;
  const TreeCloud surface = surface_of_tree(tree, params);
  ASSERT_GT(surface.points_nm.size(), 500U);
  ASSERT_LE(surface.points_nm.size(), params.max_points);
  const std::vector<double> clear_nm = clear_radius_nm(tree, params.min_radius_nm);
  std::size_t inside = 0;
  for (std::size_t i = 0; i < surface.points_nm.size(); ++i) {
    ASSERT_LT(surface.node[i], tree.n_nodes());
    const Vec3d d = Vec3d(surface.points_nm[i]) - tree.nodes_nm[surface.node[i]];
    inside += std::sqrt(d.dot(d)) < clear_nm[surface.node[i]] - 1;
  }
  EXPECT_EQ(inside, 0U);
  const std::vector<Vec3f> nodes = tree_nodes(tree);
  SkeletonContexts contexts(nodes, tree_edges(tree));
  const PointsOfNodes points(nodes, surface.points_nm);
  const std::vector<std::uint32_t> pivots = context_pivots(nodes, radius_nm / 2);
  ASSERT_FALSE(pivots.empty());
  for (std::size_t p = 0; p < pivots.size(); p += 1 + pivots.size() / 20) {
    const auto within = contexts.nodes(pivots[p], radius_nm, ContextMetric::path);
    EXPECT_TRUE(std::binary_search(within.begin(), within.end(), pivots[p]));
    const auto all = points.points(within);
    EXPECT_EQ(draw_points(all, 4096, {1, 2, pivots[p], 0}).size(), all.empty() ? 0U : 4096U);
  }
}

void check_folder(const std::string& folder, const std::string& archive, double nm_per_unit, double radius_nm) {
  const fs::path file = data_folder() / folder / archive;
  if (!fs::exists(file)) GTEST_SKIP() << archive << " is not in " << file.parent_path();
  const test::TempFolder unpacked;
  const std::string command = "tar -xzf '" + file.string() + "' -C '" + unpacked.path().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(unpacked.path()))
    if (entry.path().extension() == ".swc") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (std::size_t i = 0; i < files.size(); i += 1 + files.size() / 5) check_neuron(files[i], nm_per_unit, radius_nm);
}

TEST(SwcCloudsData, Medulla) { check_folder("medulla379", "swc_dev_a.tar.gz", 50, 15000); }
TEST(SwcCloudsData, RatNeocortex) { check_folder("rat_neocortex", "inter_dev.tar.gz", 1000, 20000); }

}  // namespace
}  // namespace syconn
