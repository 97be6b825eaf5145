// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/skeleton.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <queue>
#include <set>

#include "skeleton_fields.h"
#include "syconn/algo/run_components.h"
#include "syconn/algo/skeleton_labels.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {
using Mask = Volume<std::uint8_t>;

template <class In>
Mask mask_of(const Vec3i& size, const In& in) {
  Mask m(Box3::of_size(size));
  for (std::int64_t z = 0; z < size.z; ++z)
    for (std::int64_t y = 0; y < size.y; ++y)
      for (std::int64_t x = 0; x < size.x; ++x) m.at({x, y, z}) = in(Vec3d(Vec3i{x, y, z})) ? 1 : 0;
  return m;
}

double distance_to_segment(const Vec3d& p, const Vec3d& a, const Vec3d& b, double& t) {
  const Vec3d d = b - a, o = p - a;
  t = d.dot(d) > 0 ? std::clamp(o.dot(d) / d.dot(d), 0.0, 1.0) : 0;
  const Vec3d r = o - d * t;
  return std::sqrt(r.dot(r));
}

/// Largest distance by which a voxel of a component of at least `least` voxels lies outside 2 radii + 500 nm.
double worst_uncovered(const std::vector<syconn::Run>& runs, const Skeleton& s, const Vec3d& pitch, std::uint64_t least) {
  const RunComponents parts = run_components(runs);
  std::vector<std::uint64_t> size(parts.n_parts, 0);
  for (std::size_t i = 0; i < runs.size(); ++i) size[parts.part[i]] += static_cast<std::uint64_t>(runs[i].len);
  double worst = -1e9;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (size[parts.part[i]] < least) continue;
    for (std::int32_t x = runs[i].x; x < runs[i].end(); ++x) {
      const Vec3d p = Vec3d(Vec3i{x, runs[i].y, runs[i].z}) * pitch;
      double best = 1e9;
      for (const auto& e : s.edges) {
        double t;
        const double d = distance_to_segment(p, Vec3d(s.nodes_nm[e[0]]), Vec3d(s.nodes_nm[e[1]]), t);
        best = std::min(best, d - 2 * ((1 - t) * static_cast<double>(s.radius_nm[e[0]]) +
                                       t * static_cast<double>(s.radius_nm[e[1]])));
      }
      for (std::size_t n = 0; s.edges.empty() && n < s.n_nodes(); ++n) {
        double t;
        best = std::min(best, distance_to_segment(p, Vec3d(s.nodes_nm[n]), Vec3d(s.nodes_nm[n]), t) -
                                  2 * static_cast<double>(s.radius_nm[n]));
      }
      worst = std::max(worst, best - 500);
    }
  }
  return worst;
}

void expect_sound(const Mask& m, const Skeleton& s, const Vec3d& pitch) {
  const std::vector<syconn::Run> runs = runs_of_mask(m.view());
  const std::uint32_t n_parts = run_components(runs).n_parts;
  ASSERT_GT(s.n_nodes(), 0U);
  ASSERT_EQ(s.edges.size(), s.n_nodes() - 1);
  ASSERT_EQ(s.bridge_nm.size(), s.edges.size());
  ASSERT_EQ(s.parent[0], -1);
  for (std::size_t i = 1; i < s.n_nodes(); ++i) {
    ASSERT_LT(s.parent[i], static_cast<std::int32_t>(i));
    ASSERT_EQ(s.edges[i - 1][0], static_cast<std::uint32_t>(s.parent[i]));
    ASSERT_EQ(s.edges[i - 1][1], i);
  }
  const auto bridged = skeleton_components(s.n_nodes(), s.edges);
  EXPECT_EQ(*std::max_element(bridged.begin(), bridged.end()), 0U);
  const auto parts = skeleton_components(s.n_nodes(), s.edges, s.bridge_nm);
  EXPECT_EQ(*std::max_element(parts.begin(), parts.end()) + 1, n_parts);
  for (const Vec3f& n : s.nodes_nm) {
    const Vec3i v{std::llround(static_cast<double>(n.x) / pitch.x), std::llround(static_cast<double>(n.y) / pitch.y),
                  std::llround(static_cast<double>(n.z) / pitch.z)};
    ASSERT_TRUE(m.box().contains(v) && m.at(v)) << v;
  }
}

