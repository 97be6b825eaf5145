// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <thread>

#include "syconn/core/chunk_grid.h"
#include "syconn/core/compartments.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/error.h"
#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/core/rng.h"
#include "syconn/core/union_find.h"
#include "syconn/core/volume_view.h"

namespace syconn {
namespace {

TEST(Box3, IntersectUniteContains) {
  const Box3 a{{0, 0, 0}, {4, 5, 6}}, b{{2, 3, 4}, {9, 9, 9}};
  EXPECT_EQ(intersect(a, b), (Box3{{2, 3, 4}, {4, 5, 6}}));
  EXPECT_EQ(unite(a, b), (Box3{{0, 0, 0}, {9, 9, 9}}));
  EXPECT_EQ(unite(Box3{}, b), b);
  EXPECT_TRUE(intersect(a, a.shifted({10, 0, 0})).empty());
  EXPECT_EQ(intersect(a, a.shifted({10, 0, 0})).voxels(), 0);
  EXPECT_TRUE(a.contains(Vec3i{3, 4, 5}));
  EXPECT_FALSE(a.contains(Vec3i{4, 4, 5}));
  EXPECT_TRUE(a.contains(a));
}

TEST(ChunkGrid, EveryVoxelHasOneOwnerAlsoInABoxThatStartsInsideAChunk) {
  const ChunkGrid grid(Box3{{5, 64, 3}, {131, 200, 70}}, {64, 48, 16});
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < grid.count(); ++i) {
    const Box3 b = grid.chunk_box(i);
    ASSERT_FALSE(b.empty());
    total += b.voxels();
    EXPECT_EQ(grid.index_of(b.min), i);
    EXPECT_EQ(grid.index_of(b.max - Vec3i(1)), i);
  }
  EXPECT_EQ(total, grid.box().voxels());
}

TEST(ChunkGrid, RefusesAnEmptyEdge) { EXPECT_THROW(ChunkGrid(Box3::of_size({4, 4, 4}), {4, 0, 4}), Error); }

TEST(VolumeView, SubViewKeepsDatasetCoordinates) {
  Volume<int> v(Box3{{10, 20, 30}, {14, 25, 36}});
  v.at({12, 22, 33}) = 7;
  const auto sub = v.view().sub({{11, 21, 32}, {14, 24, 35}});
  EXPECT_EQ(sub.at({12, 22, 33}), 7);
  EXPECT_EQ(sub(1, 1, 1), 7);
}

TEST(Crc32c, KnownVectorsAndBothPathsAgree) {
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283U);  // RFC 3720 check value
  EXPECT_EQ(crc32c("", 0), 0U);
  std::string text(1021, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(mix64(i));
  EXPECT_EQ(crc32c(text.data(), text.size()), crc32c_portable(text.data(), text.size()));
  EXPECT_EQ(crc32c(text.data() + 100, 921, crc32c(text.data(), 100)), crc32c(text.data(), text.size()));
  EXPECT_EQ(hex8(0xE3069283U), "e3069283");
  EXPECT_EQ(hex8(0x1U), "00000001");
}

TEST(Rng, StreamsAreReproducibleAndLookRandom) {
  Rng a(1, 2, 3), b(1, 2, 3), c(1, 2, 4);
  EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(a.next(), c.next());
  double sum = 0, squares = 0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double v = a.normal();
    sum += v, squares += v * v;
  }
  EXPECT_NEAR(sum / n, 0.0, 0.02);
  EXPECT_NEAR(squares / n, 1.0, 0.03);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(c.below(7));
  EXPECT_EQ(seen.size(), 7U);
}

TEST(Shards, HashIsFixedForEver) {  // stored files depend on it
  EXPECT_EQ(mix64(1), 0x910a2dec89025cc1ULL);
  EXPECT_EQ(shard_of(1, 128), 72U);
}

TEST(UnionFind, RootIsTheSmallestMember) {
  UnionFind sets(10);
  sets.unite(7, 3);
  sets.unite(9, 7);
  EXPECT_EQ(sets.find(9), 3U);
  EXPECT_EQ(sets.find(0), 0U);
}

TEST(ParallelFor, CoversAllAndRethrowsTheFirstFailure) {
  std::vector<int> hits(1000, 0);
  parallel_for(1000, 4, [&](std::int64_t i) { ++hits[static_cast<std::size_t>(i)]; });
  EXPECT_EQ(std::set<int>(hits.begin(), hits.end()), std::set<int>{1});
  parallel_for(0, 4, [](std::int64_t) { FAIL(); });
  EXPECT_THROW(parallel_for(100, 4, [](std::int64_t) { throw Error(Category::runtime, "x"); }), Error);
}

TEST(Files, AtomicWriteLeavesNoTemporaries) {
  const fs::path folder = fs::path(testing::TempDir()) / "syconn_files_test";
  fs::remove_all(folder);
  make_folder(folder);
  write_file_atomically(folder / "a.txt", "hello");
  EXPECT_EQ(read_file(folder / "a.txt"), "hello");
  EXPECT_EQ(file_crc32c(folder / "a.txt"), crc32c("hello", 5));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  EXPECT_TRUE(is_temporary_name(temporary_name(folder / "a.txt")));
  try {
    read_file(folder / "missing");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::input);
    EXPECT_NE(std::string(e.what()).find("missing"), std::string::npos);
  }
}

TEST(Compartments, NamesAndEnumAreTheSame) {
  Json names = Json::object();
  for (std::size_t code = 0; code < kCompartmentNames.size(); ++code)
    names[std::to_string(code)] = kCompartmentNames[code];
  names["255"] = "unknown";
  EXPECT_EQ(names.dump(), kCompartmentEnum);
}

}  // namespace
}  // namespace syconn
