// SPDX-License-Identifier: GPL-3.0-or-later
// The volumes of the export: cells and image at all scales, as trees of cubes of 64^3 voxels.
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "cell_volume.h"
#include "export_steps.h"
#include "syconn/algo/pyramid.h"
#include "syconn/io/record_file.h"
#include "volumes.h"

namespace syconn {
namespace {

/// Voxels are read in cubes of this level.
constexpr int kReadLevel = 2;

void halve(const Volume<Id>& fine, const Vec3i& factor, Volume<Id>& out) {
  halve_labels(fine.view(), factor, out.view());
}
void halve(const Volume<std::uint8_t>& fine, const Vec3i& factor, Volume<std::uint8_t>& out) {
  halve_grey(fine.view(), factor, out.view());
}

template <class T>
void copy(VolumeView<const T> from, VolumeView<T> to) {
  const Box3 common = intersect(from.box(), to.box());
  if (common.empty()) return;
  from = from.sub(common), to = to.sub(common);
  for (std::int64_t z = 0; z < common.size().z; ++z)
    for (std::int64_t y = 0; y < common.size().y; ++y) std::copy_n(from.row(y, z), common.size().x, to.row(y, z));
}

/// Fills a volume of fine voxels, or of those of the level at which a tree begins.
template <class T>
using ReadCube = std::function<void(int level, const Vec3i& position, Volume<T>& out)>;

/// One tree: a cube and all finer ones in it. Every cube's voxels go into the chunks of its level.
template <class T>
class CubeTree {
 public:
  /// `lowest`: level at which `read` gives the cubes.
  CubeTree(const PrecomputedPyramid& pyramid, int lowest, ReadCube<T> read)
      : pyramid_(pyramid), lowest_(lowest), read_(std::move(read)) {}
  /// Opens the file for the chunks of a level.
  void write_level(int level, const fs::path& path, PrecomputedEncoding encoding, std::uint64_t shard) {
    files_.emplace(level, PrecomputedChunks(path, pyramid_.scales()[static_cast<std::size_t>(level)], encoding, shard));
  }
  void close() {
    for (auto& [level, file] : files_) file.close();
  }

  /// The voxels of a cube that have values, after all in it is written; there may be none.
  void run(int level, const Vec3i& position, Volume<T>& out) {
    out.reset(intersect(pyramid_.cube_at(level, position), pyramid_.box_at(level)));
    if (level > lowest_)
      from_children(level, position, out);
    else if (!out.box().empty())
      read_(level, position, out);
    if (const auto file = files_.find(level); file != files_.end()) write(level, position, out, file->second);
  }

 private:
  void from_children(int level, const Vec3i& position, Volume<T>& out) {
    const Vec3i n = pyramid_.factor(level), first = position * n;
    Volume<T> fine(
        intersect({pyramid_.cube_at(level - 1, first).min, pyramid_.cube_at(level - 1, first + n - Vec3i(1)).max},
                  pyramid_.box_at(level - 1)));
    Volume<T> child;
    for (std::int64_t z = 0; z < n.z; ++z)
      for (std::int64_t y = 0; y < n.y; ++y)
        for (std::int64_t x = 0; x < n.x; ++x) {
          if (!pyramid_.holds(level - 1, first + Vec3i(x, y, z))) continue;
          run(level - 1, first + Vec3i(x, y, z), child);
          copy(std::as_const(child).view(), fine.view());
        }
    if (!out.box().empty()) halve(fine, n, out);
  }

  void write(int level, const Vec3i& position, const Volume<T>& cube, PrecomputedChunks& file) {
    const PrecomputedScale& scale = pyramid_.scales()[static_cast<std::size_t>(level)];
    const Box3 box = intersect(pyramid_.cube_at(level, position), scale.box);
    const Vec3i first = (box.min - scale.box.min) / scale.chunk;
    const Vec3i last = (box.max - Vec3i(1) - scale.box.min) / scale.chunk;
    Volume<T> chunk;
    for (std::int64_t z = first.z; z <= last.z; ++z)
      for (std::int64_t y = first.y; y <= last.y; ++y)
        for (std::int64_t x = first.x; x <= last.x; ++x) {
          chunk.reset(scale.chunk_box({x, y, z}));
          copy(cube.view(), chunk.view());
          file.add(chunk);
        }
  }

