// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "slurm_calls.h"
#include "slurm_chain.h"
#include "slurm_draft.h"
#include "slurm_state.h"
#include "syconn/exec/slurm.h"

namespace syconn {

/// The steps to do behind a round whose only task takes so many seconds.
using FindChain = std::function<std::vector<ChainLink>(double used_s)>;

/// Gives rounds and gates to sbatch.
class Submitter {
 public:
  Submitter(const PipelineRun& run, const SlurmProfile& profile, const SlurmCaller& caller, const SlurmCalls& calls,
            std::string run_id)
      : run_(run), profile_(profile), caller_(caller), calls_(calls), run_id_(std::move(run_id)) {}

  /// Writes the round as an intent, then submits its arrays and its gate and notes their ids. Where the site refuses so
  /// many tasks, fewer and longer ones are made; of a single task `chain` may be empty. Returns the round as submitted.
  Round submit_round(DraftInput input, Round round, const FindChain& chain) const;
  /// A gate behind these jobs or arrays; returns its id.
  std::string submit_gate(const StagePlan& plan, const StepPlan& step, std::int64_t round,
                          const std::vector<std::string>& behind) const;

 private:
  /// Rounds of the steps behind `round`, led by its task; widens its request to theirs.
  std::vector<Round> chain_rounds(const DraftInput& input, const std::vector<ChainLink>& links, Round& round) const;
  std::string tag(const char* kind, const StagePlan& plan, const StepPlan& step, std::int64_t round,
                  std::int64_t part) const;
  std::vector<std::string> array_command(const StagePlan& plan, const StepPlan& step, const Round& round,
                                         std::size_t part) const;
  /// Returns the job's id; "" if `may_shrink` and the site refuses so many tasks. Tries again while SLURM is busy.
  std::string sbatch(const std::vector<std::string>& command, const std::string& tag, bool may_shrink) const;
  std::string find(const std::string& tag) const;

  const PipelineRun& run_;
  const SlurmProfile& profile_;
  const SlurmCaller& caller_;
  const SlurmCalls& calls_;
  std::string run_id_;
};

}  // namespace syconn
