// SPDX-License-Identifier: GPL-3.0-or-later
#include "cell_volume.h"

#include "syconn/core/error.h"
#include "volumes.h"

namespace syconn {
namespace {

SegmentationDataset open_supervoxels(const JobContext& ctx) {
  const fs::path file = ctx.in_run("datasets/sv.h5");
  if (!fs::exists(file))
    throw Error(Category::input, "there is no '" + file.string() + "', which says to which cells supervoxels belong; " +
                                     "run stage sso first");
  return SegmentationDataset::open(file);
}

}  // namespace

CellVolume::CellVolume(const JobContext& ctx)
    : volume_(open_covering(ctx.config(), "sv", ctx.geometry().box)),
      supervoxels_(open_supervoxels(ctx)),
      cells_(supervoxels_.column<Id>("cell_id")) {
  known_[kBackground] = kBackground;
}

Id CellVolume::cell_of(Id sv) {
  const auto [at, is_new] = known_.try_emplace(sv, kBackground);
  if (is_new) {
    const auto row = supervoxels_.find(sv);
    if (!row)
      throw Error(Category::input, "supervoxel " + std::to_string(sv) + " of " + volume_->info().where +
                                       " is not in datasets/sv.h5; run stage sso again");
    at->second = cells_(*row);
  }
  return at->second;
}

void CellVolume::read(VolumeView<Id> out) {
  volume_->read_labels(out);
  Id last = kBackground, cell = kBackground;
  for (std::int64_t z = 0; z < out.size.z; ++z)
    for (std::int64_t y = 0; y < out.size.y; ++y) {
      Id* const row = out.row(y, z);
      for (std::int64_t x = 0; x < out.size.x; ++x) {
        if (row[x] != last) last = row[x], cell = cell_of(last);
        row[x] = cell;
      }
    }
}

}  // namespace syconn
