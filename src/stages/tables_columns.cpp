// SPDX-License-Identifier: GPL-3.0-or-later
#include "tables_columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "mito_distance.h"
#include "shards.h"
#include "syconn/core/compartments.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/shard_builder.h"
#include "tables_rows.h"

namespace syconn {
namespace {

constexpr const char* kStage = "tables";

std::vector<ColumnSpec> all_columns(const std::string& type) {
  if (type == "ssv")
    return {{"complete", DType::u8, 1, "", "1: has a soma, and its bounding box does not touch the dataset's border"}};
  return {{"pre_id", DType::u64, 1, "", "presynaptic cell; 0: unknown"},
          {"post_id", DType::u64, 1, "", "postsynaptic cell; 0: unknown"},
          {"pre_comp", DType::u8, 1, "", "compartment on pre_id", kCompartmentEnum},
          {"post_comp", DType::u8, 1, "", "compartment on post_id", kCompartmentEnum},
          {"pre_type", DType::u8, 1, "", "cell type of pre_id; 255: unknown"},
          {"post_type", DType::u8, 1, "", "cell type of post_id; 255: unknown"},
          {"mito_dist_nm", DType::f32, 1, "nm",
           "representative voxel to the nearest mesh vertex of pre_id's mitochondria, averaged on a 200 nm grid; NaN "
           "if none"}};
}

std::uint8_t code_of(const ColumnValues& v, std::size_t i) {
  if (i >= v.integers.size() || v.integers[i] < 0 || v.integers[i] > kUnknownCode) return kUnknownCode;
  return static_cast<std::uint8_t>(v.integers[i]);
}

/// What `tables` says of the synapses of one shard.
struct ShardSynapses {
  std::vector<Id> ids, pre, post;
  std::vector<std::uint8_t> pre_comp, post_comp, pre_type, post_type;
  std::vector<Vec3d> rep_nm;
  std::vector<float> mito_nm;
};

fs::path top_path(const JobContext& ctx, const std::string& type) { return ctx.in_run("datasets") / (type + ".h5"); }

ShardSynapses directed(const SegmentationDataset& syn, std::uint32_t shard, double min_direction) {
  ShardSynapses s;
  s.ids = syn.ids(shard);
  const std::uint64_t n = s.ids.size();
  const auto all = [&](const char* name) { return AnyColumn(syn, name).load({shard, 0}, n); };
  const ColumnValues a = all("cell_a"), b = all("cell_b"), comp_a = all("comp_a"), comp_b = all("comp_b"),
                     direction = all("direction_vc"), rep = all("rep_vx");
  const Vec3d voxel = syn.voxel_size_nm();
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint8_t ca = code_of(comp_a, i), cb = code_of(comp_b, i);
    const PreSide side = pre_side(ca, cb, direction.reals.empty() ? 0 : direction.reals[i], min_direction);
    const bool known = side != PreSide::unknown && !a.integers.empty() && !b.integers.empty(),
               first = side == PreSide::a;
    const Id ia = known ? static_cast<Id>(a.integers[i]) : 0, ib = known ? static_cast<Id>(b.integers[i]) : 0;
    s.pre.push_back(first ? ia : ib), s.post.push_back(first ? ib : ia);
    s.pre_comp.push_back(known ? (first ? ca : cb) : kUnknownCode);
    s.post_comp.push_back(known ? (first ? cb : ca) : kUnknownCode);
    const Vec3i r{rep.integers[3 * i], rep.integers[3 * i + 1], rep.integers[3 * i + 2]};
    s.rep_nm.push_back((Vec3d(r) + Vec3d(0.5)) * voxel);
  }
  s.pre_type.assign(n, kUnknownCode), s.post_type.assign(n, kUnknownCode);
  s.mito_nm.assign(n, std::numeric_limits<float>::quiet_NaN());
  return s;
}

/// Columns that another stage gave replace what was derived, so that types and distances are those of its pre cells.
void take_given(const SegmentationDataset& syn, std::uint32_t shard, const std::set<std::string>& own,
                ShardSynapses& s) {
  const auto given = [&](const char* name, std::vector<Id>& to) {
    if (own.contains(name)) return;
    const ColumnValues v = AnyColumn(syn, name).load({shard, 0}, s.ids.size());
    for (std::size_t i = 0; i < v.integers.size(); ++i) to[i] = static_cast<Id>(v.integers[i]);
  };
  given("pre_id", s.pre);
  given("post_id", s.post);
}

void fill_types(const SegmentationDataset& ssv, ShardSynapses& s) {
  const AnyColumn type(ssv, "cell_type");
  if (!type.exists()) return;
  std::vector<Id> cells = s.pre;
  cells.insert(cells.end(), s.post.begin(), s.post.end());
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  std::vector<std::uint8_t> types(cells.size(), kUnknownCode);
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (const auto row = ssv.find(cells[i])) types[i] = code_of(type.load(*row, 1), 0);
  const auto look_up = [&](Id cell) {
    return types[static_cast<std::size_t>(std::lower_bound(cells.begin(), cells.end(), cell) - cells.begin())];
  };
  for (std::size_t i = 0; i < s.ids.size(); ++i) s.pre_type[i] = look_up(s.pre[i]), s.post_type[i] = look_up(s.post[i]);
}

void fill_mito_distances(const SegmentationDataset& ssv, const SegmentationDataset& mi, ShardSynapses& s) {
  if (!ssv.has_part("mi_ids", "ids") || !mi.has_part("mesh", "vertices_nm")) return;
  std::vector<std::size_t> order(s.ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return s.pre[x] < s.pre[y]; });
  MitoDistance mitos(ssv, mi);
  Id cell = kBackground;
  for (const std::size_t i : order) {
    if (s.pre[i] == kBackground) continue;
    if (s.pre[i] != cell) mitos.begin_cell(cell = s.pre[i]);
    s.mito_nm[i] = mitos.nearest_nm(s.rep_nm[i]);
  }
}

