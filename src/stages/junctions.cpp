// SPDX-License-Identifier: GPL-3.0-or-later
#include "junctions.h"

#include "organelle_maps.h"
#include "syconn/algo/morphology.h"
#include "volumes.h"

namespace syconn {
namespace {

struct Ops {
  std::vector<MorphologyOp> list;
  int element = 1;
  Vec3i halo() const { return morphology_halo(list, element); }
};

Ops ops_of(const RunConfig& config, const JunctionConfig& junctions) {
  Ops ops;
  for (const std::string& name : junctions.sj_morphology) ops.list.push_back(morphology_op(name));
  ops.element = morphology_element(config.dataset.voxel_size_nm);
  return ops;
}

Volume<std::uint8_t> junction_mask(const RunConfig& config, const fs::path& run, const JunctionConfig& junctions,
                                   const Box3& dataset, const Box3& write) {
  const auto sj = open_map(config, run, dataset, "sj");
  const Ops ops = ops_of(config, junctions);
  Volume<std::uint8_t> mask(ops.list.empty() ? write : intersect(write.grown(ops.halo()), dataset));
  read_organelle_mask(config, "sj", *sj, junctions.sj_threshold, mask.view());
  if (!ops.list.empty()) Morphology().apply(ops.list, ops.element, mask.view());
  return mask;
}

Volume<std::uint8_t> labels_mask(const VolumeReader& volume, const std::vector<Id>& ids, const Box3& write) {
  Volume<std::uint8_t> mask(write);
  volume.read_foreground(ids, mask.view());
  return mask;
}

Volume<std::uint8_t> grey_mask(const RunConfig& config, const fs::path& run, const std::string& name, int threshold,
                               const Box3& dataset, const Box3& write) {
  if (!has_map(config, name)) return {};
  Volume<std::uint8_t> mask(write);
  // "from grey t on" is "above t - 1", in the middle so that rounding cannot matter
  read_organelle_mask(config, name, *open_map(config, run, dataset, name), (threshold - 0.5) / 255.0, mask.view());
  return mask;
}

}  // namespace

void JunctionConfig::describe(Fields& f) {
  f.add("sj_threshold", sj_threshold, "a voxel is synaptic junction where the map 'sj' exceeds this", Range{0, 1});
  f.add("sj_morphology", sj_morphology, "operations on the junction mask, in this order; [] for expert labels",
        Choices{"erosion", "dilation", "opening", "closing"});
}

JunctionMasks junction_masks(const RunConfig& config, const fs::path& run, const JunctionConfig& junctions,
                             int type_threshold, const Box3& dataset, const Box3& write) {
  JunctionMasks masks;
  masks.junction = junction_mask(config, run, junctions, dataset, write);
  if (has_volume(config, "syn_type")) {
    const auto type = open_covering(config, "syn_type", dataset);
    const VolumeConfig& ids = config.dataset.volumes.at("syn_type");
    masks.sym = labels_mask(*type, ids.sym, write);
    masks.asym = labels_mask(*type, ids.asym, write);
  } else {
    masks.sym = grey_mask(config, run, "syn_sym", type_threshold, dataset, write);
    masks.asym = grey_mask(config, run, "syn_asym", type_threshold, dataset, write);
  }
  return masks;
}

std::uint64_t junction_memory_bytes(const RunConfig& config, const JunctionConfig& junctions, const Vec3i& chunk_vx) {
  const Ops ops = ops_of(config, junctions);
  const Vec3i read = chunk_vx + 2 * ops.halo();
  // the mask, its bits with rim three times, two type masks
  return static_cast<std::uint64_t>(read.product()) * 2 + static_cast<std::uint64_t>(chunk_vx.product()) * 2;
}

}  // namespace syconn
