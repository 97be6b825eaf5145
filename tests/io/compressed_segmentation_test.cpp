// SPDX-License-Identifier: GPL-3.0-or-later
#include "compressed_segmentation.h"

#include <gmock/gmock.h>

#include <cstring>
#include <set>

#include "volume_files.h"

namespace syconn {
namespace {

using Words = std::vector<std::uint32_t>;

Words words_of(const std::vector<char>& bytes) {
  Words words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), 4 * words.size());
  return words;
}

template <class Label>
bool decode(const Words& words, const Vec3i& size, const Vec3i& block, std::vector<Label>& labels) {
  labels.assign(static_cast<std::size_t>(size.product()), 99);
  return decompress_segmentation(reinterpret_cast<const char*>(words.data()), 4 * words.size(), size, block,
                                 labels.data());
}

/// Voxel (x,y,z) of an encoded chunk, straight from the format's description.
template <class Label>
Label voxel(const Words& words, const Vec3i& size, const Vec3i& block, const Vec3i& at) {
  const std::uint32_t* channel = words.data() + words[0];
  const Vec3i grid = (size + block - Vec3i(1)) / block, cell = at / block, in = at - cell * block;
  const std::uint32_t* header = channel + 2 * (cell.x + grid.x * (cell.y + grid.y * cell.z));
  const std::uint32_t bits = header[0] >> 24;
  const std::uint32_t* table = channel + (header[0] & 0xffffff);
  std::uint64_t index = 0;
  const std::int64_t first = bits * (in.x + block.x * (in.y + block.y * in.z));
  for (std::int64_t b = 0; b < bits; ++b)
    index |= static_cast<std::uint64_t>(channel[header[1] + (first + b) / 32] >> (first + b) % 32 & 1) << b;
  if (sizeof(Label) == 4) return static_cast<Label>(table[index]);
  return static_cast<Label>(table[2 * index] | static_cast<std::uint64_t>(table[2 * index + 1]) << 32);
}

/// Labels that come in lumps, `n` different ones, some near 2^63.
template <class Label>
std::vector<Label> lumps(const Vec3i& size, std::uint64_t n, std::uint64_t seed) {
  std::vector<Label> labels(static_cast<std::size_t>(size.product()));
  Rng rng(seed);
  Label last = 0;
  for (Label& label : labels) {
    if (rng.below(3) == 0) last = static_cast<Label>((std::uint64_t{1} << 63) - n / 2 + rng.below(n));
    label = last;
  }
  return labels;
}

template <class Label>
void expect_round_trip(const Vec3i& size, const Vec3i& block, std::uint64_t n) {
  const auto labels = lumps<Label>(size, n, static_cast<std::uint64_t>(size.product()) + n);
  std::vector<char> bytes;
  compress_segmentation(labels.data(), size, block, bytes);
  EXPECT_LE(bytes.size(), max_compressed_segmentation_bytes(size, block, sizeof(Label)));
  const Words words = words_of(bytes);
  std::vector<Label> back;
  ASSERT_TRUE(decode(words, size, block, back)) << size << block << n;
  EXPECT_EQ(back, labels) << size << block << n;
  std::size_t i = 0;
  test::for_each_voxel(Box3::of_size(size), [&](const Vec3i& p) {
    ASSERT_EQ(voxel<Label>(words, size, block, p), labels[i++]) << size << block << n << p;
  });
}

TEST(CompressedSegmentation, TheExampleOfTheFormat) {
  const std::vector<std::uint64_t> sevens(512, 7);
  std::vector<char> bytes;
  compress_segmentation(sevens.data(), Vec3i(8), Vec3i(8), bytes);
  EXPECT_EQ(words_of(bytes), (Words{1, 2, 2, 7, 0}));
  std::vector<std::uint64_t> back;
  ASSERT_TRUE(decode(Words{1, 2, 2, 7, 0}, Vec3i(8), Vec3i(8), back));
  EXPECT_EQ(back, sevens);
}

TEST(CompressedSegmentation, TwoLabelsByHand) {
  // 4x1x1 voxels 5 9 9 5 in one block of 4x1x1: bits 1, values 0110b, table 5, 9.
  const std::vector<std::uint32_t> labels{5, 9, 9, 5};
  std::vector<char> bytes;
  compress_segmentation(labels.data(), {4, 1, 1}, {4, 1, 1}, bytes);
  EXPECT_EQ(words_of(bytes), (Words{1, 3 | 1U << 24, 2, 6, 5, 9}));
}

TEST(CompressedSegmentation, RoundTripsOfAnySize) {
  for (const Vec3i& size : {Vec3i(1), Vec3i(8), Vec3i(17, 9, 5), Vec3i(64, 3, 20), Vec3i(1, 1, 100)})
    for (const Vec3i& block : {Vec3i(8), Vec3i(1), Vec3i(5, 3, 7), Vec3i(32, 32, 2)})
      for (const std::uint64_t n : {1, 2, 3, 17, 300, 70000}) {
        expect_round_trip<std::uint64_t>(size, block, n);
        expect_round_trip<std::uint32_t>(size, block, n);
      }
}

TEST(CompressedSegmentation, EqualTablesAreStoredOnce) {
  std::vector<std::uint64_t> labels(16 * 8 * 8, 3);
  std::vector<char> bytes;
  compress_segmentation(labels.data(), {16, 8, 8}, Vec3i(8), bytes);
  EXPECT_EQ(words_of(bytes), (Words{1, 4, 4, 4, 6, 3, 0}));
}

TEST(CompressedSegmentation, DamageIsNoticedOrHarmless) {
  const Vec3i size{19, 10, 7}, block{8, 8, 8};
  const auto labels = lumps<std::uint64_t>(size, 40, 5);
  std::vector<char> bytes;
  compress_segmentation(labels.data(), size, block, bytes);
  const Words whole = words_of(bytes);
  std::vector<std::uint64_t> back;
  for (std::size_t n = 0; n < whole.size(); n += 3)
    EXPECT_FALSE(decode(Words(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), size, block, back)) << n;
  Rng rng(1);
  std::set<bool> seen;
  for (int k = 0; k < 3000; ++k) {
    Words words = whole;
    words[rng.below(k % 2 == 0 ? 14 : words.size())] = static_cast<std::uint32_t>(rng.next());
    seen.insert(decode(words, size, block, back));
  }
  EXPECT_EQ(seen.size(), 2U);
  Words bad = whole;
  bad[1] = (bad[1] & 0xffffff) | 3U << 24;
  EXPECT_FALSE(decode(bad, size, block, back)) << "3 bits";
  std::vector<char> odd = bytes;
  odd.push_back(0);
  EXPECT_FALSE(decompress_segmentation(odd.data(), odd.size(), size, block, back.data()));
  EXPECT_FALSE(decode(Words{1, 32U << 24, 2, ~0U}, Vec3i(1), Vec3i(1), back)) << "index 2^32 - 1";
}

TEST(CompressedSegmentation, AChunkTooLargeForItsTables) {
  const Vec3i size{256, 256, 160};
  std::vector<std::uint64_t> labels(static_cast<std::size_t>(size.product()));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i;
  std::vector<char> bytes;
  EXPECT_THAT(test::error_of([&] { compress_segmentation(labels.data(), size, Vec3i(8), bytes); }, Category::config),
              testing::HasSubstr("make chunks smaller"));
}

}  // namespace
}  // namespace syconn
