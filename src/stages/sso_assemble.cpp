// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include "sso_steps.h"
#include "syconn/algo/supervoxel_graph.h"
#include "syconn/core/json.h"
#include "syconn/io/dataset_schema.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

EdgeList edge_list(const RunConfig& config, const std::string& path) {
  if (path.empty()) return {};
  const fs::path file = config.resolve(path);
  return {file.string(), [file](const std::function<void(const SupervoxelEdge&)>& use) {
            CsvReader csv(file, {"sv_a", "sv_b"});
            const std::size_t a = csv.column("sv_a"), b = csv.column("sv_b");
            while (csv.next()) use({csv.id(a), csv.id(b)});
          }};
}

/// Records of the same id, taken in turn from a list sorted by id.
template <class T, class Key>
std::span<const T> take(const std::vector<T>& list, std::size_t& at, Id id, Key key) {
  while (at < list.size() && key(list[at]) < id) ++at;
  const std::size_t begin = at;
  while (at < list.size() && key(list[at]) == id) ++at;
  return std::span<const T>(list).subspan(begin, at - begin);
}

ChangedCell changed_cell(const ObjectRow& row) {
  ChangedCell changed;
  changed.cell = row.id;
  std::copy(row.bbox_min, row.bbox_min + 3, changed.bbox_min);
  std::copy(row.bbox_max, row.bbox_max + 3, changed.bbox_max);
  return changed;
}

}  // namespace

SupervoxelGraph supervoxel_graph(const RunConfig& config) {
  SupervoxelGraph graph;
  graph.graph = edge_list(config, config.dataset.supervoxel_graph);
  graph.merges = edge_list(config, config.dataset.merges);
  graph.splits = edge_list(config, config.dataset.splits);
  graph.skip_unknown = config.dataset.box_vx.has_value();
  return graph;
}

void sso_assemble(JobContext& ctx, const SsoConfig&) {
  const std::uint32_t slices = ctx.geometry().id_slices();
  std::vector<Id> ids;
  for (std::uint32_t s = 0; s < slices; ++s)
    for (const ObjectRow& row : read_records<ObjectRow>(RecordFile(ctx.work_input("supervoxels", "sv", s)), 0))
      ids.push_back(row.id);
  std::sort(ids.begin(), ids.end());
  const std::vector<std::uint32_t> smallest = assemble_cells(ids, supervoxel_graph(ctx.config()));
  RecordWriter<SvCell> out(ctx.work_output("mapping"), slices);
  std::uint64_t n_cells = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out.append(shard_of(ids[i], slices), SvCell{ids[i], ids[smallest[i]]});
    n_cells += smallest[i] == i;
  }
  out.close();
  ctx.note(std::to_string(ids.size()) + " supervoxels, " + std::to_string(n_cells) + " cells");
}

void sso_members(JobContext& ctx, const SsoConfig&) {
  const Geometry& g = ctx.geometry();
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  const std::uint32_t slices = g.id_slices(), shards = n_shards(g.voxels());
  const auto rows = read_records<ObjectRow>(RecordFile(ctx.work_input("supervoxels", "sv", slice)), 0);
  const auto overlaps = read_records<OverlapRecord>(RecordFile(ctx.work_input("supervoxels", "overlap", slice)), 0);
  const auto mapping = read_records<SvCell>(RecordFile(ctx.work_input("assemble", "mapping", 0)), slice);
  RecordWriter<MemberRow> cells(ctx.work_output("cells"), slices);
  RecordWriter<CellOverlap> organelles(ctx.work_output("organelles"), slices);
  RecordFileWriter shard(ctx.work_output("shard"), shards, 0);
  std::size_t at = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i >= mapping.size() || mapping[i].sv != rows[i].id)
      throw Error(Category::input, "the mapping lacks supervoxel " + std::to_string(rows[i].id));
    const Id cell = mapping[i].cell;
    const auto mine = take(overlaps, at, rows[i].id, [](const OverlapRecord& o) { return o.sv; });
    cells.append(shard_of(cell, slices), MemberRow{cell, rows[i]});
    for (const OverlapRecord& o : mine) organelles.append(shard_of(o.organelle, slices), CellOverlap{o, cell});
    const SvShardRow row{rows[i], cell, mine.size()};
    const std::uint32_t to = shard_of(row.sv.id, shards);
    shard.append(to, &row, sizeof row);
    append_bytes(shard, to, mine);
  }
  cells.close(), organelles.close(), shard.close();
}

namespace {

/// One organelle: its cell, and every cell that holds enough of it.
class OrganelleJudge {
 public:
  explicit OrganelleJudge(const SsoOrganelleConfig& rule) : rule_(rule) {}
  void judge(OrganelleShardRow& row, const std::vector<CellOverlap>& parts, std::vector<Id>& cells) const {
    std::map<Id, std::uint64_t> voxels;
    for (const CellOverlap& p : parts) voxels[p.cell] += p.overlap.voxels;
    std::uint64_t best = 0;
    Id best_cell = 0;
    const bool big = row.object.size_vx > static_cast<std::uint64_t>(rule_.min_vx);
    for (const auto& [cell, n] : voxels) {
      if (n > best) best = n, best_cell = cell;
      if (big && enough(n, row.object.size_vx)) cells.push_back(cell);
    }
    row.fraction = static_cast<double>(best) / static_cast<double>(row.object.size_vx);
    row.cell = big && enough(best, row.object.size_vx) ? best_cell : 0;
  }

 private:
  bool enough(std::uint64_t n, std::uint64_t of) const {
    return static_cast<double>(n) > rule_.min_ratio * static_cast<double>(of);
  }
  SsoOrganelleConfig rule_;
};

}  // namespace

