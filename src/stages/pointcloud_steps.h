// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/io/record_file.h"
#include "syconn/io/segmentation_dataset.h"

/// The steps of the stage `pointcloud`; docs/stages/pointcloud.md tells what each reads and writes.
namespace syconn {

struct PointcloudConfig {
  std::string ads, abt, dnh, coarse, fine, astrocyte, device = "auto";
  std::uint64_t seed = 0;
  std::int64_t redundancy = 1, vote_neighbours = 50, syn_neighbours = 20;
  double smooth_um = 10, axon_share = 0.66, soma_um = 4, soma_radius_um = 3;

  void describe(Fields& f);
};

inline constexpr const char* kPointcloudStage = "pointcloud";

/// A synapse on its way to one of its cells, and, where its side is a spine head, on to the step `heads`.
struct SynapsePlace {
  Id cell, synapse;
  float x_nm, y_nm, z_nm;
  std::uint32_t side;  ///< 0: the cell is cell_a, 1: cell_b

  Vec3f nm() const { return {x_nm, y_nm, z_nm}; }
};
/// Its compartment there, on its way back to the synapse.
struct SynapseSide {
  Id synapse;
  std::uint32_t side, code;
};
struct SynapseHead {
  Id synapse;
  std::uint64_t side;
  double volume_um3;
};

inline fs::path pointcloud_input(const JobContext& ctx, const std::string& type) {
  return ctx.in_run("datasets/" + type + ".h5");
}
/// Shards of syn_ssv, 1 where the run has no synapses.
std::uint32_t synapse_shards_of(const JobContext& ctx);
/// Records of one slice from a step's files of that name, those of all jobs, in the order of the jobs.
template <class T>
std::vector<T> gathered(const JobContext& ctx, const std::string& step, const std::string& name, std::uint32_t slice) {
  std::vector<T> records;
  for (std::int64_t job = 0; job < ctx.job().count; ++job)
    read_records(RecordFile(ctx.work_input(step, name, job)), slice, records);
  return records;
}

void pointcloud_places(JobContext& ctx, const PointcloudConfig& c);
void pointcloud_predict(JobContext& ctx, const PointcloudConfig& c);
void pointcloud_publish_cells(JobContext& ctx, const PointcloudConfig& c);
void pointcloud_heads(JobContext& ctx, const PointcloudConfig& c);
void pointcloud_synapses(JobContext& ctx, const PointcloudConfig& c);
void pointcloud_publish(JobContext& ctx, const PointcloudConfig& c);

/// What a job of `heads` may hold: one box around a synapse, one cell's surface.
std::uint64_t pointcloud_heads_bytes(const RunConfig& config, const Geometry& geometry);

}  // namespace syconn
