// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/runs.h"
#include "syconn/core/ids.h"

namespace syconn {

/// Neighbours of a voxel: faces; faces and edges; faces, edges and corners.
enum class Connectivity { face6 = 6, edge18 = 18, corner26 = 26 };

/// Connected components of a voxel set given as raster-sorted, non-overlapping runs: the component of every run,
/// numbered from 0 by smallest raster voxel. Union-find over runs; linear in the runs.
struct RunComponents {
  std::vector<std::uint32_t> part;  ///< a run
  std::uint32_t n_parts = 0;
};

/// Throws Error{runtime} if the runs are not raster-sorted or overlap.
RunComponents run_components(std::span<const Run> runs, Connectivity connectivity = Connectivity::corner26);
/// The same of runs that have a value each: only runs of equal value are connected, and runs of a row may touch.
RunComponents run_components(std::span<const Run> runs, std::span<const Id> values, Connectivity connectivity);

}  // namespace syconn