void sso_organelles(JobContext& ctx, const SsoConfig& c) {
  const Geometry& g = ctx.geometry();
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  const std::uint32_t slices = g.id_slices(), shards = n_shards(g.voxels());
  const std::vector<SsoType> types = sso_types(ctx.config());
  std::vector<CellOverlap> parts;
  for (std::uint32_t s = 0; s < slices; ++s)
    read_records(RecordFile(ctx.work_input("members", "organelles", s)), slice, parts);
  std::sort(parts.begin(), parts.end(),
            [](const CellOverlap& x, const CellOverlap& y) { return x.overlap < y.overlap; });
  RecordWriter<CellOrganelle> to_cells(ctx.work_output("cells"), slices);
  const RecordFile objects(ctx.work_input("objects", "objects", slice)),
      overlaps(ctx.work_input("objects", "overlap", slice));
  std::size_t part_at = 0;
  for (std::uint64_t t = 0; t < types.size(); ++t) {
    RecordFileWriter shard(ctx.work_output(types[t].name), shards, 0);
    const auto totals = read_records<OverlapRecord>(overlaps, static_cast<std::uint32_t>(t));
    const auto rows = read_records<ObjectRow>(objects, static_cast<std::uint32_t>(t));
    std::size_t row_at = 0;
    for (std::size_t i = 0; i < totals.size();) {
      OrganelleShardRow row;
      const Id id = row.object.id = totals[i].organelle;
      std::vector<OverlapRecord> with_sv;
      for (; i < totals.size() && totals[i].organelle == id; ++i) {
        row.object.size_vx += totals[i].voxels;
        if (totals[i].sv != kBackground) with_sv.push_back(totals[i]);
      }
      if (types[t].own) row.object = take(rows, row_at, id, [](const ObjectRow& r) { return r.id; }).front();
      std::vector<CellOverlap> mine;
      for (; part_at < parts.size() && parts[part_at].overlap.type == t && parts[part_at].overlap.organelle == id;)
        mine.push_back(parts[part_at++]);
      std::vector<Id> cells;
      OrganelleJudge(c.rule(types[t].name)).judge(row, mine, cells);
      for (const Id cell : cells) to_cells.append(shard_of(cell, slices), CellOrganelle{cell, t, id});
      row.n_overlaps = with_sv.size();
      const std::uint32_t to = shard_of(id, shards);
      shard.append(to, &row, sizeof row);
      append_bytes<OverlapRecord>(shard, to, with_sv);
    }
    shard.close();
  }
  to_cells.close();
}

std::optional<SegmentationDataset> published_dataset(const fs::path& run, const std::string& type,
                                                     const std::string& early_hash) {
  const fs::path top = run / "datasets" / (type + ".h5");
  if (!fs::exists(top)) return std::nullopt;
  try {
    SegmentationDataset dataset = SegmentationDataset::open(top);
    const Json provenance = parse_json(dataset.provenance_json(), top.string());
    if (provenance.value("early_sha256", "") == early_hash) return dataset;
  } catch (const Error&) {  // damaged or of another format: it is made anew
  }
  return std::nullopt;
}

std::optional<SegmentationDataset> published_cells(const JobContext& ctx) {
  return published_dataset(ctx.in_run(""), "ssv", ctx.early_hash());
}

void sso_cells(JobContext& ctx, const SsoConfig&) {
  const Geometry& g = ctx.geometry();
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  const std::uint32_t slices = g.id_slices(), shards = n_shards(g.voxels());
  const Vec3i units = distance_units(g.voxel_size_nm);
  std::vector<MemberRow> members;
  std::vector<CellOrganelle> organelles;
  for (std::uint32_t s = 0; s < slices; ++s) {
    read_records(RecordFile(ctx.work_input("members", "cells", s)), slice, members);
    read_records(RecordFile(ctx.work_input("organelles", "cells", s)), slice, organelles);
  }
  std::sort(members.begin(), members.end(), [](const MemberRow& x, const MemberRow& y) {
    return std::tie(x.cell, x.sv.id) < std::tie(y.cell, y.sv.id);
  });
  std::sort(organelles.begin(), organelles.end());
  const std::optional<SegmentationDataset> published = published_cells(ctx);
  RecordWriter<ChangedCell> changed(ctx.work_output("changed"), 1);
  std::uint64_t n_changed = 0, n_cells = 0;
  RecordFileWriter shard(ctx.work_output("shard"), shards, 0);
  std::size_t organelle_at = 0;
  for (std::size_t i = 0; i < members.size();) {
    std::vector<MemberRow> mine;
    std::vector<Id> sv_ids;
    const Id cell = members[i].cell;
    for (; i < members.size() && members[i].cell == cell; ++i)
      mine.push_back(members[i]), sv_ids.push_back(members[i].sv.id);
    const auto owned = take(organelles, organelle_at, cell, [](const CellOrganelle& o) { return o.cell; });
    CellShardRow row{merge_members(cell, mine, units), sv_ids.size(), owned.size(), 1};
    if (published && published->find(cell)) row.changed = published->ragged<Id>("sv_ids", "ids", cell) != sv_ids;
    ++n_cells, n_changed += row.changed;
    if (row.changed != 0) changed.append(0, changed_cell(row.cell));
    const std::uint32_t to = shard_of(cell, shards);
    shard.append(to, &row, sizeof row);
    append_bytes<Id>(shard, to, sv_ids);
    append_bytes(shard, to, owned);
  }
  shard.close(), changed.close();
  if (published) ctx.note(std::to_string(n_changed) + " of " + std::to_string(n_cells) + " cells changed");
}

}  // namespace syconn
