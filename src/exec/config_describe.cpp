// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cctype>

#include "syconn/exec/config.h"

/// The keys of `dataset` and `execution`.
namespace syconn {
namespace {

constexpr Range kVoxelSize{0.001, 1e6};

}  // namespace

void VolumeConfig::describe(Fields& f) {
  f.add("path", path, "file or folder; relative paths start at dataset.root")
      .required()
      .no_effect_on_results()
      .check([this] { return path.empty() ? std::string("must not be empty") : std::string(); });
  f.add("dataset", dataset,
        "the dataset in an HDF5 file, key of a precomputed scale, array in a Zarr, layer and mag of KNOSSOS")
      .no_effect_on_results();
  f.add("format", format, "file format; auto: whatever lies at path",
        Choices{"auto", "hdf5", "precomputed", "zarr", "knossos"})
      .no_effect_on_results();
  f.add("level", level, "which of several resolutions, 0 is the finest; or name it by dataset", Range{0, 63})
      .no_effect_on_results();
  f.add("kind", kind, "what the voxels are; integers of a probability map count as v/255, floats as they are",
        Choices{"image", "labels", "probability"})
      .required();
  const auto for_labels = [this](const std::vector<Id>& ids) {
    return [this, &ids] { return ids.empty() || kind == "labels" ? std::string() : std::string("needs kind: labels"); };
  };
  f.add("foreground", foreground, "labels that count as 1, all others as 0; empty: the labels are instances")
      .check(for_labels(foreground));
  f.add("sym", sym, "labels of symmetric (inhibitory) synapses, in a synapse-type volume").check(for_labels(sym));
  f.add("asym", asym, "labels of asymmetric (excitatory) synapses, in a synapse-type volume").check(for_labels(asym));
  f.add("voxel_size_nm", voxel_size_nm, "size of one voxel in x, y, z if it is not the dataset's", kVoxelSize);
  f.add("allow_missing", allow_missing,
        "take chunks that were never written as empty and count them; false: they are an error");
}

void DatasetConfig::describe(Fields& f) {
  f.add("name", name, "name of the dataset; names the run's folder, runs/<name>")
      .required()
      .no_effect_on_results()
      .example("mydata")
      .check([this] {
        const bool fits = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '_' || c == '-';
        });
        return fits ? std::string() : std::string("must consist of letters, digits, '_' and '-'");
      });
  f.add("root", root, "folder of the data; relative to this file's folder, from --set to the current folder")
      .file_path();
  f.add("voxel_size_nm", voxel_size_nm, "size of one voxel in x, y, z", kVoxelSize).required().example("[10, 10, 25]");
  f.add("box_vx", box_vx, "part to analyse as if nothing lay outside; default: the whole supervoxel volume")
      .units("voxels")
      .example("{min: [0, 0, 0], max: [1024, 1024, 256]}");
  f.add("chunk_vx", chunk_vx, "size of a job's block in x, y, z: multiples of 64, at most 65536", Range{1})
      .no_effect_on_results()
      .check([this] {
        const bool fits = chunk_vx.x % 64 == 0 && chunk_vx.y % 64 == 0 && chunk_vx.z % 64 == 0;
        if (!fits) return std::string("must be multiples of 64");
        return chunk_vx.max_element() > 65536 ? std::string("must be at most 65536 on each axis") : std::string();
      });
  f.add("volumes", volumes, "input volumes by name: raw, sv (supervoxels), mi, vc, sj, syn_type, myelin, …")
      .required()
      .example(
          "raw: {path: raw.h5, dataset: raw, kind: image}\n"
          "sv: {path: supervoxels.h5, dataset: seg, kind: labels}\n"
          "sj: {path: sj.h5, dataset: sj, kind: probability}");
  f.add("supervoxel_graph", supervoxel_graph, "CSV of sv_a,sv_b: supervoxels of one cell; relative to dataset.root")
      .no_effect_on_results();
  f.add("merges", merges, "CSV of sv_a,sv_b: edges to add to the graph; relative to dataset.root")
      .no_effect_on_results();
  f.add("splits", splits, "CSV of sv_a,sv_b: edges to remove from it; relative to dataset.root").no_effect_on_results();
}

void ExecutionConfig::describe(Fields& f) {
  f.add("executor", executor, "where jobs run", Choices{"local", "slurm"}).no_effect_on_results();
  f.add("threads", threads, "CPU threads; 0: all of the machine", Range{0, 4096}).no_effect_on_results();
  f.add("memory_gb", memory_gb, "memory the local executor may plan with", Range{0.1, 1e6}).no_effect_on_results();
  f.add("job_order_seed", job_order_seed,
        "0: jobs in their order; else shuffled by this seed, to test that it changes nothing", Range{0})
      .no_effect_on_results();
  f.add("usd_per_core_hour", usd_per_core_hour, "price of a core hour, for cost estimates", Range{0})
      .units("US$")
      .no_effect_on_results();
  f.add("merge_fan_in", merge_fan_in, "job files merged at once; more are merged in a tree", Range{2, 1e6})
      .units("files")
      .no_effect_on_results();
  f.add("profile", profile, "YAML file with the site's SLURM settings").file_path();
}

}  // namespace syconn
