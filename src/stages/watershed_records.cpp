// SPDX-License-Identifier: GPL-3.0-or-later
#include "watershed_records.h"

#include <algorithm>
#include "chunk_records.h"

namespace syconn {
namespace {

/// The part of `run` inside `box`; length 0 if there is none.
Run clipped(const Run& run, const Box3& box) {
  if (run.y < box.min.y || run.y >= box.max.y || run.z < box.min.z || run.z >= box.max.z) return {};
  const auto from = std::max<std::int64_t>(run.x, box.min.x), to = std::min<std::int64_t>(run.end(), box.max.x);
  if (from >= to) return {};
  return {static_cast<std::int32_t>(from), run.y, run.z, static_cast<std::int32_t>(to - from)};
}

void paint(const Run& run, Id label, VolumeView<Id> out) {
  const Run r = clipped(run, out.box());
  if (r.len > 0) std::fill_n(&out.at(r.first()), r.len, label);
}

void paint_chunk(const JobContext& ctx, const std::string& type, std::int64_t chunk, VolumeView<Id> out) {
  const ChunkLabels labels = read_chunk_labels(RecordFile(ctx.work_input("join", type, 0)), chunk);
  const RecordFile mask(ctx.work_input("mask", type, chunk));
  for (const ComponentRun& r : read_slice<ComponentRun>(mask, kMaskRuns)) {
    const Id label = labels.mask.at(r.component);
    if (label != kBackground && label < kOpenLabel) paint(r.run, label, out);
  }
  const RecordFile resolved(ctx.work_input("resolve", type, 0));
  const std::vector<LabelChange> changes = read_slice<LabelChange>(resolved, static_cast<std::uint32_t>(chunk));
  for (const LabelRun& r : read_slice<LabelRun>(RecordFile(ctx.work_input("flood", type, chunk)), kLabelRuns)) {
    const auto change = std::lower_bound(changes.begin(), changes.end(), r.label,
                                         [](const LabelChange& c, Id label) { return c.from < label; });
    paint(r.run, change != changes.end() && change->from == r.label ? change->to : r.label, out);
  }
}

}  // namespace

void append_chunk_labels(RecordFileWriter& file, std::uint32_t slice, const ChunkLabels& labels) {
  const std::uint64_t sizes[2] = {labels.mask.size(), labels.seeds.size()};
  append_bytes<std::uint64_t>(file, slice, sizes);
  append_bytes<Id>(file, slice, labels.mask);
  append_bytes<Id>(file, slice, labels.seeds);
}

ChunkLabels read_chunk_labels(const RecordFile& file, std::int64_t chunk) {
  std::vector<char> bytes;
  file.read(static_cast<std::uint32_t>(chunk), bytes);
  RecordCursor cursor(bytes);
  const auto n_mask = cursor.one<std::uint64_t>(), n_seeds = cursor.one<std::uint64_t>();
  ChunkLabels labels;
  cursor.many(n_mask, labels.mask);
  cursor.many(n_seeds, labels.seeds);
  return labels;
}

void add_to_faces(const Box3& box, const Run& run, std::uint64_t label, ChunkFaces& faces) {
  const Vec3i size = box.size(), at = run.first() - box.min;
  const auto add = [&](std::size_t face, std::int64_t position, std::int32_t len) {
    faces[face].push_back({static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(len), label});
  };
  if (at.x == 0) add(0, at.z * size.y + at.y, 1);
  if (at.x + run.len == size.x) add(1, at.z * size.y + at.y, 1);
  if (at.y == 0) add(2, at.z * size.x + at.x, run.len);
  if (at.y == size.y - 1) add(3, at.z * size.x + at.x, run.len);
  if (at.z == 0) add(4, at.y * size.x + at.x, run.len);
  if (at.z == size.z - 1) add(5, at.y * size.x + at.x, run.len);
}

std::int64_t chunk_beyond(const ChunkGrid& grid, std::int64_t index, int face) {
  const Box3 box = grid.chunk_box(index);
  Vec3i voxel = box.min;
  voxel[face / 2] = face % 2 == 0 ? box.min[face / 2] - 1 : box.max[face / 2];
  return grid.box().contains(voxel) ? grid.index_of(voxel) : -1;
}

void paint_labels(const JobContext& ctx, const std::string& type, VolumeView<Id> out) {
  for (const std::int64_t chunk : chunks_touching(ctx.geometry().grid(), out.box())) paint_chunk(ctx, type, chunk, out);
}

}  // namespace syconn
