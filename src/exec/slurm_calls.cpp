// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "run_records.h"
#include "syconn/core/error.h"
#include "syconn/core/run_stats.h"

namespace syconn {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

void read_both(const std::array<int, 2>& fds, CallResult& result) {
  std::array<pollfd, 2> polls{pollfd{fds[0], POLLIN, 0}, pollfd{fds[1], POLLIN, 0}};
  char buffer[65536];
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    if (::poll(polls.data(), 2, -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < 2; ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      const ssize_t n = ::read(polls[i].fd, buffer, sizeof buffer);
      if (n > 0) (i == 0 ? result.out : result.err).append(buffer, static_cast<std::size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR)) polls[i].fd = -1;
    }
  }
}

int exit_code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Of the program's place in PATH; posix_spawnp searches the parent's PATH.
CallResult spawn(std::vector<std::string> arguments, std::vector<std::string> environment) {
  int out[2], err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw Error(Category::runtime, std::string("cannot make a pipe: ") + std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  pid_t child = 0;
  const auto argv = pointers(arguments), envp = pointers(environment);
  const int failed = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]), ::close(err[1]);
  CallResult result;
  if (failed == 0) {
    read_both({out[0], err[0]}, result);
    result.code = exit_code_of(child);
  } else {
    result.code = 127, result.err = std::strerror(failed);
  }
  ::close(out[0]), ::close(err[0]);
  return result;
}

bool is_handed_on(const std::string& variable) {
  return variable.starts_with("SLURM_CONF=") || !(variable.starts_with("SLURM_") || variable.starts_with("SBATCH_"));
}

bool mentions(const CallResult& result, const std::vector<const char*>& words) {
  const std::string text = result.out + result.err;
  for (const char* word : words)
    if (text.find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end == std::string::npos ? end : end - at));
    if (end == std::string::npos) return parts;
    at = end + 1;
  }
}

std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

SlurmCalls::SlurmCalls(std::vector<std::string> environment, double timeout_s, fs::path log)
    : timeout_s_(timeout_s), log_(std::move(log)) {
  for (std::string& variable : environment)
    if (is_handed_on(variable)) environment_.push_back(std::move(variable));
}

CallResult SlurmCalls::call(std::vector<std::string> arguments) const {
  std::string line;
  for (const std::string& a : arguments) line += (line.empty() ? "" : " ") + a;
  std::vector<std::string> all{"timeout", "-k", "5", std::to_string(timeout_s_)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Stopwatch watch;
  CallResult result = spawn(std::move(all), environment_);
  if (fs::is_directory(log_.parent_path())) {
    std::string answer = result.code == 0 && arguments[0] != "sbatch" ? "" : ": " + result.out + result.err;
    for (char& c : answer)
      if (c == '\n') c = ' ';
    append_line(log_, utc_now() + " " + host_name() + " " + std::to_string(watch.seconds()).substr(0, 5) + " s, exit " +
                          std::to_string(result.code) + ": " + line + answer.substr(0, 1000));
  }
  return result;
}

std::vector<QueuedJob> SlurmCalls::queue(const std::string& run_id) const {
  const CallResult result = call({"squeue", "-h", "-r", "-u", std::to_string(::getuid()), "-o", "%i|%T|%r|%k"});
  if (result.code != 0)
    throw Error(Category::retry, "SLURM does not answer (squeue: exit " + std::to_string(result.code) + " " +
                                     result.err + "). What is done is kept; try again later");
  std::vector<QueuedJob> jobs;
  for (const std::string& line : split_text(result.out, '\n')) {
    const auto fields = split_text(line, '|');
    if (fields.size() < 4) continue;
    const auto tag = split_text(fields[3], ':');
    if (tag.size() < 6 || tag[0] != "syconn" || tag[1] != run_id) continue;
    jobs.push_back({fields[0], fields[1], fields[2], tag[2], tag[3], tag[4], std::stoll(tag[5]), ""});
  }
  return jobs;
}

SlurmLimits SlurmCalls::limits() const {
  SlurmLimits limits;
  const CallResult result = call({"scontrol", "show", "config"});
  for (const std::string& line : split_text(result.out, '\n')) {
    const std::size_t at = line.find('=');
    if (at == std::string::npos) continue;
    if (line.starts_with("MaxArraySize")) limits.max_array = std::stoll(line.substr(at + 1));
    if (line.starts_with("MaxJobCount")) limits.max_jobs = std::stoll(line.substr(at + 1));
  }
  return limits;
}

bool is_submit_limit(const CallResult& result) {
  return mentions(result, {"MaxSubmit", "QOSMaxSubmitJob", "AssocMaxSubmitJob", "AssocGrpSubmitJobs"});
}

bool is_passing_trouble(const CallResult& result) {
  return result.code == 124 || result.code == 137 || is_submit_limit(result) ||
         mentions(result, {"temporarily unable", "Socket timed out", "Unable to contact slurm controller",
                           "Resource temporarily unavailable", "Connection refused", "Zero Bytes were transmitted",
                           "Connection timed out", "Communication connection failure", "Slurm backup controller",
                           "Unexpected message received"});
}

}  // namespace syconn
