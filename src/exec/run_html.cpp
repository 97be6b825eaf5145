// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/run_html.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "syconn/core/html.h"
#include "syconn/core/json.h"
#include "syconn/exec/progress.h"

namespace syconn {
namespace {

/// Records of runs.jsonl, the oldest first; lines that are not JSON (a crash in the middle) are passed over.
std::vector<Json> records_of(const PipelineRun& run) {
  std::vector<Json> records;
  std::ifstream file(run.folder() / "runs.jsonl");
  for (std::string line; std::getline(file, line);) {
    Json record = Json::parse(line, nullptr, false);
    if (record.is_object()) records.push_back(std::move(record));
  }
  return records;
}

constexpr std::size_t kErrors = 50, kRecords = 200;  ///< listed, so that the page stays small

std::string code(const std::string& text) { return "<code>" + escaped_markup(text) + "</code>"; }
std::string text_of(const Json& record, const char* key) { return escaped_markup(record.value(key, std::string())); }

/// 512 × 512 × 256
std::string product(const Json& list) {
  std::string text;
  for (const auto& n : list)
    text += (text.empty() ? "" : " × ") +
            (n.is_number_integer() ? count_text(n.get<std::int64_t>()) : measure_text(n.get<double>()));
  return text;
}

std::string why_not_part(const PipelineRun& run, const Stage& stage) {
  const RunConfig& config = run.config();
  const StagePlan& any = run.stages().front();
  const StageInputs inputs = stage.inputs ? stage.inputs(config, any.geometry) : StageInputs{};
  std::string why;
  for (const std::string& missing : inputs.missing) why += (why.empty() ? "lacks " : "; ") + missing;
  why = escaped_markup(why);
  return config.stages.empty() ? why : "not listed in <code>stages</code>" + (why.empty() ? "" : "; " + why);
}

std::string errors_html(const std::vector<std::string>& errors) {
  std::string out = "<h3>Failed jobs</h3>\n<ul>\n";
  for (std::size_t i = 0; i < errors.size() && i < kErrors; ++i) out += "<li>" + escaped_markup(errors[i]) + "</li>\n";
  if (errors.size() > kErrors)
    out += "<li>and " + count_text(static_cast<std::int64_t>(errors.size() - kErrors)) + " more</li>\n";
  return out + "</ul>\n";
}

void add_stage(const Json& stage, HtmlTable& table, std::vector<std::string>& errors) {
  std::int64_t done = 0, jobs = 0, failed = 0;
  std::string next;
  for (const auto& step : stage.at("steps")) {
    done += step.at("done").get<std::int64_t>(), jobs += step.at("jobs").get<std::int64_t>();
    failed += step.at("failed").get<std::int64_t>();
    if (next.empty() && !step.at("pending").empty())
      next = step.at("name").get<std::string>() + ": " + step.at("pending")[0].at("why").get<std::string>();
    for (const auto& e : step.at("errors"))
      errors.push_back(stage.at("name").get<std::string>() + "/" + step.at("name").get<std::string>() + " job " +
                       std::to_string(e.at("job").get<std::int64_t>()) + ": " + e.at("error").get<std::string>());
  }
  for (const auto& line : stage.value("changed", Json::array()))
    next += (next.empty() ? "" : "; ") + std::string("changed since: ") + line.get<std::string>();
  const std::string name = stage.at("name").get<std::string>();
  table.add({escaped_markup(name),
             done == jobs ? "complete"
             : done == 0  ? "not done"
                          : "incomplete",
             count_text(done) + "/" + count_text(jobs), count_text(failed), escaped_markup(next)},
            "state_" + name);
}

void collect(const Json& inputs, const std::string& stage, std::map<std::string, std::pair<Json, std::string>>& out) {
  for (const auto& [name, what] : inputs.items()) {
    auto& entry = out[name];
    entry.first = what;
    entry.second += (entry.second.empty() ? "" : ", ") + stage;
  }
}

std::string crc_of(const Json& j) {
  const auto found = j.find("crc32c");
  if (found == j.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  char text[16];
  std::snprintf(text, sizeof text, "%08llx", static_cast<unsigned long long>(found->get<std::uint64_t>()));
  return text;
}

void add_input(const std::string& name, const Json& what, const std::string& stages, HtmlTable& table) {
  const Json empty = Json::object();
  const Json& j = what.is_object() ? what : empty;
  const Json& print = j.contains("fingerprint") ? j.at("fingerprint") : j;
  std::string kind = j.value("kind", std::string(j.contains("card") ? "network" : "file")), size;
  if (!what.is_object()) kind = what.dump();
  if (print.contains("dtype")) kind += ", " + print.value("dtype", std::string());
  if (print.contains("shape_xyz")) size = product(print.at("shape_xyz")) + " voxels";
  if (j.contains("card")) size = escaped_markup(j.at("card").value("description", std::string()));
  table.add({escaped_markup(name), escaped_markup(kind), size,
             print.contains("bytes") ? bytes_text(print.at("bytes").get<double>()) : "", code(crc_of(print)),
             escaped_markup(stages)});
}

}  // namespace

RunTimes run_times(const PipelineRun& run) {
  RunTimes times;
  for (const Json& r : records_of(run)) {
    const std::string started = r.value("started", ""), ended = r.value("ended", "");
    if (times.first.empty() || started < times.first) times.first = started;
    times.last = std::max(times.last, ended);
  }
  return times;
}

std::string state_html(const PipelineRun& run, const Json& status) {
  HtmlTable table;
  table.heads = {"Stage", "State", "Jobs done", "Failed", "Next, or why not"};
  table.words = {true, true, false, false, true};
  std::vector<std::string> errors;
  for (const auto& stage : status.at("stages")) add_stage(stage, table, errors);
  for (const Stage& stage : run.table().stages) {
    const auto same = [&](const StagePlan& plan) { return plan.stage == &stage; };
    if (!stage.in_run || std::any_of(run.stages().begin(), run.stages().end(), same)) continue;
    table.add({escaped_markup(stage.name), "not part of the run", "", "", why_not_part(run, stage)},
              "state_" + stage.name);
  }
  std::string out = table.html();
  if (!errors.empty()) out += errors_html(errors);
  if (const Json& left_out = status.at("left_out"); !left_out.empty())
    out += "<h3>Left out on request</h3>\n<p>These chunks count as empty in every result behind them.</p>\n<pre>" +
           escaped_markup(quarantine_text(left_out)) + "</pre>\n";
  return out;
}

std::string inputs_html(const PipelineRun& run) {
  std::map<std::string, std::pair<Json, std::string>> inputs;
  for (const StagePlan& plan : run.stages())
    for (const char* key : {"inputs", "late_inputs"})
      if (plan.keys.contains(key)) collect(plan.keys.at(key), plan.stage->name, inputs);
  HtmlTable table;
  table.heads = {"Input", "What", "Size", "Bytes", "CRC-32C", "Read by"};
  table.words = {true, true, true, false, true, true};
  for (const auto& [name, entry] : inputs) add_input(name, entry.first, entry.second, table);
  return table.rows.empty() ? "<p>The stages of this run read no input of the dataset.</p>\n" : table.html();
}

std::string records_html(const PipelineRun& run) {
  const std::vector<Json> records = records_of(run);
  HtmlTable table;
  if (records.size() > kRecords)
    table.caption = "The last " + count_text(kRecords) + " of " +
                    count_text(static_cast<std::int64_t>(records.size())) + " records";
  table.heads = {"Stage", "Ended", "Took", "Jobs run", "Version", "Host", "Hash of config and inputs", "Command"};
  table.words = {true, true, false, false, true, true, true, false};
  std::vector<std::string> commands;  // most stages share one
  for (std::size_t i = records.size() - std::min(records.size(), kRecords); i < records.size(); ++i) {
    const Json& r = records[i];
    const std::string command = r.value("cmdline", std::string());
    const auto known = std::find(commands.begin(), commands.end(), command);
    const auto number = known - commands.begin() + 1;
    if (known == commands.end()) commands.push_back(command);
    table.add({text_of(r, "stage"), "<time>" + text_of(r, "ended") + "</time>", duration_text(r.value("wall_s", 0.0)),
               count_text(r.value("jobs_run", std::int64_t{0})), text_of(r, "version") + " " + code(r.value("git", "")),
               text_of(r, "host"), code(r.value("config_sha256", std::string()).substr(0, 16)), count_text(number)});
  }
  if (table.rows.empty()) return "<p>No stage has ended yet.</p>\n";
  std::string list;
  for (const std::string& command : commands) list += "<li>" + code(command) + "</li>\n";
  return table.html() + "<p>Commands:</p>\n<ol>\n" + list + "</ol>\n";
}

std::string config_html(const PipelineRun& run) {
  return html_details("The resolved config: every key with the value in use",
                      "<pre>" + escaped_markup(resolved_yaml(run.config(), run.table().sections())) + "</pre>\n");
}

}  // namespace syconn
