// SPDX-License-Identifier: GPL-3.0-or-later
// Virtual datasets that other programs made.
#include <gmock/gmock.h>

#include "syconn/io/volume_reader.h"
#include "volume_files.h"

namespace syconn {
namespace {

using test::error_of;
using test::TempFolder;
using ::testing::HasSubstr;

struct Mapping {
  std::string file, dataset;
  Box3 to;     ///< voxels of the virtual dataset
  Vec3i from;  ///< first voxel in the source
  Vec3i source_size;
  bool all = false;  ///< the selection "everything"
};

void select(const h5::Handle& space, const Box3& box) {
  ASSERT_GE(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, test::zyx(box.min).data(), nullptr,
                                test::zyx(box.size()).data(), nullptr),
            0);
}

void write_virtual(const fs::path& path, hid_t type, const Vec3i& size, const std::vector<Mapping>& mappings) {
  h5::prepare();
  const h5::Handle access(H5Pcreate(H5P_FILE_ACCESS)), properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  const h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
  for (const Mapping& m : mappings) {
    const h5::Handle to(H5Screate_simple(3, test::zyx(size).data(), nullptr));
    const h5::Handle from(H5Screate_simple(3, test::zyx(m.source_size).data(), nullptr));
    select(to, m.to);
    if (!m.all) select(from, {m.from, m.from + m.to.size()});
    ASSERT_GE(H5Pset_virtual(properties.id(), to.id(), m.file.c_str(), m.dataset.c_str(), from.id()), 0);
  }
  const h5::Handle space(H5Screate_simple(3, test::zyx(size).data(), nullptr));
  const h5::Handle dataset(H5Dcreate2(file.id(), "v", type, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT));
  ASSERT_TRUE(dataset) << h5::error_text();
}

const Vec3i kSource{20, 12, 9};
const Vec3i kSize{25, 12, 9};

/// Two sources: the first lends its columns 3..17, the second all its 10.
struct TwoSources {
  TempFolder folder;
  std::vector<std::uint32_t> a = test::random_values<std::uint32_t>(kSource, 1);
  std::vector<std::uint32_t> b = test::random_values<std::uint32_t>({10, 12, 9}, 2);
  Mapping left{"sub/a.h5", "/g/a", {{0, 0, 0}, {15, 12, 9}}, {3, 0, 0}, kSource};
  Mapping right{"b.h5", "b", {{15, 0, 0}, {25, 12, 9}}, {0, 0, 0}, {10, 12, 9}, true};

  TwoSources() {
    fs::create_directory(folder / "sub");
    test::write_foreign(folder / "sub/a.h5", "g/a", kSource, a, {.chunk = {7, 5, 4}, .shuffle = true, .gzip = 1});
    test::write_foreign(folder / "b.h5", "b", {10, 12, 9}, b, {.big_endian = true});
  }
  std::uint32_t value(const Vec3i& p) const {
    return p.x < 15 ? a[static_cast<std::size_t>(p.x + 3 + 20 * (p.y + 12 * p.z))]
                    : b[static_cast<std::size_t>(p.x - 15 + 10 * (p.y + 12 * p.z))];
  }
  void expect_right(const VolumeReader& volume) const {
    Rng rng(4);
    for (int i = 0; i < 30; ++i) {
      const Box3 box = i == 0 ? volume.info().box() : test::random_box(rng, volume.info().box());
      const auto labels = volume.read_labels(box);
      test::for_each_voxel(box, [&](const Vec3i& p) { ASSERT_EQ(labels.at(p), value(p)) << p; });
    }
  }
};

TEST(VirtualVolume, PartsOfOtherFilesByRelativeAndAbsoluteName) {
  TwoSources two;
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.right, two.left});
  two.expect_right(*open_volume(two.folder / "v.h5", "v"));
  two.left.file = (two.folder / "sub/a.h5").string();
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.left, two.right});
  const auto volume = open_volume(two.folder / "v.h5", "v");
  two.expect_right(*volume);
  EXPECT_EQ(volume_fingerprint(*volume), volume_fingerprint(*open_volume(two.folder / "v.h5", "v")));
  fs::create_directory(two.folder / "links");
  fs::create_symlink(two.folder / "v.h5", two.folder / "links/v.h5");
  two.expect_right(*open_volume(two.folder / "links/v.h5", "v"));
}