ShardBuilder shard_builder(JobContext& ctx, const SegmentationDataset& dataset, std::vector<ColumnSpec> columns,
                           std::uint32_t shard, const fs::path& path) {
  DatasetSchema schema;
  schema.type = dataset.type(), schema.voxel_size_nm = dataset.voxel_size_nm();
  schema.provenance_json = ctx.provenance_json(), schema.columns = std::move(columns);
  return ShardBuilder(schema, {shard, dataset.n_shards(), std::uint64_t{256} << 20, path.parent_path(), ctx.threads()});
}

void write_synapse_shard(JobContext& ctx, const SegmentationDataset& syn, const std::vector<ColumnSpec>& columns,
                         std::uint32_t shard, const ShardSynapses& s) {
  const fs::path path = ctx.output("datasets/" + shard_file_name(syn.type(), kStage, ctx.hash8(), shard));
  ShardBuilder out = shard_builder(ctx, syn, columns, shard, path);
  for (std::size_t i = 0; i < s.ids.size(); ++i) {
    out.begin(s.ids[i]);
    for (const ColumnSpec& c : columns) {
      if (c.name == "pre_id") out.set(c.name, s.pre[i]);
      if (c.name == "post_id") out.set(c.name, s.post[i]);
      if (c.name == "pre_comp") out.set(c.name, s.pre_comp[i]);
      if (c.name == "post_comp") out.set(c.name, s.post_comp[i]);
      if (c.name == "pre_type") out.set(c.name, s.pre_type[i]);
      if (c.name == "post_type") out.set(c.name, s.post_type[i]);
      if (c.name == "mito_dist_nm") out.set(c.name, s.mito_nm[i]);
    }
    out.end();
  }
  out.write(path);
}

