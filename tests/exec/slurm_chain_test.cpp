// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_chain.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace syconn {
namespace {

struct ChainConfig {
  void describe(Fields&) {}
};
void nothing(JobContext&, const ChainConfig&) {}

/// first: chunks (4), one; second: next, last. Nothing states its speed, so a job is taken to need job_guess_s.
const StageTable& table() {
  static const StageTable made = [] {
    StageTable t;
    t.stages.push_back(make_stage<ChainConfig>("First", {{"chunks", per_chunk, nothing}, {"one", once, nothing}}));
    t.stages.push_back(make_stage<ChainConfig>("Second", {{"next", once, nothing}, {"last", once, nothing}}));
    t.stages[0].name = t.stages[0].section.name = "first";
    t.stages[1].name = t.stages[1].section.name = "second";
    t.stages[1].needs = {"first"};
    t.dataset_box = [](const RunConfig& config) { return config.dataset.box_vx.value(); };
    return t;
  }();
  return made;
}

class SlurmChain : public ::testing::Test {
 protected:
  SlurmChain()
      : run_(parse_config(
                 "dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: [128, 128, 10]},"
                 " chunk_vx: [64, 64, 64], volumes: {}}\nstages: [first, second]\n",
                 "run.yml", temp_.path(), {}, table().sections()),
             temp_ / "run", table()) {
    profile_.job_guess_s = 60, profile_.cpu.task_minutes = 7;
  }
  /// Names of the steps behind first/chunks, whose four jobs take four minutes.
  std::string behind(const std::string& not_fresh = "") const {
    std::string names;
    const StagePlan& plan = run_.stage("first");
    for (const ChainLink& link :
         chain_behind(run_, plan, plan.steps[0], profile_, 240,
                      [&](const StagePlan&, const StepPlan& s) { return s.step->name != not_fresh; }))
      names += link.step->step->name + " ";
    return names;
  }

  test::TempFolder temp_;
  PipelineRun run_;
  SlurmProfile profile_;
};

TEST_F(SlurmChain, StepsFollowWhileTheyFitTheTasksTime) {
  EXPECT_EQ(behind(), "one next last ");
  profile_.cpu.task_minutes = 6.5;
  EXPECT_EQ(behind(), "one next ") << "three more minutes do not fit";
  profile_.cpu.task_minutes = 4;
  EXPECT_EQ(behind(), "");
}

TEST_F(SlurmChain, EndsAtAStepThatHadItsRounds) { EXPECT_EQ(behind("next"), "one "); }

TEST_F(SlurmChain, EndsAtAStepOfTheOtherClass) {
  StageTable with_gpu = table();
  with_gpu.stages[1].steps[0].resources.gpu = true;
  const PipelineRun run(run_.config(), temp_ / "gpu", with_gpu);
  const StagePlan& plan = run.stage("first");
  EXPECT_EQ(chain_behind(run, plan, plan.steps[0], profile_, 0, [](const auto&, const auto&) { return true; }).size(),
            1U);
}

}  // namespace
}  // namespace syconn
