// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/exec/run_report.h"
#include "syconn/stages/table.h"

extern char** environ;  // NOLINT

namespace syconn {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Waits where that is asked for and something is queued. Who does not wait is told 6 of a blocked run only.
SlurmEnd end_of(SlurmExecutor& executor, SlurmState state, bool wait) {
  const auto partial = static_cast<int>(Category::partial);
  if (!wait || state != SlurmState::running) return {state, state == SlurmState::blocked ? partial : 0};
  install_signal_handlers();
  const SlurmOutcome outcome =
      executor.wait(stop_signal, [](const std::string& line) { std::cerr << line << std::endl; });
  std::cout << outcome.text;
  return {outcome.state, outcome.state == SlurmState::complete ? 0 : partial};
}

PipelineRun open_run(const std::string& folder) {
  return PipelineRun::open(fs::absolute(folder).lexically_normal(), stage_table());
}

/// What testers break on purpose: "stage/step:job=what[:value]", comma separated in the variable SYCONN_SLURM_TRIAL,
/// job
/// * for all; the tests set it in a profile's prologue. fail[:times], retry[:times], sleep:tenths of seconds,
/// memory:MB, fail_on:node, vanish_on:node.
void act(const std::string& what, const std::string& value, const SlurmTask& task) {
  const long number =
      value.find_first_not_of("0123456789") == std::string::npos && !value.empty() ? std::stol(value) : -1;
  const bool on_node = what.ends_with("_on");
  if (what == "sleep") {
    ::usleep(static_cast<useconds_t>(number) * 100000);
  } else if (what == "memory") {
    std::vector<char> block(static_cast<std::size_t>(number) << 20, 1);
    if (block[block.size() / 2] == 0) std::cerr << "memory that was written reads as zero\n";
  } else if (what == "vanish_on" && value == task.node) {  // with its script, as when a node dies
    ::kill(::getppid(), SIGKILL);
    ::kill(::getpid(), SIGKILL);
  } else if (on_node ? value == task.node : number < 0 || task.round + task.restart <= number) {
    throw Error(what == "retry" ? Category::retry : Category::runtime, "a failure on trial");
  }
}

void trial(const std::string& text, const SlurmTask& task, std::int64_t job) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, end - at);
    at = end + 1;
    const std::string place = task.stage + "/" + task.step + ":";
    if (!item.starts_with(place)) continue;
    const std::size_t equals = item.find('=');
    const std::string which = item.substr(place.size(), equals - place.size());
    if (which != "*" && which != std::to_string(job)) continue;
    const std::string what = item.substr(equals + 1);
    const std::size_t colon = what.find(':');
    act(what.substr(0, colon), colon == std::string::npos ? "" : what.substr(colon + 1), task);
  }
}

