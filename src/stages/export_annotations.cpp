// SPDX-License-Identifier: GPL-3.0-or-later
// Synapses of the export, second half: lines, sorted into the files of the annotation layer.
#include <algorithm>
#include <cstring>
#include <tuple>

#include "export_synapses.h"
#include "syconn/io/record_file.h"

namespace syconn {
namespace {

constexpr std::int64_t kGroups = 64;
constexpr std::size_t kFromAt = 0, kToAt = 3 * sizeof(float);

Vec3f end_at(const AnnotationRecord& record, std::size_t at) {
  float xyz[3];
  std::memcpy(xyz, record.line + at, sizeof xyz);
  return {xyz[0], xyz[1], xyz[2]};
}

/// One value a key: all lines of a relationship or of a cell of the grid.
void write_lists(std::vector<AnnotationRecord>& records, std::size_t line_bytes, ShardFileWriter& file) {
  // Lists are in random order, so that their first part is a fair sample.
  const auto order = [](const AnnotationRecord& r) { return std::tuple(r.key, annotation_hash(r.id)); };
  std::sort(records.begin(), records.end(),
            [&](const AnnotationRecord& a, const AnnotationRecord& b) { return order(a) < order(b); });
  std::vector<char> lines;
  std::vector<Id> ids;
  for (std::size_t i = 0; i < records.size(); ++i) {
    lines.insert(lines.end(), records[i].line, records[i].line + line_bytes);
    ids.push_back(records[i].id);
    if (i + 1 < records.size() && records[i + 1].key == records[i].key) continue;
    file.add(records[i].key, encode_annotations(lines, ids));
    lines.clear(), ids.clear();
  }
}

void write_by_id(std::vector<AnnotationRecord>& records, std::size_t line_bytes, ShardFileWriter& file) {
  std::sort(records.begin(), records.end(),
            [](const AnnotationRecord& a, const AnnotationRecord& b) { return a.id < b.id; });
  for (const AnnotationRecord& r : records) {
    std::array<std::vector<Id>, kRelationships.size()> related;
    related[r.directed != 0 ? 0 : 2] = {r.from}, related[r.directed != 0 ? 1 : 3] = {r.to};
    file.add(r.id, encode_annotation({r.line, line_bytes}, related));
  }
}

}  // namespace

const FanOut per_annotation_group{"per_annotation_group",
                                  [](const Geometry& g) { return std::min(kGroups, per_volume_block.count(g)); }};
const FanOut per_annotation_file{"per_annotation_file",
                                 [](const Geometry& g) { return std::int64_t{AnnotationFiles(g).count()}; }};

AnnotationFiles::AnnotationFiles(const Geometry& g) : levels_(annotation_grid_levels(g.box, g.voxel_size_nm)) {
  const auto add = [&](const std::string& folder, const ShardLayout& layout) {
    folders_.push_back(folder), layouts_.push_back(layout);
    begin_.push_back(begin_.back() + static_cast<std::uint32_t>(layout.shards()));
  };
  add("by_id", id_layout(g));
  for (const char* name : kRelationships) add(name, id_layout(g));
  for (std::size_t l = 0; l < levels_.size(); ++l) add(annotation_level_folder(l), levels_[l].layout);
}

AnnotationFiles::File AnnotationFiles::file(std::uint32_t index) const {
  const auto after = std::upper_bound(begin_.begin(), begin_.end(), index);
  const auto layer = static_cast<std::size_t>(after - begin_.begin()) - 1;
  const std::uint64_t shard = index - begin_[layer];
  return {layer, shard, fs::path(folders_[layer]) / layouts_[layer].file_name(shard), &layouts_[layer]};
}

void export_sort(JobContext& ctx, const ExportConfig&) {
  const AnnotationFiles files(ctx.geometry());
  const AnnotationThresholds thresholds{
      read_records<std::uint64_t>(RecordFile(ctx.work_input("levels", "thresholds", 0)), 0)};
  RecordWriter<AnnotationRecord> out(ctx.work_output("lines"), files.count());
  const auto put = [&](std::size_t layer, std::uint64_t key, AnnotationRecord record) {
    record.key = key;
    out.append(files.file_of(layer, key), record);
  };
  for (std::int64_t block = ctx.job().index; block < per_volume_block.count(ctx.geometry()); block += ctx.job().count)
    for (const AnnotationRecord& r :
         read_records<AnnotationRecord>(RecordFile(ctx.work_input("ends", "lines", block)), 0)) {
      put(0, r.id, r);
      put(r.directed != 0 ? 1 : 3, r.from, r);
      put(r.directed != 0 ? 2 : 4, r.to, r);
      const std::size_t l = thresholds.level_of(r.id);
      const AnnotationGridLevel& level = files.levels().at(l);
      for_cells_of_line(level, ctx.geometry().box, end_at(r, kFromAt), end_at(r, kToAt), [&](const Vec3i& cell) {
        put(AnnotationFiles::level_layer(l), grid_key(cell, level.grid), r);
      });
    }
  out.close();
}

void export_annotations(JobContext& ctx, const ExportConfig&) {
  const AnnotationFiles files(ctx.geometry());
  const auto index = static_cast<std::uint32_t>(ctx.job().index);
  std::vector<AnnotationRecord> records;
  for (std::int64_t group = 0; group < per_annotation_group.count(ctx.geometry()); ++group)
    read_records(RecordFile(ctx.work_input("sort", "lines", group)), index, records);
  const AnnotationFiles::File to = files.file(index);
  const fs::path path = neuroglancer_path("synapses") / to.path;
  if (records.empty()) {  // nothing of an earlier export may stay
    std::error_code ignored;
    fs::remove(ctx.in_run(path), ignored);
    return;
  }
  ShardFileWriter file(ctx.output(path), *to.layout, to.shard);
  const std::size_t line_bytes = LineEncoder(line_properties({})).bytes();
  if (to.layer == 0)
    write_by_id(records, line_bytes, file);
  else
    write_lists(records, line_bytes, file);
  file.close();
}

}  // namespace syconn
