// SPDX-License-Identifier: GPL-3.0-or-later
// Skeletons of cells: x-runs on a coarser grid by chunk, then one cell after another.
#include <algorithm>
#include <cmath>

#include "chunk_records.h"
#include "sso_steps.h"
#include "syconn/algo/runs.h"

namespace syconn {
namespace {

constexpr std::int64_t kGrid = 2;  // voxels a grid voxel in x and y

/// Part of a cell's grid voxels, followed by its runs.
struct GridPiece {
  Id cell = 0;
  std::uint64_t n_runs = 0;
};

/// Whether v is the first voxel of its block inside the dataset.
bool samples(std::int64_t v, std::int64_t dataset_min) { return v % kGrid == 0 || v == dataset_min; }

using CellRuns = std::map<Id, std::vector<Run>>;

/// Runs of equal cells among the sampled voxels of one row.
void sample_row(const Id* row, std::int64_t y, std::int64_t z, const Box3& box, std::int64_t dataset_min_x,
                CellRuns& runs) {
  Id last = kBackground;
  std::vector<Run>* of_last = nullptr;
  for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
    if (!samples(x, dataset_min_x)) continue;
    const Id cell = row[x - box.min.x];
    if (cell != kBackground) {
      const auto gx = static_cast<std::int32_t>(x / kGrid);
      if (cell == last)
        ++of_last->back().len;
      else
        (of_last = &runs[cell])->push_back({gx, static_cast<std::int32_t>(y / kGrid), static_cast<std::int32_t>(z), 1});
    }
    last = cell;
  }
}

/// Every second grid voxel in each direction.
std::vector<Run> coarser(const std::vector<Run>& runs) {
  std::vector<Run> out;
  for (const Run& r : runs) {
    if (r.y % 2 != 0 || r.z % 2 != 0) continue;
    const std::int32_t first = (r.x + 1) / 2, end = (r.end() + 1) / 2;
    if (end > first) out.push_back({first, r.y / 2, r.z / 2, end - first});
  }
  sort_and_merge(out);
  return out;
}

struct Piece {
  Id cell;
  std::size_t at;  ///< of its runs in the slice's bytes
  std::uint64_t n_runs;
};

std::vector<Piece> pieces_of(const std::vector<char>& bytes) {
  std::vector<Piece> pieces;
  for (RecordCursor cursor(bytes); !cursor.at_end();) {
    const auto head = cursor.one<GridPiece>();
    pieces.push_back({head.cell, cursor.position(), head.n_runs});
    cursor.skip<Run>(head.n_runs);
  }
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.cell < b.cell; });
  return pieces;
}

void put(RecordFileWriter& out, std::uint32_t shard, Id cell, std::uint64_t ds, const Skeleton& s) {
  SkeletonRow row;
  row.cell = cell, row.n_nodes = s.n_nodes(), row.ds = ds;
  row.soma_radius_nm = static_cast<double>(s.soma_radius_nm);
  out.append(shard, &row, sizeof row);
  append_bytes<Vec3f>(out, shard, s.nodes_nm);
  append_bytes<float>(out, shard, s.radius_nm);
  append_bytes<std::int32_t>(out, shard, s.parent);
  append_bytes<float>(out, shard, s.bridge_nm);
}

}  // namespace

GridRuns::GridRuns(JobContext& ctx)
    : geometry_(ctx.geometry()), file_(ctx.work_output("grid"), ctx.geometry().id_slices(), 0) {}

void GridRuns::add(VolumeView<const Id> cells) {
  const Box3 box = cells.box();
  CellRuns runs;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      if (samples(y, geometry_.box.min.y))
        sample_row(cells.row(y - box.min.y, z - box.min.z), y, z, box, geometry_.box.min.x, runs);
  for (const auto& [cell, list] : runs) {
    const GridPiece head{cell, list.size()};
    const std::uint32_t slice = shard_of(cell, geometry_.id_slices());
    file_.append(slice, &head, sizeof head);
    append_bytes<Run>(file_, slice, list);
  }
}

void sso_gather_grid(JobContext& ctx, const SsoConfig&) { gather_records(ctx, "map", {"grid"}); }

