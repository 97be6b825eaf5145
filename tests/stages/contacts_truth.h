// SPDX-License-Identifier: GPL-3.0-or-later
// What the stage `contacts` must write, computed from the definitions voxel by voxel, and what it did write.
#pragma once
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "algo/contacts_oracle.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn::truth {

/// One row of cs (n_sym, n_asym 0) or of syn (part empty).
struct Object {
  Id id = 0, sv_a = 0, sv_b = 0;
  std::uint64_t size_vx = 0, n_sym = 0, n_asym = 0;
  std::vector<std::int32_t> runs;  ///< x, y, z, length of each
  std::vector<std::uint32_t> part;
  std::uint32_t n_parts = 0;
  Box3 bbox;
  Vec3i rep;
  Vec3d centroid_nm;
};

inline std::vector<Vec3i> voxels_of(const std::vector<Run>& runs) {
  std::vector<Vec3i> voxels;
  for (const Run& r : runs)
    for (std::int64_t x = r.x; x < r.end(); ++x) voxels.push_back({x, r.y, r.z});
  return voxels;
}

/// Of `voxels` the nearest to their centroid: squared nm scaled by n and by the smallest unit, the first of a tie.
inline Vec3i nearest_to_centroid(const std::vector<Vec3i>& voxels, const std::vector<Vec3i>& candidates,
                                 const Vec3i& unit) {
  const auto n = static_cast<std::int64_t>(voxels.size());
  Vec3i sum{0, 0, 0};
  for (const Vec3i& v : voxels) sum = sum + v;
  Vec3i best = candidates.at(0);
  const auto distance = [&](const Vec3i& v) {
    std::int64_t d = 0;
    for (int k = 0; k < 3; ++k) d += unit[k] * unit[k] * (n * v[k] - sum[k]) * (n * v[k] - sum[k]);
    return d;
  };
  for (const Vec3i& v : candidates)
    if (distance(v) < distance(best)) best = v;
  return best;
}

/// `unit`: the voxel size in a common measure, small integers.
inline Vec3i representative(const std::vector<Vec3i>& voxels, const Vec3i& unit) {
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::vector<Vec3i>> tiles;
  for (const Vec3i& v : voxels) tiles[{v.z / 64, v.y / 64, v.x / 64}].push_back(v);
  std::vector<Vec3i> candidates;
  for (const auto& [tile, members] : tiles) candidates.push_back(nearest_to_centroid(members, members, unit));
  const auto raster = [](const Vec3i& p, const Vec3i& q) {
    return std::tuple(p.z, p.y, p.x) < std::tuple(q.z, q.y, q.x);
  };
  std::sort(candidates.begin(), candidates.end(), raster);
  return nearest_to_centroid(voxels, candidates, unit);
}

/// 26-connected parts by flooding, 1 upwards in raster order of their first voxel; one number a run.
inline std::uint32_t flood_parts(const std::vector<Run>& runs, std::vector<std::uint32_t>& part) {
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::uint32_t> of;
  const std::vector<Vec3i> voxels = voxels_of(runs);
  for (const Vec3i& v : voxels) of[{v.x, v.y, v.z}] = 0;
  std::uint32_t n = 0;
  for (const Vec3i& first : voxels) {
    if (of.at({first.x, first.y, first.z}) != 0) continue;
    std::vector<Vec3i> open{first};
    of.at({first.x, first.y, first.z}) = ++n;
    while (!open.empty()) {
      const Vec3i v = open.back();
      open.pop_back();
      for (int k = 0; k < 27; ++k) {
        const Vec3i w = v + Vec3i{k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1};
        const auto found = of.find({w.x, w.y, w.z});
        if (found != of.end() && found->second == 0) found->second = n, open.push_back(w);
      }
    }
  }
  for (const Run& r : runs) part.push_back(of.at({r.x, r.y, r.z}));
  return n;
}

