// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_parts.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <sstream>

#include "syconn/core/crc32c.h"

namespace syconn {
namespace {

/// Source files kept open at a time.
constexpr std::size_t kMaxOpen = 64;
constexpr std::int64_t kSlab = 64;
constexpr std::size_t kMaxListed = 10;
constexpr int kMaxDepth = 3;

std::string text_of(const Box3& box) {
  std::ostringstream text;
  text << box;
  return text.str();
}

}  // namespace

std::string shortened_list(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kMaxListed); ++i) text += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > kMaxListed) text += " and " + std::to_string(items.size() - kMaxListed) + " more";
  return text;
}

/// Sweep along z: only boxes whose z ranges meet are compared.
VolumeTiling check_volume_tiling(const std::vector<Box3>& boxes, const Box3& whole) {
  VolumeTiling tiling;
  std::vector<std::size_t> order(boxes.size()), active;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return raster_less(boxes[a].min, boxes[b].min); });
  std::int64_t covered = 0;
  for (const std::size_t i : order) {
    if (boxes[i].empty() || !whole.contains(boxes[i])) {
      tiling.wrong.push_back("box " + text_of(boxes[i]) + " is empty or outside " + text_of(whole));
      continue;
    }
    covered += boxes[i].voxels();
    std::erase_if(active, [&](std::size_t a) { return boxes[a].max.z <= boxes[i].min.z; });
    for (const std::size_t a : active)
      if (!intersect(boxes[a], boxes[i]).empty())
        tiling.wrong.push_back("boxes " + text_of(boxes[a]) + " and " + text_of(boxes[i]) + " overlap");
    active.push_back(i);
  }
  tiling.uncovered_vx = whole.voxels() - covered;
  return tiling;
}

PartedVolume::PartedVolume(VolumeInfo info, std::vector<SourcePart> parts, OpenContext context)
    : parts_(std::move(parts)), context_(std::move(context)) {
  info_ = std::move(info);
  if (context_.depth > kMaxDepth)
    throw Error(Category::input, "'" + info_.where + "': virtual datasets are nested too deeply");
  context_.cache = std::make_shared<BlockCache>(context_.options.cache_bytes);
  std::vector<Box3> boxes;
  for (const SourcePart& part : parts_) boxes.push_back(part.box);
  const VolumeTiling tiling = syconn::check_volume_tiling(boxes, info_.box());
  if (!tiling.wrong.empty()) throw Error(Category::input, "'" + info_.where + "': " + shortened_list(tiling.wrong));
  complete_ = tiling.uncovered_vx == 0;
  if (!complete_ && !context_.options.allow_missing)
    throw Error(Category::input, "'" + info_.where + "': no file holds " + std::to_string(tiling.uncovered_vx) +
                                     " of its " + std::to_string(info_.box().voxels()) + " voxels");
  check_files();
}

void PartedVolume::check_files() {
  std::vector<std::string> missing, wrong;
  std::map<fs::path, std::uint64_t> sizes;
  for (const SourcePart& part : parts_) {
    std::error_code error;
    const std::uint64_t bytes = fs::file_size(part.file, error);
    if (error)
      missing.push_back(part.file.string());
    else if (part.bytes && *part.bytes != bytes)
      wrong.push_back(part.file.string() + " (" + std::to_string(bytes) + " bytes, not " + std::to_string(*part.bytes) +
                      ")");
    else
      sizes[part.file] = bytes;
  }
  if (!missing.empty())
    throw Error(Category::input, "'" + info_.where + "': " + std::to_string(missing.size()) +
                                     " of its files are missing: " + shortened_list(missing));
  if (!wrong.empty())
    throw Error(Category::input, "'" + info_.where + "': " + std::to_string(wrong.size()) +
                                     " of its files have another size: " + shortened_list(wrong));
  info_.stored_bytes = 0;
  for (const auto& [file, bytes] : sizes) info_.stored_bytes += bytes;
}

PartedVolume::Source PartedVolume::open_source(std::size_t part) const {
  const SourcePart& p = parts_[part];
  OpenContext context = context_;
  context.source = part;
  ++context.depth;
  Source source = open_hdf5_volume(p.file, p.dataset, std::move(context));
  const VolumeInfo& info = source->info();
  if (info.dtype != info_.dtype)
    throw Error(Category::input, "'" + info.where + "' holds " + dtype_name(info.dtype) + ", but '" + info_.where +
                                     "' says " + dtype_name(info_.dtype));
  const bool fits =
      p.whole ? info.size == p.box.size() : Box3::of_size(info.size).contains(p.box.shifted(p.from - p.box.min));
  if (!fits) throw Error(Category::input, "'" + info.where + "' has another size than '" + info_.where + "' says");
  return source;
}

