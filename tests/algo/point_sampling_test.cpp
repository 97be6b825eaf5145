// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/point_sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "point_grid_kernels.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

float square(const Vec3f& a, const Vec3f& b) {
  const Vec3f d = a - b;
  return d.x * d.x + d.y * d.y + d.z * d.z;
}

std::vector<std::uint32_t> by_brute_force(const std::vector<Vec3f>& points, const Vec3f& query, std::uint32_t k) {
  std::vector<std::pair<float, std::uint32_t>> all;
  for (std::uint32_t i = 0; i < points.size(); ++i) all.emplace_back(square(points[i], query), i);
  std::sort(all.begin(), all.end());
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < k; ++i) out.push_back(all[i % all.size()].second);
  return out;
}

/// Kinds of sets that defeat a uniform grid: a surface, clusters far apart, a lattice full of ties, one place.
std::vector<Vec3f> sample(int kind, int n, Rng& rng) {
  std::vector<Vec3f> points;
  for (int i = 0; i < n; ++i) {
    const Vec3d u = rng.direction();
    if (kind == 0) points.emplace_back(u * 5000.0 + Vec3d{1e6, -3e5, 40});
    if (kind == 1) points.emplace_back(u + Vec3d(static_cast<double>(rng.below(3)) * 1e7));
    if (kind == 2) points.emplace_back(Vec3d(Vec3i(u * 4.0)));
    if (kind == 3) points.emplace_back(7, 8, 9);
    if (kind == 4) points.emplace_back(Vec3d{rng.uniform(0, 1e5), 0, 0});
  }
  return points;
}

TEST(PointGrid, EqualsBruteForceWithTies) {
  Rng rng(4);
  for (int kind = 0; kind < 5; ++kind)
    for (const int n : {1, 2, 31, 700}) {
      const std::vector<Vec3f> points = sample(kind, n, rng);
      for (const std::uint32_t hint : {1U, 16U, 64U}) {
        const PointGrid grid(points, hint);
        for (const std::uint32_t k : {1U, 3U, 32U, 70U})
          for (int q = 0; q < 12; ++q) {
            Vec3f query = points[rng.below(points.size())];
            if (q % 3 == 1) query += Vec3f(rng.direction() * 300.0);
            if (q == 11) query = {-9e9F, 1e3F, 9e9F};
            std::vector<std::uint32_t> got(k);
            grid.nearest(query, got);
            ASSERT_EQ(got, by_brute_force(points, query, k)) << kind << ' ' << n << ' ' << k << ' ' << query;
          }
      }
    }
}

TEST(PointGrid, RefusesWhatHasNoNeighbours) {
  EXPECT_THROW(PointGrid({}), Error);
  const std::vector<Vec3f> bad{{0, 0, NAN}}, one{{0, 0, 0}};
  EXPECT_THROW(PointGrid{bad}, Error);
  const PointGrid grid(one);
  EXPECT_THROW(grid.nearest(std::vector<Vec3f>{{0, INFINITY, 0}}, 1), Error);
  EXPECT_THROW(grid.nearest(one[0], {}), Error);
  EXPECT_EQ(grid.nearest(one, 3), (std::vector<std::uint32_t>{0, 0, 0}));
}

#ifdef SYCONN_POINTS_AVX2
TEST(PointGrid, KernelsAgreeBitByBit) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "no AVX2 here";
  Rng rng(1);
  std::vector<float> x(108), y(108), z(108);
  std::vector<std::uint32_t> index(108);
  for (std::size_t i = 0; i < 108; ++i)
    x[i] = float(rng.normal()), y[i] = float(rng.normal()), z[i] = float(rng.normal()), index[i] = std::uint32_t(i);
  const float query[3] = {0.1F, 0.2F, -0.3F};
  for (std::size_t begin = 0; begin < 9; ++begin)
    for (std::size_t end = begin; end <= 100; ++end) {
      const points::Stretch s{x.data(), y.data(), z.data(), index.data(), begin, end};
      std::vector<std::uint64_t> a(108), b(108);
      a.resize(points::scan_portable(s, query, 1.5F, a.data()));
      b.resize(points::scan_avx2(s, query, 1.5F, b.data()));
      ASSERT_EQ(a, b);
    }
}
#endif

