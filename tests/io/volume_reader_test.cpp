// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/volume_reader.h"

#include <gmock/gmock.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <set>

#include "syconn/core/parallel.h"
#include "volume_files.h"

namespace syconn {
namespace {

using test::error_of;
using test::Layout;
using test::random_values;
using test::TempFolder;
using ::testing::HasSubstr;

const Vec3i kSize{37, 21, 13};

std::vector<Layout> layouts() {
  const Vec3i chunk{16, 8, 5};
  std::vector<Layout> all(15);
  all[0] = {.name = "contiguous"};
  all[1] = {.name = "chunked", .chunk = chunk};
  all[2] = {.name = "gzip", .chunk = chunk, .gzip = 4};
  all[3] = {.name = "shuffle+gzip", .chunk = chunk, .shuffle = true, .gzip = 6};
  all[4] = {.name = "zstd", .chunk = chunk, .zstd = 3};
  all[5] = {.name = "shuffle+zstd", .chunk = chunk, .shuffle = true, .zstd = 1};
  all[6] = {.name = "shuffle", .chunk = chunk, .shuffle = true};
  all[7] = {.name = "one chunk", .chunk = kSize, .shuffle = true, .gzip = 1};
  all[8] = {.name = "fletcher32, by HDF5", .chunk = chunk, .fletcher32 = true, .gzip = 1};
  all[9] = {.name = "unfiltered border, by HDF5", .chunk = chunk, .partial_unfiltered = true, .gzip = 1};
  all[10] = {.name = "user block", .chunk = chunk, .gzip = 1, .user_block = 1024};
  all[11] = {.name = "contiguous user block", .user_block = 512};
  all[12] = {.name = "2197 chunks", .chunk = {3, 2, 1}, .shuffle = true, .gzip = 1};
  all[13] = {
      .name = "chunk larger than the volume", .chunk = {64, 32, 16}, .resizable = true, .shuffle = true, .gzip = 1};
  all[14] = {.name = "resizable", .chunk = {16, 8, 5}, .resizable = true, .partial_unfiltered = true};
  const std::size_t n = all.size();
  for (std::size_t i = 0; i < n; ++i) {
    all.push_back(all[i]);
    all.back().name += ", big endian";
    all.back().big_endian = true;
  }
  return all;
}

template <class T>
class VolumeTypes : public ::testing::Test {};
using Types = ::testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                               std::uint64_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(VolumeTypes, Types);

/// The oracle: what each kind of read must give for a stored value.
template <class T>
void expect_box(const VolumeReader& volume, const std::vector<T>& values, const Vec3i& size, const Box3& box,
                double threshold) {
  const auto value = [&](const Vec3i& p) {
    return values[static_cast<std::size_t>(p.x + size.x * (p.y + size.y * p.z))];
  };
  Volume<Id> labels(box);
  Volume<std::uint8_t> mask(box);
  if constexpr (std::is_floating_point_v<T>) {
    volume.read_mask(threshold, mask.view());
    test::for_each_voxel(box,
                         [&](const Vec3i& p) { ASSERT_EQ(mask.at(p), static_cast<double>(value(p)) > threshold); });
  } else {
    volume.read_labels(labels.view());
    test::for_each_voxel(box, [&](const Vec3i& p) { ASSERT_EQ(labels.at(p), static_cast<Id>(value(p))) << p; });
  }
}

TYPED_TEST(VolumeTypes, EveryLayoutGivesWhatWasWritten) {
  const TempFolder folder;
  const auto values = random_values<TypeParam>(kSize, 7);
  for (const Layout& layout : layouts()) {
    SCOPED_TRACE(layout.name);
    test::write_foreign(folder / "v.h5", "group/seg", kSize, values, layout);
    const auto volume = open_volume(folder / "v.h5", "/group/seg");
    EXPECT_EQ(volume->info().size, kSize);
    EXPECT_EQ(volume->info().dtype, dtype_of<TypeParam>());
    EXPECT_EQ(volume->info().name, "group/seg");
    EXPECT_EQ(volume->info().voxel_size_nm, std::nullopt);
    expect_box(*volume, values, kSize, volume->info().box(), 0.3);
    expect_box(*volume, values, kSize, {{36, 20, 12}, {37, 21, 13}}, 0.3);
    expect_box(*volume, values, kSize, {{15, 7, 4}, {17, 9, 6}}, 0.3);
    Rng rng(3);
    for (int i = 0; i < 20; ++i) expect_box(*volume, values, kSize, test::random_box(rng, volume->info().box()), 0.3);
    EXPECT_TRUE(volume->verify().empty());
  }
}

TYPED_TEST(VolumeTypes, MapsGreyAndMasksAreExact) {
  const TempFolder folder;
  const Vec3i size{41, 5, 3};
  auto values = random_values<TypeParam>(size, 11, std::is_same_v<TypeParam, std::int8_t> ? 128 : 256);
  const std::vector<double> thresholds{0, 0.19047619, 0.4286, 0.5, 123.0 / 255, 254.0 / 255, 1};
  for (std::size_t i = 0; i < thresholds.size() && std::is_floating_point_v<TypeParam>; ++i)
    values[i] = static_cast<TypeParam>(thresholds[i]);
  const auto volume = open_volume(test::write_foreign(folder / "v.h5", "p", size, values, {.chunk = {8, 5, 3}}), "p");
  const Box3 box = volume->info().box();
  Volume<float> map(box);
  Volume<std::uint8_t> grey(box);
  volume->read_map(map.view());
  volume->read_map(grey.view());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto v = static_cast<double>(values[i]);
    const double p = std::is_floating_point_v<TypeParam> ? v : v / 255;
    EXPECT_FLOAT_EQ(map.data()[i], static_cast<float>(p));
    EXPECT_NEAR(grey.data()[i], p * 255, std::is_floating_point_v<TypeParam> ? 0.5001 : 1e-9);
  }
  for (const double t : thresholds) {
    const auto mask = volume->read_mask(t, box);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool expected = std::is_floating_point_v<TypeParam>
                                ? static_cast<double>(values[i]) > t
                                : static_cast<long double>(values[i]) > 255.0L * static_cast<long double>(t);
      ASSERT_EQ(mask.data()[i], expected) << +values[i] << " > " << t;
    }
  }
  EXPECT_THAT(error_of([&] { volume->read_mask(1.5, box); }, Category::config), HasSubstr("threshold"));
  EXPECT_THAT(error_of([&] { volume->read_mask(NAN, box); }, Category::config), HasSubstr("threshold"));
}