void synapse_shard(JobContext& ctx, const SegmentationDataset& syn, std::uint32_t shard, double min_direction) {
  const std::vector<ColumnSpec> columns = added_columns(top_path(ctx, "syn_ssv"), "syn_ssv");
  if (columns.empty()) return;
  std::set<std::string> own;
  for (const ColumnSpec& c : columns) own.insert(c.name);
  ShardSynapses s = directed(syn, shard, min_direction);
  take_given(syn, shard, own, s);
  if (fs::exists(top_path(ctx, "ssv"))) {
    const auto ssv = SegmentationDataset::open(top_path(ctx, "ssv"), stages_from(kStage));
    fill_types(ssv, s);
    if (fs::exists(top_path(ctx, "mi"))) fill_mito_distances(ssv, SegmentationDataset::open(top_path(ctx, "mi")), s);
  }
  write_synapse_shard(ctx, syn, columns, shard, s);
}

void cell_shard(JobContext& ctx, const SegmentationDataset& ssv, std::uint32_t shard) {
  const std::vector<ColumnSpec> columns = added_columns(top_path(ctx, "ssv"), "ssv");
  if (columns.empty()) return;
  const fs::path path = ctx.output("datasets/" + shard_file_name("ssv", kStage, ctx.hash8(), shard));
  ShardBuilder out = shard_builder(ctx, ssv, columns, shard, path);
  const std::vector<Id> ids = ssv.ids(shard);
  const ColumnValues lo = AnyColumn(ssv, "bbox_min_vx").load({shard, 0}, ids.size()),
                     hi = AnyColumn(ssv, "bbox_max_vx").load({shard, 0}, ids.size()),
                     soma = AnyColumn(ssv, "soma_radius_nm").load({shard, 0}, ids.size());
  const Box3 box = ctx.geometry().box;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    bool inside = soma.reals[i] > 0;
    for (int axis = 0; axis < 3; ++axis) {
      const std::size_t at = 3 * i + static_cast<std::size_t>(axis);
      inside = inside && lo.integers[at] > box.min[axis] && hi.integers[at] < box.max[axis];
    }
    out.begin(ids[i]);
    out.set("complete", static_cast<std::uint8_t>(inside));
    out.end();
  }
  out.write(path);
}

}  // namespace

PreSide pre_side(std::uint8_t comp_a, std::uint8_t comp_b, double direction_vc, double min_direction_vc) {
  if (is_axon(comp_a) != is_axon(comp_b)) return is_axon(comp_a) ? PreSide::a : PreSide::b;
  if (direction_vc >= min_direction_vc) return PreSide::a;
  if (-direction_vc >= min_direction_vc) return PreSide::b;
  return PreSide::unknown;
}

std::vector<ColumnSpec> added_columns(const fs::path& top_file, const std::string& type) {
  std::set<std::string> others;
  for (const ShardSet& set : read_top_file(top_file).sets)
    if (set.stage != kStage) others.insert(set.columns.begin(), set.columns.end());
  std::vector<ColumnSpec> columns;
  for (const ColumnSpec& c : all_columns(type))
    if (!others.contains(c.name) && (c.name != "complete" || others.contains("soma_radius_nm"))) columns.push_back(c);
  return columns;
}

void write_added_columns(JobContext& ctx, double min_direction_vc) {
  for (const std::string type : {"syn_ssv", "ssv"}) {
    if (!fs::exists(top_path(ctx, type))) continue;
    const auto dataset = SegmentationDataset::open(top_path(ctx, type), stages_from(kStage));
    for_own_shards(ctx, dataset.n_shards(), [&](std::uint32_t shard) {
      if (type == "syn_ssv")
        synapse_shard(ctx, dataset, shard, min_direction_vc);
      else
        cell_shard(ctx, dataset, shard);
    });
  }
}

void publish_added_columns(JobContext& ctx) {
  for (const std::string type : {"syn_ssv", "ssv"}) {
    if (!fs::exists(top_path(ctx, type))) {
      ctx.note("no datasets/" + type + ".h5: nothing is known of its objects");
      continue;
    }
    if (added_columns(top_path(ctx, type), type).empty()) continue;
    const TopFile top = read_top_file(top_path(ctx, type));
    const auto shards = static_cast<std::uint32_t>(top.sets.at(0).files.size());
    publish_columns(ctx, type, shard_set(type, kStage, ctx.hash8(), shards));
  }
}

}  // namespace syconn
