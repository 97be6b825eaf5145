// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/run_plan.h"

#include <algorithm>

#include "syconn/core/crc32c.h"
#include "syconn/core/json.h"
#include "syconn/core/version.h"

namespace syconn {
namespace {

Json triple(const Vec3i& v) { return Json::array({v.x, v.y, v.z}); }
Vec3i triple(const Json& j) {
  return {j.at(0).get<std::int64_t>(), j.at(1).get<std::int64_t>(), j.at(2).get<std::int64_t>()};
}

std::optional<Json> stored_stage(const fs::path& folder, const std::string& stage) {
  const fs::path path = folder / "work" / stage / "stage.json";
  if (!fs::exists(path)) return std::nullopt;
  return parse_json(read_file(path), path.string());
}

Json stage_keys(const Stage& stage, const RunConfig& config, const Geometry& geometry, const Json& fingerprints) {
  Json keys;
  keys[stage.name] = result_keys(*config.sections.at(stage.name));
  keys["dataset"]["voxel_size_nm"] =
      Json::array({geometry.voxel_size_nm.x, geometry.voxel_size_nm.y, geometry.voxel_size_nm.z});
  keys["dataset"]["box_vx"]["min"] = triple(geometry.box.min);
  keys["dataset"]["box_vx"]["max"] = triple(geometry.box.max);
  keys["inputs"] = fingerprints;
  keys["stage_version"] = stage.version;
  return keys;
}

/// What the results of a needed stage lack, once each.
void add_left_out(const std::vector<QuarantinedJob>& of_need, std::vector<QuarantinedJob>& to) {
  for (const QuarantinedJob& job : of_need)
    if (std::find(to.begin(), to.end(), job) == to.end()) to.push_back(job);
}

/// Without steps and what was left out.
StagePlan plan_of_record(const Stage& stage, const Json& stored, const fs::path& folder) {
  StagePlan plan;
  plan.stage = &stage;
  try {
    plan.keys = stored.at("keys");
    plan.hash = stored.at("hash").get<std::string>();
    plan.early_hash = stored.value("early_hash", plan.hash);
    const Json &dataset = plan.keys.at("dataset"), &voxel = dataset.at("voxel_size_nm");
    plan.geometry = {{triple(dataset.at("box_vx").at("min")), triple(dataset.at("box_vx").at("max"))},
                     triple(stored.at("chunk_vx")),
                     {voxel.at(0).get<double>(), voxel.at(1).get<double>(), voxel.at(2).get<double>()},
                     stored.at("merge_fan_in").get<std::int64_t>()};
  } catch (const Json::exception& error) {
    throw Error(Category::input, "'" + (folder / "work" / stage.name / "stage.json").string() + "': " + error.what());
  }
  return plan;
}

/// datasets/<type>.h5: later stages swap it for one with their columns too, so its size and bytes say nothing here.
bool is_top_file(const fs::path& relative) {
  return relative.parent_path() == "datasets" && relative.extension() == ".h5";
}

}  // namespace

PipelineRun::PipelineRun(RunConfig config, fs::path folder, const StageTable& table,
                         const std::vector<std::string>& only)
    : config_(std::move(config)), folder_(std::move(folder)), table_(&table) {
  box_ = table.dataset_box(config_);
  quarantine_ = read_quarantine(folder_);
  const std::vector<std::string>& asked = only.empty() ? config_.stages : only;
  for (const std::string& name : asked) table.at(name);  // a wrong name is an error
  for (const Stage& stage : table.stages) {
    const bool named = std::find(asked.begin(), asked.end(), stage.name) != asked.end();
    if (named || (asked.empty() && stage.in_run)) {
      const Geometry geometry = geometry_now();
      const StageInputs inputs = stage.inputs ? stage.inputs(config_, geometry) : StageInputs{};
      if (!inputs.missing.empty() && !named) continue;
      if (!inputs.missing.empty()) {
        std::string list;
        for (const auto& m : inputs.missing) list += "\n  " + m;
        throw Error(Category::input, "stage '" + stage.name + "' lacks its inputs:" + list);
      }
      plans_.push_back(plan_stage(stage, inputs));
    }
  }
  if (plans_.empty())
    throw Error(
        Category::input,
        config_.file.string() + ": no stage has its inputs; see dataset.volumes and 'syconn config show --resolved'");
}

Geometry PipelineRun::geometry_now() const {
  return {box_, config_.dataset.chunk_vx, config_.dataset.voxel_size_nm, config_.execution.merge_fan_in};
}

StagePlan PipelineRun::plan_stage(const Stage& stage) const {
  return plan_stage(stage, stage.inputs ? stage.inputs(config_, geometry_now()) : StageInputs{});
}

StagePlan PipelineRun::plan_stage(const Stage& stage, const StageInputs& inputs) const {
  StagePlan plan;
  plan.stage = &stage;
  plan.geometry = geometry_now();
  plan.keys = stage_keys(stage, config_, plan.geometry, inputs.fingerprints);
  for (const std::string& need : needs_of(stage)) {
    const StagePlan needed = plan_stage(table_->at(need));
    plan.keys["needs"][need] = needed.result_hash;
    add_left_out(needed.left_out, plan.left_out);
  }
  plan.early_hash = config_hash(plan.keys);
  if (!inputs.late_fingerprints.empty()) plan.keys["late_inputs"] = inputs.late_fingerprints;
  plan.hash = config_hash(plan.keys);
  const auto stored = stored_stage(folder_, stage.name);
  if (stored && stored->value("early_hash", stored->value("hash", "")) == plan.early_hash) {
    plan.geometry.chunk_vx = triple(stored->at("chunk_vx"));
    plan.geometry.merge_fan_in = stored->at("merge_fan_in").get<std::int64_t>();
  }
  plan_steps(plan);
  for (StepPlan& s : plan.steps) {
    s.memory_bytes = s.step->memory_bytes ? s.step->memory_bytes(config_, plan.geometry)
                                          : static_cast<std::uint64_t>(s.step->resources.mem_gb * 1e9);
    s.gpu = s.step->resources.gpu || (s.step->wants_gpu && s.step->wants_gpu(config_));
  }
  return plan;
}

void PipelineRun::plan_steps(StagePlan& plan) const {
  const Stage& stage = *plan.stage;
  const std::vector<QuarantinedJob> own = quarantine_.of_stage(stage.name), of_needs = plan.left_out;
  plan.left_out.insert(plan.left_out.end(), own.begin(), own.end());
  const auto without = [&](const std::string& hash) {
    return own.empty() ? hash : config_hash({{"hash", hash}, {"left_out", quarantine_json(own)}});
  };
  plan.result_hash = without(plan.hash);
  bool behind = false;
  for (const Step& step : stage.steps) {
    StepPlan s;
    s.left_out = behind ? plan.left_out : of_needs;
    s.context_hash = behind ? plan.result_hash : plan.hash;
    s.context_early_hash = behind ? without(plan.early_hash) : plan.early_hash;
    s.step = &step;
    s.jobs = step.fan_out.count(plan.geometry);
    s.hash = step.early ? s.context_early_hash : s.context_hash;
    behind |= std::any_of(own.begin(), own.end(), [&](const QuarantinedJob& job) { return job.step == step.name; });
    plan.steps.push_back(s);
  }
}

bool PipelineRun::part_of_run(const std::string& name) const {
  const auto& listed = config_.stages;
  if (!listed.empty()) return std::find(listed.begin(), listed.end(), name) != listed.end();
  const Stage& stage = table_->at(name);
  return stage.in_run && (!stage.inputs || stage.inputs(config_, geometry_now()).missing.empty());
}

std::vector<std::string> PipelineRun::needs_of(const Stage& stage) const {
  std::vector<std::string> names = stage.needs;
  for (const std::string& name : stage.uses)
    if (part_of_run(name)) names.push_back(name);
  return names;
}

PipelineRun PipelineRun::open(const fs::path& folder, const StageTable& table) {
  const fs::path file = folder / "config.yml";
  if (!fs::exists(file))
    throw Error(
        Category::input,
        "'" + folder.string() + "' is no run folder: it has no config.yml ('syconn run -c CONFIG -o DIR' makes one)");
  const fs::path plan_file = folder / "plan.json";
  const Json plan = parse_json(read_file(plan_file), plan_file.string());
  std::vector<std::string> names;
  for (const auto& s : plan.at("stages")) names.push_back(s.at("name").get<std::string>());
  return {load_config(file, {}, table.sections()), folder, table, names};
}

PipelineRun PipelineRun::of_records(const fs::path& folder, const StageTable& table) {
  PipelineRun run;
  run.config_ = load_config(folder / "config.yml", {}, table.sections());
  run.folder_ = folder, run.table_ = &table, run.quarantine_ = read_quarantine(folder);
  for (const Stage& stage : table.stages) {
    const auto stored = stored_stage(folder, stage.name);
    if (!stored) continue;
    StagePlan plan = plan_of_record(stage, *stored, folder);
    run.box_ = plan.geometry.box;
    if (plan.keys.contains("needs"))
      for (const auto& need : plan.keys.at("needs").items())
        for (const StagePlan& other : run.plans_)
          if (other.stage->name == need.key()) add_left_out(other.left_out, plan.left_out);
    run.plan_steps(plan);
    run.plans_.push_back(std::move(plan));
  }
  return run;
}

const StagePlan& PipelineRun::stage(const std::string& name) const {
  for (const StagePlan& plan : plans_)
    if (plan.stage->name == name) return plan;
  throw Error(Category::usage, "stage '" + name + "' is not part of this run");
}

Json PipelineRun::plan_json() const {
  Json plan;
  plan["format"] = "syconn.plan";
  plan["version"] = version();
  plan["git"] = git_hash();
  for (const StagePlan& s : plans_) {
    Json stage;
    stage["name"] = s.stage->name;
    stage["hash"] = s.hash;
    stage["box_vx"] = {{"min", triple(s.geometry.box.min)}, {"max", triple(s.geometry.box.max)}};
    stage["chunk_vx"] = triple(s.geometry.chunk_vx);
    for (const StepPlan& step : s.steps)
      stage["steps"].push_back({{"name", step.step->name},
                                {"fan_out", step.step->fan_out.name},
                                {"jobs", step.jobs},
                                {"cpus", step.step->resources.cpus},
                                {"gpu", step.gpu},
                                {"memory_bytes", step.memory_bytes}});
    plan["stages"].push_back(stage);
  }
  return plan;
}

void PipelineRun::write() const {
  make_folder(folder_);
  write_file_atomically(folder_ / "config.yml", resolved_yaml(config_, table_->sections()));
  for (const StagePlan& s : plans_) {
    const auto stored = stored_stage(folder_, s.stage->name);
    if (stored && stored->value("hash", "") == s.hash) continue;
    make_folder(folder_ / "work" / s.stage->name);
    const Json json = {{"stage", s.stage->name},
                       {"hash", s.hash},
                       {"early_hash", s.early_hash},
                       {"chunk_vx", triple(s.geometry.chunk_vx)},
                       {"merge_fan_in", s.geometry.merge_fan_in},
                       {"keys", s.keys}};
    write_file_atomically(folder_ / "work" / s.stage->name / "stage.json", json.dump(1) + "\n");
  }
  write_file_atomically(folder_ / "plan.json", plan_json().dump(1) + "\n");
}

fs::path PipelineRun::step_folder(const StagePlan& plan, const StepPlan& step) const {
  return folder_ / "work" / plan.stage->name / step.step->name;
}

Job PipelineRun::job(const StagePlan& plan, const StepPlan& step, std::int64_t index) const {
  if (index < 0 || index >= step.jobs)
    throw Error(Category::usage, plan.stage->name + "/" + step.step->name + " has jobs 0 to " +
                                     std::to_string(step.jobs - 1) + ", not " + std::to_string(index));
  Job job{index, step.jobs, plan.geometry.box};
  if (step.step->fan_out.name == per_chunk.name) job.box = plan.geometry.grid().chunk_box(index);
  return job;
}

std::string PipelineRun::why_pending(const StagePlan& plan, const StepPlan& step, std::int64_t index,
                                     CheckLevel level) const {
  const fs::path marker = step_folder(plan, step) / "done" / (std::to_string(index) + ".json");
  if (!fs::exists(marker)) return "not done";
  try {
    const Json json = parse_json(read_file(marker), marker.string());
    if (json.at("hash") != job_hash(plan, step, index)) return "made with another config or input";
    for (const auto& file : json.at("files")) {
      const fs::path path = folder_ / file.at("path").get<std::string>();
      std::error_code error;
      const auto bytes = fs::file_size(path, error);
      if (error) return "output '" + path.string() + "' is missing";
      if (is_top_file(file.at("path").get<std::string>())) continue;
      if (bytes != file.at("bytes").get<std::uint64_t>()) return "output '" + path.string() + "' has another size";
      if (level == CheckLevel::full && hex8(file_crc32c(path)) != file.at("crc32c").get<std::string>())
        return "output '" + path.string() + "' is damaged (CRC-32C differs)";
    }
  } catch (const std::exception&) {
    return "marker '" + marker.string() + "' is damaged";
  }
  return {};
}

bool PipelineRun::is_left_out(const StagePlan& plan, const StepPlan& step, std::int64_t index) const {
  return quarantine_.holds(plan.stage->name, step.step->name, index);
}

std::string PipelineRun::job_hash(const StagePlan& plan, const StepPlan& step, std::int64_t index) const {
  return is_left_out(plan, step, index) ? config_hash({{"hash", step.hash}, {"left_out", true}}) : step.hash;
}

std::vector<std::int64_t> PipelineRun::pending(const StagePlan& plan, const StepPlan& step, CheckLevel level) const {
  std::vector<std::int64_t> list;
  for (std::int64_t i = 0; i < step.jobs; ++i)
    if (!why_pending(plan, step, i, level).empty()) list.push_back(i);
  return list;
}

std::vector<std::string> PipelineRun::changes(const StagePlan& plan) const {
  const auto stored = stored_stage(folder_, plan.stage->name);
  if (!stored || stored->value("hash", "") == plan.hash) return {};
  return changed_keys(stored->at("keys"), plan.keys);
}

void PipelineRun::require_needs(const StagePlan& plan) const {
  for (const std::string& need : needs_of(*plan.stage)) {
    const bool in_this_run =
        std::any_of(plans_.begin(), plans_.end(), [&](const StagePlan& p) { return p.stage->name == need; });
    if (in_this_run) continue;
    const StagePlan needed = plan_stage(table_->at(need));
    const std::string hint = "; run 'syconn " + need + "' with this config and run folder first";
    if (!stored_stage(folder_, need))
      throw Error(Category::retry, "stage '" + plan.stage->name + "' needs the results of '" + need + "'" + hint);
    std::string list;
    for (const auto& line : changes(needed)) list += "\n  " + line;
    if (!list.empty())
      throw Error(Category::retry, "stage '" + plan.stage->name + "': the results of '" + need +
                                       "' were made with other keys or inputs" + hint + list);
    for (const StepPlan& step : needed.steps)
      if (const auto open = pending(needed, step, CheckLevel::sizes); !open.empty())
        throw Error(Category::retry, "stage '" + plan.stage->name + "': '" + need + "/" + step.step->name + "' lacks " +
                                         std::to_string(open.size()) + " of " + std::to_string(step.jobs) + " jobs" +
                                         hint);
  }
}

}  // namespace syconn
