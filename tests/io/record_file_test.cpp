// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/record_file.h"

#include <gmock/gmock.h>

#include "store_support.h"
#include "syconn/core/rng.h"

namespace syconn::store_test {
namespace {

struct Pair {
  std::uint64_t a, b;
  friend bool operator==(const Pair&, const Pair&) = default;
};

std::vector<std::vector<Pair>> write_pairs(const fs::path& path, std::uint32_t n_slices, std::size_t n,
                                           std::uint64_t buffer, bool ascending) {
  std::vector<std::vector<Pair>> expected(n_slices);
  RecordWriter<Pair> writer(path, n_slices, buffer);
  Rng rng(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t slice =
        ascending ? static_cast<std::uint32_t>(i * n_slices / n) : static_cast<std::uint32_t>(rng.below(n_slices));
    const std::vector<Pair> some(rng.below(40), Pair{rng.next(), i});
    writer.append(slice, Pair{i, i});
    writer.append(slice, some);
    expected[slice].push_back({i, i});
    expected[slice].insert(expected[slice].end(), some.begin(), some.end());
  }
  writer.close();
  return expected;
}

TEST(RecordFile, SlicesComeBackInTheOrderWritten) {
  const fs::path path = fresh_folder() / "r";
  for (const std::uint32_t n_slices : {1U, 7U, 4096U}) {
    for (const bool ascending : {false, true}) {
      for (const std::uint64_t buffer : {0ULL, 64ULL << 20}) {
        const auto expected = write_pairs(path, n_slices, 3000, buffer, ascending);
        const RecordFile file(path);
        ASSERT_EQ(file.n_slices(), n_slices);
        for (std::uint32_t k = 0; k < n_slices; ++k) {
          EXPECT_EQ(file.bytes(k), expected[k].size() * sizeof(Pair));
          ASSERT_EQ(read_records<Pair>(file, k), expected[k]) << k;
        }
      }
    }
  }
}

TEST(RecordFile, EmptySlicesAndNoRecords) {
  const fs::path path = fresh_folder() / "r";
  RecordWriter<Pair> writer(path, 3);
  writer.append(1, std::span<const Pair>());
  writer.close();
  const RecordFile file(path);
  for (std::uint32_t k = 0; k < 3; ++k) EXPECT_TRUE(read_records<Pair>(file, k).empty());
  EXPECT_THROW(file.bytes(3), Error);
  EXPECT_THROW(read_records<std::uint64_t>(file, 0), Error);
}

TEST(RecordFile, BytesOfAnySize) {
  const fs::path path = fresh_folder() / "r";
  RecordFileWriter writer(path, 2, 0, 10000);
  const std::string text(3000000, 'x');
  writer.append(1, "abc", 3);
  writer.append(0, text.data(), text.size());
  writer.append(1, "defg", 4);
  writer.close();
  std::vector<char> out{'!'};
  RecordFile(path).read(1, out);
  EXPECT_EQ(std::string(out.begin(), out.end()), "!abcdefg");
  RecordFile(path).read(0, out);
  EXPECT_EQ(out.size(), 8 + text.size());
}

TEST(RecordFile, WrongUseIsAnError) {
  const fs::path folder = fresh_folder();
  RecordFileWriter writer(folder / "r", 2, 8);
  EXPECT_THROW(writer.append(2, "12345678", 8), Error);
  EXPECT_THROW(writer.append(0, "1234567", 7), Error);
  writer.close();
  EXPECT_THROW(writer.close(), Error);
  EXPECT_THROW(writer.append(0, "12345678", 8), Error);
  EXPECT_THROW(RecordFileWriter(folder / "no/r", 2, 8), Error);
  EXPECT_THROW(RecordFile(folder / "absent"), Error);
  { RecordFileWriter unfinished(folder / "u", 2, 8); }
  EXPECT_THROW(RecordFile(folder / "u"), Error);
  if (fs::exists("/dev/full")) {
    EXPECT_THROW(RecordFileWriter("/dev/full", 1, 0), Error);
  }
}

TEST(RecordFile, EveryFlippedByteAndEveryTruncationIsFound) {
  const fs::path path = fresh_folder() / "r";
  write_pairs(path, 3, 8, 4096, false);
  const std::string good = read_file(path);
  const auto read_all = [&] {
    const RecordFile file(path);
    for (std::uint32_t k = 0; k < 3; ++k) read_records<Pair>(file, k);
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x41;
    write_bytes(path, bad);
    EXPECT_THROW(read_all(), Error) << "byte " << i;
  }
  for (std::size_t n = 0; n < good.size(); n += 7) {
    write_bytes(path, good.substr(0, n));
    EXPECT_THROW(read_all(), Error) << n << " bytes";
  }
}

}  // namespace
}  // namespace syconn::store_test
