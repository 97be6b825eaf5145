// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_virtual.h"

#include <algorithm>

#include "volume_parts.h"

namespace syconn {
namespace {

/// The box a selection covers, x,y,z; nothing unless it is one 3-D box.
std::optional<Box3> selected_box(hid_t space) {
  if (space < 0 || H5Sget_simple_extent_ndims(space) != 3) return std::nullopt;
  hsize_t first[3] = {}, last[3] = {};
  const hssize_t points = H5Sget_select_npoints(space);
  if (points <= 0 || H5Sget_select_bounds(space, first, last) < 0) return std::nullopt;
  Box3 box;
  for (int axis = 0; axis < 3; ++axis) {
    box.min[axis] = static_cast<std::int64_t>(first[2 - axis]);
    box.max[axis] = static_cast<std::int64_t>(last[2 - axis]) + 1;
  }
  if (box.voxels() != points) return std::nullopt;
  return box;
}

template <class Get>
std::string text_property(const Get& get) {
  const ssize_t length = get(nullptr, 0);
  if (length < 0) return {};
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  get(text.data(), text.size());
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// As HDF5 looks for it, but never in the current folder.
fs::path source_path(const fs::path& virtual_file, const std::string& name) {
  if (name == ".") return virtual_file;
  if (fs::path(name).is_absolute()) return name;
  const fs::path beside = virtual_file.parent_path() / name;
  std::error_code error;
  if (fs::exists(beside, error)) return beside;
  const fs::path real = fs::canonical(virtual_file, error).parent_path() / name;
  return !error && fs::exists(real, error) ? real : beside;
}

SourcePart mapping(hid_t properties, std::size_t i, const fs::path& path, const VolumeInfo& info) {
  const std::string file =
      text_property([&](char* out, std::size_t n) { return H5Pget_virtual_filename(properties, i, out, n); });
  const std::string dataset =
      text_property([&](char* out, std::size_t n) { return H5Pget_virtual_dsetname(properties, i, out, n); });
  const h5::Handle to(H5Pget_virtual_vspace(properties, i)), from(H5Pget_virtual_srcspace(properties, i));
  const std::optional<Box3> to_box = selected_box(to.id());
  // "All of the source" is stored without the source's size, which is checked when the source is opened.
  const bool whole = from && H5Sget_select_type(from.id()) == H5S_SEL_ALL;
  const std::optional<Box3> from_box = whole && to_box ? Box3::of_size(to_box->size()) : selected_box(from.id());
  H5Eclear2(H5E_DEFAULT);
  if (file.empty() || !to_box || !from_box || to_box->size() != from_box->size())
    throw Error(Category::input, "'" + info.where + "': mapping " + std::to_string(i) + " (of file '" + file +
                                     "') is not one 3-D box; such virtual datasets are not supported");
  return {.box = to_box->shifted(info.offset_vx),
          .file = source_path(path, file),
          .dataset = dataset,
          .from = from_box->min,
          .whole = whole};
}

}  // namespace

std::unique_ptr<VolumeReader> open_virtual_volume(const fs::path& path, h5::Dataset dataset, const std::string& name,
                                                  OpenContext context) {
  VolumeInfo info;
  read_volume_attributes(dataset, info);
  info.name = name;
  bool big_endian = false;  // the sources have their own order
  info.dtype = volume_dtype(dataset, big_endian);
  info.size = volume_size(dataset);
  const h5::Handle properties(H5Dget_create_plist(dataset.id()));
  std::size_t count = 0;
  if (!properties || H5Pget_virtual_count(properties.id(), &count) < 0)
    h5::fail(Category::input, "cannot read the mappings of", info.where);
  std::vector<SourcePart> parts;
  for (std::size_t i = 0; i < count; ++i) parts.push_back(mapping(properties.id(), i, path, info));
  return std::make_unique<PartedVolume>(std::move(info), std::move(parts), std::move(context));
}

}  // namespace syconn
