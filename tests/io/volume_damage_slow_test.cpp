// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged files: an error or the right voxels, never a crash, never others.
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "syconn/io/volume_writer.h"
#include "volume_files.h"

namespace syconn {
namespace {

using test::Layout;
using test::TempFolder;

const Vec3i kSize{37, 21, 13};

enum class Outcome { error, right, other };

/// Reads all of the undamaged volume's box. Nothing but Error{input} may come out; with allow_other other voxels may.
Outcome try_reading(const fs::path& path, const std::vector<std::uint32_t>& values) {
  try {
    const auto volume = open_volume(path, "seg");
    const auto labels = volume->read_labels(Box3::of_size(kSize));
    for (std::size_t i = 0; i < values.size(); ++i)
      if (labels.data()[i] != values[i]) return Outcome::other;
    return Outcome::right;
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), Category::input) << error.what();
    return Outcome::error;
  }
}

void put(const fs::path& path, const std::string& bytes) {  // no fsync: thousands of files
  fs::remove(path);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
}

class Damage : public ::testing::TestWithParam<Layout> {
 protected:
  void SetUp() override {
    test::write_foreign(folder_ / "v.h5", "seg", kSize, values_, GetParam());
    good_ = read_file(folder_ / "v.h5");
    ASSERT_EQ(try_reading(folder_ / "v.h5", values_), Outcome::right);
  }
  TempFolder folder_;
  std::vector<std::uint32_t> values_ = test::random_values<std::uint32_t>(kSize, 3, 50);
  std::string good_;
};

TEST_P(Damage, TruncatedAnywhere) {
  const std::size_t step = std::max<std::size_t>(1, good_.size() / 300);
  for (std::size_t n = 0; n < good_.size(); n += step) {
    put(folder_ / "t.h5", good_.substr(0, n));
    ASSERT_NE(try_reading(folder_ / "t.h5", values_), Outcome::other) << n;
  }
}

TEST_P(Damage, BytesChangedAnywhere) {
  std::size_t others = 0, tried = 0;
  const std::size_t step = std::max<std::size_t>(1, good_.size() / 1000);
  for (std::size_t at = 0; at < good_.size(); at += step) {
    std::string bad = good_;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at * 5 % 8)));
    put(folder_ / "t.h5", bad);
    others += try_reading(folder_ / "t.h5", values_) == Outcome::other;
    ++tried;
  }
  // Where a file has no checksums, damaged voxels look like others (zstd frames of HDF5's filter have none either);
  // with gzip or fletcher32 on every chunk only the few bytes that describe the pipeline can pass unseen.
  const bool has_checksums = GetParam().gzip > 0 || GetParam().fletcher32;
  EXPECT_LT(others, has_checksums ? tried / 100 : tried);
}

INSTANTIATE_TEST_SUITE_P(Layouts, Damage,
                         ::testing::Values(Layout{.name = "contiguous"},
                                           Layout{.name = "gzip", .chunk = {16, 8, 5}, .shuffle = true, .gzip = 4},
                                           Layout{.name = "zstd", .chunk = {16, 8, 5}, .zstd = 3},
                                           Layout{.name = "fletcher32", .chunk = {16, 8, 5}, .fletcher32 = true},
                                           Layout{.name = "many", .chunk = {3, 2, 1}, .gzip = 1}),
                         [](const auto& layout) { return layout.param.name; });

TEST(DerivedDamage, EveryByteIsGuarded) {
  const TempFolder folder;
  const auto values = test::random_values<std::uint32_t>(kSize, 3, 50);
  write_volume_chunk(folder / "v.h5", "seg", VolumeView<const std::uint32_t>(values.data(), kSize), {});
  const std::string good = read_file(folder / "v.h5");
  ASSERT_EQ(try_reading(folder / "v.h5", values), Outcome::right);
  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at * 5 % 8)));
    put(folder / "t.h5", bad);
    ASSERT_NE(try_reading(folder / "t.h5", values), Outcome::other) << at;
  }
}

TEST(DerivedDamage, NoTimeStamps) {
  const TempFolder folder;
  const auto values = test::random_values<std::uint32_t>(kSize, 3, 50);
  const auto write = [&](const std::string& name) {
    make_folder(folder / (name + "/seg"));
    const Box3 box = Box3::of_size(kSize);
    const fs::path file = volume_chunk_file("seg", box);
    write_volume_chunk(folder / name / file, "seg", VolumeView<const std::uint32_t>(values.data(), kSize), {});
    finish_volume(folder / name, "seg", {{box, file}}, {});
    return read_file(folder / name / file) + read_file(folder / (name + "/seg.h5")) +
           read_file(folder / (name + "/seg.json"));
  };
  const std::string first = write("a");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(first, write("b"));
}

}  // namespace
}  // namespace syconn
