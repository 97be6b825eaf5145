// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"
#include "syconn/stages/export_files.h"

namespace syconn {
namespace {

/// `export neuroglancer RUN`: the stage `export` of the run's own config.
class NeuroglancerExport {
 public:
  explicit NeuroglancerExport(CLI::App& app)
      : sub_(app.add_subcommand("neuroglancer", "RUN/export/neuroglancer, for Neuroglancer, WEBKNOSSOS and KNOSSOS")) {
    sub_->add_option("RUN", arguments_.out, "run folder")->required()->type_name("DIR")->group("Input");
    sub_->add_option("-c,--config", arguments_.config, "the run's YAML file [RUN/config.yml]")
        ->type_name("FILE")
        ->group("Input");
    sub_->add_option("--set", arguments_.sets, "override one key of the config, e.g. export.raw_encoding=png")
        ->type_name("KEY=VALUE")
        ->group("Input")
        ->allow_extra_args(false);
    sub_->add_option("--url", url_, "where the folder will be served, for the viewer's state [export.url]")
        ->type_name("URL")
        ->group("Output");
    sub_->add_option("--executor", arguments_.executor, "where jobs run, instead of the config's execution.executor")
        ->type_name("NAME")
        ->check(CLI::IsMember({"local", "slurm"}))
        ->group("Behaviour");
    sub_->add_option("--check", arguments_.check, "what counts as done: sizes, or every byte's CRC-32C (full)")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"sizes", "full"}))
        ->default_str("sizes")
        ->group("Behaviour");
    flags_.add_to(*sub_);
    sub_->footer(help_footer({"RUN/datasets/ssv.h5, sv.h5, syn_ssv.h5; the config's volumes sv and raw, as there are"},
                             {"RUN/export/neuroglancer, RUN/work/export"},
                             {"syconn export neuroglancer runs/demo",
                              "syconn export neuroglancer runs/demo --url https://data.example.org/demo --dry-run"}));
  }
  bool parsed() const { return sub_->parsed(); }
  int run(int argc, char** argv) {
    if (!url_.empty()) arguments_.sets.push_back("export.url=" + url_);
    arguments_.quarantine = flags_.quarantine;
    return flags_.execute(arguments_.open({"export"}), arguments_.level(), argc, argv);
  }

 private:
  CLI::App* sub_;
  RunArguments arguments_;
  RunFlags flags_;
  std::string url_;
};

/// The formats of one file a cell, and those of the connectome.
class FilesExport {
 public:
  FilesExport(CLI::App& app, const std::string& name, const std::string& summary, const std::string& out,
              std::size_t (*write)(const FileExport&))
      : sub_(app.add_subcommand(name, summary)), write_(write) {
    sub_->add_option("RUN", run_, "run folder")->required()->type_name("DIR")->group("Input");
    auto* cells = sub_->add_option("--cells", export_.cells, "these only")
                      ->delimiter(',')
                      ->allow_extra_args(false)
                      ->type_name("ID,ID,...")
                      ->group("Input");
    sub_->add_flag("--all", all_, "all cells [unless --cells]")->excludes(cells)->group("Input");
    sub_->add_option("-o,--out", out_, out)->required()->type_name("PATH")->group("Output");
    if (name == "swc")
      sub_->add_option("--swc-unit", unit_, "of positions and radii: um or nm")
          ->check(CLI::IsMember({"um", "nm"}))
          ->capture_default_str()
          ->group("Output");
    const std::string run = "syconn export " + name + " runs/demo ";
    const std::string to = name == "graphml" ? "-o demo.graphml" : "-o " + name;
    sub_->footer(help_footer({name == "graphml" || name == "csv" ? "RUN/connectome.sqlite" : "RUN/datasets/ssv.h5"},
                             {"PATH"}, {run + "--all " + to, run + "--cells 17,4711 " + to}));
  }
  bool parsed() const { return sub_->parsed(); }
  int run() {
    export_.run = run_, export_.out = out_;
    export_.nm_per_unit = unit_ == "nm" ? 1 : 1000;
    const std::size_t n = write_(export_);
    std::cerr << n << (n == 1 ? " file written: " : " files written: ") << export_.out.string() << '\n';
    return 0;
  }

 private:
  CLI::App* sub_;
  FileExport export_;
  std::string run_, out_, unit_ = "um";
  bool all_ = false;  // for those who want to say it
  std::size_t (*write_)(const FileExport&);
};

}  // namespace

int export_command(const std::string& name, int argc, char** argv) {
  CLI::App app("Results of a run for other tools.", "syconn " + name);
  app.require_subcommand(1);
  NeuroglancerExport neuroglancer(app);
  FilesExport files[] = {{app, "swc", "skeletons, one SWC file a cell", "folder", export_swc},
                         {app, "ply", "meshes, one binary PLY file a cell (nm)", "folder", export_ply},
                         {app, "obj", "meshes, one OBJ file a cell (nm)", "folder", export_obj},
                         {app, "graphml", "cells and their connections as a graph", "file", export_graphml},
                         {app, "csv", "tables of cells, synapses and connections", "folder", export_csv}};
  app.footer(kExitCodes);
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (neuroglancer.parsed()) return neuroglancer.run(argc, argv);
  for (FilesExport& f : files)
    if (f.parsed()) return f.run();
  return exit_code;
}

}  // namespace syconn
