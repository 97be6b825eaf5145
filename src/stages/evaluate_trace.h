// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluate_support.h"
#include "junctions.h"
#include "syconn/algo/contacts.h"
#include "syconn/exec/config.h"
#include "syconn/stages/junction_fate.h"

namespace syconn {

/// Of each label that a contact, fragment or synapse meets. One pass over datasets/cs.h5, syn.h5 and syn_ssv.h5.
/// Memory: the supervoxels' cells and what meets a label.
std::map<Id, JunctionTrace> trace_junctions(const fs::path& run, const LabelledRuns& labels);

/// Sizes below which the run drops things.
struct SizeLimits {
  std::uint64_t contact_vx = 0, fragment_vx = 0, synapse_vx = 0;
};

/// What lies below a junction, from the run's volumes. Voxels.
struct JunctionGround {
  std::uint64_t size_vx = 0, background_vx = 0;
  std::uint64_t in_map_vx = 0;  ///< in the junction map after threshold and morphology
  /// Largest contact between two cells on it, before any size limit, and the largest part of one in the junction map.
  std::uint64_t contact_vx = 0, mapped_contact_vx = 0;
  std::vector<std::pair<Id, std::uint64_t>> cells;  ///< below it, the largest first
};

/// A run's config and volumes, to do again at one junction what the stage `contacts` did.
class RunGround {
 public:
  /// Throws Error{input}: no config.yml in `run`.
  explicit RunGround(const fs::path& run);
  /// Nothing where the config or one of its volumes sv and sj is not there (any more).
  static std::optional<RunGround> where_possible(const fs::path& run);
  const Box3& box() const { return box_; }
  const SizeLimits& limits() const { return limits_; }
  const RunConfig& config() const { return config_; }
  /// Exact, in blocks of bounded memory. Throws Error{input} where a volume is missing.
  JunctionGround look(std::span<const Run> runs) const;
  /// 1 where the run sees a junction. Throws Error{input} without a junction map.
  Volume<std::uint8_t> junction_mask(const Box3& box) const;
  /// Cell of every voxel, 0: none.
  Volume<Id> cells(const Box3& box) const;

 private:
  void look_at_block(std::span<const Run> runs, const Box3& block, JunctionGround& out,
                     std::map<Id, std::uint64_t>& cells, std::map<std::pair<Id, Id>, std::uint64_t>& contact,
                     std::map<std::pair<Id, Id>, std::uint64_t>& mapped) const;
  RunGround(const fs::path& run, RunConfig config);
  fs::path run_;
  RunConfig config_;
  Box3 box_;
  ContactParams contacts_;
  JunctionConfig junctions_;
  int type_threshold_ = 0;
  SizeLimits limits_;
  std::unordered_map<Id, Id> cells_;
};

struct FateReport {
  JunctionFate fate = JunctionFate::no_contact;
  std::string why;  ///< one line with the figures; empty for a synapse
};
/// Why `trace` (null: nothing meets the junction) is no synapse. `ground`: looks at the volumes where the datasets do
/// not tell; without it such cases are `small_fragment` and `no_contact`.
FateReport judge_fate(const JunctionTrace* trace, double prob_min, std::span<const Run> runs, const RunGround* ground);

}  // namespace syconn
