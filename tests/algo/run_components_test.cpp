// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/run_components.h"

#include <gtest/gtest.h>

#include <deque>

#include "algo/h5_input.h"
#include "syconn/core/error.h"
#include "syconn/core/ids.h"

namespace syconn {
namespace {

/// Component of every voxel by flood fill, numbered from 1 in raster order of the first voxels.
Volume<std::int32_t> flood(const Volume<std::uint8_t>& mask, int connectivity) {
  Volume<std::int32_t> out(mask.box());
  const Box3 box = mask.box();
  const int most = connectivity == 6 ? 1 : connectivity == 18 ? 2 : 3;
  std::int32_t n = 0;
  std::deque<Vec3i> open;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        if (!mask.at({x, y, z}) || out.at({x, y, z})) continue;
        out.at({x, y, z}) = ++n;
        open.assign(1, {x, y, z});
        for (; !open.empty(); open.pop_front())
          for (int k = 0; k < 27; ++k) {
            const Vec3i d{k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1}, v = open.front() + d;
            if (d.dot(d) > most || !box.contains(v) || !mask.at(v) || out.at(v)) continue;
            out.at(v) = n;
            open.push_back(v);
          }
      }
  return out;
}

void expect_parts(const Volume<std::uint8_t>& mask, int connectivity, const Volume<std::int32_t>& want) {
  const auto runs = runs_of_mask(mask.view());
  const RunComponents got = run_components(runs, static_cast<Connectivity>(connectivity));
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    ASSERT_EQ(static_cast<std::int32_t>(got.part[i]) + 1, want.at(runs[i].first())) << connectivity;
    n = std::max(n, got.part[i] + 1);
  }
  EXPECT_EQ(got.n_parts, n);
}

TEST(RunComponents, EqualFloodFillOnNoise) {
  for (const std::uint64_t density : {2U, 4U, 12U})
    for (const int connectivity : {6, 18, 26}) {
      Volume<std::uint8_t> mask(Box3{{-4, 7, 100}, {29, 24, 115}});
      for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = mix64(i + density) % density == 0;
      expect_parts(mask, connectivity, flood(mask, connectivity));
    }
}

TEST(RunComponents, DegenerateSets) {
  EXPECT_EQ(run_components({}).n_parts, 0U);
  const std::vector<syconn::Run> one{{5, 5, 5, 1}};
  EXPECT_EQ(run_components(one).part, std::vector<std::uint32_t>{0});
  const std::vector<syconn::Run> touching{{0, 0, 0, 4}, {4, 0, 0, 2}, {7, 0, 0, 1}};
  EXPECT_EQ(run_components(touching, Connectivity::face6).part, (std::vector<std::uint32_t>{0, 0, 1}));
  const std::vector<syconn::Run> unsorted{{0, 1, 0, 4}, {0, 0, 0, 2}};
  EXPECT_THROW(run_components(unsorted), Error);
}

TEST(RunComponentsGolden, EqualScipy) {
  const auto file = testing_input::golden_folder() / "connected_components.h5";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  // Components are numbered along another axis order there; turned back to it, ours must be the same partition.
  const auto mask = testing_input::read_xyz<std::uint8_t>(file, "binary/input");
  for (const int connectivity : {6, 18, 26}) {
    const auto scipy = testing_input::read_xyz<std::int32_t>(file, "binary/scipy_" + std::to_string(connectivity));
    const auto runs = runs_of_mask(mask.view());
    const RunComponents got = run_components(runs, static_cast<Connectivity>(connectivity));
    std::vector<std::int32_t> other(got.n_parts, 0);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      std::int32_t& o = other[got.part[i]];
      if (o == 0) o = scipy.at(runs[i].first());
      ASSERT_EQ(o, scipy.at(runs[i].first()));
    }
    std::sort(other.begin(), other.end());
    EXPECT_TRUE(std::adjacent_find(other.begin(), other.end()) == other.end()) << "no component was split";
  }
}

}  // namespace
}  // namespace syconn
