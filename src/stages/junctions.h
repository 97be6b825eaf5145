// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/volume_view.h"
#include "syconn/exec/config.h"

namespace syconn {

/// How synaptic junctions are told from the map `sj`; keys of the section `contacts`.
struct JunctionConfig {
  double sj_threshold = 0.19047619;
  std::vector<std::string> sj_morphology{"opening", "closing"};
  void describe(Fields& f);
};

struct JunctionMasks {
  Volume<std::uint8_t> junction, sym, asym;  ///< sym and asym empty without a type map
};

/// Junction mask of `write` from the maps of the run folder `run` (threshold, then morphology with the halo it needs,
/// exact for any chunk) and type masks.
JunctionMasks junction_masks(const RunConfig& config, const fs::path& run, const JunctionConfig& junctions,
                             int type_threshold, const Box3& dataset, const Box3& write);
std::uint64_t junction_memory_bytes(const RunConfig& config, const JunctionConfig& junctions, const Vec3i& chunk_vx);

}  // namespace syconn
