// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_rounds.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "slurm_calls.h"
#include "syconn/core/json.h"

namespace syconn {
namespace {

std::string round_text(const Round& round) {
  Json json = {{"round", round.number},
               {"campaign", round.campaign},
               {"hash", round.hash},
               {"time", round.time},
               {"gate_id", round.gate_id},
               {"jobs", round.jobs},
               {"excluded_nodes", round.excluded_nodes}};
  const auto ref = [](const RoundRef& r) { return Json{{"stage", r.stage}, {"step", r.step}, {"round", r.round}}; };
  if (round.leader.is_set()) json["leader"] = ref(round.leader);
  for (const RoundRef& r : round.then) json["then"].push_back(ref(r));
  json["arrays"] = Json::array();
  for (const RoundArray& a : round.arrays)
    json["arrays"].push_back({{"first", a.first},
                              {"tasks", a.count},
                              {"memory_mb", a.memory_mb},
                              {"time_min", a.time_min},
                              {"job_id", a.job_id}});
  return json.dump(1) + "\n";
}

Round round_of(const Json& json) {
  Round round;
  round.number = json.at("round").get<std::int64_t>();
  round.campaign = json.at("campaign").get<std::int64_t>();
  round.hash = json.at("hash").get<std::string>();
  round.time = json.at("time").get<std::string>();
  round.gate_id = json.at("gate_id").get<std::string>();
  round.jobs = json.at("jobs").get<std::int64_t>();
  round.excluded_nodes = json.at("excluded_nodes").get<std::vector<std::string>>();
  const auto ref = [](const Json& r) {
    return RoundRef{r.at("stage").get<std::string>(), r.at("step").get<std::string>(),
                    r.at("round").get<std::int64_t>()};
  };
  if (json.contains("leader")) round.leader = ref(json.at("leader"));
  for (const auto& r : json.value("then", Json::array())) round.then.push_back(ref(r));
  for (const auto& a : json.at("arrays"))
    round.arrays.push_back({a.at("first").get<std::int64_t>(), a.at("tasks").get<std::int64_t>(),
                            a.at("memory_mb").get<std::int64_t>(), a.at("time_min").get<std::int64_t>(),
                            a.at("job_id").get<std::string>()});
  return round;
}

std::vector<std::int64_t> jobs_of(const std::string& line, const fs::path& path) {
  std::vector<std::int64_t> jobs;
  try {
    for (const std::string& number : split_text(line.substr(line.find('\t') + 1), ','))
      jobs.push_back(std::stoll(number));
  } catch (const std::exception&) {
    throw Error(Category::input, "'" + path.string() + "': not a line of jobs: '" + line + "'");
  }
  return jobs;
}

/// What the program itself wrote: the last word about each job counts.
void read_events(const fs::path& path, TaskEvidence& evidence) {
  std::string node;
  bool running = false;
  for (const Json& line : read_json_lines(path)) {
    const std::string event = line.value("event", "");
    const auto job = line.value("job", std::int64_t{-1});
    if (event == "start") {
      if (running) evidence.lost_nodes.insert(node);
      node = line.value("node", ""), running = true, evidence.started = true, ++evidence.attempts;
    } else if (event == "begin") {
      evidence.open.insert(job);
    } else if (event == "done" || event == "failed") {
      evidence.open.erase(job);
      if (event == "done") evidence.done.insert(job);
      if (event == "failed") evidence.failed_node[job] = node;
      ++(event == "done" ? evidence.done_on : evidence.failed_on)[node];
    } else if (event == "end") {
      running = false;
    }
  }
  if (running) evidence.lost_nodes.insert(node);
}

}  // namespace

std::string manifest_text(const std::vector<std::vector<std::int64_t>>& tasks) {
  std::string text;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    text += std::to_string(i) + "\t";
    for (std::size_t j = 0; j < tasks[i].size(); ++j) text += (j > 0 ? "," : "") + std::to_string(tasks[i][j]);
    text += "\n";
  }
  return text;
}

std::vector<Json> read_json_lines(const fs::path& path) {
  std::vector<Json> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    Json json = Json::parse(line, nullptr, false);
    if (json.is_object()) lines.push_back(std::move(json));
  }
  return lines;
}

std::vector<Round> StepRounds::all() const {
  std::vector<Round> rounds;
  for (std::int64_t n = 1; fs::exists(record(n)); ++n) rounds.push_back(one(n));
  return rounds;
}

Round StepRounds::one(std::int64_t round) const {
  return round_of(parse_json(read_file(record(round)), record(round).string()));
}

void StepRounds::create(const Round& round, const std::vector<std::vector<std::int64_t>>& tasks) const {
  make_folder(folder());
  make_folder(logs(round.number));
  write_file_atomically(manifest(round.number), manifest_text(tasks));
  if (fs::exists(record(round.number))) return update(round);  // the same submitter, with other tasks
  // A hard link is refused where the name exists, on network file systems too.
  const fs::path temporary = temporary_name(record(round.number));
  write_file_atomically(temporary, round_text(round));
  const int failed = ::link(temporary.c_str(), record(round.number).c_str()) == 0 ? 0 : errno;
  fs::remove(temporary);
  if (failed == EEXIST)
    throw Error(Category::retry, "another submitter has just made '" + record(round.number).string() + "'");
  if (failed != 0) write_file_atomically(record(round.number), round_text(round));  // a file system without links
}

void StepRounds::update(const Round& round) const { write_file_atomically(record(round.number), round_text(round)); }

std::vector<std::vector<std::int64_t>> StepRounds::tasks(std::int64_t round) const {
  std::vector<std::vector<std::int64_t>> tasks;
  std::ifstream in(manifest(round));
  for (std::string line; std::getline(in, line);) tasks.push_back(jobs_of(line, manifest(round)));
  return tasks;
}

std::vector<std::int64_t> StepRounds::task(std::int64_t round, std::int64_t index) const {
  std::ifstream in(manifest(round));
  const std::string start = std::to_string(index) + "\t";
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(start)) return jobs_of(line, manifest(round));
  throw Error(Category::input, "'" + manifest(round).string() + "' has no task " + std::to_string(index));
}

TaskEvidence StepRounds::evidence(std::int64_t round, std::int64_t index) const {
  TaskEvidence evidence;
  const fs::path base = attempts(round, index);
  read_events(base.string() + ".jsonl", evidence);
  fs::path shell = base.string() + ".shell";
  if (!fs::exists(shell) && fs::exists(record(round)))
    if (const RoundRef leader = one(round).leader; leader.is_set())
      shell = of(leader).attempts(leader.round, 0).string() + ".shell";
  std::set<std::string> without_device;
  for (const Json& line : read_json_lines(shell)) {
    const std::string event = line.value("event", "");
    if (event == "bad_node") without_device.insert(line.value("node", ""));
    if (event == "killed") evidence.killed = true;
    if (event == "near_time_limit") evidence.near_time_limit = true;
    if (event == "told_to_stop") evidence.told = true;
    if (event.starts_with("requeue")) ++evidence.requeues;
    evidence.memory_mb = std::max(evidence.memory_mb, line.value("memory_mb", std::int64_t{0}));
  }
  if (evidence.killed || evidence.told || evidence.near_time_limit)
    evidence.lost_nodes.clear();  // not the node's fault
  evidence.lost_nodes.insert(without_device.begin(), without_device.end());
  return evidence;
}

}  // namespace syconn
