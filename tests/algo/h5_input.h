// SPDX-License-Identifier: GPL-3.0-or-later
// Reads whole HDF5 datasets in tests and benchmarks of the room algo, which knows no file formats itself.
#pragma once
#include <hdf5.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "syconn/core/volume_view.h"

namespace syconn::testing_input {

inline std::filesystem::path folder(const char* variable, const char* fallback) {
  const char* set = std::getenv(variable);
  return set ? std::filesystem::path(set) : std::filesystem::path(SYCONN_SOURCE_DIR) / ".." / "shared" / fallback;
}
inline std::filesystem::path data_folder() { return folder("SYCONN_DATA_DIR", "data"); }
inline std::filesystem::path golden_folder() { return folder("SYCONN_GOLDEN_DIR", "golden"); }

template <class T>
hid_t h5_type() {
  if constexpr (std::is_same_v<T, std::uint64_t>)
    return H5T_NATIVE_UINT64;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return H5T_NATIVE_INT32;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return H5T_NATIVE_UINT32;
  else if constexpr (std::is_same_v<T, double>)
    return H5T_NATIVE_DOUBLE;
  else
    return H5T_NATIVE_UINT8;
}

/// Values and shape (slowest axis first) of a dataset.
template <class T>
std::vector<T> read_h5(const std::filesystem::path& file, const std::string& name, std::vector<hsize_t>& shape) {
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (f < 0) throw std::runtime_error("cannot open " + file.string());
  const hid_t d = H5Dopen2(f, name.c_str(), H5P_DEFAULT), s = H5Dget_space(d);
  shape.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(s)));
  H5Sget_simple_extent_dims(s, shape.data(), nullptr);
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(s)));
  const herr_t ok = H5Dread(d, h5_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Sclose(s), H5Dclose(d), H5Fclose(f);
  if (ok < 0) throw std::runtime_error("cannot read " + name + " of " + file.string());
  return values;
}

/// A number that stands as attribute of an object.
inline double attribute(const std::filesystem::path& file, const std::string& object, const char* name) {
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t a = H5Aopen_by_name(f, object.c_str(), name, H5P_DEFAULT, H5P_DEFAULT);
  double value = NAN;
  if (a >= 0) H5Aread(a, H5T_NATIVE_DOUBLE, &value), H5Aclose(a);
  H5Fclose(f);
  return value;
}

/// A volume stored in the order z,y,x.
template <class T>
Volume<T> read_zyx(const std::filesystem::path& file, const std::string& name) {
  std::vector<hsize_t> shape;
  const std::vector<T> values = read_h5<T>(file, name, shape);
  Volume<T> out(Box3::of_size(
      {static_cast<std::int64_t>(shape[2]), static_cast<std::int64_t>(shape[1]), static_cast<std::int64_t>(shape[0])}));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

/// A volume stored in the order x,y,z (z fastest), turned to x fastest.
template <class T>
Volume<T> read_xyz(const std::filesystem::path& file, const std::string& name) {
  std::vector<hsize_t> shape;
  const std::vector<T> values = read_h5<T>(file, name, shape);
  Volume<T> out(Box3::of_size(
      {static_cast<std::int64_t>(shape[0]), static_cast<std::int64_t>(shape[1]), static_cast<std::int64_t>(shape[2])}));
  std::size_t i = 0;
  for (std::int64_t x = 0; x < out.box().size().x; ++x)
    for (std::int64_t y = 0; y < out.box().size().y; ++y)
      for (std::int64_t z = 0; z < out.box().size().z; ++z) out.at({x, y, z}) = values[i++];
  return out;
}

/// The voxels of `box` as a dataset of their own, at the origin.
template <class T>
Volume<T> crop(const Volume<T>& from, const Box3& box) {
  Volume<T> out(Box3::of_size(box.size()));
  for (std::int64_t z = 0; z < box.size().z; ++z)
    for (std::int64_t y = 0; y < box.size().y; ++y) {
      const T* row = &from.view().at({box.min.x, box.min.y + y, box.min.z + z});
      std::copy(row, row + box.size().x, &out.view()(0, y, z));
    }
  return out;
}

/// Every second voxel in x and y, then each of them 3, 3 and 2 times: what a 10 x 10 x 20 nm segmentation looks like.
template <class T>
Volume<T> up_sampled(const Volume<T>& from, const Box3& box) {
  Volume<T> out(Box3::of_size(box.size()));
  std::size_t i = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) out.data()[i++] = from.at({x / 3 * 2, y / 3 * 2, z / 2});
  return out;
}

}  // namespace syconn::testing_input