int plan_command(int argc, char** argv) {
  RunArguments arguments;
  bool json = false, test_only = false;
  CLI::App app("Writes every script and manifest of a run for SLURM and submits nothing.", "syconn slurm plan");
  arguments.add_to(app);
  app.add_flag("--test-only", test_only, "also ask SLURM what it thinks of each script (sbatch --test-only)")
      ->group("Behaviour");
  app.add_flag("--json", json, "as JSON")->group("Behaviour");
  app.footer(help_footer(
      {"the config's volumes and lists, execution.profile"}, {"DIR/config.yml, plan.json, slurm/, work/*/*/sbatch"},
      {"syconn slurm plan -c run.yml -o runs/mydata", "syconn slurm plan -o runs/mydata --test-only"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const PipelineRun relative = arguments.open({});
  std::vector<std::string> names;
  for (const StagePlan& plan : relative.stages()) names.push_back(plan.stage->name);
  const PipelineRun run(relative.config(), fs::absolute(relative.folder()).lexically_normal(), stage_table(), names);
  return slurm_plan(run, arguments.level(), test_only, json);
}

int task_command(int argc, char** argv) {
  SlurmTask task;
  std::string folder;
  CLI::App app("Does the jobs of one array task; the scripts in RUN/work/*/*/sbatch call it.", "syconn slurm task");
  app.add_option("RUN", folder, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--stage", task.stage, "stage")->required()->group("Input");
  app.add_option("--step", task.step, "step of it")->required()->group("Input");
  app.add_option("--round", task.round, "number of the round")->required()->group("Input");
  app.add_option("--index", task.index, "line of the round's manifest")->required()->group("Input");
  app.footer(help_footer({"RUN/config.yml, plan.json, work/STAGE/STEP/sbatch/round_N.tsv"},
                         {"the jobs' outputs and markers, RUN/work/STAGE/STEP/attempts"},
                         {"syconn slurm task runs/x --stage contacts --step extract --round 1 --index 0"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  install_signal_handlers();
  task.job = variable("SLURM_ARRAY_JOB_ID") + "_" + variable("SLURM_ARRAY_TASK_ID");
  task.node = variable("SLURMD_NODENAME");
  task.restart = std::atoi(variable("SLURM_RESTART_COUNT").c_str());
  const std::string wanted = variable("SYCONN_SLURM_TRIAL");
  TaskHooks hooks;
  hooks.say = [](const std::string& line) { std::cerr << line << std::endl; };
  if (!wanted.empty()) hooks.before_job = [&](const SlurmTask& t, std::int64_t job) { trial(wanted, t, job); };
  return run_slurm_task(open_run(folder), task, stop_signal, hooks);
}

/// gate, resume, cancel: a run folder is all they need.
int folder_command(const std::string& verb, const std::string& what, int argc, char** argv) {
  std::string folder;
  bool wait = false;
  std::optional<std::size_t> quarantine;
  CLI::App app(what, "syconn slurm " + verb);
  app.add_option("RUN", folder, "run folder")->required()->type_name("DIR")->group("Input");
  if (verb == "resume") {
    app.add_flag("--wait", wait, "wait until the run is complete or blocked")->group("Behaviour");
    app.add_option("--quarantine", quarantine, kQuarantineHelp)->type_name("K")->group("Behaviour");
  }
  app.footer(help_footer({"RUN/config.yml, plan.json, slurm/profile.yml, the markers"}, {"RUN/slurm, work/*/*/sbatch"},
                         {"syconn slurm " + verb + " runs/mydata"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (quarantine) ask_quarantine(fs::absolute(folder).lexically_normal(), *quarantine);
  const PipelineRun run = open_run(folder);
  SlurmExecutor executor(run, slurm_profile_of(run.folder()), slurm_caller("syconn slurm " + verb + " " + folder));
  if (verb == "cancel") {
    std::cout << executor.cancel();
    return 0;
  }
  const SlurmOutcome outcome = verb == "resume" ? executor.resume() : executor.advance();
  std::cout << outcome.text << std::flush;
  const SlurmEnd end = end_of(executor, outcome.state, wait);
  if (end.state == SlurmState::complete) write_page_of_run(run, false);
  return end.exit_code;
}

}  // namespace

SlurmCaller slurm_caller(const std::string& command_line) {
  SlurmCaller caller;
  for (char** v = environ; *v != nullptr; ++v) caller.environment.emplace_back(*v);
  caller.executable = fs::read_symlink("/proc/self/exe").string();
  caller.own_job = variable("SLURM_JOB_ID");
  caller.command_line = command_line;
  return caller;
}

int slurm_plan(const PipelineRun& run, CheckLevel level, bool test_only, bool json) {
  const SlurmExecutor executor(run, load_slurm_profile(run.config().execution.profile), slurm_caller(""));
  const Json plan = executor.plan(level, test_only);
  if (json) {
    std::cout << plan.dump(1) << '\n';
    return 0;
  }
  std::cout << dry_run_text(plan) << "\nstep                            tasks  MB a task  time limit\n";
  for (const auto& stage : plan.at("stages"))
    for (const auto& step : stage.at("steps")) {
      if (!step.contains("tasks")) continue;
      std::printf("%-28s %8lld %10lld  %10s%s\n",
                  (stage.at("name").get<std::string>() + "/" + step.at("name").get<std::string>()).c_str(),
                  step.at("tasks").get<long long>(), step.at("request_mb").get<long long>(),
                  step.at("time_limit").get<std::string>().c_str(),
                  step.contains("sbatch") ? ("  sbatch: " + step.at("sbatch").get<std::string>()).c_str() : "");
    }
  std::fflush(stdout);
  std::cout << "Scripts: " << run.folder().string() << "/work/*/*/sbatch/step.sbatch, slurm/gate.sbatch\n";
  return 0;
}

SlurmEnd slurm_run(const PipelineRun& run, bool wait, const std::string& command_line) {
  SlurmExecutor executor(run, load_slurm_profile(run.config().execution.profile), slurm_caller(command_line));
  const SlurmOutcome outcome = executor.resume();
  std::cout << outcome.text << std::flush;
  if (!wait && outcome.state == SlurmState::running)
    std::cout << "The run goes on by itself; you may log out. syconn status " << run.folder().string() << "\n";
  return end_of(executor, outcome.state, wait);
}

int slurm_command(const std::string&, int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "plan") return plan_command(argc - 1, argv + 1);
  if (verb == "task") return task_command(argc - 1, argv + 1);
  if (verb == "gate")
    return folder_command(verb, "Counts markers and submits what is missing or the next step; gate jobs call it.",
                          argc - 1, argv + 1);
  if (verb == "resume")
    return folder_command(verb, "Goes on after anything: recounts, submits what is missing unless it is queued.",
                          argc - 1, argv + 1);
  if (verb == "cancel")
    return folder_command(verb, "Cancels the run's jobs; what is done is kept.", argc - 1, argv + 1);
  const bool help = verb == "--help" || verb == "-h";
  (help ? std::cout : std::cerr) << "Usage: syconn slurm plan|task|gate|resume|cancel (syconn slurm VERB --help)\n\n"
                                 << "  plan     write every script and manifest, submit nothing\n"
                                 << "  task     one array task (called by scripts)\n"
                                 << "  gate     what comes after a step (called by scripts)\n"
                                 << "  resume   go on after anything\n"
                                 << "  cancel   cancel the run's jobs\n\n"
                                 << kExitCodes << "\n";
  return help ? 0 : static_cast<int>(Category::usage);
}

}  // namespace syconn
