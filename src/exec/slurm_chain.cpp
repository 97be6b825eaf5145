// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_chain.h"

#include "slurm_script.h"

namespace syconn {
namespace {

constexpr std::int64_t kMostJobs = 10000;  ///< whose markers a gate looks at for this

double seconds_of_link(const PipelineRun& run, const ChainLink& link, const SlurmProfile& profile) {
  return static_cast<double>(link.pending.size()) * expected_job_s(run, *link.plan, *link.step, profile);
}

}  // namespace

std::vector<ChainLink> chain_behind(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                                    const SlurmProfile& profile, double used_s,
                                    const std::function<bool(const StagePlan&, const StepPlan&)>& is_fresh) {
  const double most_s = task_target_s(class_of(profile, step));
  std::vector<ChainLink> links;
  bool behind = false;
  for (const StagePlan& p : run.stages())
    for (const StepPlan& s : p.steps) {
      if (&p == &plan && &s == &step) behind = true;
      if (!behind || &s == &step || s.jobs == 0) continue;
      if (s.gpu != step.gpu || s.jobs > kMostJobs) return links;
      ChainLink link{&p, &s, run.pending(p, s, CheckLevel::sizes)};
      if (link.pending.empty()) continue;
      used_s += seconds_of_link(run, link, profile);
      if (used_s > most_s || !is_fresh(p, s)) return links;
      links.push_back(std::move(link));
    }
  return links;
}

double chain_seconds(const PipelineRun& run, const std::vector<ChainLink>& links, const SlurmProfile& profile) {
  double sum = 0;
  for (const ChainLink& link : links) sum += seconds_of_link(run, link, profile);
  return sum;
}

}  // namespace syconn
