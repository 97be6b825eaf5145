// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/volume_reader.h"

#include <sstream>

#include "syconn/core/crc32c.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "volume_convert.h"
#include "volume_formats.h"
#include "volume_hdf5.h"
#include "volume_knossos.h"
#include "volume_manifest.h"
#include "volume_precomputed.h"
#include "volume_zarr.h"

namespace syconn {
namespace {

/// Planes read in one go where a whole volume is gone through.
constexpr std::int64_t kSlab = 64;
constexpr std::int64_t kFingerprintBlocks = 64;

template <class Value>
std::string text_of(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

void check_inside(const VolumeInfo& info, const Box3& box) {
  if (info.box().contains(box)) return;
  throw Error(Category::input, "volume '" + info.where + "': box " + text_of(box) + " is not inside its extent " +
                                   text_of(info.box()) + " (x,y,z in voxels)");
}

template <class In, class Out, class Convert>
void convert_block(const VolumeInfo& info, const VolumeBlock& block, const VolumeView<Out>& out,
                   const Convert& convert) {
  const Box3 part = intersect(block.box, out.box());
  const Vec3i from = part.min - block.box.min, to = part.min - out.origin, n = part.size();
  for (std::int64_t z = 0; z < n.z; ++z) {
    for (std::int64_t y = 0; y < n.y; ++y) {
      const In* in =
          static_cast<const In*>(block.data) + from.x + (from.y + y) * block.stride_y + (from.z + z) * block.stride_z;
      const std::int64_t bad = convert(in, n.x, out.row(to.y + y, to.z + z) + to.x);
      if (bad >= 0)
        throw Error(Category::input, "volume '" + info.where + "': value " + text_of(+in[bad]) + " at voxel " +
                                         text_of(part.min + Vec3i(bad, y, z)) + ": " + Convert::kBad);
    }
  }
}

}  // namespace

template <class Out, class Convert>
void VolumeReader::read(const VolumeView<Out>& out, const Convert& convert) const {
  if (Convert::kIntegersOnly && (info_.dtype == DType::f32 || info_.dtype == DType::f64))
    throw Error(Category::input, "volume '" + info_.where + "' holds " + dtype_name(info_.dtype) +
                                     "; labels and images must be integers (kind: probability takes both)");
  const Box3 box = out.box();
  if (box.empty()) return;
  check_inside(info_, box);
  for_each_block(box, [&](const VolumeBlock& block) {
    with_dtype(info_.dtype, [&](auto element) {
      using In = decltype(element);
      if constexpr (!(Convert::kIntegersOnly && std::is_floating_point_v<In>))
        convert_block<In>(info_, block, out, convert);
    });
  });
}

void VolumeReader::read_labels(VolumeView<Id> out) const { read(out, convert::Labels{}); }
void VolumeReader::read_image(VolumeView<std::uint8_t> out) const { read(out, convert::Grey{}); }
void VolumeReader::read_map(VolumeView<float> out) const { read(out, convert::MapFloat{}); }
void VolumeReader::read_map(VolumeView<std::uint8_t> out) const { read(out, convert::MapGrey{}); }

void VolumeReader::read_mask(double threshold, VolumeView<std::uint8_t> out) const {
  if (!(threshold >= 0 && threshold <= 1))
    throw Error(Category::config, "threshold " + text_of(threshold) + " for '" + info_.where + "' is not in 0..1");
  read(out, convert::Mask(threshold));
}

void VolumeReader::read_foreground(std::span<const Id> foreground, VolumeView<std::uint8_t> out) const {
  std::vector<Id> sorted(foreground.begin(), foreground.end());
  std::sort(sorted.begin(), sorted.end());
  read(out, convert::Foreground{sorted});
}

Volume<Id> VolumeReader::read_labels(const Box3& box) const {
  check_inside(info_, box);
  Volume<Id> out(box);
  read_labels(out.view());
  return out;
}

Volume<std::uint8_t> VolumeReader::read_image(const Box3& box) const {
  check_inside(info_, box);
  Volume<std::uint8_t> out(box);
  read_image(out.view());
  return out;
}

Volume<std::uint8_t> VolumeReader::read_mask(double threshold, const Box3& box) const {
  check_inside(info_, box);
  Volume<std::uint8_t> out(box);
  read_mask(threshold, out.view());
  return out;
}

std::vector<std::string> VolumeReader::verify() const {
  std::vector<std::string> findings;
  const Box3 all = info_.box();
  for (std::int64_t z = all.min.z; z < all.max.z && !all.empty(); z += kSlab) {
    Box3 slab = all;
    slab.min.z = z;
    slab.max.z = std::min(z + kSlab, all.max.z);
    try {
      for_each_block(slab, [](const VolumeBlock&) {});
    } catch (const Error& error) {
      findings.emplace_back(error.what());
    }
  }
  return findings;
}

std::unique_ptr<VolumeReader> open_volume(const fs::path& path, const std::string& dataset,
                                          const VolumeOptions& options) {
  switch (volume_format(path, options.format)) {
    case VolumeFormat::derived:
      return open_derived_volume(path, dataset, options);
    case VolumeFormat::precomputed:
      return open_precomputed_volume(path, dataset, options);
    case VolumeFormat::zarr:
      return open_zarr_volume(path, dataset, options);
    case VolumeFormat::knossos:
      return open_knossos_volume(path, dataset, options);
    case VolumeFormat::hdf5:
      break;
  }
  return open_hdf5_volume(path, dataset, options);
}

std::string volume_fingerprint(const VolumeReader& volume) {
  const VolumeInfo& info = volume.info();
  Json json;
  json["dataset"] = info.name;
  json["shape_xyz"] = info.size.array();
  json["dtype"] = dtype_name(info.dtype);
  json["voxel_size_nm"] = info.voxel_size_nm ? Json(info.voxel_size_nm->array()) : Json(nullptr);
  json["offset_vx"] = info.offset_vx.array();
  json["bytes"] = volume.sampled_bytes(kFingerprintBlocks);
  std::uint32_t crc = 0;
  for (const std::uint32_t block : volume.sample_stored_blocks(kFingerprintBlocks)) {
    const std::string text = hex8(block);
    crc = crc32c(text.data(), text.size(), crc);
  }
  json["crc32c"] = hex8(crc);
  return json.dump();
}

}  // namespace syconn
