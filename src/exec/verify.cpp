// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/verify.h"

#include <algorithm>
#include <tuple>

#include "syconn/core/parallel.h"

namespace syconn {
namespace {

constexpr std::size_t kShown = 20;
constexpr std::size_t kUnlimited = SIZE_MAX;
constexpr const char* kLevels[] = {"fast", "full", "semantic"};

/// "datasets/mi" of "datasets/mi.h5" and of "datasets/mi/watershed-0_0000.h5".
std::string group_of_file(const std::string& file) {
  const fs::path path(file);
  const auto depth = std::distance(path.begin(), path.end());
  if (depth > 2 && (*path.begin() == "datasets" || *path.begin() == "volumes"))
    return *path.begin() / *std::next(path.begin());
  return path.parent_path() / path.stem();
}

std::string why_not(const VerifyCheck& check, const fs::path& run, const VerifyReport& report) {
  for (const std::string& need : check.needs) {
    if (!fs::exists(run / need)) return "there is no " + need;
    if (report.is_damaged(need)) return need + " is damaged";
  }
  return {};
}

void run_check(const VerifyCheck& check, const fs::path& run, VerifyReport& report, int threads, Progress& progress) {
  if (const std::string why = why_not(check, run, report); !why.empty()) return report.not_done(check.name, why);
  VerifySink sink(report, check);
  const auto guarded = [&](const std::function<void()>& work) {
    try {
      work();
    } catch (const std::exception& error) {
      sink.add({check.needs.empty() ? "" : check.needs[0], "", "", "readable", error.what()});
    }
  };
  std::int64_t parts = 0;
  guarded([&] { parts = check.parts ? check.parts() : 1; });
  progress.begin(check.name, parts, 0);
  parallel_for(parts, threads, [&](std::int64_t part) {
    guarded([&] { check.run(sink, part); });
    progress.job_done(0);
  });
  progress.end();
}

std::string violations_text(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " violation" : " violations"); }

Json violation_json(const Violation& v) {
  return {{"file", v.file}, {"dataset", v.dataset}, {"id", v.id}, {"expected", v.expected}, {"found", v.found}};
}

}  // namespace

bool VerifyReport::Less::operator()(const Violation& a, const Violation& b) const {
  const auto key = [](const Violation& v) { return std::tuple(v.id.size(), v.id, v.file, v.expected, v.found); };
  return key(a) < key(b);
}

void VerifyReport::add(const VerifyCheck& check, Violation violation) {
  const std::lock_guard lock(mutex_);
  if (check.damages && check.depth != VerifyDepth::semantic && !violation.file.empty())
    damaged_.insert(group_of_file(violation.file));
  Group& group = groups_[{check.name, violation.dataset}];
  ++group.count;
  group.first.insert(std::move(violation));
  if (group.first.size() > shown_) group.first.erase(std::prev(group.first.end()));
}

void VerifyReport::not_done(const std::string& check, const std::string& why) {
  const std::lock_guard lock(mutex_);
  skipped_[check].insert(why);
}

bool VerifyReport::is_damaged(const std::string& file) const {
  const std::lock_guard lock(mutex_);
  return damaged_.contains(group_of_file(file));
}

std::uint64_t VerifyReport::count() const {
  std::uint64_t n = 0;
  for (const auto& [kind, group] : groups_) n += group.count;
  return n;
}

std::uint64_t VerifyReport::count(const std::string& check) const {
  std::uint64_t n = 0;
  for (const auto& [kind, group] : groups_) n += kind.first == check ? group.count : 0;
  return n;
}

std::vector<std::string> VerifyReport::skipped(const std::string& check) const {
  const auto found = skipped_.find(check);
  if (found == skipped_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

Json VerifyReport::groups(const std::vector<VerifyCheck>& checks) const {
  Json out = Json::array();
  for (const VerifyCheck& check : checks)
    for (const auto& [kind, group] : groups_) {
      if (kind.first != check.name) continue;
      Json g = {{"check", check.name}, {"dataset", kind.second}, {"count", group.count}, {"violations", Json::array()}};
      for (const Violation& v : group.first) g["violations"].push_back(violation_json(v));
      out.push_back(g);
    }
  return out;
}

Json verify_json(const fs::path& run, const std::vector<VerifyCheck>& checks, const VerifyOptions& options,
                 Progress& progress) {
  VerifyReport report(options.all ? kUnlimited : kShown);
  Json done = Json::array();
  for (const VerifyDepth depth : {VerifyDepth::fast, VerifyDepth::full, VerifyDepth::semantic}) {
    if (depth > options.depth) break;
    for (const VerifyCheck& check : checks) {
      if (check.depth != depth) continue;
      run_check(check, run, report, options.threads, progress);
      done.push_back({{"name", check.name},
                      {"level", kLevels[static_cast<int>(depth)]},
                      {"what", check.what},
                      {"violations", report.count(check.name)},
                      {"not_done", report.skipped(check.name)}});
    }
  }
  return {{"run", run.string()},
          {"level", kLevels[static_cast<int>(options.depth)]},
          {"clean", report.count() == 0},
          {"violations", report.count()},
          {"checks", done},
          {"groups", report.groups(checks)}};
}

std::string verify_text(const Json& report) {
  std::string text;
  std::size_t not_done = 0;
  for (const auto& check : report.at("checks")) {
    const auto n = check.at("violations").get<std::uint64_t>();
    const auto& skipped = check.at("not_done");
    std::string name = check.at("name").get<std::string>();
    name.resize(std::max<std::size_t>(name.size(), 22), ' ');
    text += "  " + name + (n > 0 ? violations_text(n) : skipped.empty() ? "ok" : "not done");
    for (const auto& why : skipped) text += (why == skipped[0] ? ": " : "; ") + why.get<std::string>();
    text += "\n", not_done += !skipped.empty();
  }
  for (const auto& group : report.at("groups")) {
    const auto& listed = group.at("violations");
    const auto count = group.at("count").get<std::uint64_t>();
    text += "\n" + group.at("check").get<std::string>() + ": " + std::to_string(count) + " in " +
            (group.at("dataset").get<std::string>().empty() ? "files" : group.at("dataset").get<std::string>()) + "\n";
    for (const auto& v : listed) {
      text += "  " + v.at("file").get<std::string>();
      for (const char* key : {"dataset", "id"})
        if (const auto part = v.at(key).get<std::string>(); !part.empty())
          text += std::string(key == std::string("id") ? " " : ":") + part;
      text +=
          ": expected " + v.at("expected").get<std::string>() + ", found " + v.at("found").get<std::string>() + "\n";
    }
    if (count > listed.size())
      text += "  ... and " + std::to_string(count - listed.size()) + " more (--all lists them)\n";
  }
  const auto violations = report.at("violations").get<std::uint64_t>();
  text += "\n" + report.at("run").get<std::string>() + ": " +
          (violations == 0 ? "clean" : violations_text(violations)) + ", level " +
          report.at("level").get<std::string>() + ", " + std::to_string(report.at("checks").size()) + " checks";
  if (not_done > 0) text += ", of which " + std::to_string(not_done) + " could not or not wholly be done";
  return text + "\n";
}

}  // namespace syconn
