// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of the precomputed layers by hand; whole exports are read back in stages/export_test.cpp.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/io/annotation_grid.h"
#include "syconn/io/precomputed_annotations.h"
#include "syconn/io/precomputed_volume_writer.h"
#include "syconn/io/segment_properties.h"
#include "syconn/io/viewer_files.h"

namespace syconn {
namespace {

std::span<const char> text(const std::string& s) { return {s.data(), s.size()}; }

TEST(ShardFileWriter, BytesByHand) {
  const test::TempFolder folder;
  // Four cells in a row, in groups of two; neither indices nor data packed.
  ShardLayout layout{1, 1, 0, false, false, false};
  ShardFileWriter file(folder / "0.shard", layout, 0);
  file.add(3, text("dddd"));
  file.add(2, text("c"));
  file.add(0, text("aa"));
  file.close();
  const std::string bytes = read_file(folder / "0.shard");
  std::vector<std::uint64_t> numbers(4);
  std::memcpy(numbers.data(), bytes.data(), 32);
  // Minishard 1 (keys 2, 3) was complete first: "c", "dddd"; then "aa", then the two indices of 24 and 48 bytes.
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{7, 31, 31, 79}));
  EXPECT_EQ(bytes.substr(32, 7), "cddddaa");
  std::vector<std::uint64_t> index(9);
  std::memcpy(index.data(), bytes.data() + 39, 72);
  EXPECT_EQ(index, (std::vector<std::uint64_t>{0, 5, 2, /**/ 2, 1, 0, 0, 1, 4}));
}

TEST(ShardFileWriter, RefusesWhatWouldBeUnreadable) {
  const test::TempFolder folder;
  ShardFileWriter ids(folder / "a", ShardLayout::of_ids(0, 0), 0);
  ids.add(5, text("x"));
  EXPECT_THROW(ids.add(5, text("y")), Error);
  EXPECT_THROW(ids.add(4, text("y")), Error);
  ShardFileWriter cells(folder / "b", ShardLayout::of_grid({4, 4, 4}, 3), 1);
  EXPECT_THROW(cells.add(0, text("x")), Error) << "belongs to shard 0";
  cells.add(8, text("x"));
  EXPECT_THROW(cells.add(8, text("x")), Error);
}

TEST(ShardLayout, FileNames) {
  EXPECT_EQ(ShardLayout::of_ids(0, 6).file_name(0), "0.shard");
  EXPECT_EQ(ShardLayout::of_ids(5, 6).file_name(31), "1f.shard");
  EXPECT_EQ(ShardLayout::of_grid({64, 64, 64}, 9).file_name(10), "00a.shard");
}

/// Each chunk of a finer scale lies in exactly the shard of the block that holds it.
TEST(PrecomputedPyramid, BlocksAreShards) {
  const Vec3d voxels[] = {{10, 10, 25}, {8, 8, 8}, {4.6, 4.6, 50}, {40, 8, 8}};
  const Box3 boxes[] = {Box3::of_size({1, 1, 1}), Box3::of_size({700, 90, 41}), Box3({100, 33, 7}, {1000, 900, 300}),
                        Box3::of_size({40000, 300, 20})};
  for (const Vec3d& voxel_nm : voxels)
    for (const Box3& box : boxes) {
      const PrecomputedPyramid p(box, voxel_nm);
      ASSERT_LE(p.block_count(), 4096);
      for (std::size_t l = 0; l < p.scales().size() && static_cast<int>(l) < p.block_level(); ++l) {
        const PrecomputedScale& s = p.scales()[l];
        ASSERT_LE(s.chunk.max_element(), 64);
        std::set<std::uint64_t> keys;
        for (std::int64_t i = 0; i < p.block_count(); ++i) {
          const Vec3i at = p.block_position(i);
          const Box3 cube = p.cube(p.block_level(), at);
          const Box3 in_scale = intersect({cube.min / s.mag, cube.max / s.mag}, s.box);
          for (std::int64_t z = in_scale.min.z; z < in_scale.max.z; z += s.chunk.z)
            for (std::int64_t y = in_scale.min.y; y < in_scale.max.y; y += s.chunk.y)
              for (std::int64_t x = in_scale.min.x; x < in_scale.max.x; x += s.chunk.x) {
                const Vec3i cell = (Vec3i(x, y, z) - s.box.min) / s.chunk;
                const std::uint64_t key = grid_key(cell, s.grid());
                ASSERT_EQ(s.chunk_box(cell).min, Vec3i(x, y, z));
                ASSERT_EQ(s.layout.shard_of(key), p.block_shard(at)) << l << cell;
                ASSERT_TRUE(keys.insert(key).second);
              }
        }
        ASSERT_EQ(keys.size(), static_cast<std::size_t>(s.grid().product())) << l;
      }
    }
}

