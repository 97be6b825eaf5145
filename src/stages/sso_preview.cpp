// SPDX-License-Identifier: GPL-3.0-or-later
// What a rerun would do, for --dry-run: the stored mapping of supervoxels to cells against that of the lists now.
#include <algorithm>
#include <unordered_map>

#include "sso_steps.h"
#include "syconn/core/json.h"

namespace syconn {
namespace {

constexpr std::size_t kListed = 20;

/// Supervoxels and their cells of the last run, ascending by id.
std::vector<SvCell> stored_mapping(const SegmentationDataset& supervoxels) {
  const auto cell_id = supervoxels.column<Id>("cell_id");
  std::vector<SvCell> mapping;
  mapping.reserve(supervoxels.size());
  for (std::uint32_t shard = 0; shard < supervoxels.n_shards(); ++shard) {
    const std::vector<Id> ids = supervoxels.ids(shard), cells = cell_id.block({shard, 0}, ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) mapping.push_back({ids[i], cells[i]});
  }
  std::sort(mapping.begin(), mapping.end());
  return mapping;
}

/// Ids of the cells of `now` that are not, supervoxel for supervoxel, cells of `before`.
std::vector<Id> changed_cells(const std::vector<SvCell>& before, const std::vector<Id>& now) {
  struct Members {
    std::uint64_t before = 0, now = 0, both = 0;
  };
  std::unordered_map<Id, Members> cells;
  for (std::size_t i = 0; i < now.size(); ++i) {
    ++cells[before[i].cell].before, ++cells[now[i]].now;
    if (before[i].cell == now[i]) ++cells[now[i]].both;
  }
  std::vector<Id> changed;
  for (const auto& [cell, n] : cells)
    if (n.now > 0 && (n.both != n.now || n.both != n.before)) changed.push_back(cell);
  std::sort(changed.begin(), changed.end());
  return changed;
}

}  // namespace

std::optional<DryRunPreview> sso_preview(const RunConfig& config, const fs::path& run, const std::string& early_hash) {
  const auto supervoxels = published_dataset(run, "sv", early_hash);
  if (!supervoxels) return std::nullopt;
  const std::vector<SvCell> before = stored_mapping(*supervoxels);
  std::vector<Id> ids;
  ids.reserve(before.size());
  for (const SvCell& sv : before) ids.push_back(sv.sv);
  std::vector<Id> now;
  now.reserve(ids.size());
  for (const std::uint32_t smallest : assemble_cells(ids, supervoxel_graph(config))) now.push_back(ids[smallest]);
  std::vector<Id> changed = changed_cells(before, now);
  DryRunPreview preview{"cells to be made again", changed.size(), std::move(changed)};
  if (preview.ids.size() > kListed) preview.ids.resize(kListed);
  return preview;
}

}  // namespace syconn
