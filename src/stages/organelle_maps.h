// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "organelle_config.h"
#include "syconn/exec/job.h"
#include "syconn/io/volume_reader.h"

/// Where a run's organelles come from. A map (how likely a voxel is organelle) is `dataset.volumes.<name>` of kind
/// probability, or labels with `foreground`; else RUN/volumes/<name>_prob. Instances (a label an object) are
/// RUN/volumes/<name>_seg where `watershed` makes them; else `dataset.volumes.<name>` of kind labels without
/// `foreground`.
namespace syconn {

enum class OrganelleVolume { none, map, instances, inferred };
/// What `dataset.volumes.<name>` is; `inferred`: it is absent, and `chunk-infer` makes the map in this run. Throws
/// Error{config} for kind image.
OrganelleVolume organelle_volume(const RunConfig& config, const std::string& name);

/// The types that `watershed` makes objects of: those of watershed.types that have a map. Throws Error{config} if the
/// file lists one whose volume holds instances; appends to `missing` those it lists that have no map.
std::vector<std::string> watershed_types(const RunConfig& config, std::vector<std::string>* missing = nullptr);

/// The instance types of a run, by name: what `watershed` makes where the run has it (stages), and of the names in
/// watershed.types those whose volume holds instances. For any other name ask has_instances().
std::vector<std::string> instance_types(const RunConfig& config);
bool has_instances(const RunConfig& config, const std::string& name);
/// True if RUN/volumes/<name>_seg and RUN/datasets/<name>.h5 are made by `watershed` in this run.
bool instances_from_watershed(const RunConfig& config, const std::string& name);
/// Fingerprint of the instances' input volume, or its name to `inputs.missing` if `required` and absent. What
/// `watershed` makes is covered by Stage::uses = {"watershed"}.
void require_instances(const RunConfig& config, const Box3& box, const std::string& name, bool required,
                       StageInputs& inputs);
/// Opens the instances of a type; covers the dataset's box. Throws Error{input} where has_instances() is false.
std::unique_ptr<VolumeReader> open_instances(const JobContext& ctx, const std::string& name);

/// Whether the run has a map `name` (organelles, junctions, synapse types, myelin): dataset.volumes.<name>, or one that
/// `chunk-infer` makes.
bool has_map(const RunConfig& config, const std::string& name);
/// Fingerprint of dataset.volumes.<name> if it is there. What `chunk-infer` makes is covered by
/// Stage::uses = {"chunk-infer"}.
void require_map(const RunConfig& config, const Box3& box, const std::string& name, StageInputs& inputs);
/// Opens that map; it covers `box` (dataset) in the dataset's voxels. Throws Error{config} if the run has both the
/// volume and a derived RUN/volumes/<name>_prob.
std::unique_ptr<VolumeReader> open_map(const RunConfig& config, const fs::path& run, const Box3& box,
                                       const std::string& name);
std::unique_ptr<VolumeReader> open_organelle_map(const JobContext& ctx, const std::string& name);
/// RUN/volumes/<name>_prob.json, where the run takes the map from there; else empty. Throws as open_map().
fs::path inferred_map(const RunConfig& config, const fs::path& run, const std::string& name);
/// 1 where the map exceeds `threshold`, or shows a label of `foreground`; else 0.
void read_organelle_mask(const RunConfig& config, const std::string& name, const VolumeReader& map, double threshold,
                         VolumeView<std::uint8_t> out);

}  // namespace syconn