  const PrecomputedPyramid& pyramid_;
  int lowest_;
  ReadCube<T> read_;
  std::map<int, PrecomputedChunks> files_;
};

/// Hands out cubes of level 0 from larger pieces of a volume.
template <class T>
ReadCube<T> reading_ahead(const PrecomputedPyramid& pyramid, std::function<void(VolumeView<T>)> read) {
  const int level = std::min(kReadLevel, pyramid.block_level());
  return [&pyramid, level, read, piece = std::make_shared<Volume<T>>()](int, const Vec3i& position, Volume<T>& out) {
    if (!piece->box().contains(out.box())) {
      const Vec3i edge = pyramid.cube(0, {}).size(), large = pyramid.cube(level, {}).size();
      piece->reshape(intersect(pyramid.cube(level, position * edge / large), pyramid.box()));
      read(piece->view());
    }
    copy(std::as_const(*piece).view(), out.view());
  };
}

template <class T>
void write_block(JobContext& ctx, const std::string& layer, PrecomputedEncoding encoding,
                 const std::function<void(VolumeView<T>)>& read) {
  const PrecomputedPyramid pyramid = pyramid_of(ctx.geometry());
  const Vec3i position = pyramid.block_position(ctx.job().index);
  const int block_level = pyramid.block_level();
  CubeTree<T> tree(pyramid, 0, reading_ahead<T>(pyramid, read));
  const auto n_scales = static_cast<int>(pyramid.scales().size());
  for (int level = 0; level < std::min(block_level, n_scales); ++level) {
    const PrecomputedScale& scale = pyramid.scales()[static_cast<std::size_t>(level)];
    const std::uint64_t shard = pyramid.block_shard(position);
    tree.write_level(level, ctx.output(neuroglancer_path(layer) / scale.key() / scale.layout.file_name(shard)),
                     encoding, shard);
  }
  Volume<T> cube;
  tree.run(block_level, position, cube);
  tree.close();
  RecordWriter<T> file(ctx.work_output(layer), 1);
  file.append(0, std::span<const T>(cube.data(), cube.count()));
  file.close();
}

template <class T>
void write_scales(JobContext& ctx, const std::string& layer, PrecomputedEncoding encoding) {
  const PrecomputedPyramid pyramid = pyramid_of(ctx.geometry());
  const Vec3i blocks = pyramid.blocks();
  CubeTree<T> tree(pyramid, pyramid.block_level(), [&](int, const Vec3i& at, Volume<T>& out) {
    const std::int64_t block = at.x + blocks.x * (at.y + blocks.y * at.z);
    const auto voxels = read_records<T>(RecordFile(ctx.work_input("volumes", layer, block)), 0);
    if (voxels.size() != out.count()) throw Error(Category::input, "the cube of a block has another size");
    std::copy(voxels.begin(), voxels.end(), out.data());
  });
  for (auto level = static_cast<std::size_t>(pyramid.block_level()); level < pyramid.scales().size(); ++level) {
    const PrecomputedScale& scale = pyramid.scales()[level];
    tree.write_level(static_cast<int>(level),
                     ctx.output(neuroglancer_path(layer) / scale.key() / scale.layout.file_name(0)), encoding, 0);
  }
  Volume<T> cube;
  tree.run(pyramid.top_level(), {}, cube);
  tree.close();
}

}  // namespace

PrecomputedEncoding raw_encoding(const ExportConfig& c) {
  return c.raw_encoding == "png" ? PrecomputedEncoding::png : PrecomputedEncoding::raw;
}

void export_volumes(JobContext& ctx, const ExportConfig& c) {
  if (has_volume(ctx.config(), "sv")) {
    CellVolume cells(ctx);
    write_block<Id>(ctx, "seg", PrecomputedEncoding::labels, [&](VolumeView<Id> out) { cells.read(out); });
  }
  if (has_volume(ctx.config(), "raw")) {
    const auto raw = open_covering(ctx.config(), "raw", ctx.geometry().box);
    write_block<std::uint8_t>(ctx, "raw", raw_encoding(c), [&](VolumeView<std::uint8_t> out) { raw->read_image(out); });
  }
}

void export_scales(JobContext& ctx, const ExportConfig& c) {
  const PrecomputedPyramid pyramid = pyramid_of(ctx.geometry());
  if (has_volume(ctx.config(), "sv")) {
    if (static_cast<int>(pyramid.scales().size()) > pyramid.block_level())
      write_scales<Id>(ctx, "seg", PrecomputedEncoding::labels);
    write_output(ctx, neuroglancer_path("seg/info"),
                 precomputed_volume_info(
                     pyramid, {PrecomputedEncoding::labels, "../mesh", "../skeletons", "../segment_properties"}));
  }
  if (has_volume(ctx.config(), "raw")) {
    if (static_cast<int>(pyramid.scales().size()) > pyramid.block_level())
      write_scales<std::uint8_t>(ctx, "raw", raw_encoding(c));
    write_output(ctx, neuroglancer_path("raw/info"), precomputed_volume_info(pyramid, {raw_encoding(c)}));
  }
}

}  // namespace syconn