TYPED_TEST(VolumeTypes, ValuesThatMeanNothingAreErrorsWithTheirPlace) {
  const TempFolder folder;
  const Vec3i size{11, 4, 3};
  std::vector<TypeParam> values(static_cast<std::size_t>(size.product()), TypeParam(1));
  const auto spoil = [&](TypeParam bad) {
    values[static_cast<std::size_t>(5 + 11 * (2 + 4 * 1))] = bad;
    return open_volume(test::write_foreign(folder / "v.h5", "p", size, values), "p");
  };
  if constexpr (std::is_signed_v<TypeParam> && std::is_integral_v<TypeParam>) {
    const auto volume = spoil(std::numeric_limits<TypeParam>::min());
    Volume<std::uint8_t> out(volume->info().box());
    const std::vector<Id> one{1};
    EXPECT_THAT(error_of([&] { volume->read_labels(volume->info().box()); }), HasSubstr("(5,2,1)"));
    EXPECT_THAT(error_of([&] { volume->read_map(out.view()); }), HasSubstr("(5,2,1)"));
    EXPECT_THAT(error_of([&] { volume->read_foreground(one, out.view()); }), HasSubstr("(5,2,1)"));
    volume->read_labels(Box3{{0, 0, 0}, {11, 4, 1}});  // elsewhere all is well
  }
  if constexpr (sizeof(TypeParam) > 1 && std::is_integral_v<TypeParam>) {
    const auto volume = spoil(TypeParam(256));
    EXPECT_THAT(error_of([&] { volume->read_image(volume->info().box()); }), HasSubstr("256 at voxel (5,2,1)"));
    EXPECT_THAT(error_of([&] { volume->read_mask(0.5, volume->info().box()); }), HasSubstr("(5,2,1)"));
  }
  if constexpr (std::is_floating_point_v<TypeParam>) {
    EXPECT_THAT(error_of([&] { spoil(1)->read_labels(Box3::of_size(size)); }), HasSubstr("must be integers"));
    EXPECT_THAT(error_of([&] { spoil(1)->read_image(Box3::of_size(size)); }), HasSubstr("must be integers"));
    for (const double bad : {-0.001, 1.001, 255.0, double{NAN}, HUGE_VAL})
      EXPECT_THAT(error_of([&] { spoil(static_cast<TypeParam>(bad))->read_mask(0.5, Box3::of_size(size)); }),
                  HasSubstr("(5,2,1)"));
  }
}

