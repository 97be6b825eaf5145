// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/precomputed_volume_writer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "compressed_segmentation.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/io/png.h"

namespace syconn {
namespace {

constexpr std::int64_t kCube = 64;
constexpr std::int64_t kLastScale = 128;  // no scale is needed beyond one that small
constexpr std::int64_t kFewBlocks = 64, kMostBlocks = 4096;
constexpr std::size_t kUsualBlockLevel = 3;
const Vec3i kLabelBlock(8);

Vec3i ceil_div(const Vec3i& a, const Vec3i& b) { return (a + b - Vec3i(1)) / b; }  // a >= 0
Vec3i floor_to(const Vec3i& a, const Vec3i& b) { return a / b * b; }

Vec3i next_mag(const Vec3i& mag, const Vec3d& voxel_nm) {
  const Vec3d edges = Vec3d(mag) * voxel_nm;
  Vec3i next = mag;
  for (int axis = 0; axis < 3; ++axis)
    if (edges[axis] < std::sqrt(2.0) * edges.min_element()) next[axis] *= 2;
  return next;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

Json triple(const Vec3i& v) { return Json::array({v.x, v.y, v.z}); }

PrecomputedEncoding checked(PrecomputedEncoding encoding, bool labels) {
  if ((encoding == PrecomputedEncoding::labels) != labels)
    throw Error(Category::runtime, "labels and images have encodings of their own");
  return encoding;
}

}  // namespace

std::string PrecomputedScale::key() const {
  return number(voxel_nm.x) + "_" + number(voxel_nm.y) + "_" + number(voxel_nm.z);
}
Vec3i PrecomputedScale::grid() const { return ceil_div(box.size(), chunk); }
Box3 PrecomputedScale::chunk_box(const Vec3i& cell) const {
  const Vec3i first = box.min + cell * chunk;
  return intersect({first, first + chunk}, box);
}

PrecomputedPyramid::PrecomputedPyramid(const Box3& box, const Vec3d& voxel_nm) : box_(box) {
  mags_ = {Vec3i(1)};
  while (!plan(voxel_nm)) mags_.push_back(next_mag(mags_.back(), voxel_nm));
}

/// False: there are not enough levels yet. The origin must be a multiple of all their mags, so it depends on them.
bool PrecomputedPyramid::plan(const Vec3d& voxel_nm) {
  origin_ = floor_to(box_.min, mags_.back());
  const auto blocks_at = [&](std::size_t level) { return ceil_div(box_.max - origin_, mags_[level] * kCube); };
  const auto level_of = [&](std::size_t first, std::int64_t most) {
    while (first < mags_.size() && blocks_at(first).product() > most) ++first;
    return first;
  };
  std::size_t block_level = level_of(1, kFewBlocks);
  if (block_level > kUsualBlockLevel) block_level = level_of(kUsualBlockLevel, kMostBlocks);
  const std::size_t top = level_of(block_level, 1);
  if (top >= mags_.size()) return false;
  mags_.resize(top + 1);
  block_level_ = static_cast<int>(block_level), blocks_ = blocks_at(block_level);
  do add_scale(voxel_nm);
  while (scales_.back().box.size().max_element() > kLastScale);
  return true;
}

void PrecomputedPyramid::add_scale(const Vec3d& voxel_nm) {
  PrecomputedScale s;
  s.mag = mags_[scales_.size()], s.box = {origin_ / s.mag, ceil_div(box_.max, s.mag)},
  s.voxel_nm = Vec3d(s.mag) * voxel_nm;
  s.chunk = Vec3i(kCube);
  int bits = 64;  // one shard
  if (static_cast<int>(scales_.size()) < block_level_) {
    // 2^j chunks along each axis of a block, which makes them contiguous in Morton order whatever the block's shape.
    const Vec3i cubes = mags_[static_cast<std::size_t>(block_level_)] / s.mag;
    const std::int64_t edge = cubes.max_element();
    s.chunk = cubes * kCube / Vec3i(edge);
    bits = 0;
    for (int axis = 0; axis < 3; ++axis)
      for (std::int64_t chunks = 1; chunks < std::min(edge, s.grid()[axis]); chunks *= 2) ++bits;
  }
  s.layout = ShardLayout::of_grid(s.grid(), bits);
  scales_.push_back(s);
}

Vec3i PrecomputedPyramid::block_position(std::int64_t index) const {
  return {index % blocks_.x, index / blocks_.x % blocks_.y, index / (blocks_.x * blocks_.y)};
}

Box3 PrecomputedPyramid::cube(int level, const Vec3i& position) const {
  const Vec3i edge = mags_.at(static_cast<std::size_t>(level)) * kCube;
  return Box3::of_size(edge).shifted(origin_ + position * edge);
}

Vec3i PrecomputedPyramid::factor(int level) const {
  return mags_.at(static_cast<std::size_t>(level)) / mags_.at(static_cast<std::size_t>(level - 1));
}

Box3 PrecomputedPyramid::cube_at(int level, const Vec3i& position) const {
  const Vec3i first = origin_ / mags_.at(static_cast<std::size_t>(level)) + position * Vec3i(kCube);
  return {first, first + Vec3i(kCube)};
}

Box3 PrecomputedPyramid::box_at(int level) const {
  const Vec3i& mag = mags_.at(static_cast<std::size_t>(level));
  return {box_.min / mag, ceil_div(box_.max, mag)};
}

std::string precomputed_volume_info(const PrecomputedPyramid& pyramid, const PrecomputedInfo& info) {
  const bool labels = info.encoding == PrecomputedEncoding::labels;
  Json json{{"@type", "neuroglancer_multiscale_volume"},
            {"type", labels ? "segmentation" : "image"},
            {"data_type", labels ? "uint64" : "uint8"},
            {"num_channels", 1}};
  if (!info.mesh.empty()) json["mesh"] = info.mesh;
  if (!info.skeletons.empty()) json["skeletons"] = info.skeletons;
  if (!info.segment_properties.empty()) json["segment_properties"] = info.segment_properties;
  for (const PrecomputedScale& s : pyramid.scales()) {
    Json scale{{"key", s.key()},
               {"size", triple(s.box.size())},
               {"voxel_offset", triple(s.box.min)},
               {"chunk_sizes", Json::array({triple(s.chunk)})},
               {"resolution", Json::array({s.voxel_nm.x, s.voxel_nm.y, s.voxel_nm.z})},
               {"encoding", labels                                      ? "compressed_segmentation"
                            : info.encoding == PrecomputedEncoding::raw ? "raw"
                                                                        : "png"}};
    if (labels) scale["compressed_segmentation_block_size"] = triple(kLabelBlock);
    ShardLayout layout = s.layout;
    layout.data_gzip = info.encoding != PrecomputedEncoding::png;
    scale["sharding"] = parse_json(layout.json(), "sharding");
    json["scales"].push_back(scale);
  }
  return json.dump(1) + "\n";
}

PrecomputedChunks::PrecomputedChunks(const fs::path& path, const PrecomputedScale& scale, PrecomputedEncoding encoding,
                                     std::uint64_t shard)
    : scale_(scale),
      encoding_(encoding),
      file_(
          path,
          [&] {
            ShardLayout layout = scale.layout;
            layout.data_gzip = encoding != PrecomputedEncoding::png;
            return layout;
          }(),
          shard) {}

void PrecomputedChunks::add(const Box3& box, const std::vector<char>& bytes) {
  const Vec3i cell = (box.min - scale_.box.min) / scale_.chunk;
  if (box.empty() || !(scale_.chunk_box(cell) == box))
    throw Error(Category::runtime, "no chunk of scale " + scale_.key() + " has the box it was given");
  file_.add(grid_key(cell, scale_.grid()), bytes);
}

void PrecomputedChunks::add(const Volume<Id>& chunk) {
  checked(encoding_, true);
  compress_segmentation(chunk.data(), chunk.box().size(), kLabelBlock, encoded_);
  add(chunk.box(), encoded_);
}

void PrecomputedChunks::add(const Volume<std::uint8_t>& chunk) {
  if (checked(encoding_, false) == PrecomputedEncoding::raw) {
    encoded_.assign(chunk.data(), chunk.data() + chunk.count());
  } else {
    const Vec3i size = chunk.box().size();
    const std::string png = encode_png({size.x, size.y * size.z, {chunk.data(), chunk.data() + chunk.count()}});
    encoded_.assign(png.begin(), png.end());
  }
  add(chunk.box(), encoded_);
}

}  // namespace syconn