inline Object object_of(Id id, Id a, Id b, const std::vector<Run>& runs, const Vec3i& unit, const Vec3d& size_nm) {
  Object o;
  o.id = id, o.sv_a = a, o.sv_b = b;
  const std::vector<Vec3i> voxels = voxels_of(runs);
  Vec3i sum{0, 0, 0};
  o.bbox = {voxels.at(0), voxels.at(0) + Vec3i(1)};
  for (const Vec3i& v : voxels) o.bbox = unite(o.bbox, {v, v + Vec3i(1)}), sum = sum + v;
  o.size_vx = voxels.size();
  for (int k = 0; k < 3; ++k)
    o.centroid_nm[k] = (static_cast<double>(sum[k]) / static_cast<double>(voxels.size()) + 0.5) * size_nm[k];
  o.rep = representative(voxels, unit);
  for (const Run& r : runs) o.runs.insert(o.runs.end(), {r.x, r.y, r.z, r.len});
  return o;
}

struct Objects {
  std::vector<Object> cs, syn;
};

/// All objects of a dataset with the default parameters. `junction` (0, 1) and `type` (1 asymmetric, 2 symmetric)
/// may be null.
inline Objects objects_of(VolumeView<const Id> labels, const Volume<std::uint8_t>* junction, const Volume<Id>* type,
                          const Vec3i& unit, const Vec3d& size_nm) {
  Objects out;
  const ContactSet sites = oracle::contact_sites(labels, {});
  Id id = 0;
  for (std::size_t p = 0; p < sites.n_pairs(); ++p) {
    const std::vector<Run> runs(sites.runs_of(p).begin(), sites.runs_of(p).end());
    if (voxels_of(runs).size() < 10) continue;
    out.cs.push_back(object_of(++id, sites.sv_a[p], sites.sv_b[p], runs, unit, size_nm));
    out.cs.back().n_parts = flood_parts(runs, out.cs.back().part);
    if (junction == nullptr) continue;
    std::vector<Run> on;
    std::uint64_t n = 0, sym = 0, asym = 0;
    for (const Vec3i& v : voxels_of(runs)) {
      if (junction->at(v) == 0) continue;
      ++n;
      if (type != nullptr) asym += type->at(v) == 1, sym += type->at(v) == 2;
      if (!on.empty() && on.back().z == v.z && on.back().y == v.y && on.back().end() == v.x)
        ++on.back().len;
      else
        on.push_back(
            {static_cast<std::int32_t>(v.x), static_cast<std::int32_t>(v.y), static_cast<std::int32_t>(v.z), 1});
    }
    if (n < 10) continue;
    out.syn.push_back(object_of(id, sites.sv_a[p], sites.sv_b[p], on, unit, size_nm));
    out.syn.back().n_sym = sym, out.syn.back().n_asym = asym;
  }
  return out;
}

/// A stored dataset of type cs or syn, ascending by id.
inline std::vector<Object> read_objects(const fs::path& top_file) {
  const SegmentationDataset set = SegmentationDataset::open(top_file);
  const bool is_cs = set.type() == "cs";
  std::vector<Object> out;
  const auto triple = [&](const char* name, Row row) {
    const auto v = set.column<std::int64_t>(name).values(row);
    return Vec3i{v[0], v[1], v[2]};
  };
  for (std::uint32_t shard = 0; shard < set.n_shards(); ++shard)
    set.for_each(shard, [&](Id id, Row row) {
      Object o;
      o.id = id, o.sv_a = set.column<Id>("sv_a")(row), o.sv_b = set.column<Id>("sv_b")(row);
      o.size_vx = set.column<std::uint64_t>("size_vx")(row);
      o.bbox = {triple("bbox_min_vx", row), triple("bbox_max_vx", row)};
      o.rep = triple("rep_vx", row);
      const auto c = set.column<double>("centroid_nm").values(row);
      o.centroid_nm = {c[0], c[1], c[2]};
      o.runs = set.ragged<std::int32_t>("voxels", "runs_vx")(row);
      if (is_cs) {
        o.part = set.ragged<std::uint32_t>("voxels", "part")(row);
        o.n_parts = set.column<std::uint32_t>("n_parts")(row);
      } else {
        o.n_sym = set.column<std::uint64_t>("n_sym_vx")(row), o.n_asym = set.column<std::uint64_t>("n_asym_vx")(row);
      }
      out.push_back(std::move(o));
    });
  std::sort(out.begin(), out.end(), [](const Object& p, const Object& q) { return p.id < q.id; });
  return out;
}

}  // namespace syconn::truth
