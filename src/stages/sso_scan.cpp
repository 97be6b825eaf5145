// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <tuple>

#include "chunk_records.h"
#include "organelle_maps.h"
#include "sso_steps.h"
#include "syconn/algo/overlap.h"
#include "volumes.h"

namespace syconn {
namespace {

std::vector<char> slice_bytes(const JobContext& ctx, const std::string& name) {
  std::vector<char> bytes;
  for (const fs::path& file : chunk_record_files(ctx, "scan", "gather", name))
    RecordFile(file).read(static_cast<std::uint32_t>(ctx.job().index), bytes);
  return bytes;
}

std::vector<OverlapRecord> slice_overlaps(const JobContext& ctx, const std::string& name) {
  std::vector<OverlapRecord> records;
  for (const fs::path& file : chunk_record_files(ctx, "scan", "gather", name))
    read_records(RecordFile(file), static_cast<std::uint32_t>(ctx.job().index), records);
  merge_overlaps(records);
  return records;
}

}  // namespace

void sso_scan(JobContext& ctx, const SsoConfig&) {
  const std::uint32_t slices = ctx.geometry().id_slices();
  const Volume<Id> sv = open_covering(ctx.config(), "sv", ctx.geometry().box)->read_labels(ctx.job().box);
  require_table_ids(ctx.config(), "sv", sv);
  RecordFileWriter pieces(ctx.work_output("sv"), slices, 0), objects(ctx.work_output("objects"), slices, 0);
  RecordWriter<OverlapRecord> of_sv(ctx.work_output("sv_overlap"), slices);
  RecordWriter<OverlapRecord> of_organelle(ctx.work_output("organelle_overlap"), slices);
  VolumeProperties properties(distance_units(ctx.geometry().voxel_size_nm));
  for (const ObjectRecord& r : properties.run(sv.view())) append_piece(pieces, shard_of(r.id, slices), r, 0);
  const std::vector<SsoType> types = sso_types(ctx.config());
  for (std::uint64_t t = 0; t < types.size(); ++t) {
    const Volume<Id> labels = open_instances(ctx, types[t].name)->read_labels(ctx.job().box);
    if (types[t].own) require_table_ids(ctx.config(), types[t].name, labels);
    for (const Overlap& o : count_overlaps(sv.view(), labels.view())) {
      const OverlapRecord record{t, o.organelle, o.sv, o.voxels};
      of_organelle.append(shard_of(o.organelle, slices), record);
      if (o.sv != kBackground) of_sv.append(shard_of(o.sv, slices), record);
    }
    if (!types[t].own) continue;
    for (const ObjectRecord& r : properties.run(labels.view())) append_piece(objects, shard_of(r.id, slices), r, t);
  }
  pieces.close(), objects.close(), of_sv.close(), of_organelle.close();
}

void sso_gather(JobContext& ctx, const SsoConfig&) {
  gather_records(ctx, "scan", {"sv", "objects", "sv_overlap", "organelle_overlap"});
}

void sso_supervoxels(JobContext& ctx, const SsoConfig&) {
  const Vec3i units = distance_units(ctx.geometry().voxel_size_nm);
  RecordWriter<ObjectRow> rows(ctx.work_output("sv"), 1);
  for (auto& [type, pieces] : read_pieces(slice_bytes(ctx, "sv")))
    for (const ObjectRecord& r : merge_records(std::move(pieces))) rows.append(0, object_row(r, units));
  rows.close();
  std::vector<OverlapRecord> overlaps = slice_overlaps(ctx, "sv_overlap");
  std::sort(overlaps.begin(), overlaps.end(), [](const OverlapRecord& x, const OverlapRecord& y) {
    return std::tie(x.sv, x.type, x.organelle) < std::tie(y.sv, y.type, y.organelle);
  });
  RecordWriter<OverlapRecord> out(ctx.work_output("overlap"), 1);
  out.append(0, overlaps);
  out.close();
}

void sso_objects(JobContext& ctx, const SsoConfig&) {
  const Vec3i units = distance_units(ctx.geometry().voxel_size_nm);
  const auto n_types = static_cast<std::uint32_t>(std::max<std::size_t>(1, sso_types(ctx.config()).size()));
  RecordWriter<ObjectRow> rows(ctx.work_output("objects"), n_types);
  for (auto& [type, pieces] : read_pieces(slice_bytes(ctx, "objects")))
    for (const ObjectRecord& r : merge_records(std::move(pieces)))
      rows.append(static_cast<std::uint32_t>(type), object_row(r, units));
  rows.close();
  const std::vector<OverlapRecord> overlaps = slice_overlaps(ctx, "organelle_overlap");
  RecordWriter<OverlapRecord> out(ctx.work_output("overlap"), n_types);
  for (const OverlapRecord& o : overlaps) out.append(static_cast<std::uint32_t>(o.type), o);
  out.close();
}

}  // namespace syconn
