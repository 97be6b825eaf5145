// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "syconn/exec/run_plan.h"

namespace syconn {

/// A subcommand: its row in `syconn --help` and how it runs; returns the exit code.
struct Command {
  std::string name, summary;
  int (*run)(const std::string& name, int argc, char** argv);
  /// First words that have options of their own; "": those without.
  std::vector<std::string> forms = {""};
};
const std::vector<Command>& commands();

int run_command(const std::string& name, int argc, char** argv);  ///< run, and every stage alone
int phantom_command(const std::string& name, int argc, char** argv);
int export_command(const std::string& name, int argc, char** argv);
int evaluate_command(const std::string& name, int argc, char** argv);
int import_command(const std::string& name, int argc, char** argv);
int train_command(const std::string& name, int argc, char** argv);
int query_command(const std::string& name, int argc, char** argv);
int analyze_command(const std::string& name, int argc, char** argv);
int serve_command(const std::string& name, int argc, char** argv);
int draw_command(const std::string& name, int argc, char** argv);
int status_command(const std::string& name, int argc, char** argv);
int verify_command(const std::string& name, int argc, char** argv);
int report_command(const std::string& name, int argc, char** argv);
int slurm_command(const std::string& name, int argc, char** argv);
int config_command(const std::string& name, int argc, char** argv);
int completion_command(const std::string& name, int argc, char** argv);
int man_command(const std::string& name, int argc, char** argv);
int version_command(const std::string& name, int argc, char** argv);

inline const char* const kQuarantineHelp =
    "with executor slurm: go on without up to K chunks that fail in every round; every result lists them. 0: try them "
    "again [0]";
inline const char* const kExitCodes =
    "Exit codes: 0 ok, 1 run-time failure, 2 usage, 3 config, 4 input missing or corrupt, 5 verify failed, 6 partial, "
    "75 worth a retry";

/// What --help ends with: files read and written, examples, exit codes.
std::string help_footer(const std::vector<std::string>& reads, const std::vector<std::string>& writes,
                        const std::vector<std::string>& examples);

/// Parses; on --help prints it and sets `exit_code` 0, on a wrong command line prints why and sets 2. True: go on.
bool parse(CLI::App& app, int argc, char** argv, int& exit_code);
/// While it is set, parse() gives it the command's options and then does nothing else: how man pages learn of them.
extern std::function<void(const CLI::App&)> help_reader;

/// -c, -o, --set, --allow-missing, --executor and --check, shared by every command that works on a run.
struct RunArguments {
  std::string config, out, check = "sizes", executor;
  std::vector<std::string> sets;
  bool allow_missing = false;
  std::optional<std::size_t> quarantine;  ///< asked of the run folder before it is opened

  void add_to(CLI::App& app);
  CheckLevel level() const { return check == "full" ? CheckLevel::full : CheckLevel::sizes; }
  /// The run: of the config, in -o (default runs/<name>); without -c the run folder's own config.yml.
  PipelineRun open(const std::vector<std::string>& only) const;
};

/// -n, --json, -q and what follows: plan or run, then a summary.
struct RunFlags {
  bool dry_run = false, json = false, quiet = false, wait = false;
  bool page = false;  ///< no flag: whether RUN/report.html is made when the run is complete
  std::optional<std::size_t> quarantine;

  void add_to(CLI::App& app);
  int execute(const PipelineRun& run, CheckLevel level, int argc, char** argv) const;
};

/// RUN/report.html of a complete run. A run whose page cannot be made is a good run still: it warns.
void write_page_of_run(const PipelineRun& run, bool quiet);

/// Set by SIGTERM, SIGUSR1 and SIGINT: finish the jobs in work, then stop.
extern std::atomic<int> stop_signal;
void install_signal_handlers();

}  // namespace syconn
