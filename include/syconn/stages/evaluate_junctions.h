// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <string>
#include <vector>

#include "syconn/core/box3.h"
#include "syconn/core/files.h"
#include "syconn/stages/evaluate_volumes.h"
#include "syconn/stages/junction_fate.h"

/// Junctions that an expert marked, without their cells, and what the run made of them.
namespace syconn {

struct ExpertJunction {
  Id id = 0;  ///< 1 to N, by smallest raster voxel
  std::uint64_t size_vx = 0;
  Box3 bbox;
  Vec3i centre_vx;         ///< mean of its voxels
  bool at_border = false;  ///< has a voxel in the outermost layer of the run's box, so it may be cut
  JunctionFate fate = JunctionFate::no_contact;
  std::string why;                      ///< where it is no synapse, one line with the figures
  std::vector<TracedSynapse> synapses;  ///< that have voxels on it, the largest overlap first
  Id main_cell = 0;  ///< with most voxels of its synapses (tie: smaller id), 0: none. One site, one presynaptic cell
  std::uint64_t contacts = 0;  ///< of any two supervoxels with voxels on it
};

struct JunctionScore {
  std::vector<ExpertJunction> junctions;
  std::uint64_t outside = 0;  ///< parts of the map without a voxel in the run's box
  std::uint64_t found = 0;    ///< become a synapse
  std::uint64_t merged = 0;   ///< of these: one of its synapses has voxels on another junction too
  std::uint64_t several = 0;  ///< of these: synapses of several pairs of cells (one presynaptic site, many partners)
  std::uint64_t on_junctions = 0;  ///< synapses on a junction, each counted at each junction
  std::uint64_t with_main = 0;     ///< of these: one of its cells is the junction's main cell
  std::uint64_t n_synapses = 0;    ///< of the run, prob >= prob_min or NaN
  std::uint64_t elsewhere = 0;     ///< of these: on no junction of the map
};

/// The 26-connected parts of the map `junctions` (labels: not 0; floats: above 0.5), as far as they lie in the run's
/// box. What is not in the datasets is asked of the volumes that RUN/config.yml names. Throws Error{input}. Memory:
/// the runs of the map, what meets them, and one block of 256 x 256 x 64 voxels.
JunctionScore evaluate_junctions(const fs::path& run, const VolumeSource& junctions, double prob_min);

}  // namespace syconn
