// SPDX-License-Identifier: GPL-3.0-or-later
#include "precomputed_shard.h"

#include <gmock/gmock.h>

#include <set>

#include "morton.h"
#include "support/foreign_volumes.h"
#include "volume_files.h"

namespace syconn {
namespace {

using test::error_of;
using test::TempFolder;
using ::testing::HasSubstr;

TEST(PrecomputedShard, HashesOfTheFormat) {
  EXPECT_EQ(murmur_hash(0), 0x4772b084e028ae41U);
  EXPECT_EQ(murmur_hash(1), 0xe8bd67d616d4ce9aU);
  EXPECT_EQ(murmur_hash(42), 0xc20b94f95119f47aU);
  EXPECT_EQ(murmur_hash(12345), 0x1d31307e3a65e510U);
  EXPECT_EQ(murmur_hash(720575940379279312U), 0xdb6378ad3e6e2bfaU);
  EXPECT_EQ(murmur_hash(UINT64_MAX), 0x574f66bd212b5d1aU);
}

TEST(PrecomputedShard, MortonCodesOfTheFormat) {
  EXPECT_EQ(compressed_morton({335, 438, 1024}, {671, 877, 1286}), 0x434522d9U);
  EXPECT_EQ(compressed_morton({3, 2, 1}, {4, 4, 2}), 0x1dU);
  EXPECT_EQ(compressed_morton({2, 0, 0}, {3, 1, 1}), 2U);
  EXPECT_EQ(compressed_morton({5, 1, 3}, {6, 2, 4}), 55U);
  EXPECT_EQ(morton_bits({671, 877, 1286}), 31);
  const Vec3i grid{5, 1, 9};
  std::set<std::uint64_t> codes;
  test::for_each_voxel(Box3::of_size(grid), [&](const Vec3i& p) { codes.insert(compressed_morton(p, grid)); });
  EXPECT_EQ(codes.size(), 45U);
  EXPECT_LT(*codes.rbegin(), std::uint64_t{1} << morton_bits(grid));
}

TEST(PrecomputedShard, FileNames) {
  EXPECT_EQ(ShardSpec::parse(test::sharding("identity", 0, 0, 0, "raw", "raw")).file_name(0), "0.shard");
  EXPECT_EQ(ShardSpec::parse(test::sharding("identity", 0, 0, 4, "raw", "raw")).file_name(11), "b.shard");
  EXPECT_EQ(ShardSpec::parse(test::sharding("identity", 0, 0, 9, "raw", "raw")).file_name(0x1a), "01a.shard");
}

TEST(PrecomputedShard, FindsEveryValueAndNoOther) {
  for (const char* hash : {"identity", "murmurhash3_x86_128"})
    for (const char* encoding : {"raw", "gzip"})
      for (const int bits : {0, 1, 3}) {
        const TempFolder folder;
        const Json json = test::sharding(hash, bits, bits, 2, encoding, "raw");
        std::map<std::uint64_t, std::string> values;
        Rng rng(7);
        for (int i = 0; i < 200; ++i) {
          const std::uint64_t key = i % 5 == 0 ? rng.next() : rng.below(400);
          values[key] = std::string(rng.below(30), 'a') + std::to_string(key);
        }
        test::write_shards(folder.path(), json, values);
        const ShardedStore store(folder.path(), ShardSpec::parse(json), 1000);
        for (std::uint64_t key = 0; key < 400; ++key)
          EXPECT_EQ(store.find(key).has_value(), values.contains(key)) << key;
        for (const auto& [key, text] : values) {
          const auto found = store.find(key);
          ASSERT_TRUE(found) << key;
          std::string got(found->bytes, '\0');
          found->file->read(found->begin, found->bytes, got.data());
          EXPECT_EQ(got, text);
        }
      }
}

TEST(PrecomputedShard, DamagedIndices) {
  const TempFolder folder;
  const Json json = test::sharding("identity", 0, 1, 0, "raw", "raw");
  test::write_shards(folder.path(), json, {{0, "zero"}, {1, "one"}, {2, "two"}});
  const fs::path file = folder / "0.shard";
  const std::string whole = read_file(file);
  const auto find = [&](std::uint64_t key, std::uint64_t most = 10) {
    return ShardedStore(folder.path(), ShardSpec::parse(json), most).find(key);
  };
  ASSERT_TRUE(find(2));
  EXPECT_THAT(error_of([&] { find(2, 1); }), HasSubstr("impossible size of a minishard index"));
  test::write_text(file, whole.substr(0, 31));
  EXPECT_THAT(error_of([&] { find(0); }), HasSubstr("shorter than its index"));
  test::write_text(file, whole.substr(0, whole.size() - 1));
  EXPECT_THAT(error_of([&] { find(1); }), HasSubstr("beyond its end"));
  std::string bad = whole;
  bad[7] = '\x7f';  // start of the first minishard's index
  test::write_text(file, bad);
  EXPECT_THAT(error_of([&] { find(0); }), HasSubstr("beyond its end"));
  const auto index_at = [&](int minishard) {
    std::uint64_t start = 0;
    std::memcpy(&start, whole.data() + 16 * minishard, sizeof start);
    return 32 + static_cast<std::size_t>(start);
  };
  bad = whole;
  bad[index_at(0) + 8] = 0;  // keys 0, 0
  test::write_text(file, bad);
  EXPECT_THAT(error_of([&] { find(0); }), HasSubstr("do not ascend"));
  bad = whole;
  bad[index_at(0) + 39] = '\x70';  // size of the first value
  test::write_text(file, bad);
  EXPECT_THAT(error_of([&] { find(0); }), HasSubstr("value lies beyond"));
  EXPECT_TRUE(find(1));
}

TEST(PrecomputedShard, SpecsThatCannotBe) {
  const auto parse = [](const Json& json) { return error_of([&] { ShardSpec::parse(json); }); };
  EXPECT_THAT(parse(test::sharding("identity", 0, 41, 0, "raw", "raw")), HasSubstr("minishard_bits"));
  EXPECT_THAT(parse(test::sharding("identity", -1, 1, 0, "raw", "raw")), HasSubstr("preshift_bits"));
  EXPECT_THAT(parse(test::sharding("identity", 0, 40, 40, "raw", "raw")), HasSubstr("more than 64 bits"));
  EXPECT_THAT(parse(test::sharding("md5", 0, 1, 1, "raw", "raw")), HasSubstr("known: identity"));
  EXPECT_THAT(parse(test::sharding("identity", 0, 1, 1, "zip", "raw")), HasSubstr("known: raw, gzip"));
  EXPECT_THAT(parse(Json{{"@type", "x"}}), HasSubstr("neuroglancer_uint64_sharded_v1"));
}

}  // namespace
}  // namespace syconn