TEST(VolumeReader, LargeIdsAreExact) {
  const TempFolder folder;
  const std::vector<std::uint64_t> ids{0, 1, (1ULL << 32) + 1, (1ULL << 53) + 1, (1ULL << 63) - 1, ~0ULL, 5, 6};
  const auto volume = open_volume(test::write_foreign(folder / "v.h5", "seg", {2, 2, 2}, ids), "seg");
  const auto labels = volume->read_labels(volume->info().box());
  EXPECT_EQ(std::vector<Id>(labels.data(), labels.data() + 8), ids);
  Volume<std::uint8_t> mask(volume->info().box());
  const std::vector<Id> wanted{~0ULL, 0, 5};
  volume->read_foreground(wanted, mask.view());
  EXPECT_EQ(std::vector<int>(mask.data(), mask.data() + 8), (std::vector<int>{1, 0, 0, 0, 0, 1, 1, 0}));
}

TEST(VolumeReader, ReadsIntoAPartOfALargerBufferAndNothingElse) {
  const TempFolder folder;
  const auto values = random_values<std::uint16_t>(kSize, 5);
  const auto volume =
      open_volume(test::write_foreign(folder / "v.h5", "seg", kSize, values, {.chunk = {8, 8, 8}, .gzip = 1}), "seg");
  const Box3 part{{10, 3, 2}, {30, 19, 11}};
  Volume<Id> out(volume->info().box(), 1ULL << 40);
  volume->read_labels(out.view().sub(part));
  test::for_each_voxel(out.box(), [&](const Vec3i& p) {
    const Id v = values[static_cast<std::size_t>(p.x + kSize.x * (p.y + kSize.y * p.z))];
    ASSERT_EQ(out.at(p), part.contains(p) ? v : 1ULL << 40);
  });
}

TEST(VolumeReader, CompactDatasetAndBooleans) {
  const TempFolder folder;
  const auto values = random_values<std::uint8_t>({5, 4, 3}, 5);
  test::write_foreign(folder / "v.h5", "seg", {5, 4, 3}, values, {.compact = true});
  const auto volume = open_volume(folder / "v.h5", "seg");
  const auto image = volume->read_image(volume->info().box());
  EXPECT_EQ(std::vector<std::uint8_t>(image.data(), image.data() + image.count()), values);
  // NumPy's bool as h5py stores it: an enumeration over int8.
  {
    const h5::Handle file = test::foreign_file(folder / "b.h5"), type(H5Tenum_create(H5T_NATIVE_INT8));
    const std::int8_t no = 0, yes = 1;
    H5Tenum_insert(type.id(), "FALSE", &no);
    H5Tenum_insert(type.id(), "TRUE", &yes);
    const std::vector<std::int8_t> mask{0, 1, 1, 0};
    for (const Layout& layout : {Layout{}, Layout{.chunk = {2, 1, 1}, .fletcher32 = true}})
      test::foreign_dataset(file, layout.fletcher32 ? "m2" : "m", type.id(), {4, 1, 1}, layout, mask.data(), type.id());
  }
  for (const char* name : {"m", "m2"}) {
    const auto labels = open_volume(folder / "b.h5", name)->read_labels(Box3::of_size({4, 1, 1}));
    EXPECT_EQ(std::vector<Id>(labels.data(), labels.data() + 4), (std::vector<Id>{0, 1, 1, 0}));
  }
}