/// The picker's definition, with a scan of all points a pick.
void expect_least_used(const std::vector<Vec3f>& points, const SupportPoints& s, std::uint32_t k) {
  std::vector<std::uint32_t> count(points.size(), 0);
  for (std::size_t i = 0; i < s.picked.size(); ++i) {
    ASSERT_EQ(count[s.picked[i]], *std::min_element(count.begin(), count.end())) << i;
    const std::vector<std::uint32_t> list(s.neighbours.begin() + std::ptrdiff_t(i * k),
                                          s.neighbours.begin() + std::ptrdiff_t((i + 1) * k));
    ASSERT_EQ(list, by_brute_force(points, points[s.picked[i]], k));
    for (const std::uint32_t p : std::set<std::uint32_t>(list.begin(), list.end())) ++count[p];
    count[s.picked[i]] += 100;
  }
}

TEST(PickLeastUsed, FollowsItsDefinition) {
  Rng rng(9);
  for (const int n : {1, 5, 300})
    for (const std::uint32_t picks : {1U, 7U, 400U}) {
      const std::vector<Vec3f> points = sample(0, n, rng);
      Rng a(3), b(3);
      const PointGrid grid(points);
      const SupportPoints s = pick_least_used(grid, picks, 8, a);
      ASSERT_EQ(s.picked.size(), picks);
      expect_least_used(points, s, 8);
      EXPECT_EQ(pick_least_used(grid, picks, 8, b).picked, s.picked);
    }
}

TEST(PickLeastUsed, IsUniformAmongTheLowest) {
  const std::vector<Vec3f> points = {{0, 0, 0}, {1, 0, 0}, {5, 0, 0}, {6, 0, 0}};
  const PointGrid grid(points);
  std::vector<int> first(4, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Rng rng(seed);
    ++first[pick_least_used(grid, 1, 2, rng).picked[0]];
  }
  for (const int n : first) EXPECT_NEAR(n, 1000, 120);
}

TEST(PickQuantised, OnePointACellThenFinerOnes) {
  Rng rng(2);
  const std::vector<Vec3f> points = sample(0, 2000, rng);
  for (const std::uint32_t picks : {1U, 16U, 500U, 2000U, 2500U}) {
    Rng a(5), b(5);
    const auto picked = pick_quantised(points, picks, a);
    ASSERT_EQ(picked.size(), picks);
    EXPECT_EQ(pick_quantised(points, picks, b), picked);
    const std::set<std::uint32_t> distinct(picked.begin(), picked.end());
    EXPECT_EQ(distinct.size(), std::min<std::size_t>(picks, 2000));
    if (picks > 2000) {
      EXPECT_EQ(picked[2000], picked[0]);
    }
  }
  Rng c(5);
  const std::vector<Vec3f> same = sample(3, 40, rng);
  const auto picked = pick_quantised(same, 30, c);
  EXPECT_EQ(std::set<std::uint32_t>(picked.begin(), picked.end()).size(), 30U);
  EXPECT_THROW(pick_quantised(std::span<const Vec3f>{}, 3, c), Error);
}

TEST(PickQuantised, CellsCountFromTheMinimum) {
  // diagonal 4, four picks: edge 2. Cells [-1,1) and [1,3), {3}; the next round splits them at 0, 1, 2.
  const std::vector<Vec3f> points = {{-1, 0, 0}, {-0.5F, 0, 0}, {0.5F, 0, 0}, {1.5F, 0, 0}, {3, 0, 0}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    const auto picked = pick_quantised(points, 4, rng);
    std::multiset<int> cells;
    for (int i = 0; i < 3; ++i) cells.insert(int(std::floor((points[picked[std::size_t(i)]].x + 1) / 2)));
    EXPECT_EQ(cells, (std::multiset<int>{0, 1, 2}));
  }
}

TEST(PickQuantised, NeighboursComeWithIt) {
  Rng rng(2), a(1);
  const std::vector<Vec3f> points = sample(0, 500, rng);
  const SupportPoints s = pick_quantised(PointGrid(points), 60, 16, a);
  for (std::size_t i = 0; i < 60; ++i)
    EXPECT_EQ(std::vector<std::uint32_t>(s.neighbours.begin() + std::ptrdiff_t(16 * i),
                                         s.neighbours.begin() + std::ptrdiff_t(16 * i + 16)),
              by_brute_force(points, points[s.picked[i]], 16));
}

}  // namespace
}  // namespace syconn
