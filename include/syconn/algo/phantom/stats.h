// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/algo/phantom/render.h"

namespace syconn {

/// One line of the table of phantom.md.
struct PhantomStat {
  std::string name, unit;
  double value = 0;
  double accept_min = 0, accept_max = 0;
  std::string real;  ///< what real tissue measures, as text
  bool accepted() const { return value >= accept_min && value <= accept_max; }
};

/// The table of phantom.md from the model and `region`, rendered at the model's voxel size. Empty region: the box where
/// it is small, else eight blocks of 192×192×96 voxels spread over it.
std::vector<PhantomStat> phantom_stats(const PhantomModel& model, const Box3& region = {}, int threads = 1);

/// Share of voxels that have a 6-neighbour of another id inside the volume (background counts as an id).
double boundary_fraction(VolumeView<const std::uint64_t> labels);
/// Mean length of maximal runs of one non-zero id along x, in voxels; an end at the volume's border is no end.
double mean_run_x(VolumeView<const std::uint64_t> labels);

}  // namespace syconn