void sso_skeletons(JobContext& ctx, const SsoConfig& c) {
  const auto slice = static_cast<std::uint32_t>(ctx.job().index), shards = n_shards(ctx.geometry().voxels());
  std::vector<char> bytes;
  for (const fs::path& file : chunk_record_files(ctx, "map", "gather_grid", "grid"))
    RecordFile(file).read(slice, bytes);
  const std::vector<Piece> pieces = pieces_of(bytes);
  const Vec3d& voxel_nm = ctx.geometry().voxel_size_nm;
  RecordFileWriter out(ctx.work_output("skeletons"), shards, 0);
  MyelinNodes nodes(ctx);
  std::vector<Run> runs;
  for (std::size_t i = 0; i < pieces.size();) {
    const Id cell = pieces[i].cell;
    runs.clear();
    for (; i < pieces.size() && pieces[i].cell == cell; ++i)
      RecordCursor(bytes, pieces[i].at).many(pieces[i].n_runs, runs);
    sort_and_merge(runs);
    std::uint64_t ds = 1;
    for (; voxel_count(runs) > static_cast<std::uint64_t>(c.skeleton_max_voxels); ds *= 2) runs = coarser(runs);
    const auto scale = static_cast<double>(ds);
    const Vec3d pitch_nm = Vec3d(kGrid * scale, kGrid * scale, scale) * voxel_nm;
    const Skeleton skeleton = skeletonise(runs, pitch_nm, voxel_nm * 0.5, c.skeleton);
    put(out, shard_of(cell, shards), cell, ds, skeleton);
    nodes.add(cell, skeleton.nodes_nm);
  }
  out.close();
  nodes.close();
}

std::uint64_t skeleton_job_bytes(const SsoConfig& c, const Geometry& g) {
  const std::int64_t grid = g.voxels() / (kGrid * kGrid);
  const auto largest = static_cast<std::uint64_t>(std::min(grid, c.skeleton_max_voxels));
  // At most a run in four grid voxels of the slice; the largest cell may lie in any slice.
  const auto slice_runs = static_cast<std::uint64_t>(grid / g.id_slices() / 4) + largest / 8;
  return skeleton_memory_bytes(largest / 2, largest / 8) + 2 * slice_runs * sizeof(Run) + (std::uint64_t{256} << 20);
}

CellSkeletons::CellSkeletons(const JobContext& ctx, std::uint32_t shard) : published_(published_cells(ctx)) {
  if (has_myelin(ctx.config())) myelin_.emplace(ctx, shard);
  for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s)
    RecordFile(ctx.work_input("skeletons", "skeletons", s)).read(shard, bytes_);
  for (RecordCursor cursor(bytes_); !cursor.at_end();) {
    const std::size_t at = cursor.position();
    const auto row = cursor.one<SkeletonRow>();
    at_[row.cell] = at;
    cursor.skip<Vec3f>(row.n_nodes), cursor.skip<float>(row.n_nodes), cursor.skip<std::int32_t>(row.n_nodes);
    cursor.skip<float>(row.n_nodes > 0 ? row.n_nodes - 1 : 0);
  }
}

StoredSkeleton CellSkeletons::operator()(Id cell, bool changed) const { return changed ? made(cell) : stored(cell); }

StoredSkeleton CellSkeletons::made(Id cell) const {
  StoredSkeleton s;
  const auto found = at_.find(cell);
  if (found == at_.end()) return s;  // no voxel of it on the grid
  RecordCursor cursor(bytes_, found->second);
  const auto row = cursor.one<SkeletonRow>();
  cursor.many(row.n_nodes, s.nodes_nm);
  cursor.many(row.n_nodes, s.radius_nm);
  cursor.many(row.n_nodes, s.parent);
  cursor.many(row.n_nodes > 0 ? row.n_nodes - 1 : 0, s.bridge_nm);
  s.soma_radius_nm = static_cast<float>(row.soma_radius_nm), s.ds = static_cast<std::uint8_t>(row.ds);
  if (myelin_) s.myelin = myelin_->at(cell, s.nodes_nm, s.parent);
  return s;
}

