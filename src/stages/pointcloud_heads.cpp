// SPDX-License-Identifier: GPL-3.0-or-later
// heads: volumes of the spine heads that bear synapses, from the cells' voxels around them.
#include <algorithm>
#include <optional>

#include "point_predict.h"
#include "pointcloud_steps.h"
#include "shards.h"
#include "syconn/algo/spine_head.h"
#include "volumes.h"

namespace syconn {
namespace {

constexpr Vec3i kGrid_vx{2, 2, 1};        // as the skeletons': the first voxel of each block
constexpr std::int64_t kSlab_vx = 64;     // planes of the volume read at a time
constexpr std::uint64_t kHeadBytes = 48;  // a grid voxel of the box

/// The dataset on the grid, whose blocks start at the dataset's corner.
Box3 grid_of(const Box3& voxels) { return {voxels.min / kGrid_vx, (voxels.max + kGrid_vx - Vec3i(1)) / kGrid_vx}; }

/// Cells' voxels around synapses.
class CellVoxels {
 public:
  explicit CellVoxels(const JobContext& ctx)
      : world_vx_(ctx.geometry().box), volume_(open_covering(ctx.config(), "sv", world_vx_)) {}

  Box3 grid() const { return grid_of(world_vx_); }
  /// 1 where the first voxel of the block is one of `supervoxels` (ascending), in grid voxels.
  Volume<std::uint8_t> mask(const Box3& box, const std::vector<Id>& supervoxels) const {
    Volume<std::uint8_t> out(box);
    for (std::int64_t z = box.min.z; z < box.max.z; z += kSlab_vx) {
      const Vec3i last = sampled({box.max.x - 1, box.max.y - 1, std::min(box.max.z, z + kSlab_vx) - 1});
      const Box3 read{sampled({box.min.x, box.min.y, z}), last + Vec3i(1)};
      const Volume<Id> labels = volume_->read_labels(read);
      for (std::int64_t gz = read.min.z; gz < read.max.z; ++gz)
        for (std::int64_t gy = box.min.y; gy < box.max.y; ++gy)
          sample_row(labels, {box.min.x, gy, gz}, supervoxels, out);
    }
    return out;
  }

 private:
  Vec3i sampled(const Vec3i& g) const { return max(g * kGrid_vx, world_vx_.min); }
  void sample_row(const Volume<Id>& labels, Vec3i g, const std::vector<Id>& supervoxels,
                  Volume<std::uint8_t>& out) const {
    Id before = kBackground;
    bool inside = false;  // of `before`
    for (; g.x < out.box().max.x; ++g.x) {
      const Id id = labels.at(sampled(g));
      if (id != before) inside = std::binary_search(supervoxels.begin(), supervoxels.end(), id);
      before = id;
      out.at(g) = inside;
    }
  }

  Box3 world_vx_;
  std::unique_ptr<VolumeReader> volume_;
};

/// One cell after the other, and the synapses on its spine heads.
class CellHeads {
 public:
  explicit CellHeads(const JobContext& ctx)
      : voxel_nm_(ctx.geometry().voxel_size_nm),
        voxels_(ctx),
        cells_(SegmentationDataset::open(pointcloud_input(ctx, "ssv"), stages_after(kPointcloudStage))),
        vertices_(cells_.ragged<float>("mesh", "vertices_nm")),
        codes_(cells_.ragged<std::uint8_t>("vertex_comp", "values")),
        supervoxels_(cells_.ragged<Id>("sv_ids", "ids")) {}

  void begin_cell(Id cell) {
    const Row row = cells_.at(cell);
    const std::vector<float> xyz = vertices_(row);
    surface_nm_.clear();
    for (std::size_t i = 0; i + 2 < xyz.size(); i += 3) surface_nm_.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
    const std::vector<std::uint8_t> codes = codes_(row);
    surface_codes_.assign(codes.begin(), codes.end());
    members_ = supervoxels_(row);
    std::sort(members_.begin(), members_.end());
  }

  std::optional<double> volume_um3(const SynapsePlace& synapse) const {
    SpineHeadScene scene;
    scene.world = voxels_.grid();
    scene.voxel_nm = Vec3d(kGrid_vx) * voxel_nm_, scene.origin_nm = voxel_nm_ * 0.5;
    scene.synapse_nm = Vec3d(synapse.nm());
    const Box3 box = spine_head_box(scene.synapse_nm, scene.voxel_nm, scene.origin_nm, scene.world);
    const Volume<std::uint8_t> mask = voxels_.mask(box, members_);
    scene.cell = mask.view(), scene.vertices_nm = surface_nm_, scene.codes = surface_codes_;
    return spine_head_volume_um3(scene);
  }

 private:
  Vec3d voxel_nm_;
  CellVoxels voxels_;
  SegmentationDataset cells_;
  Ragged<float> vertices_;
  Ragged<std::uint8_t> codes_;
  Ragged<Id> supervoxels_;
  std::vector<Vec3f> surface_nm_;
  std::vector<std::int32_t> surface_codes_;
  std::vector<Id> members_;
};

/// Why there are no volumes; empty: there can be.
std::string obstacle(const JobContext& ctx) {
  if (!has_volume(ctx.config(), "sv")) return "no dataset.volumes.sv";
  const auto cells = SegmentationDataset::open(pointcloud_input(ctx, "ssv"), stages_after(kPointcloudStage));
  return cells.has_part("sv_ids", "ids") ? "" : "the cells do not list their supervoxels";
}

}  // namespace

std::uint64_t pointcloud_heads_bytes(const RunConfig&, const Geometry& geometry) {
  const Vec3i box = min(kSpineHeadReach_vx * 2 + Vec3i(1), grid_of(geometry.box).size());
  const Vec3i read = min(Vec3i{2 * box.x, 2 * box.y, kSlab_vx}, geometry.box.size());
  return static_cast<std::uint64_t>(box.product()) * kHeadBytes + static_cast<std::uint64_t>(read.product()) * 8 +
         kMostVertices * 20 + (std::uint64_t{512} << 20);
}

void pointcloud_heads(JobContext& ctx, const PointcloudConfig&) {
  const std::uint32_t shards = synapse_shards_of(ctx);
  RecordWriter<SynapseHead> volumes(ctx.work_output("volumes"), shards);
  const std::string why = obstacle(ctx);
  std::optional<CellHeads> cells;
  if (why.empty()) cells.emplace(ctx);
  const RecordFile file(ctx.work_input("predict", "heads", ctx.job().index));
  std::uint64_t on_heads = 0, found = 0;
  for_own_shards(ctx, file.n_slices(), [&](std::uint32_t shard) {
    Id cell = kBackground;
    for (const SynapsePlace& place : read_records<SynapsePlace>(file, shard)) {
      ++on_heads;
      if (!cells) continue;
      if (place.cell != cell) cells->begin_cell(cell = place.cell);
      const std::optional<double> volume = cells->volume_um3(place);
      if (!volume) continue;
      ++found;
      volumes.append(shard_of(place.synapse, shards), {place.synapse, place.side, *volume});
    }
  });
  volumes.close();
  if (!why.empty() && ctx.job().index == 0) ctx.note(why + ": spine_head_vol_um3 is NaN");
  if (cells && on_heads > 0)
    ctx.note("a spine head was found at " + std::to_string(found) + " of " + std::to_string(on_heads) + " synapses");
}

}  // namespace syconn