Mask random_blobs(std::uint64_t seed, const Vec3i& size, int n_balls) {
  Rng rng(seed);
  Mask m(Box3::of_size(size));
  for (int b = 0; b < n_balls; ++b) {
    const Vec3d c{rng.uniform(0, double(size.x)), rng.uniform(0, double(size.y)), rng.uniform(0, double(size.z))};
    const double r = rng.uniform(0.6, 5);
    for_each_voxel(runs_of_mask(mask_of(size, [&](const Vec3d& p) { return (p - c).dot(p - c) < r * r; }).view()),
                   [&](const Vec3i& v) { m.at(v) = 1; });
  }
  return m;
}

TEST(Skeleton, DegenerateInputs) {
  EXPECT_EQ(skeletonise({}, {32, 32, 40}, {}).n_nodes(), 0U);
  const syconn::Run one{7, -3, 2, 1};
  const Skeleton s = skeletonise({&one, 1}, {32, 32, 40}, {8, 8, 20});
  ASSERT_EQ(s.n_nodes(), 1U);
  EXPECT_EQ(s.nodes_nm[0], (Vec3f{7 * 32 + 8, -3 * 32 + 8, 2 * 40 + 20}));
  EXPECT_FLOAT_EQ(s.radius_nm[0], 32);
  EXPECT_TRUE(s.edges.empty());
  const syconn::Run two{0, 0, 0, 2};
  EXPECT_EQ(skeletonise({&two, 1}, {32, 32, 40}, {}).n_nodes(), 2U);
  EXPECT_THROW(skeletonise({&one, 1}, {0, 32, 40}, {}), Error);
}

TEST(Skeleton, RandomBlobsKeepEveryProperty) {
  const Vec3d pitch{32, 36, 40};
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Mask m = random_blobs(seed, {41, 37, 29}, 4 + static_cast<int>(seed) * 3);
    std::vector<syconn::Run> runs = runs_of_mask(m.view());
    for (const bool raw : {false, true}) {
      SkeletonParams p;
      p.const_nm = 60, p.scale = 1.2, p.tick_nm = raw ? 0 : 150;
      if (raw) p.downsample_factor = 1, p.sparsify_distance_nm = p.sparsify_close_nm = 0;
      const Skeleton s = skeletonise(runs, pitch, {}, p);
      expect_sound(m, s, pitch);
      std::vector<syconn::Run> cut;  // other order, other cuts, shifted
      for (std::size_t i = runs.size(); i-- > 0;) {
        const syconn::Run& r = runs[i];
        if (r.len > 1) cut.push_back({r.x + 1 + 103, r.y - 57, r.z + 9, r.len - 1});
        cut.push_back({r.x + 103, r.y - 57, r.z + 9, 1});
      }
      const Skeleton t = skeletonise(cut, pitch, {-103 * 32, 57 * 36, -9 * 40}, p);
      EXPECT_TRUE(s.nodes_nm == t.nodes_nm && s.radius_nm == t.radius_nm && s.parent == t.parent &&
                  s.bridge_nm == t.bridge_nm);
    }
  }
}