StoredSkeleton CellSkeletons::stored(Id cell) const {
  if (!published_ || !published_->find(cell))
    throw Error(Category::input, "the published cells that step 'cells' compared with are gone; remove work/sso/cells");
  StoredSkeleton s;
  const std::vector<float> xyz = published_->ragged<float>("skeleton", "nodes_nm", cell);
  for (std::size_t i = 0; i + 2 < xyz.size(); i += 3) s.nodes_nm.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
  s.radius_nm = published_->ragged<float>("skeleton", "radius_nm", cell);
  s.parent = published_->ragged<std::int32_t>("skeleton", "parent", cell);
  s.bridge_nm = published_->ragged<float>("skeleton", "bridge_nm", cell);
  s.soma_radius_nm = published_->column<float>("soma_radius_nm")(published_->at(cell));
  s.ds = published_->column<std::uint8_t>("skeleton_ds")(published_->at(cell));
  if (!myelin_) return s;
  s.myelin.label = published_->ragged<std::uint8_t>("skeleton", "myelin", cell);
  s.myelin.share = published_->ragged<float>("skeleton", "myelin_share", cell);
  return s;
}

void add_skeleton_schema(DatasetSchema& schema, bool myelin) {
  schema.columns.push_back({"path_length_um", DType::f32, 1, "um", "length of the skeleton without its bridges"});
  schema.columns.push_back({"root_vx", DType::i64, 3, "vx", "voxel of the skeleton's root: the soma, or an end"});
  schema.columns.push_back({"soma_radius_nm", DType::f32, 1, "nm", "of the thickest soma; 0: none"});
  schema.columns.push_back({"skeleton_ds", DType::u8, 1, "", "the skeleton's grid is this times (2, 2, 1) voxels"});
  if (myelin) schema.columns.push_back({"myelin_fraction", DType::f32, 1, "", "share of the path under myelin"});
  std::vector<PartSpec> labels;
  if (myelin) {
    labels.push_back({"myelin", DType::u8, 1, "node_offset", true, "", "1: under a myelin sheath"});
    labels.push_back(
        {"myelin_share", DType::f32, 1, "node_offset", true, "", "of the map's voxels around the node; NaN: none"});
  }
  FieldSpec field = skeleton_field(labels);
  field.parts.push_back({"bridge_nm", DType::f32, 1, "edge_offset", false, "nm",
                         "length of an edge that joins two parts of the cell, else 0"});
  schema.fields.push_back(std::move(field));
}

void add_skeleton(ShardBuilder& builder, const StoredSkeleton& s, const Vec3d& voxel_nm, const Vec3i& rep_vx,
                  bool myelin) {
  std::vector<float> xyz;
  std::vector<std::array<std::uint32_t, 2>> edges;
  std::vector<std::uint32_t> flat;
  for (std::size_t i = 0; i < s.nodes_nm.size(); ++i) {
    xyz.insert(xyz.end(), {s.nodes_nm[i].x, s.nodes_nm[i].y, s.nodes_nm[i].z});
    if (i == 0) continue;
    edges.push_back({static_cast<std::uint32_t>(s.parent[i]), static_cast<std::uint32_t>(i)});
    flat.insert(flat.end(), {edges.back()[0], edges.back()[1]});
  }
  Vec3i root = rep_vx;
  if (!s.nodes_nm.empty())
    for (int a = 0; a < 3; ++a)
      root[a] = static_cast<std::int64_t>(std::floor(static_cast<double>(s.nodes_nm[0][a]) / voxel_nm[a]));
  builder.set("path_length_um", static_cast<float>(path_length_um(s.nodes_nm, edges, s.bridge_nm)));
  builder.set("root_vx", root);
  builder.set("soma_radius_nm", s.soma_radius_nm);
  builder.set("skeleton_ds", s.ds);
  builder.append<float>("skeleton", "nodes_nm", xyz);
  builder.append<float>("skeleton", "radius_nm", s.radius_nm);
  builder.append<std::int32_t>("skeleton", "parent", s.parent);
  builder.append<std::uint32_t>("skeleton", "edges", flat);
  builder.append<float>("skeleton", "bridge_nm", s.bridge_nm);
  if (!myelin) return;
  builder.set("myelin_fraction", myelin_fraction(s.nodes_nm, s.parent, s.bridge_nm, s.myelin.label));
  builder.append<std::uint8_t>("skeleton", "myelin", s.myelin.label);
  builder.append<float>("skeleton", "myelin_share", s.myelin.share);
}

}  // namespace syconn
