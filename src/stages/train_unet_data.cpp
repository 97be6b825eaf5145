// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_unet_data.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "coarser.h"
#include "syconn/core/sha256.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

struct Loaded {
  LabelledVolume voxels;
  Vec3d voxel_size_nm{1, 1, 1};
  std::string fingerprint;
};

void paint(const ClassSource& source, std::uint8_t of_class, Loaded& into) {
  const auto reader = open_volume(source.volume.file, source.volume.dataset);
  const DType dtype = reader->info().dtype;
  const Box3 box = into.voxels.raw.box();
  if (!reader->info().box().contains(box))
    throw Error(Category::input, source.volume.file.string() + ": does not cover the image it labels");
  into.fingerprint += volume_fingerprint(*reader);
  if (source.is_map || dtype == DType::f32 || dtype == DType::f64) {
    const Volume<std::uint8_t> mask = reader->read_mask(0.5, box);
    for (std::size_t i = 0; i < mask.count(); ++i)
      if (mask.data()[i] != 0) into.voxels.labels.data()[i] = of_class;
    return;
  }
  constexpr std::int64_t kSlab = 64;  // sections at a time: ids take 8 bytes, chunks hold many sections
  for (std::int64_t z = box.min.z; z < box.max.z; z += kSlab) {
    const Box3 slab({box.min.x, box.min.y, z}, {box.max.x, box.max.y, std::min(box.max.z, z + kSlab)});
    const Volume<Id> ids = reader->read_labels(slab);
    std::uint8_t* const out = &into.voxels.labels.at(slab.min);  // whole sections lie one after the other
    for (std::size_t i = 0; i < ids.count(); ++i)
      if (ids.data()[i] != kBackground) out[i] = of_class;
  }
}

/// In voxels of `mag` of the volume's.
void make_coarser(LabelledVolume& v, const Vec3i& mag) {
  if (mag == Vec3i(1)) return;
  LabelledVolume coarse;
  coarse.raw.reset(coarser_box(v.raw.box(), mag)), coarse.labels.reset(coarse.raw.box());
  coarser_grey(v.raw, mag, coarse.raw), coarser_labels(v.labels, mag, coarse.labels);
  v = std::move(coarse);
}

Loaded load(const LabelledSource& source, const Vec3i& mag) {
  const auto raw = open_volume(source.raw.file, source.raw.dataset);
  Loaded loaded;
  loaded.voxels.raw = raw->read_image(raw->info().box());
  loaded.voxels.labels.reset(raw->info().box());
  if (!raw->info().voxel_size_nm)
    throw Error(Category::input, source.raw.file.string() +
                                     ": the image does not tell its voxel size (attribute "
                                     "voxel_size_nm)");
  loaded.voxel_size_nm = *raw->info().voxel_size_nm * Vec3d(mag), loaded.fingerprint = volume_fingerprint(*raw);
  std::uint8_t of_class = 1;
  for (const ClassSource& label : source.labels) paint(label, of_class++, loaded);
  make_coarser(loaded.voxels, mag);
  return loaded;
}

LabelledVolume cropped(const LabelledVolume& from, const Box3& box) {
  LabelledVolume part{Volume<std::uint8_t>(box), Volume<std::uint8_t>(box)};
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y) {
      const Vec3i at(box.min.x, y, z);
      std::copy_n(&from.raw.at(at), box.size().x, &part.raw.at(at));
      std::copy_n(&from.labels.at(at), box.size().x, &part.labels.at(at));
    }
  return part;
}

/// What is used of a volume, in the network's voxels.
Box3 part_of(const LabelledSource& source, const Loaded& loaded, const Vec3i& mag) {
  const Box3 whole = loaded.voxels.raw.box();
  if (!source.box) return whole;
  const Box3 part = coarser_box(*source.box, mag);
  std::ostringstream text;
  text << source.raw.file.string() << ": the box " << *source.box << " does not lie in the image, " << whole
       << (mag == Vec3i(1) ? " voxels" : " of the network's voxels");
  if (part.empty() || !whole.contains(part)) throw Error(Category::config, text.str());
  return part;
}

}  // namespace

UNetData read_unet_data(const UNetTraining& t) {
  if (t.train.empty()) throw Error(Category::config, "there is no volume to train on");
  UNetData data;
  for (const ClassSource& label : t.train.front().labels) data.classes.push_back(label.name);
  std::string fingerprints;
  for (const LabelledSource& source : t.train) {
    Loaded v = load(source, t.mag);
    const Box3 box = part_of(source, v, t.mag);
    fingerprints += v.fingerprint, data.voxel_size_nm = v.voxel_size_nm;
    std::ostringstream part;
    if (box != v.voxels.raw.box()) part << box;
    fingerprints += part.str();
    if (!t.test.empty()) {
      data.train.push_back(box == v.voxels.raw.box() ? std::move(v.voxels) : cropped(v.voxels, box));
      continue;
    }
    Box3 seen = box, kept = box;
    seen.max.z = kept.min.z = box.max.z - std::llround(t.held_out * static_cast<double>(box.size().z));
    data.train.push_back(cropped(v.voxels, seen));
    if (!kept.empty()) data.test.emplace_back(std::move(v.voxels), kept);
  }
  for (const LabelledSource& source : t.test) {
    Loaded v = load(source, t.mag);
    const Box3 box = part_of(source, v, t.mag);
    data.test.emplace_back(std::move(v.voxels), box);
  }
  data.hash = sha256_hex(fingerprints);
  return data;
}

}  // namespace syconn