TEST(VirtualVolume, OfVirtualVolumes) {
  TwoSources two;
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.left, two.right});
  const Mapping all{"v.h5", "v", Box3::of_size(kSize), {}, kSize};
  write_virtual(two.folder / "w.h5", H5T_STD_U32LE, kSize, {all});
  two.expect_right(*open_volume(two.folder / "w.h5", "v"));
  Mapping itself = all;
  itself.file = ".";
  write_virtual(two.folder / "x.h5", H5T_STD_U32LE, kSize, {itself});
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "x.h5", "v")->read_labels(Box3::of_size(kSize)); }),
              HasSubstr("nested too deeply"));
}

TEST(VirtualVolume, WhatHdf5WouldShowAsZerosIsAnError) {
  TwoSources two;
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.left, two.right});
  fs::rename(two.folder / "b.h5", two.folder / "c.h5");
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "v.h5", "v"); }),
              testing::AllOf(HasSubstr("1 of its files are missing"), HasSubstr((two.folder / "b.h5").string())));
  two.right.file = "c.h5", two.right.dataset = "none";
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.left, two.right});
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "v.h5", "v")->read_labels(Box3::of_size(kSize)); }),
              HasSubstr("no dataset 'none'"));
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.left});
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "v.h5", "v"); }), HasSubstr("1080 of its 2700 voxels"));
  const auto gap = open_volume(two.folder / "v.h5", "v", {.allow_missing = true});
  const auto labels = gap->read_labels(gap->info().box());
  test::for_each_voxel(gap->info().box(),
                       [&](const Vec3i& p) { ASSERT_EQ(labels.at(p), p.x < 15 ? two.value(p) : 0); });
}

TEST(VirtualVolume, SourcesThatDoNotFitAreErrors) {
  TwoSources two;
  write_virtual(two.folder / "v.h5", H5T_STD_U64LE, kSize, {two.left, two.right});
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "v.h5", "v")->read_labels(Box3::of_size(kSize)); }),
              testing::AllOf(HasSubstr("uint32"), HasSubstr("uint64")));
  Mapping overlap = two.right;
  overlap.to = {{14, 0, 0}, {24, 12, 9}};
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.left, overlap});
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "v.h5", "v"); }), HasSubstr("overlap"));
  test::write_foreign(two.folder / "b.h5", "b", {10, 12, 8}, test::random_values<std::uint32_t>({10, 12, 8}, 2));
  write_virtual(two.folder / "v.h5", H5T_STD_U32LE, kSize, {two.left, two.right});
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "v.h5", "v")->read_labels(Box3::of_size(kSize)); }),
              HasSubstr("another size"));
}

TEST(VirtualVolume, StridedMappingsAreRefused) {
  TwoSources two;
  h5::prepare();
  const h5::Handle access(H5Pcreate(H5P_FILE_ACCESS)), properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  {
    const h5::Handle file(H5Fcreate((two.folder / "v.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
    const h5::Handle to(H5Screate_simple(3, test::zyx({5, 12, 9}).data(), nullptr));
    const h5::Handle from(H5Screate_simple(3, test::zyx({10, 12, 9}).data(), nullptr));
    const hsize_t start[3] = {0, 0, 0}, stride[3] = {1, 1, 2}, count[3] = {9, 12, 5};
    H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, start, stride, count, nullptr);
    ASSERT_GE(H5Pset_virtual(properties.id(), to.id(), "b.h5", "b", from.id()), 0);
    const h5::Handle dataset(
        H5Dcreate2(file.id(), "v", H5T_STD_U32LE, to.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT));
  }
  EXPECT_THAT(error_of([&] { open_volume(two.folder / "v.h5", "v"); }), HasSubstr("not one 3-D box"));
}

}  // namespace
}  // namespace syconn
