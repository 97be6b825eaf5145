// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>

#include "sso_myelin.h"
#include "sso_records.h"
#include "syconn/algo/supervoxel_graph.h"
#include "syconn/io/segmentation_dataset.h"

/// Jobs of the steps of `sso`, in the order they run: docs/stages/sso.md.
namespace syconn {

// Early steps: what the volumes say, whatever the lists.
void sso_scan(JobContext& ctx, const SsoConfig& c);
void sso_gather(JobContext& ctx, const SsoConfig& c);
void sso_supervoxels(JobContext& ctx, const SsoConfig& c);
void sso_objects(JobContext& ctx, const SsoConfig& c);
// Steps that follow the supervoxel graph and its lists.
void sso_assemble(JobContext& ctx, const SsoConfig& c);
void sso_members(JobContext& ctx, const SsoConfig& c);
void sso_organelles(JobContext& ctx, const SsoConfig& c);
void sso_cells(JobContext& ctx, const SsoConfig& c);
void sso_map(JobContext& ctx, const SsoConfig& c);
void sso_simplify(JobContext& ctx, const SsoConfig& c);
void sso_shift(JobContext& ctx, const SsoConfig& c);
void sso_gather_meshes(JobContext& ctx, const SsoConfig& c);
void sso_gather_grid(JobContext& ctx, const SsoConfig& c);
void sso_skeletons(JobContext& ctx, const SsoConfig& c);
void sso_myelin(JobContext& ctx, const SsoConfig& c);
void sso_gather_myelin(JobContext& ctx, const SsoConfig& c);
void sso_shards(JobContext& ctx, const SsoConfig& c);
void sso_publish(JobContext& ctx, const SsoConfig& c);

// Rows on their way to the shards; each is followed by its lists.
struct SvShardRow {  // then n_overlaps OverlapRecord
  ObjectRow sv;
  Id cell = 0;
  std::uint64_t n_overlaps = 0;
};
struct OrganelleShardRow {  // then n_overlaps OverlapRecord, without background
  ObjectRow object;         // only id and size where `watershed` made the object
  Id cell = 0;
  double fraction = 0;
  std::uint64_t n_overlaps = 0;
};
struct CellShardRow {  // then n_sv ids, then n_organelles CellOrganelle
  ObjectRow cell;
  std::uint64_t n_sv = 0, n_organelles = 0, changed = 1;
};

/// datasets/<type>.h5 of the last published generation, if it was made with everything equal but the lists.
std::optional<SegmentationDataset> published_dataset(const fs::path& run, const std::string& type,
                                                     const std::string& early_hash);
/// Supervoxel graph, merge and split list of the config.
SupervoxelGraph supervoxel_graph(const RunConfig& config);
/// Which cells the lists change since the last run; nothing where all are made. Reads the stored mapping: 48 bytes a
/// supervoxel. Throws as assemble_cells() does.
std::optional<DryRunPreview> sso_preview(const RunConfig& config, const fs::path& run, const std::string& early_hash);
/// The cells of the last published generation, if it was made with everything equal but the lists.
std::optional<SegmentationDataset> published_cells(const JobContext& ctx);

/// In the job of `map`: the cells' voxels on the grid (2, 2, 1), first voxel of each block, as work output `grid`.
class GridRuns {
 public:
  explicit GridRuns(JobContext& ctx);
  /// Any disjoint parts of the job's box.
  void add(VolumeView<const Id> cells);
  void close() { file_.close(); }

 private:
  const Geometry& geometry_;
  RecordFileWriter file_;
};
/// Bound of a job of `skeletons`: the largest cell fills half of the dataset or has skeleton_max_voxels.
std::uint64_t skeleton_job_bytes(const SsoConfig& c, const Geometry& g);

/// skeletons -> shards: then nodes, radii, parents, and n_nodes - 1 bridges.
struct SkeletonRow {
  Id cell = 0;
  std::uint64_t n_nodes = 0, ds = 1;
  double soma_radius_nm = 0;
};
struct StoredSkeleton {
  std::vector<Vec3f> nodes_nm;
  std::vector<float> radius_nm;
  std::vector<std::int32_t> parent;
  std::vector<float> bridge_nm;
  float soma_radius_nm = 0;
  std::uint8_t ds = 1;
  NodeMyelin myelin;  ///< empty without a myelin map
};

/// Skeletons of a shard's cells: new ones, or those of the published generation. Memory: the shard's new skeletons.
class CellSkeletons {
 public:
  CellSkeletons(const JobContext& ctx, std::uint32_t shard);
  StoredSkeleton operator()(Id cell, bool changed) const;

 private:
  StoredSkeleton made(Id cell) const;
  StoredSkeleton stored(Id cell) const;
  std::vector<char> bytes_;
  std::map<Id, std::size_t> at_;
  std::optional<SegmentationDataset> published_;
  std::optional<MyelinCounts> myelin_;  ///< where the run has a map
};
void add_skeleton_schema(DatasetSchema& schema, bool myelin);
void add_skeleton(ShardBuilder& builder, const StoredSkeleton& skeleton, const Vec3d& voxel_nm, const Vec3i& rep_vx,
                  bool myelin);

}  // namespace syconn
