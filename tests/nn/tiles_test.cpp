// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/tiles.h"

#include <gtest/gtest.h>

namespace syconn {
namespace {

/// Class 1 is the mean of a voxel and its neighbour in x; no memory for inputs above `most_vx`.
class FakeNetwork final : public Network {
 public:
  explicit FakeNetwork(std::int64_t most_vx) : most_vx_(most_vx) {}
  bool run(std::span<const float> in, const Vec3i& size, std::span<float> out) override {
    if (size.product() > most_vx_) return false;
    const auto n = static_cast<std::size_t>(size.product());
    for (std::size_t i = 0; i < n; ++i) {
      out[n + i] = (in[i] + (i + 1 < n ? in[i + 1] : 0)) / 2;
      out[i] = 1 - out[n + i];
    }
    return true;
  }

 private:
  std::int64_t most_vx_;
};

ModelCard card() {
  ModelCard c;
  c.classes = {"background", "a"}, c.tile_vx = {16, 8, 4}, c.halo_vx = {4, 4, 2}, c.stride_vx = {4, 4, 2};
  return c;
}

float value_at(const Vec3i& p) { return static_cast<float>(((p.x * 7 + p.y * 31 + p.z * 57) % 101 + 101) % 101) / 100; }

void read(const Box3& box, std::span<float> out) {
  std::size_t i = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) out[i++] = value_at({x, y, z});
}

TEST(TiledInference, EqualsAPlainPassForAnyBoxAndMemory) {
  const ModelCard c = card();
  const std::vector<std::size_t> classes{1};
  for (const std::int64_t most_vx : {std::int64_t{1} << 30, std::int64_t{16} * 16 * 8, std::int64_t{12} * 12 * 8})
    for (const Box3& box : {Box3({0, 0, 0}, {40, 20, 9}), Box3({-7, 3, 5}, {3, 4, 6}), Box3({15, 7, 3}, {17, 9, 5})}) {
      FakeNetwork network(most_vx);
      TiledInference tiles(network, c);
      Volume<std::uint8_t> out(box, 255);
      const std::vector<VolumeView<std::uint8_t>> views{out.view()};
      tiles.run(read, classes, views);
      for (std::int64_t z = box.min.z; z < box.max.z; ++z)
        for (std::int64_t y = box.min.y; y < box.max.y; ++y)
          for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
            const float p = (value_at({x, y, z}) + value_at({x + 1, y, z})) / 2;
            ASSERT_EQ(out.at({x, y, z}), static_cast<std::uint8_t>(p * 255.0F)) << x << ' ' << y << ' ' << z;
          }
      EXPECT_EQ(tiles.tile_vx() == c.tile_vx, most_vx > 24 * 16 * 8);
    }
}

TEST(TiledInference, SizesAreMultiplesOfTheStrideForAnyHalo) {
  ModelCard c = card();
  c.halo_vx = {3, 5, 1};
  EXPECT_EQ(c.input_vx(), Vec3i(24, 20, 6));
  FakeNetwork network(c.input_vx().product());
  TiledInference tiles(network, c);
  const Box3 box({-3, 0, 1}, {40, 20, 9});
  Volume<std::uint8_t> out(box, 255);
  const std::vector<VolumeView<std::uint8_t>> views{out.view()};
  const std::vector<std::size_t> classes{1};
  const ReadTile checked = [&](const Box3& seen, std::span<float> values) {
    EXPECT_EQ(seen.size(), c.input_vx());
    read(seen, values);
  };
  tiles.run(checked, classes, views);
  for (std::int64_t x = box.min.x; x < box.max.x; ++x)
    EXPECT_EQ(out.at({x, 4, 5}), static_cast<std::uint8_t>((value_at({x, 4, 5}) + value_at({x + 1, 4, 5})) / 2 * 255));
}

TEST(TiledInference, SaysWhenNoTileIsSmallEnough) {
  const ModelCard c = card();
  FakeNetwork network(10);
  Volume<std::uint8_t> out(Box3::of_size({4, 4, 4}));
  const std::vector<VolumeView<std::uint8_t>> views{out.view()};
  const std::vector<std::size_t> classes{1};
  EXPECT_THROW(TiledInference(network, c).run(read, classes, views), Error);
}

}  // namespace
}  // namespace syconn
