// SPDX-License-Identifier: GPL-3.0-or-later
// The reference vectors sampling.h5.
#include <gtest/gtest.h>

#include <cmath>

#include "golden_points.h"
#include "syconn/algo/point_sampling.h"

namespace syconn {
namespace {

double distance(const Vec3f& a, const Vec3f& b) {
  const Vec3d d = Vec3d(a) - Vec3d(b);
  return std::sqrt(d.dot(d));
}

class SamplingData : public testing::Test {
 protected:
  void SetUp() override {
    file_ = testing_input::golden_folder() / "sampling.h5";
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "sampling.h5 is not in " << file_.parent_path();
    points_ = testing_input::as_float(testing_input::read_points(file_, "points"));
  }
  struct Spread {
    double gap_max, gap_mean, spacing_mean;
  };
  Spread spread(const std::vector<std::uint32_t>& picked) const {
    std::vector<Vec3f> support;
    for (const std::uint32_t p : picked) support.push_back(points_[p]);
    const PointGrid grid(support);
    Spread s{};
    for (const Vec3f& p : points_) {
      std::uint32_t near;
      grid.nearest(p, {&near, 1});
      s.gap_max = std::max(s.gap_max, distance(p, support[near]));
      s.gap_mean += distance(p, support[near]) / double(points_.size());
    }
    const auto two = grid.nearest(support, 2);
    for (std::size_t i = 0; i < support.size(); ++i)
      s.spacing_mean += distance(support[i], support[two[2 * i + 1]]) / double(support.size());
    return s;
  }
  std::filesystem::path file_;
  std::vector<Vec3f> points_;
};

TEST_F(SamplingData, NeighboursExactUpToTies) {
  std::vector<hsize_t> shape;
  const auto want = testing_input::read_h5<std::int32_t>(file_, "knn/self_k32", shape);
  const PointGrid grid(points_, 32);
  for (std::size_t i = 0; i < 1000; ++i) {
    std::vector<std::uint32_t> got(32);
    grid.nearest(points_[i], got);
    for (std::size_t j = 0; j < 32; ++j)
      ASSERT_NEAR(distance(points_[i], points_[got[j]]), distance(points_[i], points_[std::uint32_t(want[32 * i + j])]),
                  1e-7);
  }
}

TEST_F(SamplingData, CoverageAndSpacing) {
  const struct {
    std::uint32_t n;
    Spread heuristic, quantised;  // the file's attributes
  } cases[] = {{64, {0.23635873, 0.07158794, 0.09145147}, {0.24076794, 0.0761735, 0.08083683}},
               {256, {0.12540689, 0.03224788, 0.05520887}, {0.11196775, 0.03457761, 0.04308294}},
               {1024, {0.05300598, 0.01394854, 0.01769142}, {0.05506064, 0.01366411, 0.02213999}}};
  const PointGrid grid(points_, 16);
  for (const auto& c : cases) {
    Rng a(1), b(1);
    const Spread h = spread(pick_least_used(grid, c.n, 16, a).picked), q = spread(pick_quantised(points_, c.n, b));
    EXPECT_LT(h.gap_max, 1.35 * c.heuristic.gap_max) << c.n;
    EXPECT_NEAR(h.gap_mean, c.heuristic.gap_mean, 0.08 * c.heuristic.gap_mean) << c.n;
    EXPECT_NEAR(h.spacing_mean, c.heuristic.spacing_mean, 0.12 * c.heuristic.spacing_mean) << c.n;
    // our cells have one size, those of the reference are twice as wide around 0
    EXPECT_LT(q.gap_max, 1.35 * c.quantised.gap_max) << c.n;
    EXPECT_LT(q.gap_mean, 1.08 * c.quantised.gap_mean) << c.n;
    EXPECT_GT(q.spacing_mean, 0.88 * c.quantised.spacing_mean) << c.n;
  }
}

}  // namespace
}  // namespace syconn
