// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/stages/import_swc.h"

namespace syconn {
namespace {

Json json_of(const SwcImported& d) {
  return {{"files", d.files},
          {"cells", d.cells},
          {"nodes", d.nodes},
          {"points", d.points},
          {"left_out", d.left_out},
          {"without_type", d.without_type},
          {"unused_types", d.unused_types},
          {"ids", d.numbers_are_names ? "names" : "running"},
          {"was_there", d.was_there},
          {"cells_of_type", d.cells_of_type}};
}

void print(const SwcImported& d, const std::string& out) {
  const auto n = [](std::uint64_t v) { return static_cast<unsigned long long>(v); };
  std::printf("%s: %llu cells of %llu files, %llu left out by their types\n", out.c_str(), n(d.cells), n(d.files),
              n(d.left_out));
  if (d.was_there)
    std::printf("the folder held them already; nothing was done\n");
  else
    std::printf("%llu nodes, %llu points of surfaces; ids are %s\n", n(d.nodes), n(d.points),
                d.numbers_are_names ? "the files' names" : "running numbers, see cells.csv");
  for (const auto& [type, cells] : d.cells_of_type) std::printf("  %-24s %llu\n", type.c_str(), n(cells));
  if (d.without_type > 0) std::printf("  %-24s %llu\n", "without a type", n(d.without_type));
  if (d.unused_types > 0) std::printf("%llu rows of the types name no file\n", n(d.unused_types));
  std::fflush(stdout);
}

void add_surface(CLI::App& sub, SwcImport& o) {
  sub.add_option("--points-per-um2", o.surface.points_per_um2, "points on the surface")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  sub.add_option("--min-radius-nm", o.surface.min_radius_nm, "thinner nodes are drawn that thick")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub.add_option("--max-points", o.surface.max_points, "of a cell; a larger surface gets fewer points a um2")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  sub.add_option("--max-nodes", o.max_nodes, "of a file; a larger one is an error")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
}

}  // namespace

int import_command(const std::string&, int argc, char** argv) {
  CLI::App app("Makes cells of a run from other formats.", "syconn import");
  app.require_subcommand(1);
  SwcImport o;
  std::string folder, out, types;
  bool json = false, no_compartments = false;
  CLI::App* sub = app.add_subcommand("swc", "a folder of SWC files: one cell a file");
  sub->add_option("folder", folder, "searched with all folders in it")->required()->type_name("DIR");
  sub->add_option("--types", types, "CSV with the columns cell (or name, id) and type")->type_name("FILE");
  sub->add_flag("--folder-types", o.folder_types, "the type is the name of the folder that a file is in");
  sub->add_option("--unit-nm", o.nm_per_unit, "length of the files' unit; 1000: um")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--min-cells-per-type", o.min_cells_per_type,
                  "leave out cells of rarer types and those without one; 0: none")
      ->capture_default_str();
  sub->add_option("--exclude-type", o.exclude_types,
                  "leave out cells of it; NAME* is all that begin so; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  sub->add_flag("--center", o.center, "subtract the mean of each cell's nodes");
  sub->add_flag("--no-compartments", no_compartments, "the files' types of nodes say nothing: all are unknown");
  add_surface(*sub, o);
  sub->add_option("--threads", o.threads, "0: all")->capture_default_str();
  sub->add_option("-o,--out", out, "run folder")->required()->type_name("RUN");
  sub->add_flag("--json", json, "the report as JSON");
  sub->footer(help_footer({"DIR/**/*.swc, FILE"},
                          {"RUN/datasets/ssv.h5: the cells; RUN/cells.csv: which is which; "
                           "RUN/config.yml"},
                          {"syconn import swc neurons --types types.csv --min-cells-per-type 10 -o runs/neurons"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  o.folder = folder, o.out = out, o.types = types, o.compartments = !no_compartments;
  if (o.threads <= 0) o.threads = available_threads();
  const SwcImported done = import_swc(o);
  if (json)
    std::cout << json_of(done).dump(1) << '\n';
  else
    print(done, out);
  return 0;
}

}  // namespace syconn
