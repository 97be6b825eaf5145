// SPDX-License-Identifier: GPL-3.0-or-later
#include "sso_records.h"

#include <algorithm>
#include <tuple>

#include "organelle_maps.h"

namespace syconn {
namespace {

using Wide = __int128;

template <class T>
void put(const Vec3<T>& from, T to[3]) {
  to[0] = from.x, to[1] = from.y, to[2] = from.z;
}

/// Order of v by distance to the centroid sum/n, free of division; v and sum count from the object's box.
Wide centroid_key(const Vec3i& units, std::int64_t n, const Vec3i& sum, const Vec3i& v) {
  Wide key = 0;
  for (int a = 0; a < 3; ++a)
    key +=
        static_cast<Wide>(units[a] * units[a]) * v[a] * (static_cast<Wide>(n) * v[a] - 2 * static_cast<Wide>(sum[a]));
  return key;
}

}  // namespace

void SsoOrganelleConfig::describe(Fields& f) {
  f.add("min_ratio", min_ratio, "an organelle belongs to a cell that holds more than this part of it", Range{0, 1});
  f.add("min_vx", min_vx, "and has more voxels than this", Range{0});
}

SsoConfig::SsoConfig() { organelles = {{"mi", {0.5, 2786}}, {"vc", {0.5, 1584}}, {"sj", {0.1, 498}}}; }

void SsoConfig::describe(Fields& f) {
  f.add("organelles", organelles, "a type of organelle: which objects belong to which cell; any other type: 0.5 and 0");
  f.add("fragment_nm", fragment_nm, "cells whose bounding box has no longer diagonal are marked as fragments",
        Range{0});
  mesh.describe(f);
}

SsoOrganelleConfig SsoConfig::rule(const std::string& type) const {
  const auto found = organelles.find(type);
  return found == organelles.end() ? SsoOrganelleConfig{} : found->second;
}

std::vector<SsoType> sso_types(const RunConfig& config) {
  std::map<std::string, bool> own;
  for (const std::string& name : instance_types(config)) own[name] = !instances_from_watershed(config, name);
  for (const auto& entry : config.section<SsoConfig>("sso").organelles)
    if (has_instances(config, entry.first)) own[entry.first] = !instances_from_watershed(config, entry.first);
  std::vector<SsoType> types;
  for (const auto& [name, is_own] : own) types.push_back({name, is_own});
  return types;
}

ObjectRow object_row(const ObjectRecord& record, const Vec3i& units) {
  ObjectRow row;
  row.id = record.id, row.size_vx = record.size_vx;
  put(record.bbox.min, row.bbox_min), put(record.bbox.max, row.bbox_max);
  put(record.sum_vx, row.sum_vx);
  put(rep_vx(record, units), row.rep);
  return row;
}

void append_piece(RecordFileWriter& file, std::uint32_t slice, const ObjectRecord& record, std::uint64_t type) {
  PieceHeader header;
  header.id = record.id, header.type = type, header.size_vx = record.size_vx;
  header.n_candidates = record.candidates.size();
  put(record.bbox.min, header.bbox_min), put(record.bbox.max, header.bbox_max);
  put(record.sum_vx, header.sum_vx);
  file.append(slice, &header, sizeof header);
  append_bytes<Vec3<std::int32_t>>(file, slice, record.candidates);
}

std::map<std::uint64_t, std::vector<ObjectRecord>> read_pieces(const std::vector<char>& bytes) {
  std::map<std::uint64_t, std::vector<ObjectRecord>> pieces;
  for (RecordCursor cursor(bytes); !cursor.at_end();) {
    const auto h = cursor.one<PieceHeader>();
    ObjectRecord& record = pieces[h.type].emplace_back();
    record.id = h.id, record.size_vx = h.size_vx;
    record.bbox = {{h.bbox_min[0], h.bbox_min[1], h.bbox_min[2]}, {h.bbox_max[0], h.bbox_max[1], h.bbox_max[2]}};
    record.sum_vx = {h.sum_vx[0], h.sum_vx[1], h.sum_vx[2]};
    cursor.many(h.n_candidates, record.candidates);
  }
  return pieces;
}

void merge_overlaps(std::vector<OverlapRecord>& records) {
  std::sort(records.begin(), records.end());
  std::size_t n = 0;
  for (const OverlapRecord& r : records) {
    const bool same =
        n > 0 && records[n - 1].type == r.type && records[n - 1].organelle == r.organelle && records[n - 1].sv == r.sv;
    if (same)
      records[n - 1].voxels += r.voxels;
    else
      records[n++] = r;
  }
  records.resize(n);
}

ObjectRow merge_members(Id cell, const std::vector<MemberRow>& members, const Vec3i& units) {
  ObjectRow row;
  row.id = cell;
  Box3 box;
  for (const MemberRow& m : members) {
    row.size_vx += m.sv.size_vx;
    box = unite(box, m.sv.bbox());
    for (int a = 0; a < 3; ++a) row.sum_vx[a] += m.sv.sum_vx[a];
  }
  put(box.min, row.bbox_min), put(box.max, row.bbox_max);
  const auto n = static_cast<std::int64_t>(row.size_vx);
  const Vec3i sum = Vec3i(Vec3<std::uint64_t>{row.sum_vx[0], row.sum_vx[1], row.sum_vx[2]}) - box.min * n;
  bool found = false;
  Wide best = 0;
  for (const MemberRow& m : members) {
    const Wide key = centroid_key(units, n, sum, m.sv.rep_vx() - box.min);
    if (found && key >= best) continue;
    found = true, best = key;
    put(m.sv.rep_vx(), row.rep);
  }
  return row;
}

void set_common(ShardBuilder& builder, const ObjectRow& row, const Vec3d& voxel_size_nm) {
  const Box3 box = row.bbox();
  ObjectRecord record;
  record.size_vx = row.size_vx, record.sum_vx = {row.sum_vx[0], row.sum_vx[1], row.sum_vx[2]};
  builder.set("size_vx", row.size_vx);
  builder.set("bbox_min_vx", box.min);
  builder.set("bbox_max_vx", box.max);
  builder.set("rep_vx", row.rep_vx());
  builder.set("centroid_nm", centroid_nm(record, voxel_size_nm));
}

}  // namespace syconn
