// SPDX-License-Identifier: GPL-3.0-or-later
#include "volumes.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "syconn/exec/job.h"

namespace syconn {
namespace {

const VolumeConfig& volume_config(const RunConfig& config, const std::string& name) {
  const auto found = config.dataset.volumes.find(name);
  if (found == config.dataset.volumes.end())
    throw Error(Category::input,
                config.where("dataset.volumes") + ": there is no volume '" + name + "' in dataset.volumes");
  return found->second;
}

bool same_voxels(const Vec3d& a, const Vec3d& b) {
  for (int axis = 0; axis < 3; ++axis)
    if (std::abs(a[axis] - b[axis]) > 1e-3 * b[axis]) return false;
  return true;
}

}  // namespace

bool has_volume(const RunConfig& config, const std::string& name) { return config.dataset.volumes.contains(name); }

std::unique_ptr<VolumeReader> open_input(const RunConfig& config, const std::string& name) {
  const VolumeConfig& volume = volume_config(config, name);
  std::unique_ptr<VolumeReader> reader;
  try {
    reader = open_volume(config.resolve(volume.path), volume.dataset,
                         {.allow_missing = volume.allow_missing, .format = volume.format, .level = volume.level});
  } catch (const Error& e) {
    throw e.with_context(config.where("dataset.volumes." + name + ".path") + ": volume '" + name + "'");
  }
  const DType dtype = reader->info().dtype;
  if (volume.kind != "probability" && (dtype == DType::f32 || dtype == DType::f64))
    throw Error(Category::config, config.where("dataset.volumes." + name + ".kind") + ": volume '" + name +
                                      "' is of kind " + volume.kind + ", but '" + reader->info().where + "' holds " +
                                      dtype_name(dtype) + "; " + volume.kind + " are integers");
  return reader;
}

std::unique_ptr<VolumeReader> open_covering(const RunConfig& config, const std::string& name, const Box3& box) {
  auto reader = open_input(config, name);
  std::ostringstream text;
  text << config.where("dataset.volumes." + name) << ": volume '" << name << "' ";
  if (!reader->info().box().contains(box)) {
    text << "covers " << reader->info().box() << ", not the whole dataset box " << box
         << "; set dataset.box_vx to what all volumes cover";
    throw Error(Category::input, text.str());
  }
  const Vec3d want = config.dataset.voxel_size_nm;
  const auto have = volume_config(config, name).voxel_size_nm ? volume_config(config, name).voxel_size_nm
                                                              : reader->info().voxel_size_nm;
  if (have && !same_voxels(*have, want)) {
    text << "has voxels of " << *have << " nm, the dataset of " << want
         << " nm; correct dataset.voxel_size_nm or the volume's own voxel_size_nm, or choose another of its levels";
    throw Error(Category::config, text.str());
  }
  return reader;
}

Box3 dataset_box(const RunConfig& config) {
  if (config.dataset.box_vx) return *config.dataset.box_vx;
  if (!has_volume(config, "sv"))
    throw Error(Category::config,
                config.where("dataset") + ": give dataset.box_vx, or dataset.volumes.sv, whose extent is the default");
  return open_input(config, "sv")->info().box();
}

void require_volume(const RunConfig& config, const Box3& box, const std::string& name, bool required,
                    StageInputs& inputs) {
  if (!has_volume(config, name)) {
    if (required) inputs.missing.push_back("dataset.volumes." + name);
    return;
  }
  const VolumeConfig& volume = volume_config(config, name);
  Json entry = {{"kind", volume.kind}, {"foreground", volume.foreground}, {"sym", volume.sym}, {"asym", volume.asym}};
  if (volume.allow_missing) entry["allow_missing"] = true;
  entry["fingerprint"] = parse_json(volume_fingerprint(*open_covering(config, name, box)), name);
  inputs.fingerprints[name] = entry;
}

Json missing_chunks(const RunConfig& config) {
  Json counts = Json::object();
  for (const auto& [name, volume] : config.dataset.volumes) {
    if (!volume.allow_missing) continue;
    const auto reader = open_input(config, name);
    const Vec3d dataset = config.dataset.voxel_size_nm;
    const bool own_voxels =
        !same_voxels(volume.voxel_size_nm.value_or(reader->info().voxel_size_nm.value_or(dataset)), dataset);
    counts[name] = reader->count_missing(own_voxels ? reader->info().box() : dataset_box(config));
  }
  return counts;
}

void require_table_ids(const RunConfig& config, const std::string& name, const Volume<Id>& labels) {
  const auto& stages = config.stages;
  if (!stages.empty() && std::find(stages.begin(), stages.end(), "tables") == stages.end()) return;
  const Id* largest = std::max_element(labels.data(), labels.data() + labels.count());
  if (labels.count() == 0 || *largest >> 63 == 0) return;
  std::ostringstream text;
  text << config.where("dataset.volumes." + name) << ": '" << config.resolve(volume_config(config, name).path).string()
       << "' holds the id " << *largest
       << "; stage 'tables' writes SQLite, whose integers end below 2^63. Renumber the volume, or list the stages to "
          "run "
          "without 'tables'";
  throw Error(Category::input, text.str());
}

void read_binary(const RunConfig& config, const std::string& name, const VolumeReader& volume, double threshold,
                 VolumeView<std::uint8_t> out) {
  const VolumeConfig& kind = volume_config(config, name);
  if (kind.kind == "labels")
    volume.read_foreground(kind.foreground, out);
  else
    volume.read_mask(threshold, out);
}

void publish_volume(JobContext& ctx, const std::string& name, const std::vector<VolumePart>& parts,
                    const VolumeMeta& meta) {
  const std::string manifest = volume_manifest(ctx.in_run("volumes"), name, parts, meta);
  const fs::path combined = "volumes/" + name + ".h5";
  if (parts.size() <= kMaxVirtualFiles) {
    write_virtual_volume(ctx.output(combined), manifest);
  } else {
    std::error_code ignored;
    fs::remove(ctx.in_run(combined), ignored);  // of an earlier run with fewer chunks
  }
  write_file_atomically(ctx.output("volumes/" + name + ".json"), manifest);
}

}  // namespace syconn
