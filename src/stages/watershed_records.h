// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "record_cursor.h"
#include "syconn/algo/runs.h"
#include "syconn/exec/job.h"

/// What the steps of `watershed` hand on, one file a type and chunk (or one with a slice a chunk).
///   mask:    runs of the mask and of the seeds with their component in the chunk, components, faces   (slices below)
///   join:    ChunkLabels, a slice a chunk
///   flood:   labels of the components that hold several seeds, sizes, faces                           (slices below)
///   resolve: LabelChange, a slice a chunk
namespace syconn {

struct ComponentRun {
  Run run;
  std::uint32_t component;  ///< of the chunk
};

struct LabelRun {
  Run run;
  Id label;
};

/// Part of a component that lies in one chunk. `first`: its smallest raster index in the dataset.
struct MaskComponent {
  std::uint64_t size_vx, first;
};
struct SeedComponent {
  std::uint64_t size_vx, first, mask_component;
};

/// x-run (or one voxel) on a face of a chunk; `at` counts the face's voxels in raster order.
struct FaceRun {
  std::uint32_t at, len;
  std::uint64_t label;
};

struct LabelSize {
  Id label;
  std::uint64_t size_vx;
};
struct LabelChange {
  Id from, to;
};

/// Slices of a mask file and of a flood file. Faces are numbered 2 * axis + (1 at the upper side).
enum MaskSlice : std::uint32_t { kMaskRuns, kSeedRuns, kMaskComponents, kSeedComponents, kMaskFaces, kSeedFaces = 10 };
enum FloodSlice : std::uint32_t { kLabelRuns, kLabelSizes, kLabelFaces };
inline constexpr std::uint32_t kMaskSlices = 16, kFloodSlices = 8;

/// In ChunkLabels: this component holds several seeds; the rest is its number in the dataset.
/// In flood files: a piece whose seed is out of sight; the rest is chunk and piece.
inline constexpr Id kOpenLabel = Id{1} << 63;

/// What the components of a chunk become: an object's id, 0 (dropped), or kOpenLabel + number. Seeds: their object.
struct ChunkLabels {
  std::vector<Id> mask, seeds;
};

void append_chunk_labels(RecordFileWriter& file, std::uint32_t slice, const ChunkLabels& labels);
ChunkLabels read_chunk_labels(const RecordFile& file, std::int64_t chunk);

/// Appends a slice of records of one type from a file whose slices differ in type.
template <class T>
std::vector<T> read_slice(const RecordFile& file, std::uint32_t slice) {
  std::vector<char> bytes;
  file.read(slice, bytes);
  std::vector<T> out;
  RecordCursor(bytes).many(bytes.size() / sizeof(T), out);
  return out;
}

/// Adds a run of `box` to the faces it touches. Runs in raster order give faces in order.
using ChunkFaces = std::array<std::vector<FaceRun>, 6>;
void add_to_faces(const Box3& box, const Run& run, std::uint64_t label, ChunkFaces& faces);
/// Calls fn(label of a, label of b, voxels) for what two opposite faces have in common.
template <class F>
void match_faces(std::span<const FaceRun> a, std::span<const FaceRun> b, F&& fn) {
  for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    const std::uint32_t a_end = a[i].at + a[i].len, b_end = b[k].at + b[k].len;
    const std::uint32_t from = std::max(a[i].at, b[k].at), to = std::min(a_end, b_end);
    if (from < to) fn(a[i].label, b[k].label, to - from);
    if (a_end <= b_end) ++i;
    if (b_end <= a_end) ++k;
  }
}

/// The chunk beyond `face` of chunk `index`, or -1 at the dataset's border.
std::int64_t chunk_beyond(const ChunkGrid& grid, std::int64_t index, int face);

/// Final labels of a type from the files of all steps, into `out` (inside the dataset, set to 0 before).
void paint_labels(const JobContext& ctx, const std::string& type, VolumeView<Id> out);

}  // namespace syconn
