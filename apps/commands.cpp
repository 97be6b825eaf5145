// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <csignal>
#include <iostream>

#include "syconn/stages/table.h"

namespace syconn {

std::atomic<int> stop_signal{0};

namespace {

void on_signal(int number) {
  if (number == SIGINT && stop_signal.load() != 0) std::_Exit(128 + SIGINT);  // asked twice: at once
  stop_signal.store(number);
}

std::vector<Command> make_commands() {
  std::vector<Command> list{{"run", "all stages of a config; run again to resume", run_command}};
  for (const Stage& stage : stage_table().stages)
    list.push_back(
        {stage.name, stage.title,
         stage.name == "phantom"  ? phantom_command
         : stage.name == "export" ? export_command
                                  : run_command,
         stage.name == "phantom" ? std::vector<std::string>{"", "--vector", "--stats"} : std::vector<std::string>{""}});
  list.push_back({"import", "cells from SWC files", import_command});
  list.push_back({"train", "train the synapse classifier", train_command});
  list.push_back({"evaluate", "compare results with the truth", evaluate_command});
  list.push_back({"query", "ask the connectome: partners, matrices, synapses, paths, motifs", query_command});
  list.push_back(
      {"analyze", "tables and figures: mitochondria at synapses, path lengths, types, sizes, myelin", analyze_command});
  list.push_back({"serve", "a run in the browser, and questions answered over HTTP", serve_command});
  list.push_back({"draw", "cells with their synapses as a picture", draw_command, {"", "synapses", "embedding"}});
  list.push_back({"status", "what of a run is done, what failed and why", status_command});
  list.push_back({"report", "one page of a run: what it found, lacks and cost", report_command});
  list.push_back({"verify", "check a run: files, bytes, and what its tables say of each other", verify_command});
  list.push_back({"slurm",
                  "plan, task, gate, resume, cancel: runs on a SLURM cluster",
                  slurm_command,
                  {"plan", "task", "gate", "resume", "cancel"}});
  list.push_back({"config", "check, show, init, schema, docs of the configuration", config_command});
  list.push_back({"completion", "shell completion for bash, zsh and fish", completion_command});
  list.push_back({"man", "man pages", man_command});
  list.push_back({"version", "version, compiler and libraries", version_command});
  return list;
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> list = make_commands();
  return list;
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int number : {SIGTERM, SIGUSR1, SIGINT}) sigaction(number, &action, nullptr);
}

std::string help_footer(const std::vector<std::string>& reads, const std::vector<std::string>& writes,
                        const std::vector<std::string>& examples) {
  std::string text;
  const auto list = [&](const char* title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    text += std::string(title) + "\n";
    for (const auto& line : lines) text += "  " + line + "\n";
    text += "\n";
  };
  list("Reads:", reads);
  list("Writes:", writes);
  list("Examples:", examples);
  return text + kExitCodes;
}

std::function<void(const CLI::App&)> help_reader;

bool parse(CLI::App& app, int argc, char** argv, int& exit_code) {
  if (help_reader) {
    help_reader(app);
    return false;
  }
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    exit_code = 0;
  } catch (const CLI::ParseError& e) {
    std::cerr << app.get_name() << ": " << e.what() << "\nRun '" << app.get_name() << " --help' for the options.\n";
    exit_code = static_cast<int>(Category::usage);
  }
  return false;
}

void RunArguments::add_to(CLI::App& app) {
  app.add_option("-c,--config", config, "the run's YAML file; default: config.yml of the run folder")
      ->type_name("FILE")
      ->group("Input");
  app.add_option("--set", sets, "override one key of the config, e.g. contacts.closings=6; may be repeated")
      ->type_name("KEY=VALUE")
      ->group("Input")
      ->allow_extra_args(false);
  app.add_flag("--allow-missing", allow_missing,
               "read chunks that were never written as empty in every volume, and count them: allow_missing of "
               "dataset.volumes; without it they are an error")
      ->group("Input");
  app.add_option("--executor", executor, "where jobs run, instead of the config's execution.executor")
      ->type_name("NAME")
      ->check(CLI::IsMember({"local", "slurm"}))
      ->group("Behaviour");
  app.add_option("-o,--out", out, "run folder; default: runs/<dataset.name>")->type_name("DIR")->group("Output");
  app.add_option("--check", check, "what counts as done: markers and file sizes, or every byte's CRC-32C too")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"sizes", "full"}))
      ->default_str("sizes")
      ->group("Behaviour");
}

PipelineRun RunArguments::open(const std::vector<std::string>& only) const {
  const StageTable& table = stage_table();
  if (config.empty() && out.empty()) throw Error(Category::usage, "give -c CONFIG, or -o DIR of an existing run");
  const auto ask = [&](const RunConfig& of, const fs::path& folder) {
    if (!quarantine) return;
    if (of.execution.executor != "slurm")
      throw Error(Category::usage,
                  "--quarantine is for --executor slurm: a local run stops at the first chunk that fails");
    ask_quarantine(folder, *quarantine);
  };
  if (config.empty() && sets.empty() && only.empty() && executor.empty() && !allow_missing) {
    if (quarantine) ask(load_config(fs::path(out) / "config.yml", {}, table.sections()), out);
    return PipelineRun::open(out, table);
  }
  const fs::path file = config.empty() ? fs::path(out) / "config.yml" : fs::path(config);
  std::vector<std::string> all_sets = sets;
  if (!executor.empty()) all_sets.push_back("execution.executor=" + executor);
  RunConfig loaded = load_config(file, all_sets, table.sections());
  if (allow_missing) {
    for (const auto& [name, volume] : loaded.dataset.volumes)
      all_sets.push_back("dataset.volumes." + name + ".allow_missing=true");
    loaded = load_config(file, all_sets, table.sections());
  }
  const fs::path folder = out.empty() ? fs::path("runs") / loaded.dataset.name : fs::path(out);
  ask(loaded, folder);
  return {std::move(loaded), folder, table, only};
}

}  // namespace syconn
