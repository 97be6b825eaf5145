// SPDX-License-Identifier: GPL-3.0-or-later
// HDF5 volumes as other programs write them, made with plain HDF5 calls.
#pragma once
#include <gtest/gtest.h>
#include <hdf5.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "h5.h"
#include "support/temp_folder.h"
#include "support/voxels.h"
#include "syconn/core/files.h"
#include "syconn/core/rng.h"
#include "syconn/io/volume_reader.h"

namespace syconn::test {

/// How a foreign file is laid out. Triples are x,y,z.
struct Layout {
  std::string name = {};
  Vec3i chunk{0, 0, 0};  ///< 0: not chunked
  bool compact = false, resizable = false;
  bool shuffle = false, fletcher32 = false, partial_unfiltered = false, big_endian = false;
  int gzip = 0, zstd = 0, unknown_filter = 0;
  std::uint64_t user_block = 0;
};

inline std::ostream& operator<<(std::ostream& os, const Layout& layout) { return os << layout.name; }

inline std::vector<hsize_t> zyx(const Vec3i& v) {
  return {static_cast<hsize_t>(v.z), static_cast<hsize_t>(v.y), static_cast<hsize_t>(v.x)};
}

inline h5::Handle creation_of(const Layout& layout) {
  h5::Handle p(H5Pcreate(H5P_DATASET_CREATE));
  if (layout.compact) H5Pset_layout(p.id(), H5D_COMPACT);
  if (layout.chunk.x > 0) H5Pset_chunk(p.id(), 3, zyx(layout.chunk).data());
  if (layout.shuffle) H5Pset_shuffle(p.id());
  if (layout.gzip > 0) H5Pset_deflate(p.id(), static_cast<unsigned>(layout.gzip));
  const unsigned level = static_cast<unsigned>(layout.zstd);
  if (layout.zstd > 0) H5Pset_filter(p.id(), 32015, H5Z_FLAG_MANDATORY, 1, &level);
  if (layout.fletcher32) H5Pset_fletcher32(p.id());
  if (layout.unknown_filter > 0) H5Pset_filter(p.id(), layout.unknown_filter, H5Z_FLAG_OPTIONAL, 0, nullptr);
  if (layout.partial_unfiltered) H5Pset_chunk_opts(p.id(), H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
  return p;
}

inline h5::Handle foreign_file(const fs::path& path, const Layout& layout = {}) {
  h5::prepare();
  const h5::Handle creation(H5Pcreate(H5P_FILE_CREATE)), access(H5Pcreate(H5P_FILE_ACCESS));
  if (layout.user_block > 0) H5Pset_userblock(creation.id(), layout.user_block);
  if (layout.partial_unfiltered) H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()));
  EXPECT_TRUE(file) << path;
  return file;
}

/// A dataset in an open file, written whole where `data` is given.
inline h5::Handle foreign_dataset(const h5::Handle& file, const std::string& name, hid_t type, const Vec3i& size,
                                  const Layout& layout, const void* data, hid_t memory_type) {
  const hsize_t unlimited[3] = {H5S_UNLIMITED, H5S_UNLIMITED, H5S_UNLIMITED};
  const h5::Handle space(H5Screate_simple(3, zyx(size).data(), layout.resizable ? unlimited : nullptr));
  const h5::Handle properties(creation_of(layout)), links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.id(), 1);
  h5::Handle dataset(H5Dcreate2(file.id(), name.c_str(), type, space.id(), links.id(), properties.id(), H5P_DEFAULT));
  EXPECT_TRUE(dataset) << name << ' ' << h5::error_text();
  if (data == nullptr) return dataset;
  EXPECT_GE(H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), 0) << h5::error_text();
  return dataset;
}

inline h5::Handle stored_type(DType dtype, bool big_endian) {
  h5::Handle type(H5Tcopy(h5::file_type(dtype)));
  if (big_endian) H5Tset_order(type.id(), H5T_ORDER_BE);
  return type;
}

template <class T>
fs::path write_foreign(const fs::path& path, const std::string& name, const Vec3i& size, const std::vector<T>& values,
                       const Layout& layout = {}) {
  const h5::Handle file = foreign_file(path, layout);
  const h5::Handle type = stored_type(dtype_of<T>(), layout.big_endian);
  foreign_dataset(file, name, type.id(), size, layout, values.data(), h5::memory_type(dtype_of<T>()));
  return path;
}

/// Numbers as a volume: any value of an integer type that is a legal label, a map's values of a float type.
template <class T>
std::vector<T> random_values(const Vec3i& size, std::uint64_t seed, std::uint64_t below = 0) {
  std::vector<T> values(static_cast<std::size_t>(size.product()));
  Rng rng(seed);
  for (T& v : values) {
    if constexpr (std::is_floating_point_v<T>) {
      v = static_cast<T>(rng.uniform());
    } else {
      v = static_cast<T>(below > 0 ? rng.below(below) : rng.next());
      if (std::is_signed_v<T> && v < 0) v = static_cast<T>(-(v + 1));
    }
  }
  return values;
}

/// A box inside `whole`, often touching its border, often thin.
inline Box3 random_box(Rng& rng, const Box3& whole) {
  Box3 box;
  for (int axis = 0; axis < 3; ++axis) {
    const auto n = static_cast<std::uint64_t>(whole.size()[axis]);
    std::uint64_t a = rng.below(n), b = rng.below(n);
    if (rng.below(4) == 0) a = 0;
    if (rng.below(4) == 0) b = n - 1;
    if (rng.below(4) == 0) b = a;
    box.min[axis] = whole.min[axis] + static_cast<std::int64_t>(std::min(a, b));
    box.max[axis] = whole.min[axis] + static_cast<std::int64_t>(std::max(a, b)) + 1;
  }
  return box;
}

/// The message of the Error that fn throws; fails the test if it throws none or of another category.
inline std::string error_of(const std::function<void()>& fn, Category category = Category::input) {
  try {
    fn();
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), category) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

}  // namespace syconn::test
