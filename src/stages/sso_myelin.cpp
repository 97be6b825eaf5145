// SPDX-License-Identifier: GPL-3.0-or-later
#include "sso_myelin.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "chunk_records.h"
#include "organelle_maps.h"
#include "sso_steps.h"
#include "syconn/core/chunk_grid.h"
#include "volumes.h"

namespace syconn {
namespace {

constexpr const char* kMyelin = "myelin";
constexpr double kThreshold = 0.5;
constexpr std::int64_t kMaxParts = 256, kSlab_vx = std::int64_t{64} << 20;

/// The map and where its voxels lie; its pitch may be another than the dataset's.
struct MyelinMap {
  std::unique_ptr<VolumeReader> reader;
  Vec3d pitch_nm;
};

MyelinMap open_myelin(const RunConfig& config, const fs::path& run) {
  const fs::path inferred = inferred_map(config, run, kMyelin);
  MyelinMap map{inferred.empty() ? open_input(config, kMyelin) : open_volume(inferred, std::string(kMyelin) + "_prob"),
                config.dataset.voxel_size_nm};
  if (inferred.empty() && config.dataset.volumes.at(kMyelin).voxel_size_nm)
    map.pitch_nm = *config.dataset.volumes.at(kMyelin).voxel_size_nm;
  else if (map.reader->info().voxel_size_nm)
    map.pitch_nm = *map.reader->info().voxel_size_nm;
  return map;
}

/// Map voxels whose centres lie in `box` (dataset voxels): disjoint boxes share none.
Box3 map_box(const Box3& box, const Vec3d& voxel_nm, const Vec3d& pitch_nm) {
  Box3 out;
  for (int a = 0; a < 3; ++a) {
    const auto at = [&](std::int64_t v) {
      return static_cast<std::int64_t>(std::ceil(static_cast<double>(v) * voxel_nm[a] / pitch_nm[a] - 0.5));
    };
    out.min[a] = at(box.min[a]), out.max[a] = at(box.max[a]);
  }
  return out;
}

/// The map must reach the dataset's borders but for less than one of its voxels: a coarser one may be cut there.
void check_covers(const RunConfig& config, const Box3& dataset, const MyelinMap& map) {
  const Box3 have = map.reader->info().box();
  for (int a = 0; a < 3; ++a) {
    const double pitch = map.pitch_nm[a], size = config.dataset.voxel_size_nm[a];
    const double low = static_cast<double>(dataset.min[a]) * size, high = static_cast<double>(dataset.max[a]) * size;
    if (static_cast<double>(have.min[a] - 1) * pitch<low&& static_cast<double>(have.max[a] + 1) * pitch> high) continue;
    std::ostringstream text;
    text << config.where("dataset.volumes.myelin") << ": volume 'myelin' covers " << have << " voxels of "
         << map.pitch_nm << " nm, not the whole dataset box " << dataset << " of " << config.dataset.voxel_size_nm
         << " nm; give its voxel_size_nm, or set dataset.box_vx to what all volumes cover";
    throw Error(Category::input, text.str());
  }
}

/// Chunks are gathered into parts, so that no file of nodes has more slices than a job may read one after another.
std::uint32_t n_parts(const Geometry& g) { return static_cast<std::uint32_t>(std::min(g.grid().count(), kMaxParts)); }
std::uint32_t part_of(std::int64_t chunk, const Geometry& g) { return static_cast<std::uint32_t>(chunk % n_parts(g)); }

struct NodeRecord {
  Id cell = 0;
  std::uint32_t node = 0;
  float x = 0, y = 0, z = 0;
};
struct CountRecord {
  Id cell = 0;
  std::uint32_t node = 0, voxels = 0, above = 0, unused = 0;
};

/// Parts whose chunks may hold a map voxel of the window around a node.
std::vector<std::uint32_t> parts_of(const Vec3f& node_nm, const Geometry& g) {
  const ChunkGrid grid = g.grid();
  Box3 box;
  for (int a = 0; a < 3; ++a) {
    const double at = static_cast<double>(node_nm[a]), half = kMyelinWindow_nm[a] / 2, size = g.voxel_size_nm[a];
    box.min[a] = static_cast<std::int64_t>(std::floor((at - half) / size)) - 1;
    box.max[a] = static_cast<std::int64_t>(std::ceil((at + half) / size)) + 1;
  }
  box = intersect(box, g.box);
  std::vector<std::uint32_t> parts;
  if (box.empty()) return parts;
  const Vec3i& chunk = grid.chunk();
  const auto first = [&](int a) { return floor_div(box.min[a], chunk[a]); };
  const auto last = [&](int a) { return floor_div(box.max[a] - 1, chunk[a]); };
  for (std::int64_t z = first(2); z <= last(2); ++z)
    for (std::int64_t y = first(1); y <= last(1); ++y)
      for (std::int64_t x = first(0); x <= last(0); ++x) {
        const Vec3i corner{std::max(x * chunk.x, g.box.min.x), std::max(y * chunk.y, g.box.min.y),
                           std::max(z * chunk.z, g.box.min.z)};
        parts.push_back(part_of(grid.index_of(corner), g));
      }
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

struct Nodes {
  std::vector<NodeRecord> records;
  std::vector<Vec3f> nm;
  Box3 reach;  ///< of all windows, in map voxels of the job
};

/// Nodes whose windows meet `own`.
Nodes nodes_in(const JobContext& ctx, const Box3& own, const Vec3d& pitch_nm) {
  Nodes nodes;
  const std::uint32_t part = part_of(ctx.job().index, ctx.geometry());
  for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s)
    for (const NodeRecord& r : read_records<NodeRecord>(RecordFile(ctx.work_input("skeletons", "nodes", s)), part)) {
      const Vec3f nm{r.x, r.y, r.z};
      const Box3 window = intersect(window_box(nm, pitch_nm), own);
      if (window.empty()) continue;
      nodes.records.push_back(r), nodes.nm.push_back(nm);
      nodes.reach = unite(nodes.reach, window);
    }
  return nodes;
}

/// Reads what the windows reach of the chunk, in slabs of bounded size.
std::vector<WindowCount> count(const RunConfig& config, const MyelinMap& map, const Nodes& nodes) {
  std::vector<WindowCount> counts(nodes.nm.size());
  const Box3& box = nodes.reach;
  const std::int64_t step =
      std::max<std::int64_t>(1, kSlab_vx / std::max<std::int64_t>(1, box.size().x * box.size().y));
  for (std::int64_t z = box.min.z; z < box.max.z; z += step) {
    Volume<std::uint8_t> mask(Box3({box.min.x, box.min.y, z}, {box.max.x, box.max.y, std::min(z + step, box.max.z)}));
    read_organelle_mask(config, kMyelin, *map.reader, kThreshold, mask.view());
    add_window_counts(mask.view(), map.pitch_nm, nodes.nm, counts);
  }
  return counts;
}

}  // namespace

bool has_myelin(const RunConfig& config) {
  switch (organelle_volume(config, kMyelin)) {
    case OrganelleVolume::none:
      return false;
    case OrganelleVolume::inferred:
    case OrganelleVolume::map:
      return true;
    case OrganelleVolume::instances:
      break;
  }
  throw Error(Category::config,
              config.where("dataset.volumes.myelin") +
                  ": volume 'myelin' is of kind labels: say with foreground which of them are myelin");
}

void require_myelin(const RunConfig& config, const Box3& box, StageInputs& in) {
  if (!has_myelin(config) || !has_volume(config, kMyelin)) return;  // Stage::uses covers what chunk-infer makes
  const MyelinMap map = open_myelin(config, {});
  check_covers(config, box, map);
  const VolumeConfig& volume = config.dataset.volumes.at(kMyelin);
  Json entry = {{"kind", volume.kind},
                {"foreground", volume.foreground},
                {"voxel_size_nm", {map.pitch_nm.x, map.pitch_nm.y, map.pitch_nm.z}}};
  if (volume.allow_missing) entry["allow_missing"] = true;
  entry["fingerprint"] = parse_json(volume_fingerprint(*map.reader), kMyelin);
  in.fingerprints[kMyelin] = entry;
}

MyelinNodes::MyelinNodes(JobContext& ctx) : geometry_(ctx.geometry()) {
  if (has_myelin(ctx.config())) file_.emplace(ctx.work_output("nodes"), n_parts(geometry_), sizeof(NodeRecord));
}

void MyelinNodes::add(Id cell, const std::vector<Vec3f>& nodes_nm) {
  if (!file_) return;
  for (std::size_t i = 0; i < nodes_nm.size(); ++i) {
    const NodeRecord record{cell, static_cast<std::uint32_t>(i), nodes_nm[i].x, nodes_nm[i].y, nodes_nm[i].z};
    for (const std::uint32_t part : parts_of(nodes_nm[i], geometry_)) file_->append(part, &record, sizeof record);
  }
}

void MyelinNodes::close() {
  if (file_) file_->close();
}

void sso_myelin(JobContext& ctx, const SsoConfig&) {
  const Geometry& g = ctx.geometry();
  const std::uint32_t shards = n_shards(g.voxels());
  RecordWriter<CountRecord> out(ctx.work_output("counts"), shards);
  if (has_myelin(ctx.config())) {
    const MyelinMap map = open_myelin(ctx.config(), ctx.in_run(""));
    const Box3 own = intersect(map_box(ctx.job().box, g.voxel_size_nm, map.pitch_nm), map.reader->info().box());
    const Nodes nodes = nodes_in(ctx, own, map.pitch_nm);
    const std::vector<WindowCount> counts = count(ctx.config(), map, nodes);
    for (std::size_t i = 0; i < counts.size(); ++i)
      out.append(shard_of(nodes.records[i].cell, shards),
                 {nodes.records[i].cell, nodes.records[i].node, counts[i].voxels, counts[i].above, 0});
  }
  out.close();
}

void sso_gather_myelin(JobContext& ctx, const SsoConfig&) { gather_records(ctx, "myelin", {"counts"}); }

MyelinCounts::MyelinCounts(const JobContext& ctx, std::uint32_t shard) {
  if (!has_myelin(ctx.config())) return;
  for (const fs::path& file : chunk_record_files(ctx, "myelin", "gather_myelin", "counts"))
    for (const CountRecord& r : read_records<CountRecord>(RecordFile(file), shard)) {
      std::vector<WindowCount>& of_cell = counts_[r.cell];
      if (of_cell.size() <= r.node) of_cell.resize(std::size_t{r.node} + 1);
      of_cell[r.node].voxels += r.voxels, of_cell[r.node].above += r.above;
    }
}

NodeMyelin MyelinCounts::at(Id cell, const std::vector<Vec3f>& nodes_nm,
                            const std::vector<std::int32_t>& parent) const {
  std::vector<WindowCount> counts;
  if (const auto found = counts_.find(cell); found != counts_.end()) counts = found->second;
  counts.resize(nodes_nm.size());  // no chunk has voxels in the windows of the last nodes
  std::vector<SkeletonEdge> edges;
  for (std::size_t i = 1; i < nodes_nm.size(); ++i)
    edges.push_back({static_cast<std::uint32_t>(parent[i]), static_cast<std::uint32_t>(i)});
  NodeMyelin out;
  for (const std::int32_t label : running_majority(nodes_nm, edges, window_labels(counts), kMyelinMajority_nm))
    out.label.push_back(static_cast<std::uint8_t>(label));
  for (const WindowCount& c : counts)
    out.share.push_back(c.voxels == 0 ? std::numeric_limits<float>::quiet_NaN()
                                      : static_cast<float>(c.above) / static_cast<float>(c.voxels));
  return out;
}

float myelin_fraction(const std::vector<Vec3f>& nodes_nm, const std::vector<std::int32_t>& parent,
                      const std::vector<float>& bridge_nm, const std::vector<std::uint8_t>& label) {
  double all = 0, myelin = 0;
  for (std::size_t i = 1; i < nodes_nm.size(); ++i) {
    if (bridge_nm[i - 1] > 0) continue;
    const auto p = static_cast<std::size_t>(parent[i]);
    const Vec3d d = Vec3d(nodes_nm[i]) - Vec3d(nodes_nm[p]);
    const double length = std::sqrt(d.dot(d));
    all += length, myelin += length * (label[i] + label[p]) / 2;
  }
  return all > 0 ? static_cast<float>(myelin / all) : 0;
}

}  // namespace syconn
