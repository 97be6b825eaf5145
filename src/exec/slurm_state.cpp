// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "run_records.h"
#include "syconn/core/json.h"
#include "syconn/core/run_stats.h"

namespace syconn {

fs::path slurm_folder(const fs::path& run) { return run / "slurm"; }

SlurmRunState read_slurm_state(const fs::path& run) {
  SlurmRunState state;
  const fs::path path = slurm_folder(run) / "state.json";
  if (!fs::exists(path)) return state;
  const Json json = parse_json(read_file(path), path.string());
  state.id = json.at("id").get<std::string>();
  state.campaign = json.at("campaign").get<std::int64_t>();
  state.started = json.at("started").get<std::string>();
  for (const auto& [stage, hash] : json.at("recorded").items()) state.recorded[stage] = hash.get<std::string>();
  for (const auto& [step, why] : json.at("given_up").items()) state.given_up[step] = why.get<std::string>();
  return state;
}

void write_slurm_state(const fs::path& run, const SlurmRunState& state) {
  Json json = {{"id", state.id}, {"campaign", state.campaign}, {"started", state.started}};
  json["recorded"] = Json::object(), json["given_up"] = Json::object();
  for (const auto& [stage, hash] : state.recorded) json["recorded"][stage] = hash;
  for (const auto& [step, why] : state.given_up) json["given_up"][step] = why;
  make_folder(slurm_folder(run));
  write_file_atomically(slurm_folder(run) / "state.json", json.dump(1) + "\n");
}

SubmitLock::SubmitLock(const fs::path& run, double patience_s) {
  const fs::path path = slurm_folder(run) / "lock";
  make_folder(path.parent_path());
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) throw Error(Category::runtime, "cannot open '" + path.string() + "': " + std::strerror(errno));
  struct flock lock {};
  lock.l_type = F_WRLCK, lock.l_whence = SEEK_SET;
  const Stopwatch watch;
  while (::fcntl(fd_, F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) break;  // no locks here: round files guard alone
    if (watch.seconds() > patience_s) {
      ::close(fd_);
      throw Error(Category::retry, "another submitter is at work in this run: " + read_file(path));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  const std::string who = host_name() + " pid " + std::to_string(::getpid()) + " " + utc_now() + "\n";
  if (::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, who.data(), who.size(), 0) < 0) errno = 0;  // only a hint for people
}

SubmitLock::~SubmitLock() { ::close(fd_); }

}  // namespace syconn
