// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_cache.h"

#include <atomic>
#include <cstring>

#include "syconn/core/parallel.h"
#include "chunk_codec.h"
#include "volume_files.h"

namespace syconn {
namespace {

TEST(BlockCache, HoldsNoMoreThanItsBoundAndForgetsTheOldest) {
  BlockCache cache(1000);
  int decoded = 0;
  const auto get = [&](std::uint64_t index, std::size_t bytes = 300) {
    return cache.get({0, index}, bytes, [&](char* out) {
      ++decoded;
      std::memset(out, static_cast<int>(index), bytes);
    });
  };
  get(1), get(2), get(3);
  EXPECT_EQ(cache.held_bytes(), 900U);
  get(1);
  EXPECT_EQ(decoded, 3);
  get(4);  // 2 is the oldest now
  EXPECT_EQ(cache.held_bytes(), 900U);
  get(1), get(3);
  EXPECT_EQ(decoded, 4);
  EXPECT_EQ(get(2)->data()[299], 2);
  EXPECT_EQ(decoded, 5);
  get(9, 1001), get(9, 1001);  // larger than the bound: never kept
  EXPECT_EQ(decoded, 7);
  EXPECT_EQ(cache.held_bytes(), 900U);
}

TEST(BlockCache, AFailedBlockIsTriedAgain) {
  BlockCache cache(1000);
  for (int i = 0; i < 2; ++i)
    test::error_of([&] { cache.get({0, 1}, 10, [](char*) { throw Error(Category::input, "damaged"); }); });
  EXPECT_EQ(cache.get({0, 1}, 10, [](char* out) { std::memset(out, 7, 10); })->data()[9], 7);
}

TEST(BlockCache, ThreadsShareOneDecoding) {
  BlockCache cache(1 << 20);
  std::atomic<int> decoded{0};
  parallel_for(400, 8, [&](std::int64_t i) {
    const auto index = static_cast<std::uint64_t>(i % 10);
    const auto block = cache.get({3, index}, 1000, [&](char* out) {
      ++decoded;
      std::memset(out, static_cast<int>(index), 1000);
    });
    ASSERT_EQ(block->data()[500], static_cast<char>(index));
  });
  EXPECT_EQ(decoded, 10);
}

TEST(VolumeCodec, UnshuffleIsTheInverseOfGroupingBytes) {
  for (const std::size_t element : {1, 2, 3, 4, 8}) {
    for (const std::size_t n : {1, 15, 16, 17, 100}) {
      const auto plain = test::random_values<std::uint8_t>({static_cast<std::int64_t>(element * n), 1, 1}, n);
      std::vector<char> grouped(plain.size()), back(plain.size());
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t b = 0; b < element; ++b) grouped[b * n + i] = static_cast<char>(plain[i * element + b]);
      unshuffle(grouped.data(), grouped.size(), element, back.data());
      EXPECT_EQ(std::memcmp(back.data(), plain.data(), plain.size()), 0) << element << ' ' << n;
    }
  }
}

}  // namespace
}  // namespace syconn
