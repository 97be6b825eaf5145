// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/slurm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slurm_calls.h"
#include "slurm_rounds.h"
#include "slurm_script.h"
#include "slurm_state.h"
#include "support/temp_folder.h"

namespace syconn {
namespace {

using ::testing::HasSubstr;

TEST(SlurmScript, EmptyDirectivesAreLeftOutAndOpenNamesAreErrors) {
  const std::string text = "#SBATCH --qos=@QOS@\n#SBATCH --signal=B:USR1@@SECONDS@\n@LINES@\nrun=@QOS@ # a@b\n";
  EXPECT_EQ(fill_template(text, {{"QOS", ""}, {"SECONDS", "120"}, {"LINES", ""}}),
            "#SBATCH --signal=B:USR1@120\nrun= # a@b\n");
  EXPECT_EQ(fill_template("#SBATCH --qos=@QOS@\n", {{"QOS", "long"}}), "#SBATCH --qos=long\n");
  EXPECT_THROW(fill_template("@OTHER@\n", {}), std::logic_error);
  EXPECT_EQ(shell_quoted("a'b c"), "'a'\\''b c'");
  EXPECT_EQ(slurm_time(90), "01:30:00");
  EXPECT_EQ(slurm_time(1501), "1-01:01:00");
}

TEST(SlurmScript, AnEditedScriptIsKept) {
  const test::TempFolder temp;
  write_script(temp / "a.sbatch", "one\n");
  write_script(temp / "a.sbatch", "two\n");
  EXPECT_EQ(read_file(temp / "a.sbatch"), "two\n");
  write_file_atomically(temp / "a.sbatch", "mine\n");
  write_script(temp / "a.sbatch", "three\n");
  EXPECT_EQ(read_file(temp / "a.sbatch"), "mine\n");
}

TEST(SlurmProfileFile, TheExampleLoadsAndSurvivesItsCopy) {
  const test::TempFolder temp;
  const SlurmProfile profile = load_slurm_profile(fs::path(SYCONN_SOURCE_DIR) / "configs/sites/example.yml");
  EXPECT_EQ(profile.cpu.partition, "standard");
  EXPECT_EQ(profile.gpu.gres, "gpu:1");
  write_file_atomically(temp / "copy.yml", slurm_profile_yaml(profile));
  EXPECT_EQ(slurm_profile_yaml(load_slurm_profile(temp / "copy.yml")), slurm_profile_yaml(profile));
  write_file_atomically(temp / "bad.yml", "cpu: {partitoin: x}\n");
  try {
    load_slurm_profile(temp / "bad.yml");
    FAIL() << "a wrong key was taken";
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::config);
    EXPECT_THAT(e.what(), HasSubstr("Did you mean 'partition'?"));
  }
}

TEST(SlurmCallsText, TroubleThatPassesAndTroubleThatStays) {
  EXPECT_TRUE(is_passing_trouble({1, "", "sbatch: error: Slurm temporarily unable to accept job, sleeping"}));
  EXPECT_TRUE(is_passing_trouble({124, "", ""}));
  EXPECT_TRUE(is_submit_limit({1, "", "QOSMaxSubmitJobPerUserLimit"}));
  EXPECT_FALSE(is_passing_trouble({1, "", "sbatch: error: invalid partition specified: nowhere"}));
}

TEST(SlurmCallsText, AnswersErrorsAndTimeLimits) {
  const SlurmCalls calls({"PATH=/usr/bin:/bin", "SLURM_JOB_ID=7", "SLURM_CONF=/x"}, 1, "");
  EXPECT_EQ(calls.call({"sh", "-c", "echo $SLURM_JOB_ID$SLURM_CONF; echo no >&2; exit 3"}).out, "/x\n");
  EXPECT_EQ(calls.call({"sh", "-c", "echo no >&2; exit 3"}).code, 3);
  EXPECT_EQ(calls.call({"sh", "-c", "echo no >&2; exit 3"}).err, "no\n");
  EXPECT_EQ(calls.call({"sleep", "1.3"}).code, 124);
}

TEST(SlurmReasons, WhatNeverStartsIsToldWithWhatToType) {
  QueuedJob job{"17_3", "PENDING", "PartitionDown", "task", "contacts", "extract", 1, ""};
  EXPECT_THAT(job.hopeless(), HasSubstr("the partition is down"));
  EXPECT_THAT(job.hopeless(), HasSubstr("scancel 17;"));
  job.reason = "QOSMaxMemoryPerJob";
  EXPECT_THAT(job.hopeless(), HasSubstr("profile.yml"));
  job.reason = "JobHeldUser";
  EXPECT_THAT(job.hopeless(), HasSubstr("scontrol release 17_3"));
  for (const char* waits : {"Resources", "Priority", "Dependency", "BeginTime", "JobArrayTaskLimit",
                            "QOSMaxJobsPerUserLimit", "AssocMaxJobsLimit", "None"}) {
    job.reason = waits;
    EXPECT_EQ(job.hopeless(), "") << waits;
  }
}

TEST(SlurmLock, OneAtATime) {
  const test::TempFolder temp;
  {
    const SubmitLock lock(temp.path(), 0);
    EXPECT_THROW(SubmitLock(temp.path(), 0), Error);
  }
  const SubmitLock again(temp.path(), 0);
}

TEST(SlurmRounds, ALedRoundFindsTheEvidenceOfItsLeader) {
  const test::TempFolder temp;
  const StepRounds leader(temp / "work/a/x"), led(temp / "work/b/y");
  Round round;
  round.time = "2026-01-31T12:00:00Z", round.arrays = {{0, 1, 300, 30, "7"}}, round.then = {{"b", "y", 1}};
  leader.create(round, {{0, 1}});
  round.then.clear(), round.leader = {"a", "x", 1};
  led.create(round, {{2}});
  EXPECT_EQ(leader.one(1).then.at(0).step, "y");
  EXPECT_EQ(led.one(1).leader.stage, "a");
  EXPECT_EQ(led.task(1, 0), std::vector<std::int64_t>{2});
  make_folder(temp / "work/a/x/attempts"), make_folder(temp / "work/b/y/attempts");
  write_file_atomically(temp / "work/a/x/attempts/1.0.shell",
                        R"({"event":"killed","job":"7_0","restart":0,"memory_mb":300,"node":"c1"})"
                        "\n");
  write_file_atomically(temp / "work/b/y/attempts/1.0.jsonl",
                        "{\"event\":\"start\",\"node\":\"c1\"}\n{\"event\":\"begin\",\"job\":2}\n");
  const TaskEvidence evidence = led.evidence(1, 0);
  EXPECT_TRUE(evidence.started && evidence.killed && evidence.open.contains(2));
  EXPECT_EQ(evidence.memory_mb, 300);
}

TEST(SlurmEvidence, DamagedLinesAreLeftOut) {
  const test::TempFolder temp;
  write_file_atomically(temp / "x.jsonl", "{\"event\":\"start\"}\n{\"event\":\"be\n\n{\"event\":\"end\"}\n");
  EXPECT_EQ(read_json_lines(temp / "x.jsonl").size(), 2U);
  EXPECT_TRUE(read_json_lines(temp / "none").empty());
}

}  // namespace
}  // namespace syconn
