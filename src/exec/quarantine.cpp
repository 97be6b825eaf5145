// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/quarantine.h"

#include <algorithm>
#include <tuple>

namespace syconn {
namespace {

Json triple(const Vec3i& v) { return Json::array({v.x, v.y, v.z}); }
Vec3i triple(const Json& j) {
  return {j.at(0).get<std::int64_t>(), j.at(1).get<std::int64_t>(), j.at(2).get<std::int64_t>()};
}

}  // namespace

bool Quarantine::holds(const std::string& stage, const std::string& step, std::int64_t job) const {
  return std::any_of(jobs.begin(), jobs.end(),
                     [&](const QuarantinedJob& q) { return q.job == job && q.stage == stage && q.step == step; });
}

std::vector<QuarantinedJob> Quarantine::of_stage(const std::string& stage) const {
  std::vector<QuarantinedJob> list;
  for (const QuarantinedJob& job : jobs)
    if (job.stage == stage) list.push_back(job);
  return list;
}

std::size_t Quarantine::chunks() const {
  std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>> corners;
  for (const QuarantinedJob& job : jobs) corners.emplace_back(job.box.min.x, job.box.min.y, job.box.min.z);
  std::sort(corners.begin(), corners.end());
  return static_cast<std::size_t>(std::unique(corners.begin(), corners.end()) - corners.begin());
}

fs::path quarantine_file(const fs::path& run) { return run / "quarantine.json"; }

Quarantine read_quarantine(const fs::path& run) {
  Quarantine quarantine;
  const fs::path path = quarantine_file(run);
  if (!fs::exists(path)) return quarantine;
  const Json json = parse_json(read_file(path), path.string());
  try {
    quarantine.most = json.at("most").get<std::size_t>();
    for (const auto& j : json.at("jobs"))
      quarantine.jobs.push_back({j.at("stage").get<std::string>(),
                                 j.at("step").get<std::string>(),
                                 j.at("job").get<std::int64_t>(),
                                 {triple(j.at("box_vx").at(0)), triple(j.at("box_vx").at(1))},
                                 j.value("why", "")});
  } catch (const Json::exception& e) {
    throw Error(Category::input, "'" + path.string() + "': " + e.what());
  }
  return quarantine;
}

void write_quarantine(const fs::path& run, const Quarantine& quarantine) {
  Json json = {{"most", quarantine.most}, {"jobs", quarantine_json(quarantine.jobs)}};
  for (std::size_t i = 0; i < quarantine.jobs.size(); ++i) json["jobs"][i]["why"] = quarantine.jobs[i].why;
  make_folder(run);
  write_file_atomically(quarantine_file(run), json.dump(1) + "\n");
}

void ask_quarantine(const fs::path& run, std::size_t most) {
  Quarantine quarantine = read_quarantine(run);
  quarantine.most = most;
  if (quarantine.chunks() > most) quarantine.jobs.clear();
  write_quarantine(run, quarantine);
}

Json quarantine_json(const std::vector<QuarantinedJob>& jobs) {
  Json list = Json::array();
  for (const QuarantinedJob& job : jobs)
    list.push_back({{"stage", job.stage},
                    {"step", job.step},
                    {"job", job.job},
                    {"box_vx", Json::array({triple(job.box.min), triple(job.box.max)})}});
  return list;
}

std::string quarantine_text(const Json& jobs) {
  if (jobs.empty()) return {};
  std::string text = "left out on request (quarantine.json), these chunks count as empty:\n";
  for (const auto& job : jobs)
    text += "  " + job.at("stage").get<std::string>() + "/" + job.at("step").get<std::string>() + " job " +
            std::to_string(job.at("job").get<std::int64_t>()) + ", box " + job.at("box_vx").dump() + "\n";
  return text;
}

}  // namespace syconn
