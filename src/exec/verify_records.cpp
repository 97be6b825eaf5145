// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <fstream>
#include <set>

#include "syconn/core/crc32c.h"
#include "syconn/exec/verify.h"

/// Checks of `syconn verify` that look at what executors write: config, records, markers and the files these name.
namespace syconn {
namespace {

std::string short_hash(const std::string& hash) { return hash.substr(0, 8); }

fs::path stage_file(const std::string& stage) { return fs::path("work") / stage / "stage.json"; }

const StagePlan* plan_of(const PipelineRun& run, const std::string& stage) {
  for (const StagePlan& plan : run.stages())
    if (plan.stage->name == stage) return &plan;
  return nullptr;
}

/// "contacts.closings: 7 -> 6" as a violation of `file`.
Violation changed(const std::string& file, const std::string& line) {
  const auto colon = line.find(": "), arrow = line.rfind(" -> ");
  if (colon == std::string::npos || arrow == std::string::npos || arrow < colon) return {file, line, "", "", ""};
  return {file, line.substr(0, colon), "", line.substr(colon + 2, arrow - colon - 2), line.substr(arrow + 4)};
}

// ---- config ---------------------------------------------------------------------------------------------------------

void check_keys(const PipelineRun& run, const StagePlan& plan, VerifySink& sink) {
  const std::string& name = plan.stage->name;
  const std::string file = stage_file(name);
  Json early = plan.keys;
  early.erase("late_inputs");
  for (const auto& [keys, hash] : {std::pair{plan.keys, plan.hash}, {early, plan.early_hash}})
    if (const std::string now = config_hash(keys); now != hash)
      sink.add({file, "keys", "", "the hash " + short_hash(hash), short_hash(now)});
  Json before, now;
  before[name] = plan.keys.value(name, Json());
  now[name] = result_keys(*run.config().sections.at(name));
  for (const std::string& line : changed_keys(before, now)) sink.add(changed("config.yml", line));
  const DatasetConfig& dataset = run.config().dataset;
  const auto& geometry = plan.geometry;
  const auto differs = [&](const std::string& key, const auto& expected, const auto& found) {
    if (expected == found) return;
    sink.add({"config.yml", "dataset." + key, "", Json(expected.array()).dump(), Json(found.array()).dump()});
  };
  differs("voxel_size_nm", geometry.voxel_size_nm, dataset.voxel_size_nm);
  if (!dataset.box_vx) return;
  differs("box_vx.min", geometry.box.min, dataset.box_vx->min);
  differs("box_vx.max", geometry.box.max, dataset.box_vx->max);
}

/// A stage holds the hashes of the results it was made from.
void check_needs(const PipelineRun& run, const StagePlan& plan, VerifySink& sink) {
  if (!plan.keys.contains("needs")) return;
  for (const auto& need : plan.keys.at("needs").items())
    if (const StagePlan* of = plan_of(run, need.key()); of != nullptr && of->result_hash != need.value())
      sink.add({stage_file(plan.stage->name), "needs." + need.key(), "", short_hash(of->result_hash),
                short_hash(need.value().get<std::string>())});
}

void check_plan(const PipelineRun& run, VerifySink& sink) {
  const Json stored = parse_json(read_file(run.folder() / "plan.json"), "plan.json");
  for (const Json& stage : stored.at("stages")) {
    const std::string name = stage.at("name").get<std::string>();
    const StagePlan* plan = plan_of(run, name);
    if (plan == nullptr) {
      sink.add({stage_file(name), "", "", "there, as plan.json has the stage", "none"});
      continue;
    }
    if (const std::string hash = stage.at("hash").get<std::string>(); hash != plan->hash)
      sink.add({"plan.json", name + ".hash", "", short_hash(plan->hash), short_hash(hash)});
    for (const Json& step : stage.at("steps"))
      for (const StepPlan& s : plan->steps)
        if (const auto jobs = step.at("jobs").get<std::int64_t>(); s.step->name == step.at("name") && s.jobs != jobs)
          sink.add(
              {"plan.json", name + "." + s.step->name + ".jobs", "", std::to_string(s.jobs), std::to_string(jobs)});
  }
}

void check_config(const PipelineRun& run, VerifySink& sink) {
  for (const StagePlan& plan : run.stages()) check_keys(run, plan, sink), check_needs(run, plan, sink);
  try {
    check_plan(run, sink);
  } catch (const std::exception& error) {
    sink.add({"plan.json", "", "", "readable", error.what()});
  }
}

// ---- runs.jsonl -----------------------------------------------------------------------------------------------------

void check_records(const PipelineRun& run, VerifySink& sink) {
  std::ifstream in(run.folder() / "runs.jsonl");
  std::map<std::string, std::string> last;
  std::string line;
  for (std::int64_t n = 1; std::getline(in, line); ++n) {
    const std::string where = "line " + std::to_string(n);
    try {
      const Json record = parse_json(line, where);
      last[record.at("stage").get<std::string>()] = record.at("config_sha256").get<std::string>();
      if (in.eof()) sink.add({"runs.jsonl", "", where, "an end of the line", "none"});
    } catch (const std::exception& error) {
      sink.add({"runs.jsonl", "", where, "a record", error.what()});
    }
  }
  for (const StagePlan& plan : run.stages()) {
    const auto found = last.find(plan.stage->name);
    const std::string hash = found == last.end() ? "none" : short_hash(found->second);
    if (hash != short_hash(plan.hash))
      sink.add({"runs.jsonl", "config_sha256", plan.stage->name, "a record of " + short_hash(plan.hash), hash});
  }
}

// ---- inputs ---------------------------------------------------------------------------------------------------------

void check_inputs(const PipelineRun& run, VerifySink& sink) {
  std::vector<std::string> names;
  for (const StagePlan& plan : run.stages()) names.push_back(plan.stage->name);
  try {
    const PipelineRun now(run.config(), run.folder(), run.table(), names);
    for (const StagePlan& plan : now.stages())
      for (const std::string& line : now.changes(plan))
        if (line.starts_with("inputs.") || line.starts_with("late_inputs."))
          sink.add(changed(stage_file(plan.stage->name), line));
  } catch (const Error& error) {
    sink.not_done(error.what());
  }
}

// ---- markers --------------------------------------------------------------------------------------------------------

struct JobPlace {
  const StagePlan* plan;
  const StepPlan* step;
  std::int64_t index;
};

/// All jobs of a run, numbered through.
class Jobs {
 public:
  explicit Jobs(const PipelineRun& run) : run_(run) {
    for (const StagePlan& plan : run.stages())
      for (const StepPlan& step : plan.steps) steps_.push_back({&plan, &step, count_}), count_ += step.jobs;
  }
  std::int64_t count() const { return count_; }
  const std::vector<JobPlace>& steps() const { return steps_; }
  JobPlace at(std::int64_t part) const {
    auto found = std::upper_bound(steps_.begin(), steps_.end(), part,
                                  [](std::int64_t p, const JobPlace& s) { return p < s.index; });
    const JobPlace& step = *std::prev(found);
    return {step.plan, step.step, part - step.index};
  }
  fs::path marker(const JobPlace& job) const {
    return fs::path("work") / job.plan->stage->name / job.step->step->name / "done" /
           (std::to_string(job.index) + ".json");
  }
  /// Nothing where it cannot be read.
  std::optional<Json> read(const JobPlace& job) const {
    try {
      Json json = parse_json(read_file(run_.folder() / marker(job)), marker(job));
      json.at("hash").get<std::string>();
      for (const Json& file : json.at("files"))
        file.at("path").get<std::string>(), file.at("bytes").get<std::uint64_t>(), file.at("crc32c").get<std::string>();
      return json;
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

 private:
  const PipelineRun& run_;
  std::vector<JobPlace> steps_;  ///< the first job of each, by its number in the run
  std::int64_t count_ = 0;
};

/// Top files are swapped by later stages; their marker's size and checksum say nothing.
bool is_top_file(const fs::path& relative) {
  return relative.parent_path() == "datasets" && relative.extension() == ".h5";
}

void check_marker(const PipelineRun& run, const Jobs& jobs, const JobPlace& job, VerifySink& sink) {
  const fs::path file = jobs.marker(job);
  const std::string name = job.plan->stage->name + "/" + job.step->step->name + "/" + std::to_string(job.index);
  if (!fs::exists(run.folder() / file)) return sink.add({file, "", name, "a marker", "none: the job is not done"});
  const auto marker = jobs.read(job);
  if (!marker) return sink.add({file, "", name, "a marker", "a damaged one"});
  const std::string want = run.job_hash(*job.plan, *job.step, job.index), hash = marker->at("hash").get<std::string>();
  if (hash != want) return sink.add({file, "hash", name, short_hash(want), short_hash(hash)});
  for (const Json& f : marker->at("files")) {
    const std::string path = f.at("path").get<std::string>();
    std::error_code error;
    const auto bytes = fs::file_size(run.folder() / path, error);
    const auto expected = f.at("bytes").get<std::uint64_t>();
    if (error)
      sink.add({path, "", name, std::to_string(expected) + " bytes", "no such file"});
    else if (bytes != expected && !is_top_file(path))
      sink.add({path, "", name, std::to_string(expected) + " bytes", std::to_string(bytes)});
  }
}

void check_checksums(const PipelineRun& run, const Jobs& jobs, const JobPlace& job, VerifySink& sink) {
  const auto marker = jobs.read(job);
  if (!marker) return;  // told by `markers`
  for (const Json& f : marker->at("files")) {
    const std::string path = f.at("path").get<std::string>(), expected = f.at("crc32c").get<std::string>();
    std::error_code error;
    const auto bytes = fs::file_size(run.folder() / path, error);
    if (error || is_top_file(path) || bytes != f.at("bytes").get<std::uint64_t>()) continue;
    if (const std::string crc = hex8(file_crc32c(run.folder() / path)); crc != expected)
      sink.add({path, "", "", "CRC-32C " + expected, crc});
  }
}

/// What the markers of a step name, and these; nothing where one of them is absent, which `markers` tells.
std::optional<std::set<std::string>> named_by(const Jobs& jobs, const StagePlan& plan, const StepPlan& step) {
  std::set<std::string> named;
  for (std::int64_t i = 0; i < step.jobs; ++i) {
    const JobPlace job{&plan, &step, i};
    const auto marker = jobs.read(job);
    if (!marker) return std::nullopt;
    named.insert(jobs.marker(job));
    for (const Json& f : marker->at("files")) named.insert(f.at("path").get<std::string>());
  }
  return named;
}

/// Files of a step's folder that no marker of this run names: of an earlier config, or cut off.
void check_work(const PipelineRun& run, const Jobs& jobs, const StagePlan& plan, const StepPlan& step,
                VerifySink& sink) {
  const fs::path folder = run.step_folder(plan, step);
  const auto named = named_by(jobs, plan, step);
  if (!named || !fs::exists(folder)) return;
  const std::set<std::string> of_runs{"logs", "failed", "sbatch", "attempts", "plan.tsv"};  // whatever their outcome
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    const bool is_of_runs = entry.depth() == 0 && of_runs.contains(entry->path().filename());
    if (is_of_runs) entry.disable_recursion_pending();
    const std::string path = entry->path().lexically_relative(run.folder());
    if (!is_of_runs && entry->is_regular_file() && !named->contains(path))
      sink.add({path, "", "", "only what markers name", "a file of no job of this run"});
  }
}

}  // namespace

std::vector<VerifyCheck> record_checks(const PipelineRun& run) {
  const auto jobs = std::make_shared<Jobs>(run);
  const auto n_jobs = [jobs] { return jobs->count(); };
  return {
      {"config",
       VerifyDepth::fast,
       "config.yml, plan.json and work/*/stage.json say the same, and hash to what they say",
       {},
       [&run](VerifySink& sink, std::int64_t) { check_config(run, sink); },
       {},
       false},
      {"records",
       VerifyDepth::fast,
       "runs.jsonl has a record of each stage with the hash of its results",
       {},
       [&run](VerifySink& sink, std::int64_t) { check_records(run, sink); },
       {},
       false},
      {"inputs",
       VerifyDepth::fast,
       "the inputs are those the run was made from",
       {},
       [&run](VerifySink& sink, std::int64_t) { check_inputs(run, sink); },
       {},
       false},
      {"markers",
       VerifyDepth::fast,
       "every job has a done marker of this config, whose files are there with their sizes",
       {},
       [&run, jobs](VerifySink& sink, std::int64_t i) { check_marker(run, *jobs, jobs->at(i), sink); },
       n_jobs},
      {"work-leftovers",
       VerifyDepth::fast,
       "work/ holds nothing else",
       {},
       [&run, jobs](VerifySink& sink, std::int64_t i) {
         const JobPlace& step = jobs->steps().at(static_cast<std::size_t>(i));
         check_work(run, *jobs, *step.plan, *step.step, sink);
       },
       [jobs] { return static_cast<std::int64_t>(jobs->steps().size()); },
       false},
      {"checksums",
       VerifyDepth::full,
       "every file that a marker names has its CRC-32C",
       {},
       [&run, jobs](VerifySink& sink, std::int64_t i) { check_checksums(run, *jobs, jobs->at(i), sink); },
       n_jobs},
  };
}

}  // namespace syconn
