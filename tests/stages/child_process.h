// SPDX-License-Identifier: GPL-3.0-or-later
// The real executable as a child process.
#pragma once
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/json.h"

namespace syconn::test {

/// Starts `syconn` with these arguments; its standard output goes to a file.
inline pid_t start_syconn(std::vector<std::string> arguments, const fs::path& stdout_file) {
  arguments.insert(arguments.begin(), SYCONN_EXECUTABLE);
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    const int out = ::open(stdout_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out < 0 || ::dup2(out, STDOUT_FILENO) < 0) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return child;
}

/// Exit code; 1000 + number after a signal.
inline int wait_for(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error("lost a child process");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/// The JSON that a command with --json prints. Throws if it fails.
inline Json syconn_json(std::vector<std::string> arguments, const fs::path& stdout_file) {
  arguments.insert(arguments.end(), {"--json", "--quiet"});
  const int code = wait_for(start_syconn(arguments, stdout_file));
  if (code != 0) throw std::runtime_error("syconn " + arguments[0] + " ended with " + std::to_string(code));
  return parse_json(read_file(stdout_file), stdout_file.string());
}

}  // namespace syconn::test
