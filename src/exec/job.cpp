// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/job.h"

#include "syconn/core/crc32c.h"
#include "syconn/core/json.h"
#include "syconn/core/version.h"

namespace syconn {

JobContext::JobContext(const RunConfig& config, const Geometry& geometry, const Stage& stage, std::string step, Job job,
                       fs::path run, std::string hash)
    : config_(config),
      geometry_(geometry),
      stage_(stage),
      step_(std::move(step)),
      job_(job),
      run_(std::move(run)),
      hash_(std::move(hash)) {}

JobContext::~JobContext() {
  for (const auto& [temporary, final_path] : outputs_) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
  }
}

fs::path JobContext::output(const fs::path& relative) {
  const fs::path path = run_ / relative;
  make_folder(path.parent_path());
  outputs_.emplace_back(temporary_name(path), path);
  return outputs_.back().first;
}

fs::path JobContext::work_file(const std::string& step, const std::string& name, std::int64_t index) const {
  return fs::path("work") / stage_.name / step / (name + "." + std::to_string(index));
}

fs::path JobContext::work_input(const std::string& step, const std::string& name, std::int64_t index) const {
  return run_ / work_file(step, name, index);
}

std::string JobContext::provenance_json() const {
  Json p;
  p["tool"] = "syconn";
  p["version"] = version();
  p["stage"] = stage_.name;
  p["stage_sha256"] = hash_;
  if (!left_out_.empty()) p["left_out"] = quarantine_json(left_out_);
  return p.dump();
}

std::vector<JobContext::File> JobContext::commit() {
  std::vector<File> files;
  for (const auto& [temporary, path] : outputs_) {
    std::error_code error;
    const auto bytes = fs::file_size(temporary, error);
    if (error) throw Error(Category::runtime, "the job did not write its output '" + path.string() + "'");
    files.push_back({path.lexically_relative(run_).generic_string(), bytes, hex8(file_crc32c(temporary))});
  }
  for (const fs::path& kept : kept_)
    files.push_back({kept.generic_string(), fs::file_size(run_ / kept), hex8(file_crc32c(run_ / kept))});
  for (const auto& [temporary, path] : outputs_) commit_file(temporary, path);
  outputs_.clear();
  return files;
}

}  // namespace syconn