TEST(AnnotationGrid, CellsOfALine) {
  const Box3 bounds = Box3::of_size({1000, 1000, 400});
  const auto levels = annotation_grid_levels(bounds, {10, 10, 25});
  ASSERT_EQ(levels[0].grid, Vec3i(1));
  ASSERT_EQ(levels[1].grid, Vec3i(2));
  const auto cells = [&](Vec3f a, Vec3f b) {
    std::vector<Vec3i> list;
    for_cells_of_line(levels[1], bounds, a, b, [&](const Vec3i& c) { list.push_back(c); });
    return list;
  };
  EXPECT_EQ(cells({10, 10, 10}, {20, 20, 20}), (std::vector<Vec3i>{{0, 0, 0}}));
  EXPECT_EQ(cells({499, 10, 10}, {501, 10, 10}), (std::vector<Vec3i>{{0, 0, 0}, {1, 0, 0}}));
  // Around the corner: through (1,0) or (0,1), not both.
  EXPECT_EQ(cells({490, 400, 10}, {600, 510, 10}), (std::vector<Vec3i>{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}}));
  EXPECT_EQ(cells({500, 10, 10}, {500, 10, 10}), (std::vector<Vec3i>{{0, 0, 0}, {1, 0, 0}}))
      << "a face belongs to both";
}

TEST(AnnotationGrid, Thresholds) {
  EXPECT_EQ(annotation_thresholds({10, 5, 5}, 10).below, (std::vector<std::uint64_t>{UINT64_MAX}));
  const auto t = annotation_thresholds({40, 20, 20}, 10);  // a quarter; of 15 that are left two thirds; the rest
  ASSERT_EQ(t.below.size(), 3U);
  EXPECT_EQ(t.below[0], std::uint64_t{1} << 62);
  EXPECT_NEAR(static_cast<double>(t.below[1]), 0.75 * std::ldexp(1.0, 64), 1e6);
}

TEST(LineEncoder, WidestFirst) {
  const LineEncoder encoder({{"a", DType::u8}, {"b", DType::f32}, {"c", DType::u16}, {"d", DType::i8}});
  ASSERT_EQ(encoder.bytes(), 32U);
  std::vector<char> line(32);
  const double values[] = {200, 0.5, 40000, -3};
  encoder.encode({1, 2, 3}, {4, 5, 6}, values, line.data());
  float b;
  std::memcpy(&b, line.data() + 24, 4);
  EXPECT_EQ(b, 0.5F);
  std::uint16_t c;
  std::memcpy(&c, line.data() + 28, 2);
  EXPECT_EQ(c, 40000);
  EXPECT_EQ(static_cast<std::uint8_t>(line[30]), 200);
  EXPECT_EQ(line[31], -3);
}

TEST(SegmentProperties, TagsAreCleaned) {
  SegmentProperties p({1, UINT64_MAX});
  p.add_tags({"two words", "#x", "TWO_words"}, {2, -1});
  p.add_numbers("n", DType::f32, "d", std::vector<double>{0.1, std::nan("")});
  const Json json = parse_json(p.info(), "info").at("inline");
  EXPECT_EQ(json.at("ids"), (Json{"1", "18446744073709551615"}));
  EXPECT_EQ(json.at("properties")[0].at("tags"), (Json{"two_words", "x"}));
  EXPECT_EQ(json.at("properties")[0].at("values"), (Json{Json::array({0}), Json::array()}));
  EXPECT_EQ(json.at("properties")[1].at("values").dump(), "[0.1,0]");
}

TEST(ViewerFiles, TheLinkHoldsTheState) {
  ExportedLayers layers;
  layers.name = "t", layers.url = "http://localhost:1", layers.box_vx = Box3::of_size({10, 20, 30});
  layers.voxel_nm = {10, 10, 25}, layers.seg = true, layers.shown = {UINT64_MAX};
  const std::string link = neuroglancer_link(neuroglancer_state(layers));
  EXPECT_EQ(link.find_first_of(" \"#", link.find("#!") + 2), std::string::npos);
  EXPECT_NE(link.find("18446744073709551615"), std::string::npos);
}

}  // namespace
}  // namespace syconn
