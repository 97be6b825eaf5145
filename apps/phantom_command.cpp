// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/exec/config.h"
#include "syconn/stages/phantom_stats.h"
#include "syconn/stages/table.h"

namespace syconn {
namespace {

Json stats_json(const std::vector<PhantomFigure>& figures) {
  Json json = Json::array();
  for (const PhantomFigure& f : figures)
    json.push_back({{"name", f.name},
                    {"unit", f.unit},
                    {"value", f.value},
                    {"accept", {f.accept_min, f.accept_max}},
                    {"accepted", f.accepted},
                    {"real", f.real}});
  return json;
}

void print_stats(const std::vector<PhantomFigure>& figures) {
  std::printf("%-44s %10s  %-17s %s\n", "quantity", "phantom", "accept", "real tissue");
  for (const PhantomFigure& f : figures)
    std::printf("%-44s %10.3f  %6.2f to %-8.2f %s%s\n", (f.name + (f.unit.empty() ? "" : " (" + f.unit + ")")).c_str(),
                f.value, f.accept_min, f.accept_max, f.real.c_str(), f.accepted ? "" : "   OUTSIDE");
  std::fflush(stdout);
}

/// What --vector asks for; becomes the text of a config.
struct VectorArguments {
  std::vector<double> box_um{150, 150, 150};
  std::int64_t cells = 40;
  std::uint64_t seed = 1;
  double mesh_grid_nm = 100;
  std::string preset = "standard", out = "runs/phantom-vector";
  std::vector<std::string> sets;

  void add_to(CLI::App& app) {
    app.add_option("--box-um", box_um, "edges of the box in which cells are placed, um")
        ->type_name("X,Y,Z")
        ->delimiter(',')
        ->expected(3)
        ->check(CLI::Range(1.0, 2000.0))
        ->group("Input")
        ->capture_default_str();
    app.add_option("--cells", cells, "cells")->type_name("N")->group("Input")->capture_default_str();
    app.add_option("--seed", seed, "another seed is another set of cells")
        ->type_name("N")
        ->group("Input")
        ->capture_default_str();
    app.add_option("--preset", preset, "standard, or shifted: every morphology parameter differs")
        ->type_name("NAME")
        ->group("Input")
        ->capture_default_str();
    app.add_option("--mesh-grid-nm", mesh_grid_nm, "lattice of the cells' surfaces")
        ->type_name("NM")
        ->group("Input")
        ->capture_default_str();
    app.add_option("--set", sets, "override one key of the config, e.g. execution.threads=2; may be repeated")
        ->type_name("KEY=VALUE")
        ->group("Input")
        ->allow_extra_args(false);
    app.add_option("-o,--out", out, "run folder")->type_name("DIR")->group("Output")->capture_default_str();
  }

  std::string yaml() const {
    constexpr double kVoxelNm[3] = {10, 10, 25};
    std::ostringstream text;
    text << "dataset:\n  name: phantom-vector\n  voxel_size_nm: [10, 10, 25]\n  box_vx: {min: [0, 0, 0], max: [";
    for (std::size_t axis = 0; axis < 3; ++axis)
      text << (axis > 0 ? ", " : "") << std::llround(box_um[axis] * 1000 / kVoxelNm[axis]);
    text.precision(17);
    text << "]}\n  volumes: {}\nstages: [phantom-vector]\nphantom-vector:\n  n_cells: " << cells << "\n  seed: " << seed
         << "\n  preset: " << Json(preset).dump() << "\n  mesh_grid_nm: " << mesh_grid_nm << '\n';
    return text.str();
  }
};

int vector_command(int argc, char** argv) {
  CLI::App app(
      "Writes whole synthetic cells without voxels: skeletons, closed meshes, organelles, synapses and the truth.",
      "syconn phantom --vector");
  VectorArguments arguments;
  RunFlags flags;
  bool flag = false;
  app.add_flag("--vector", flag, "whole cells without voxels")->group("Behaviour");
  arguments.add_to(app);
  flags.add_to(app);
  app.footer(help_footer({}, stage_table().at("phantom-vector").writes,
                         {"syconn phantom --vector --box-um 150,150,150 --cells 40 -o runs/cells"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  RunConfig config =
      parse_config(arguments.yaml(), "phantom --vector", fs::current_path(), arguments.sets, stage_table().sections());
  const PipelineRun run(std::move(config), arguments.out, stage_table(), {"phantom-vector"});
  return flags.execute(run, CheckLevel::sizes, argc, argv);
}

bool has_flag(int argc, char** argv, const std::string& flag) {
  for (int i = 1; i < argc; ++i)
    if (argv[i] == flag) return true;
  return false;
}

}  // namespace

int phantom_command(const std::string& name, int argc, char** argv) {
  // --vector needs no config, --stats only looks; everything else is the stage like any other.
  if (has_flag(argc, argv, "--vector")) return vector_command(argc, argv);
  if (!has_flag(argc, argv, "--stats")) return run_command(name, argc, argv);
  CLI::App app("Prints the phantom's own statistics beside those of real tissue; writes nothing.",
               "syconn phantom --stats");
  RunArguments arguments;
  bool flag = false, json = false;
  arguments.add_to(app);
  app.add_flag("--stats", flag, "print the statistics")->group("Behaviour");
  app.add_flag("--json", json, "as JSON")->group("Behaviour");
  app.footer(help_footer({}, {}, {"syconn phantom --stats -c configs/demo.yml"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const PipelineRun run = arguments.open({"phantom"});
  const auto figures = phantom_figures(run.config(), run.stage("phantom").geometry);
  if (json)
    std::cout << stats_json(figures).dump(1) << '\n';
  else
    print_stats(figures);
  return 0;
}

}  // namespace syconn