PartedVolume::Source PartedVolume::source(std::size_t part) const {
  {
    const std::lock_guard lock(mutex_);
    const auto known = open_.find(part);
    if (known != open_.end()) {
      recent_.splice(recent_.begin(), recent_, std::find(recent_.begin(), recent_.end(), part));
      return known->second;
    }
  }
  Source opened = open_source(part);
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = open_.emplace(part, opened);
  if (!is_new) return place->second;  // another thread was faster
  recent_.push_front(part);
  if (recent_.size() > kMaxOpen) {
    open_.erase(recent_.back());
    recent_.pop_back();
  }
  return opened;
}

void PartedVolume::part_blocks(std::size_t part, const Box3& box, const UseBlock& use) const {
  const Source opened = source(part);
  const Vec3i shift = opened->info().offset_vx + parts_[part].from - parts_[part].box.min;
  opened->for_each_block(box.shifted(shift), [&](const VolumeBlock& block) {
    // The source's block may reach beyond the part, where another part's voxels are: cut it.
    VolumeBlock moved = block;
    const Box3 here = block.box.shifted(-shift);
    moved.box = intersect(here, box);
    const Vec3i cut = moved.box.min - here.min;
    moved.data = static_cast<const char*>(block.data) + static_cast<std::int64_t>(dtype_bytes(info_.dtype)) *
                                                            (cut.x + cut.y * block.stride_y + cut.z * block.stride_z);
    use(moved);
  });
}

void PartedVolume::for_each_block(const Box3& box, const UseBlock& use) const {
  if (!complete_) fill_gaps(box, use);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Box3 wanted = intersect(parts_[i].box, box);
    if (!wanted.empty()) part_blocks(i, wanted, use);
  }
}

/// Zeros over all of `box`, plane by plane; the parts then overwrite what they hold.
void PartedVolume::fill_gaps(const Box3& box, const UseBlock& use) const {
  const std::int64_t plane = box.size().x * box.size().y;
  const std::vector<char> zeros(static_cast<std::size_t>(plane) * dtype_bytes(info_.dtype), 0);
  for (std::int64_t z = box.min.z; z < box.max.z; ++z) {
    Box3 slice = box;
    slice.min.z = z, slice.max.z = z + 1;
    use({zeros.data(), slice, box.size().x, plane});
  }
}

std::uint32_t PartedVolume::decoded_crc32c(std::size_t part) const {
  const Box3& all = parts_[part].box;
  const std::size_t element = dtype_bytes(info_.dtype);
  std::uint32_t crc = 0;
  BlockBuffer buffer;
  for (std::int64_t z = all.min.z; z < all.max.z; z += kSlab) {
    Box3 slab = all;
    slab.min.z = z, slab.max.z = std::min(z + kSlab, all.max.z);
    const Vec3i n = slab.size();
    buffer.resize(static_cast<std::size_t>(n.product()) * element);
    part_blocks(part, slab, [&](const VolumeBlock& block) {
      const Vec3i at = block.box.min - slab.min, size = block.box.size();
      for (std::int64_t k = 0; k < size.z; ++k)
        for (std::int64_t j = 0; j < size.y; ++j)
          std::memcpy(buffer.data() + static_cast<std::size_t>(at.x + n.x * (at.y + j + n.y * (at.z + k))) * element,
                      static_cast<const char*>(block.data) +
                          static_cast<std::size_t>(j * block.stride_y + k * block.stride_z) * element,
                      static_cast<std::size_t>(size.x) * element);
    });
    crc = crc32c(buffer.data(), buffer.size(), crc);
  }
  return crc;
}

std::vector<std::string> PartedVolume::verify() const {
  std::vector<std::string> findings;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    try {
      const std::uint32_t crc = decoded_crc32c(i);
      if (parts_[i].crc32c && crc != *parts_[i].crc32c)
        findings.push_back("'" + parts_[i].file.string() + "': CRC32C of the voxels is " + hex8(crc) + ", not " +
                           hex8(*parts_[i].crc32c));
    } catch (const Error& error) {
      findings.emplace_back(error.what());
    }
  }
  return findings;
}

std::vector<std::uint32_t> PartedVolume::sample_stored_blocks(std::int64_t n) const {
  std::vector<std::uint32_t> sums;
  const auto count = static_cast<std::int64_t>(parts_.size());
  const std::int64_t n_parts = std::min(n, count);
  for (std::int64_t k = 0; k < n_parts; ++k) {
    const auto part = static_cast<std::size_t>(spread_evenly(k, n_parts, count));
    if (parts_[part].crc32c) {
      sums.push_back(*parts_[part].crc32c);
      continue;
    }
    const std::vector<std::uint32_t> some = source(part)->sample_stored_blocks(n / n_parts);
    sums.insert(sums.end(), some.begin(), some.end());
  }
  return sums;
}

}  // namespace syconn
