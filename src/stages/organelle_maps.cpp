// SPDX-License-Identifier: GPL-3.0-or-later
#include "organelle_maps.h"

#include <algorithm>

#include "inference_config.h"
#include "volumes.h"

namespace syconn {
namespace {

const WatershedConfig* section_of(const RunConfig& config) {
  return config.sections.contains("watershed") ? &config.section<WatershedConfig>("watershed") : nullptr;
}

fs::path derived(const JobContext& ctx, const std::string& name) { return ctx.in_run("volumes/" + name + ".json"); }

/// The file names this type itself: the defaults' types are all optional, those of a resolved config say what they are.
bool is_listed(const RunConfig& config, const std::string& name, const OrganelleTypeConfig& type) {
  const std::string key = "watershed.types." + name;
  if (config.places.contains(key + ".optional")) return !type.optional;
  return config.places.contains(key);
}

bool watershed_is_in_run(const RunConfig& config) {
  const auto& stages = config.stages;
  return section_of(config) != nullptr &&
         (stages.empty() || std::find(stages.begin(), stages.end(), "watershed") != stages.end());
}

}  // namespace

OrganelleVolume organelle_volume(const RunConfig& config, const std::string& name) {
  const auto found = config.dataset.volumes.find(name);
  if (found == config.dataset.volumes.end())
    return is_inferred(config, name) ? OrganelleVolume::inferred : OrganelleVolume::none;
  const VolumeConfig& volume = found->second;
  if (volume.kind == "image")
    throw Error(Category::config, config.where("dataset.volumes." + name) + ": volume '" + name +
                                      "' is of kind image; organelles come from kind probability or labels");
  return volume.kind == "labels" && volume.foreground.empty() ? OrganelleVolume::instances : OrganelleVolume::map;
}

std::vector<std::string> watershed_types(const RunConfig& config, std::vector<std::string>* missing) {
  std::vector<std::string> names;
  const WatershedConfig* section = section_of(config);
  if (section == nullptr) return names;
  for (const auto& [name, type] : section->types) {
    const bool listed = is_listed(config, name, type);
    switch (organelle_volume(config, name)) {
      case OrganelleVolume::map:
      case OrganelleVolume::inferred:
        names.push_back(name);
        break;
      case OrganelleVolume::instances:
        if (listed)
          throw Error(Category::config,
                      config.where("watershed.types." + name) + ": volume '" + name +
                          "' holds instances already (kind labels without foreground): take it out of watershed.types, "
                          "or say with foreground which of its labels are the organelle");
        break;
      case OrganelleVolume::none:
        if (listed && missing != nullptr)
          missing->push_back("dataset.volumes." + name + ", or a model in chunk-infer.models that makes it");
        break;
    }
  }
  return names;
}

std::vector<std::string> instance_types(const RunConfig& config) {
  std::vector<std::string> names;
  const WatershedConfig* section = section_of(config);
  if (section == nullptr) return names;
  for (const auto& entry : section->types)
    if (has_instances(config, entry.first)) names.push_back(entry.first);
  return names;
}

bool has_instances(const RunConfig& config, const std::string& name) {
  return instances_from_watershed(config, name) || organelle_volume(config, name) == OrganelleVolume::instances;
}

bool instances_from_watershed(const RunConfig& config, const std::string& name) {
  return watershed_is_in_run(config) && section_of(config)->types.contains(name) &&
         (organelle_volume(config, name) == OrganelleVolume::map ||
          organelle_volume(config, name) == OrganelleVolume::inferred);
}

void require_instances(const RunConfig& config, const Box3& box, const std::string& name, bool required,
                       StageInputs& inputs) {
  if (instances_from_watershed(config, name)) return;
  if (organelle_volume(config, name) == OrganelleVolume::instances)
    require_volume(config, box, name, required, inputs);
  else if (required)
    inputs.missing.push_back("instances of '" + name + "': the stage watershed, or dataset.volumes." + name +
                             " of kind labels");
}

std::unique_ptr<VolumeReader> open_instances(const JobContext& ctx, const std::string& name) {
  if (instances_from_watershed(ctx.config(), name)) return open_volume(derived(ctx, name + "_seg"), name + "_seg");
  if (organelle_volume(ctx.config(), name) == OrganelleVolume::instances)
    return open_covering(ctx.config(), name, ctx.geometry().box);
  throw Error(Category::input, "the run has no instances of '" + name +
                                   "': add the stage watershed, or dataset.volumes." + name + " of kind labels");
}

bool has_map(const RunConfig& config, const std::string& name) {
  return has_volume(config, name) || is_inferred(config, name);
}

void require_map(const RunConfig& config, const Box3& box, const std::string& name, StageInputs& inputs) {
  require_volume(config, box, name, false, inputs);
}

fs::path inferred_map(const RunConfig& config, const fs::path& run, const std::string& name) {
  const fs::path inferred = run / "volumes" / (name + "_prob.json");
  if (!fs::exists(inferred)) return {};
  if (has_volume(config, name))
    throw Error(Category::config, config.where("dataset.volumes." + name) + ": the run has a map of its own, '" +
                                      inferred.string() + "', beside dataset.volumes." + name +
                                      "; take one of them away");
  return inferred;
}

std::unique_ptr<VolumeReader> open_map(const RunConfig& config, const fs::path& run, const Box3& box,
                                       const std::string& name) {
  const fs::path inferred = inferred_map(config, run, name);
  if (inferred.empty()) return open_covering(config, name, box);
  auto reader = open_volume(inferred, name + "_prob");
  if (!reader->info().box().contains(box))
    throw Error(Category::input, "'" + inferred.string() +
                                     "' does not cover the dataset: its model works on coarser voxels, and '" + name +
                                     "' is needed in the dataset's own");
  return reader;
}

std::unique_ptr<VolumeReader> open_organelle_map(const JobContext& ctx, const std::string& name) {
  return open_map(ctx.config(), ctx.in_run(""), ctx.geometry().box, name);
}

void read_organelle_mask(const RunConfig& config, const std::string& name, const VolumeReader& map, double threshold,
                         VolumeView<std::uint8_t> out) {
  if (has_volume(config, name))
    read_binary(config, name, map, threshold, out);
  else
    map.read_mask(threshold, out);
}

}  // namespace syconn
