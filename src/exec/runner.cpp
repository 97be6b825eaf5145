// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/runner.h"

#include <algorithm>
#include <csignal>
#include <mutex>
#include <sstream>

#include "run_log.h"
#include "run_records.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/core/rng.h"
#include "syconn/core/run_stats.h"
#include "syconn/exec/run_report.h"

namespace syconn {
namespace {

void shuffle(std::vector<std::int64_t>& list, std::uint64_t seed) {
  Rng rng(seed);
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[rng.below(i)]);
}

/// Runs the pending jobs of one step; knows threads, memory and when to stop.
class StepRunner {
 public:
  StepRunner(const PipelineRun& run, const StagePlan& plan, const StepPlan& step, const RunnerOptions& options,
             Progress& progress)
      : run_(run), plan_(plan), step_(step), options_(options), progress_(progress) {}

  void execute(RunSummary& summary) {
    std::vector<std::int64_t> pending = run_.pending(plan_, step_, options_.check);
    summary.jobs_skipped += step_.jobs - static_cast<std::int64_t>(pending.size());
    if (pending.empty()) return;
    check_stop();  // also before the first job
    if (const auto seed = run_.config().execution.job_order_seed; seed != 0)
      shuffle(pending, static_cast<std::uint64_t>(seed));
    const int lanes = concurrency(static_cast<std::int64_t>(pending.size()));
    const int per_job = std::max(1, std::min(step_.step->resources.cpus, threads() / lanes));
    RunLog log(run_.step_folder(plan_, step_) / "logs" / "local.log");
    restart_peak_rss();  // so that each step shows what it needs
    progress_.begin(plan_.stage->name + "/" + step_.step->name, step_.jobs,
                    step_.jobs - static_cast<std::int64_t>(pending.size()));
    try {
      parallel_for(static_cast<std::int64_t>(pending.size()), lanes,
                   [&](std::int64_t i) { one(pending[static_cast<std::size_t>(i)], per_job, log); });
    } catch (...) {
      progress_.end();
      throw;
    }
    progress_.end();
    summary.peak_rss_bytes = std::max(summary.peak_rss_bytes, peak_rss_bytes());
    summary.jobs_run += static_cast<std::int64_t>(pending.size());
  }

 private:
  int threads() const {
    const int asked = run_.config().execution.threads;
    return asked > 0 ? asked : available_threads();
  }
  int concurrency(std::int64_t jobs) const {
    const double budget = run_.config().execution.memory_gb * 1e9;
    const auto need = static_cast<double>(step_.memory_bytes);
    if (need > budget) {
      std::ostringstream text;
      text << plan_.stage->name << '/' << step_.step->name << " needs " << need * 1e-9
           << " GB a job, but execution.memory_gb is " << budget * 1e-9
           << ": raise it, or make dataset.chunk_vx smaller";
      throw Error(Category::config, text.str());
    }
    const auto by_memory = need > 0 ? static_cast<std::int64_t>(budget / need) : jobs;
    const auto by_cpus = std::max(1, threads() / std::max(1, step_.step->resources.cpus));
    return static_cast<int>(std::max<std::int64_t>(1, std::min({jobs, by_memory, static_cast<std::int64_t>(by_cpus)})));
  }
  void check_stop() const {
    if (options_.stop == nullptr || options_.stop->load() == 0) return;
    throw Error(Category::retry, std::string("stopped by ") + strsignal(options_.stop->load()) +
                                     "; the jobs in work were finished. Run the same command to resume");
  }
  void one(std::int64_t index, int per_job, RunLog& log) {
    check_stop();
    const Job job = run_.job(plan_, step_, index);
    const Stopwatch watch;
    try {
      for (const std::string& note : run_job(run_, plan_, step_, index, per_job))
        log.line(job_place(plan_, step_, job) + ": " + note);
    } catch (const Error& error) {
      const Error located = error.with_context(job_place(plan_, step_, job));
      log.line(std::string("error: ") + located.what());
      keep_failure(run_.step_folder(plan_, step_), index, located);
      throw located;
    }
    log.line(job_place(plan_, step_, job) + ": " + duration_text(watch.seconds()));
    progress_.job_done(step_.step->fan_out.name == per_chunk.name ? job.box.voxels() : 0);
  }

  const PipelineRun& run_;
  const StagePlan& plan_;
  const StepPlan& step_;
  const RunnerOptions& options_;
  Progress& progress_;
};

}  // namespace

std::vector<std::string> run_job(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                                 std::int64_t index, int threads) {
  const Job job = run.job(plan, step, index);
  const Stopwatch watch;
  const double cpu = thread_cpu_s();
  JobContext context(run.config(), plan.geometry, *plan.stage, step.step->name, job, run.folder(), step.context_hash);
  context.set_early_hash(step.context_early_hash);
  const bool left_out = run.is_left_out(plan, step, index);
  context.set_left_out(step.left_out, left_out);
  context.set_threads(threads);
  try {
    step.step->run(context, *run.config().sections.at(plan.stage->name));
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(Category::runtime, "out of memory: make dataset.chunk_vx smaller or run fewer threads");
  } catch (const std::exception& e) {
    throw Error(Category::runtime, e.what());
  }
  Json marker = {{"hash", run.job_hash(plan, step, index)}, {"files", Json::array()}};
  for (const auto& file : context.commit())
    marker["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"crc32c", file.crc32c}});
  if (left_out) marker["left_out"] = true;
  marker["notes"] = context.notes();
  marker["seconds"] = watch.seconds();
  marker["cpu_s"] = thread_cpu_s() - cpu;
  marker["peak_rss_bytes"] = peak_rss_bytes();
  marker["ended"] = utc_now();
  marker["host"] = host_name();
  const fs::path folder = run.step_folder(plan, step);
  make_folder(folder / "done");
  write_file_atomically(folder / "done" / (std::to_string(index) + ".json"), marker.dump() + "\n");
  std::error_code ignored;
  fs::remove(folder / "failed" / (std::to_string(index) + ".json"), ignored);
  return context.notes();
}

RunSummary run_local(const PipelineRun& run, const RunnerOptions& options, Progress& progress) {
  run.write();
  sweep_run(run.folder());
  std::istringstream missing(missing_chunks_text(missing_chunks_json(run)));
  for (std::string line; std::getline(missing, line);) progress.message(line);
  RunSummary total;
  const Stopwatch all;
  for (const StagePlan& plan : run.stages()) {
    run.require_needs(plan);
    RunSummary summary;
    const Stopwatch watch;
    const std::string started = utc_now();
    for (const StepPlan& step : plan.steps) StepRunner(run, plan, step, options, progress).execute(summary);
    summary.wall_s = watch.seconds();
    if (summary.jobs_run > 0)
      append_stage_record(run, plan,
                          {started, options.command_line, summary.jobs_run, summary.jobs_skipped, summary.wall_s,
                           summary.peak_rss_bytes, nullptr});
    else
      progress.message(plan.stage->name + ": already done, nothing to do");
    total.jobs_run += summary.jobs_run, total.jobs_skipped += summary.jobs_skipped;
    total.peak_rss_bytes = std::max(total.peak_rss_bytes, summary.peak_rss_bytes);
  }
  total.wall_s = all.seconds();
  return total;
}

}  // namespace syconn