TEST(Skeleton, TubeYRingAndBall) {
  const Vec3d pitch{40, 40, 40};
  SkeletonParams raw;
  raw.tick_nm = 0;
  const auto check = [&](const Mask& m) {
    const Skeleton s = skeletonise(runs_of_mask(m.view()), pitch, {}, raw);
    expect_sound(m, s, pitch);
    EXPECT_LE(worst_uncovered(runs_of_mask(m.view()), s, pitch, 1000), 0.0);
    return skeletonise(runs_of_mask(m.view()), pitch, {});
  };
  const auto leaves = [](const Skeleton& s) {
    std::vector<int> degree(s.n_nodes(), 0);
    for (const auto& e : s.edges) ++degree[e[0]], ++degree[e[1]];
    return std::count(degree.begin(), degree.end(), 1);
  };
  const auto tube = [](const Vec3d& p, const Vec3d& a, const Vec3d& b, double r) {
    double t;
    return distance_to_segment(p, a, b, t) <= r;
  };
  const Skeleton straight = check(mask_of({90, 13, 13}, [&](const Vec3d& p) {
    return tube(p, {6, 6, 6}, {83, 6, 6}, 5);
  }));
  EXPECT_EQ(leaves(straight), 2);
  EXPECT_NEAR(path_length_um(straight.nodes_nm, straight.edges), 87 * 0.04, 0.4);
  const Skeleton y = check(mask_of({90, 90, 13}, [&](const Vec3d& p) {
    return tube(p, {6, 45, 6}, {45, 45, 6}, 4) || tube(p, {45, 45, 6}, {80, 10, 6}, 4) ||
           tube(p, {45, 45, 6}, {80, 80, 6}, 4);
  }));
  EXPECT_EQ(leaves(y), 3);
  check(mask_of({80, 80, 9}, [](const Vec3d& p) {
    return std::abs(std::hypot(p.x - 40, p.y - 40) - 30) < 4 && std::abs(p.z - 4) < 4;
  }));
  check(mask_of({41, 41, 41}, [](const Vec3d& p) { return (p - Vec3d(20)).dot(p - Vec3d(20)) <= 19 * 19; }));
}

TEST(Skeleton, HollowSomaHasItsRootOnTheCell) {
  const Vec3d pitch{200, 200, 200};  // radius 20 voxels: 4,000 nm; nucleus cut out; a process along x
  const Mask m = mask_of({110, 45, 45}, [](const Vec3d& p) {
    const double r = std::sqrt((p - Vec3d(22)).dot(p - Vec3d(22)));
    return (r <= 20 && r > 9) || (p.x > 22 && r > 9 && std::hypot(p.y - 22, p.z - 22) <= 2.5);
  });
  const Skeleton s = skeletonise(runs_of_mask(m.view()), pitch, {});
  expect_sound(m, s, pitch);
  EXPECT_NEAR(static_cast<double>(s.soma_radius_nm), 4100, 150);
  const Vec3d off = Vec3d(s.nodes_nm[0]) - Vec3d(22 * 200.0);
  EXPECT_NEAR(std::sqrt(off.dot(off)), 9.5 * 200, 200);
  EXPECT_GT(static_cast<double>(
                std::max_element(s.nodes_nm.begin(), s.nodes_nm.end(), [](auto& a, auto& b) { return a.x < b.x; })->x),
            100 * 200.0);
}

TEST(Skeleton, CavitiesAgainstFloodFill) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    const double fill = rng.uniform(0.5, 0.8);
    const Mask m = mask_of({9, 8, 7}, [&](const Vec3d&) { return rng.uniform() < fill; });
    const auto runs = runs_of_mask(m.view());
    Mask out(m.box().grown(Vec3i(1)));
    std::vector<Vec3i> todo{out.box().min};
    out.at(todo[0]) = 1;
    const Vec3i steps[] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
    while (!todo.empty()) {
      const Vec3i p = todo.back();
      todo.pop_back();
      for (const Vec3i& d : steps) {
        const Vec3i q = p + d;
        if (!out.box().contains(q) || out.at(q) || (m.box().contains(q) && m.at(q))) continue;
        out.at(q) = 1, todo.push_back(q);
      }
    }
    Mask want(m.box()), got(m.box());
    for (std::int64_t z = 0; z < 7; ++z)
      for (std::int64_t y = 0; y < 8; ++y)
        for (std::int64_t x = 0; x < 9; ++x) want.at({x, y, z}) = !m.at({x, y, z}) && !out.at({x, y, z});
    for_each_voxel(skeleton::cavities(runs), [&](const Vec3i& v) { got.at(v) = 1; });
    EXPECT_TRUE(std::equal(want.data(), want.data() + want.count(), got.data()));
  }
}