TEST(VolumeReader, OffsetAndVoxelSizeFromAttributes) {
  const TempFolder folder;
  const auto values = random_values<std::uint8_t>(kSize, 5);
  test::write_foreign(folder / "v.h5", "seg", kSize, values, {.chunk = {8, 8, 8}, .gzip = 1});
  const std::vector<std::int64_t> offset{100, -20, 3};
  const std::vector<double> other{4.6, 4.6, 50}, ours{9, 9, 20};
  const auto add = [&](const char* name, auto values_) {
    const h5::Handle file(H5Fopen((folder / "v.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
    const h5::Handle dataset(H5Dopen2(file.id(), "seg", H5P_DEFAULT));
    const hsize_t n = values_.size();
    const h5::Handle space(H5Screate_simple(1, &n, nullptr));
    const hid_t type = h5::memory_type(dtype_of<typename decltype(values_)::value_type>());
    if (H5Aexists(dataset.id(), name) > 0) H5Adelete(dataset.id(), name);
    const h5::Handle attribute(H5Acreate2(dataset.id(), name, type, space.id(), H5P_DEFAULT, H5P_DEFAULT));
    ASSERT_GE(H5Awrite(attribute.id(), type, values_.data()), 0);
  };
  add("voxel_size_nm_xyz", other);
  EXPECT_EQ(open_volume(folder / "v.h5", "seg")->info().voxel_size_nm, Vec3d(4.6, 4.6, 50));
  add("voxel_size_nm", ours);
  add("offset_vx", offset);
  auto volume = open_volume(folder / "v.h5", "seg");
  EXPECT_EQ(volume->info().voxel_size_nm, Vec3d(9, 9, 20));
  EXPECT_EQ(volume->info().box(), (Box3{{100, -20, 3}, {137, 1, 16}}));
  const auto image = volume->read_image(Box3{{110, -10, 5}, {120, 0, 9}});
  EXPECT_EQ(image.at({111, -9, 6}), values[static_cast<std::size_t>(11 + kSize.x * (11 + kSize.y * 3))]);
  EXPECT_THAT(
      error_of([&] {
        volume->read_image(Box3{{0, 0, 3}, {1, 1, 4}});
      }),
      testing::AllOf(HasSubstr("v.h5:/seg"), HasSubstr("[(0,0,3) (1,1,4))"), HasSubstr("[(100,-20,3) (137,1,16))")));
  EXPECT_EQ(volume->read_image(Box3{}).count(), 0U);
  volume.reset();
  add("voxel_size_nm", std::vector<double>{9, 0, 20});
  EXPECT_THAT(error_of([&] { open_volume(folder / "v.h5", "seg"); }), HasSubstr("three positive"));
  add("voxel_size_nm", std::vector<double>{9, 20});
  EXPECT_THAT(error_of([&] { open_volume(folder / "v.h5", "seg"); }), HasSubstr("three positive"));
}

TEST(VolumeReader, OpenErrorsSayWhatThereIs) {
  const TempFolder folder;
  const std::vector<std::uint8_t> values(24);
  EXPECT_THAT(error_of([&] { open_volume(folder / "none.h5", "seg"); }), HasSubstr("none.h5' is missing"));
  EXPECT_THAT(error_of([&] { open_volume(folder.path(), "seg"); }), HasSubstr("is not a file"));
  write_file_atomically(folder / "text.h5", "no HDF5 at all");
  EXPECT_THAT(error_of([&] { open_volume(folder / "text.h5", "seg"); }), HasSubstr("is not an HDF5 file"));
  write_file_atomically(folder / "empty.h5", "");
  EXPECT_THAT(error_of([&] { open_volume(folder / "empty.h5", "seg"); }), HasSubstr("is not an HDF5 file"));
  test::write_foreign(folder / "v.h5", "a/b/seg", {4, 3, 2}, values);
  EXPECT_EQ(open_volume(folder / "v.h5", "")->info().name, "a/b/seg");
  EXPECT_THAT(error_of([&] { open_volume(folder / "v.h5", "raw"); }),
              HasSubstr("no dataset 'raw'; 3-D datasets in it: a/b/seg"));
  EXPECT_THAT(error_of([&] { open_volume(folder / "v.h5", "a/b"); }), HasSubstr("3-D datasets in it: a/b/seg"));
  {
    const h5::Handle file = test::foreign_file(folder / "w.h5");
    for (const char* name : {"x", "y"})
      test::foreign_dataset(file, name, H5T_STD_U8LE, {4, 3, 2}, {}, values.data(), H5T_NATIVE_UINT8);
    const hsize_t shape[2] = {4, 6};
    const h5::Handle space(H5Screate_simple(2, shape, nullptr)), half(H5Tcopy(H5T_IEEE_F32LE)),
        odd(H5Tcopy(H5T_STD_U16LE));
    h5::Handle(H5Dcreate2(file.id(), "flat", H5T_STD_U8LE, space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Tset_precision(odd.id(), 12);
    test::foreign_dataset(file, "odd", odd.id(), {4, 3, 2}, {}, nullptr, -1);
    test::foreign_dataset(file, "never", H5T_STD_U8LE, {4, 3, 2}, {}, nullptr, -1);
    const Layout blosc{.chunk = {4, 3, 2}, .unknown_filter = 32001};
    test::foreign_dataset(file, "blosc", H5T_STD_U8LE, {4, 3, 2}, blosc, nullptr, -1);
    test::foreign_dataset(file, "nothing", H5T_STD_U8LE, {4, 0, 2}, {}, nullptr, -1);
  }
  EXPECT_THAT(error_of([&] { open_volume(folder / "w.h5", ""); }),
              HasSubstr("which dataset? 3-D datasets in it: blosc"));
  EXPECT_THAT(error_of([&] { open_volume(folder / "w.h5", "flat"); }), HasSubstr("has 2 dimensions"));
  EXPECT_THAT(error_of([&] { open_volume(folder / "w.h5", "odd"); }), HasSubstr("whole integers"));
  EXPECT_THAT(error_of([&] { open_volume(folder / "w.h5", "blosc"); }), HasSubstr("filter 32001 (Blosc)"));
  EXPECT_THAT(error_of([&] {
                open_volume(folder / "w.h5", "never")->read_image(Box3::of_size({4, 3, 2}));
              }),
              HasSubstr("none of its voxels were ever written"));
  const auto filled = open_volume(folder / "w.h5", "never", {.allow_missing = true});
  EXPECT_EQ(filled->read_image(filled->info().box()).at({3, 2, 1}), 0);
  const auto nothing = open_volume(folder / "w.h5", "nothing");
  EXPECT_EQ(nothing->read_image(nothing->info().box()).count(), 0U);
  EXPECT_THAT(error_of([&] { nothing->read_image(Box3::of_size({1, 1, 1})); }), HasSubstr("not inside"));
}

TEST(VolumeReader, ChunksNeverWrittenAreErrorsUnlessAllowed) {
  const TempFolder folder;
  for (const bool by_hdf5 : {false, true}) {
    for (const Vec3i chunk : {Vec3i(8, 8, 8), Vec3i(2, 2, 2)}) {  // with and without an address table
      {
        const h5::Handle file = test::foreign_file(folder / "v.h5");
        const Layout layout{.chunk = chunk, .fletcher32 = by_hdf5, .gzip = 1};
        const h5::Handle space(H5Screate_simple(3, test::zyx({30, 20, 24}).data(), nullptr));
        const h5::Handle properties = test::creation_of(layout);
        const std::uint16_t fill = 777, one = 5;
        H5Pset_fill_value(properties.id(), H5T_NATIVE_UINT16, &fill);
        const h5::Handle dataset(
            H5Dcreate2(file.id(), "seg", H5T_STD_U16BE, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT));
        const hsize_t start[3] = {9, 9, 9}, count[3] = {1, 1, 1};
        const h5::Handle memory(H5Screate_simple(3, count, nullptr));
        H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start, nullptr, count, nullptr);
        ASSERT_GE(H5Dwrite(dataset.id(), H5T_NATIVE_UINT16, memory.id(), space.id(), H5P_DEFAULT, &one), 0);
      }
      const auto strict = open_volume(folder / "v.h5", "seg");
      EXPECT_EQ(strict->read_labels(Box3{{8, 8, 8}, {10, 10, 10}}).at({9, 9, 9}), 5U);
      EXPECT_THAT(error_of([&] { strict->read_labels(strict->info().box()); }),
                  testing::AllOf(HasSubstr("chunk at voxel (0,0,0) was never written"),
                                 HasSubstr(chunk.x == 8 ? "35 of 36" : "1799 of 1800")));
      const auto lenient = open_volume(folder / "v.h5", "seg", {.allow_missing = true});
      const auto labels = lenient->read_labels(lenient->info().box());
      EXPECT_EQ(labels.at({0, 0, 0}), 777U);
      EXPECT_EQ(labels.at({8, 8, 8}), 777U);
      EXPECT_EQ(labels.at({9, 9, 9}), 5U);
      EXPECT_EQ(strict->verify().size(), 1U);
    }
  }
}

TEST(VolumeReader, ManyThreadsWithASmallCache) {
  const TempFolder folder;
  const Vec3i size{64, 48, 40};
  const auto values = random_values<std::uint32_t>(size, 17);
  for (const Layout& layout :
       {Layout{}, Layout{.chunk = {17, 13, 11}, .shuffle = true, .gzip = 1}, Layout{.chunk = {4, 4, 4}, .zstd = 1},
        Layout{.chunk = {17, 13, 11}, .fletcher32 = true}}) {
    test::write_foreign(folder / "v.h5", "seg", size, values, layout);
    const auto volume = open_volume(folder / "v.h5", "seg", {.cache_bytes = 30000});
    parallel_for(64, 4, [&](std::int64_t i) {
      Rng rng(static_cast<std::uint64_t>(i));
      for (int k = 0; k < 5; ++k) expect_box(*volume, values, size, test::random_box(rng, volume->info().box()), 0.5);
    });
  }
}

TEST(VolumeReader, FingerprintDependsOnContentNotOnPlace) {
  const TempFolder folder;
  fs::create_directory(folder / "sub");
  const Vec3i size{130, 120, 40};
  auto values = random_values<std::uint8_t>(size, 23);
  std::set<std::string> seen;
  for (const Layout& layout : {Layout{}, Layout{.chunk = {16, 16, 16}, .gzip = 1}, Layout{.chunk = {8, 8, 8}}}) {
    test::write_foreign(folder / "v.h5", "seg", size, values, layout);
    fs::copy_file(folder / "v.h5", folder / "sub/other.h5", fs::copy_options::overwrite_existing);
    const std::string print = volume_fingerprint(*open_volume(folder / "v.h5", "seg"));
    EXPECT_EQ(print, volume_fingerprint(*open_volume(folder / "sub/other.h5", "/seg")));
    seen.insert(print);
    test::write_foreign(folder / "v.h5", "other", size, values, layout);
    seen.insert(volume_fingerprint(*open_volume(folder / "v.h5", "other")));
    values[0] ^= 1;
    test::write_foreign(folder / "v.h5", "seg", size, values, layout);
    seen.insert(volume_fingerprint(*open_volume(folder / "v.h5", "seg")));
    values.back() ^= 1;
    test::write_foreign(folder / "v.h5", "seg", size, values, layout);
    seen.insert(volume_fingerprint(*open_volume(folder / "v.h5", "seg")));
  }
  EXPECT_EQ(seen.size(), 12U);
  EXPECT_THAT(*seen.begin(), HasSubstr(R"("shape_xyz":[130,120,40],"dtype":"uint8","voxel_size_nm":null)"));
}

}  // namespace
}  // namespace syconn
