// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>

#include "sso_records.h"
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

/// The cells of the last published generation, if it was made with everything equal but the lists.
std::optional<SegmentationDataset> published_cells(const JobContext& ctx);

}  // namespace syconn
