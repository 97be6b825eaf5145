// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "support/temp_folder.h"
#include "syconn/exec/run_report.h"

namespace syconn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// What the fake stages do wrong; set by the tests.
struct Faults {
  std::atomic<std::int64_t> failing_job{-1};
  std::atomic<bool> forgets_output{false}, throws_foreign{false};
  std::atomic<std::int64_t> stops_at{-1};
  std::atomic<int> stop{0};
} faults;

struct FakeConfig {
  int value = 5, comfort = 0;
  void describe(Fields& f) {
    f.add("value", value, "written to every output");
    f.add("comfort", comfort, "changes nothing").no_effect_on_results();
  }
};

void write_text(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

void numbers(JobContext& ctx, const FakeConfig& config) {
  const fs::path out = ctx.work_output("number");
  if (ctx.is_left_out()) return write_text(out, "0");
  if (ctx.job().index == faults.failing_job.load()) throw Error(Category::input, "cannot read 'somewhere'");
  if (faults.throws_foreign) throw std::out_of_range("far away");
  if (ctx.job().index == faults.stops_at.load()) faults.stop = SIGTERM;
  if (!faults.forgets_output) write_text(out, std::to_string(config.value * (ctx.job().index + 1)));
  ctx.note("one number");
}

void sum(JobContext& ctx, const FakeConfig&) {
  int total = 0;
  for (std::int64_t i = 0; i < ctx.geometry().grid().count(); ++i)
    total += std::stoi(read_file(ctx.work_input("numbers", "number", i)));
  write_text(ctx.output("datasets/sum.txt"), std::to_string(total));
}

void copy(JobContext& ctx, const FakeConfig& config) {
  write_text(ctx.output("datasets/copy.txt"),
             read_file(ctx.in_run("datasets/sum.txt")) + " " + std::to_string(config.value));
  write_text(ctx.output("datasets/from.txt"), ctx.provenance_json());
}

const StageTable& table() {
  static const StageTable made = [] {
    StageTable t;
    t.stages.push_back(make_stage<FakeConfig>(
        "Numbers", {{"numbers", per_chunk, numbers, {.mem_gb = 1.5}}, {"sum", once, sum, {.mem_gb = 0.1}}}));
    t.stages.push_back(make_stage<FakeConfig>("Copies", {{"copy", once, copy, {.mem_gb = 0.1}}}));
    t.stages[0].name = t.stages[0].section.name = "first";
    t.stages[1].name = t.stages[1].section.name = "second";
    t.stages[1].needs = {"first"};
    t.stages[0].leaving_out("numbers");
    t.dataset_box = [](const RunConfig& config) { return config.dataset.box_vx.value(); };
    return t;
  }();
  return made;
}

struct Silent final : Progress {
  void message(const std::string&) override {}
  void begin(const std::string&, std::int64_t, std::int64_t) override {}
  void job_done(std::int64_t) override {}
  void end() override {}
};

class Runner : public ::testing::Test {
 protected:
  void SetUp() override {
    faults.failing_job = -1, faults.stops_at = -1, faults.stop = 0;
    faults.forgets_output = false, faults.throws_foreign = false;
  }
  /// Six chunks.
  PipelineRun plan(const std::vector<std::string>& sets = {}, const std::vector<std::string>& only = {}) const {
    const char* yaml =
        "dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: [190, 100, 10]},\n"
        "          chunk_vx: [64, 64, 64], volumes: {}}\n"
        "stages: [first, second]\n"
        "execution: {threads: 1}\n";
    return {parse_config(yaml, "run.yml", temp_.path(), sets, table().sections()), folder(), table(), only};
  }
  RunSummary go(const PipelineRun& run, CheckLevel check = CheckLevel::sizes) const {
    Silent progress;
    return run_local(run, {check, &faults.stop, "test"}, progress);
  }
  /// The error of a run; its category in `category`.
  std::string error_of(const PipelineRun& run, Category& category) const {
    try {
      go(run);
    } catch (const Error& e) {
      category = e.category();
      return e.what();
    }
    return "no error";
  }
  fs::path folder() const { return temp_ / "run"; }
  fs::path number(int job) const { return folder() / "work/first/numbers" / ("number." + std::to_string(job)); }
  fs::path marker(int job) const { return folder() / "work/first/numbers/done" / (std::to_string(job) + ".json"); }
  std::string result() const { return read_file(folder() / "datasets/copy.txt"); }

  test::TempFolder temp_;
};

TEST_F(Runner, RunsAllThenNothing) {
  const RunSummary all = go(plan());
  EXPECT_EQ(all.jobs_run, 8);
  EXPECT_EQ(all.jobs_skipped, 0);
  EXPECT_GT(all.peak_rss_bytes, 0U);
  EXPECT_EQ(result(), "105 5");
  const RunSummary again = go(plan());
  EXPECT_EQ(again.jobs_run, 0);
  EXPECT_EQ(again.jobs_skipped, 8);
  EXPECT_EQ(go(plan({"execution.threads=3", "first.comfort=9"})).jobs_run, 0) << "keys that change no result";
  std::istringstream records(read_file(folder() / "runs.jsonl"));
  std::vector<std::string> stages;
  for (std::string line; std::getline(records, line);)
    stages.push_back(parse_json(line, "runs.jsonl").at("stage").get<std::string>());
  EXPECT_EQ(stages, (std::vector<std::string>{"first", "second"}));
}

TEST_F(Runner, AJobLeftOutCountsAsEmptyAndIsListedUntilItIsTakenBack) {
  go(plan());
  faults.failing_job = 1;
  write_quarantine(folder(), {1, {{"first", "numbers", 1, {{64, 0, 0}, {128, 64, 10}}, "cannot read"}}});
  EXPECT_EQ(go(plan()).jobs_run, 3) << "the job, and what lies behind its step";
  EXPECT_EQ(result(), "95 5");
  EXPECT_THAT(read_file(folder() / "datasets/from.txt"),
              HasSubstr(R"("step":"numbers","job":1,"box_vx":[[64,0,0],[128,64,10]]}])"));
  EXPECT_EQ(status_json(plan(), CheckLevel::sizes).at("left_out").size(), 1U);
  EXPECT_EQ(go(plan()).jobs_run, 0);
  ask_quarantine(folder(), 1);
  EXPECT_EQ(go(plan()).jobs_run, 0) << "one may stay";
  ask_quarantine(folder(), 0);
  faults.failing_job = -1;
  EXPECT_EQ(go(plan()).jobs_run, 3);
  EXPECT_EQ(result(), "105 5");
  EXPECT_THAT(read_file(folder() / "datasets/from.txt"), ::testing::Not(HasSubstr("left_out")));
}

TEST_F(Runner, ADeletedMarkerOrOutputRedoesItsJobAlone) {
  go(plan());
  fs::remove(marker(2));
  EXPECT_EQ(plan().why_pending(plan().stage("first"), plan().stage("first").steps[0], 2, CheckLevel::sizes),
            "not done");
  EXPECT_EQ(go(plan()).jobs_run, 1);
  fs::remove(number(4));
  EXPECT_EQ(go(plan()).jobs_run, 1);
  EXPECT_EQ(read_file(number(4)), "25");
  write_text(number(1), "10 and more");
  EXPECT_EQ(go(plan()).jobs_run, 1) << "another size";
  write_text(marker(0), "{ half a mark");
  EXPECT_EQ(go(plan()).jobs_run, 1);
  EXPECT_EQ(go(plan(), CheckLevel::full).jobs_run, 0);
}

TEST_F(Runner, AFullCheckFindsADamagedByte) {
  go(plan());
  write_text(number(3), "21");  // was 20
  EXPECT_EQ(go(plan()).jobs_run, 0);
  const PipelineRun run = plan();
  const StagePlan& first = run.stage("first");
  EXPECT_EQ(run.pending(first, first.steps[0], CheckLevel::full), std::vector<std::int64_t>{3});
  EXPECT_THAT(run.why_pending(first, first.steps[0], 3, CheckLevel::full), HasSubstr("damaged"));
  EXPECT_EQ(go(plan(), CheckLevel::full).jobs_run, 1);
  EXPECT_EQ(read_file(number(3)), "20");
}

TEST_F(Runner, AChangedKeyRedoesAndIsNamed) {
  go(plan());
  EXPECT_TRUE(plan().changes(plan().stage("first")).empty());
  const PipelineRun run = plan({"first.value=6"});
  EXPECT_EQ(run.changes(run.stage("first")), std::vector<std::string>{"first.value: 5 -> 6"});
  EXPECT_FALSE(run.changes(run.stage("second")).empty()) << "it needs first";
  EXPECT_EQ(go(run).jobs_run, 8);
  EXPECT_EQ(result(), "126 5");
  EXPECT_EQ(go(plan({"first.value=6", "second.value=1"})).jobs_run, 1) << "nothing that second needs has changed";
  EXPECT_EQ(result(), "126 1");
}

TEST_F(Runner, AnotherChunkSizeOfAFinishedStageRedoesNothing) {
  go(plan());
  const PipelineRun run = plan({"dataset.chunk_vx=[128, 128, 64]"});
  EXPECT_EQ(run.stage("first").geometry.chunk_vx, Vec3i(64));
  EXPECT_EQ(go(run).jobs_run, 0);
}

TEST_F(Runner, StaleResultsOfANeededStageAreRefused) {
  Category category{};
  EXPECT_THAT(error_of(plan({}, {"second"}), category), HasSubstr("'second' needs the results of 'first'"));
  EXPECT_EQ(category, Category::retry);
  go(plan({}, {"first"}));
  EXPECT_THAT(error_of(plan({"first.value=7"}, {"second"}), category), HasSubstr("first.value: 5 -> 7"));
  EXPECT_EQ(category, Category::retry);
  fs::remove(marker(5));
  EXPECT_THAT(error_of(plan({}, {"second"}), category), HasSubstr("'first/numbers' lacks 1 of 6 jobs"));
  EXPECT_EQ(category, Category::retry);
  EXPECT_EQ(go(plan({}, {"first"})).jobs_run, 1);
  EXPECT_EQ(go(plan({}, {"second"})).jobs_run, 1);
  EXPECT_EQ(result(), "105 5");
}

TEST_F(Runner, OptionalNeedCountsWhereTheStageIsPartOfTheRun) {
  StageTable optional = table();
  optional.stages[1].uses = std::exchange(optional.stages[1].needs, {});
  const auto hash = [&](const std::string& sets) {
    const RunConfig config = plan({sets}).config();
    return PipelineRun(config, folder(), optional, {"second"}).stage("second").hash;
  };
  EXPECT_EQ(hash("stages=[second]"),
            PipelineRun(plan({"stages=[second]", "first.value=7"}).config(), folder(), optional, {"second"})
                .stage("second")
                .hash);
  EXPECT_NE(hash("stages=[first, second]"), hash("stages=[second]"));
  EXPECT_NE(hash("stages=[first, second]"),
            PipelineRun(plan({"first.value=7"}).config(), folder(), optional, {"second"}).stage("second").hash);
}

TEST_F(Runner, StopsWhenToldAndGoesOn) {
  faults.stops_at = 2;
  Category category{};
  EXPECT_THAT(error_of(plan(), category), HasSubstr("stopped by"));
  EXPECT_EQ(category, Category::retry);
  EXPECT_TRUE(fs::exists(marker(2))) << "the job in work is finished";
  EXPECT_FALSE(fs::exists(marker(3)));
  faults.stops_at = -1, faults.stop = 0;
  const RunSummary rest = go(plan());
  EXPECT_EQ(rest.jobs_run, 5);
  EXPECT_EQ(rest.jobs_skipped, 3);
  EXPECT_EQ(result(), "105 5");
}

TEST_F(Runner, AFailingJobIsNamedAndKept) {
  faults.failing_job = 3;
  Category category{};
  const fs::path failed = folder() / "work/first/numbers/failed/3.json";
  EXPECT_THAT(error_of(plan(), category),
              AllOf(HasSubstr("first/numbers job 3 chunk"), HasSubstr("cannot read 'somewhere'")));
  EXPECT_EQ(category, Category::input);
  const Json kept = parse_json(read_file(failed), failed.string());
  EXPECT_THAT(kept.at("error").get<std::string>(), HasSubstr("cannot read 'somewhere'"));
  EXPECT_EQ(kept.at("exit_code"), 4);
  faults.failing_job = -1;
  EXPECT_EQ(go(plan()).jobs_run, 5);
  EXPECT_FALSE(fs::exists(failed));
  EXPECT_EQ(result(), "105 5");
}

TEST_F(Runner, ForeignExceptionsAndForgottenOutputsAreErrors) {
  Category category{};
  faults.throws_foreign = true;
  EXPECT_THAT(error_of(plan(), category), AllOf(HasSubstr("first/numbers job 0"), HasSubstr("far away")));
  EXPECT_EQ(category, Category::runtime);
  faults.throws_foreign = false, faults.forgets_output = true;
  EXPECT_THAT(error_of(plan(), category), AllOf(HasSubstr("did not write its output"), HasSubstr("number.0")));
  EXPECT_EQ(category, Category::runtime);
  EXPECT_FALSE(fs::exists(marker(0)));
}

TEST_F(Runner, AJobAboveTheBudgetIsAnErrorOfTheConfig) {
  Category category{};
  EXPECT_THAT(error_of(plan({"execution.memory_gb=1"}), category),
              AllOf(HasSubstr("first/numbers needs 1.5 GB a job"), HasSubstr("execution.memory_gb is 1")));
  EXPECT_EQ(category, Category::config);
}

TEST_F(Runner, PlanningWritesNothingAndReadsNoOutputs) {
  const std::string before = plan().plan_json().dump();
  EXPECT_FALSE(fs::exists(folder()));
  go(plan());
  EXPECT_EQ(plan().plan_json().dump(), before);
  fs::remove_all(folder() / "datasets");
  fs::remove_all(folder() / "work/first/numbers");
  EXPECT_EQ(plan().plan_json().dump(), before);
  EXPECT_FALSE(fs::exists(folder() / "datasets"));
}

TEST_F(Runner, AnArrayTaskNeedsOnlyTheFolder) {
  plan().write();
  const PipelineRun run = PipelineRun::open(folder(), table());
  for (const StagePlan& stage : run.stages())
    for (const StepPlan& step : stage.steps)
      for (std::int64_t i = step.jobs - 1; i >= 0; --i) run_job(run, stage, step, i);
  EXPECT_EQ(result(), "105 5");
  EXPECT_EQ(go(plan(), CheckLevel::full).jobs_run, 0);
  EXPECT_THROW(run_job(run, run.stages()[0], run.stages()[0].steps[0], 6), Error);
}

TEST_F(Runner, OneJobTwiceAtOnceIsHarmless) {
  plan().write();
  const PipelineRun run = PipelineRun::open(folder(), table());
  const StagePlan& first = run.stage("first");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        EXPECT_EQ(run_job(run, first, first.steps[0], 1), std::vector<std::string>{"one number"});
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(run.why_pending(first, first.steps[0], 1, CheckLevel::full), "");
  EXPECT_EQ(read_file(number(1)), "10");
  for (const auto& entry : fs::recursive_directory_iterator(folder()))
    EXPECT_FALSE(is_temporary_name(entry.path())) << entry.path();
}

TEST_F(Runner, FilesOfDeadProcessesAreSwept) {
  go(plan());
  const fs::path target = folder() / "datasets/deep/x.h5";
  fs::create_directories(target.parent_path());
  const pid_t child = ::fork();
  if (child == 0) {
    write_text(temporary_name(target), "half");
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_FALSE(fs::is_empty(target.parent_path()));
  const fs::path mine = temporary_name(target);
  write_text(mine, "of a living process");
  go(plan());
  EXPECT_TRUE(fs::exists(mine));
  fs::remove(mine);
  EXPECT_TRUE(fs::is_empty(target.parent_path()));
}

}  // namespace
}  // namespace syconn