TEST(Skeleton, FieldsAgainstBruteForce) {
  const Vec3d pitch{9.2, 11, 50};
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Mask m = random_blobs(seed + 50, {19, 18, 13}, 8);
    const auto runs = runs_of_mask(m.view());
    const skeleton::Bricks bricks(runs, {});
    const skeleton::StepLengths steps(pitch);
    const auto edt = skeleton::squared_edt(bricks, pitch);
    std::vector<std::uint32_t> slots, penalty(bricks.n_slots(), 0);
    for (std::uint32_t s = 0; s < bricks.n_slots(); ++s)
      if (bricks.in_graph(s)) slots.push_back(s), penalty[s] = 1 + static_cast<std::uint32_t>(mix64(seed, s) % 50);
    ASSERT_EQ(slots.size(), voxel_count(runs));
    for (const std::uint32_t s : slots) {
      const Vec3i v = bricks.local_voxel(s) + bricks.origin();
      double best = 1e18;
      for (std::int64_t z = -1; z <= 13; ++z)
        for (std::int64_t y = -1; y <= 18; ++y)
          for (std::int64_t x = -1; x <= 19; ++x)
            if (!m.box().contains(Vec3i{x, y, z}) || !m.at({x, y, z})) {
              const Vec3d d = Vec3d(Vec3i{x, y, z} - v) * pitch;
              best = std::min(best, d.dot(d));
            }
      ASSERT_NEAR(static_cast<double>(edt[s]), best, 1e-6 * best);
    }
    // Plain Dijkstra: with steps, then with penalties from growing sources, against the kept field.
    const auto dijkstra = [&](const std::vector<std::uint32_t>& sources, bool by_steps) {
      std::vector<std::uint64_t> dist(bricks.n_slots(), skeleton::kUnreached);
      std::set<std::pair<std::uint64_t, std::uint32_t>> queue;
      for (const std::uint32_t s : sources) dist[s] = 0, queue.insert({0, s});
      while (!queue.empty()) {
        const auto [d, u] = *queue.begin();
        queue.erase(queue.begin());
        for (const std::uint32_t v : slots) {
          const Vec3i o = bricks.local_voxel(v) - bricks.local_voxel(u);
          if (v == u || std::max({std::abs(o.x), std::abs(o.y), std::abs(o.z)}) > 1) continue;
          const Vec3d nm = Vec3d(o) * pitch;
          const std::uint64_t w =
              by_steps ? static_cast<std::uint64_t>(std::llround(std::sqrt(nm.dot(nm)) * 64)) : penalty[v];
          if (d + w >= dist[v]) continue;
          queue.erase({dist[v], v});
          dist[v] = d + w, queue.insert({d + w, v});
        }
      }
      return dist;
    };
    skeleton::Geodesic geodesic;
    geodesic.compute(bricks, steps, slots[0]);
    const auto want = dijkstra({slots[0]}, true);
    for (const std::uint32_t s : slots)
      ASSERT_EQ(geodesic.distance[s], want[s] == skeleton::kUnreached ? skeleton::kFar : want[s]);
    skeleton::PenaltyField field(bricks, penalty);
    std::vector<std::uint32_t> sources{slots[0]};
    field.add_sources(sources);
    for (int path = 0; path < 3; ++path) {
      const auto cost = dijkstra(sources, false);
      std::uint32_t target = slots[0];
      for (const std::uint32_t s : slots)
        if (cost[s] != skeleton::kUnreached && cost[s] > cost[target]) target = s;
      const auto got = field.path_from(target);
      std::uint64_t sum = 0;
      for (const std::uint32_t s : got) sum += s == got.back() ? 0 : penalty[s];
      ASSERT_EQ(sum, cost[target]);
      ASSERT_EQ(cost[got.back()], 0U);
      sources.insert(sources.end(), got.begin(), got.end());
      field.add_sources(got);
    }
  }
}

}  // namespace
}  // namespace syconn
