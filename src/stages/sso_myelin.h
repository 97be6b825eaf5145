// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "syconn/algo/skeleton_labels.h"
#include "syconn/exec/job.h"
#include "syconn/io/record_file.h"

/// Myelin at the nodes of skeletons: nodes go to the chunks their windows meet (step `skeletons`), a chunk's counts go
/// to the shards (step `myelin`), which add them up and vote. Windows, threshold and vote: docs/stages/sso.md.
namespace syconn {

/// Whether the run has a map of myelin: dataset.volumes.myelin or that of `chunk-infer`, of a pitch of its own if need
/// be. Throws Error{config}
/// for kind image, and for labels without foreground.
bool has_myelin(const RunConfig& config);
/// Fingerprint of dataset.volumes.myelin, if it is there. Throws Error{input} if it does not cover the dataset.
void require_myelin(const RunConfig& config, const Box3& box, StageInputs& in);

/// In the job of `skeletons`: nodes on their way to the chunks, as work output `nodes`. Nothing without a map.
class MyelinNodes {
 public:
  explicit MyelinNodes(JobContext& ctx);
  void add(Id cell, const std::vector<Vec3f>& nodes_nm);
  void close();

 private:
  const Geometry& geometry_;
  std::optional<RecordFileWriter> file_;
};

/// One value a node.
struct NodeMyelin {
  std::vector<std::uint8_t> label;  ///< after the vote: 1 myelinated
  std::vector<float> share;         ///< of the map's voxels in the window; NaN: none there
};
/// What the map says of a shard's new skeletons. Memory: 8 bytes a node, and one file's share of the shard.
class MyelinCounts {
 public:
  MyelinCounts(const JobContext& ctx, std::uint32_t shard);
  /// `parent` of node i: below i, -1 at the root.
  NodeMyelin at(Id cell, const std::vector<Vec3f>& nodes_nm, const std::vector<std::int32_t>& parent) const;

 private:
  std::map<Id, std::vector<WindowCount>> counts_;
};
/// Part of the path without bridges that is myelinated, half of an edge by each of its nodes; 0 without a path. Edge
/// i - 1 joins node i with its parent.
float myelin_fraction(const std::vector<Vec3f>& nodes_nm, const std::vector<std::int32_t>& parent,
                      const std::vector<float>& bridge_nm, const std::vector<std::uint8_t>& label);

}  // namespace syconn
