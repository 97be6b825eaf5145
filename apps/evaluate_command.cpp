// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "embedding_report.h"
#include "metric_reports.h"
#include "prediction_reports.h"
#include "segment_reports.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/stages/evaluate_connectome.h"
#include "syconn/stages/evaluate_run_length.h"
#include "syconn/stages/evaluate_synapses.h"
#include "syconn/stages/evaluate_volumes.h"
#include "synapse_reports.h"

namespace syconn {
namespace {

/// One evaluation: its arguments and what runs it.
struct Evaluations {
  std::string run, truth, volume, organelle, junctions, picture;
  std::string label = "cell_type";
  std::vector<std::string> others;
  std::uint32_t neighbours = 5;
  std::optional<std::uint32_t> clusters;
  double prob_min = 0.5, partner_nm = 400, far_nm = 200, nm_per_unit = 1000;
  std::optional<double> border_vx, map_threshold;
  std::vector<double> voxel_size_nm, min_synapses{1, 2};
  std::uint64_t merge_nodes = 1;
  std::vector<double> thresholds{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  bool json = false;

  template <class Score>
  void show(const Score& score) const {
    if (json)
      std::cout << as_json(score).dump(1) << '\n';
    else
      print(score), std::fflush(stdout);
  }
  CLI::App* add(CLI::App& app, const char* name, const char* what, const char* truth_is, bool of_run = true) {
    CLI::App* sub = app.add_subcommand(name, what);
    if (of_run) sub->add_option("RUN", run, "run folder")->required()->type_name("DIR");
    sub->add_option("--truth", truth, truth_is)
        ->required()
        ->type_name(std::string(truth_is).starts_with("folder") ? "DIR" : "FILE[:DATASET]");
    sub->add_flag("--json", json, "as JSON");
    return sub;
  }
};

/// Vectors against labels, or embeddings against each other.
void show_embeddings(const Evaluations& e) {
  const auto truth = e.truth.empty() ? std::nullopt : std::optional<fs::path>(e.truth);
  if (e.others.empty()) return e.show(evaluate_embedding(e.run, truth, e.label, e.neighbours));
  std::vector<fs::path> all{e.run};
  all.insert(all.end(), e.others.begin(), e.others.end());
  e.show(compare_embeddings(all, truth, e.label, e.neighbours, e.clusters));
}

void add_prob_min(CLI::App& sub, double& prob_min) {
  sub.add_option("--prob-min", prob_min, "synapses below this probability do not count")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

std::optional<Vec3d> voxel_size_of(const Evaluations& e) {
  if (e.voxel_size_nm.empty()) return std::nullopt;
  return Vec3d{e.voxel_size_nm[0], e.voxel_size_nm[1], e.voxel_size_nm[2]};
}

void add_voxel_size(CLI::App& sub, Evaluations& e) {
  sub.add_option("--voxel-size-nm", e.voxel_size_nm, "x,y,z of a voxel [the volume's own]")
      ->delimiter(',')
      ->expected(3)
      ->check(CLI::Range(1e-3, 1e6))
      ->type_name("X,Y,Z");
}

/// Measures of tables and skeletons, beside those of volumes.
struct MetricCommands {
  CLI::App *clefts, *partners, *connectome, *run_length;

  MetricCommands(CLI::App& app, Evaluations& e) {
    clefts =
        e.add(app, "clefts", "synaptic clefts against true ones, by CREMI's distances", "label volume or map", false);
    clefts->add_option("VOLUME", e.volume, "label volume or map")->required()->type_name("FILE[:DATASET]");
    clefts->add_option("--threshold", e.map_threshold, "both are maps: what lies above it counts [labels: all but 0]")
        ->check(CLI::Range(0.0, 1.0));
    clefts->add_option("--far-nm", e.far_nm, "voxels further away are false (nm)")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_voxel_size(*clefts, e);
    const char* const tables = "folder that 'syconn phantom' wrote, or a run (connectome.sqlite) with the truth";
    partners =
        e.add(app, "partners", "synapses of connectome.sqlite against true pairs of partners, by CREMI's F1", tables);
    partners->add_option("--max-nm", e.partner_nm, "synapses match if less far apart (nm)")
        ->check(CLI::Range(1e-3, 1e9))
        ->capture_default_str();
    connectome = e.add(app, "connectome",
                       "connections of connectome.sqlite against the true ones: found, weights, degrees", tables);
    connectome->add_option("--min-synapses", e.min_synapses, "what counts as a connection: so many synapses at least")
        ->delimiter(',')
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    for (CLI::App* sub : {partners, connectome}) add_prob_min(*sub, e.prob_min);
    run_length = e.add(app, "erl", "expected run length on true skeletons, of a label volume or a run's cells",
                       "folder that 'syconn phantom' wrote, or of SWC files; or one SWC file", false);
    run_length->add_option("VOLUME", e.volume, "label volume [the phantom's own supervoxels]")
        ->type_name("FILE[:DATASET]");
    run_length->add_option("--run", e.run, "run folder: the supervoxels count as its cells")->type_name("DIR");
    run_length->add_option("--merge-nodes", e.merge_nodes, "nodes of each of two skeletons that make a segment merged")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    run_length->add_option("--nm-per-unit", e.nm_per_unit, "unit of the SWC files (nm)")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_voxel_size(*run_length, e);
  }

  void run(const Evaluations& e, int threads) const {
    if (clefts->parsed())
      e.show(evaluate_clefts(volume_source(e.volume), volume_source(e.truth), e.map_threshold, voxel_size_of(e),
                             e.far_nm, threads));
    if (partners->parsed()) e.show(evaluate_partners(e.run, e.truth, e.prob_min, e.partner_nm));
    if (connectome->parsed()) e.show(evaluate_connectome(e.run, e.truth, e.prob_min, e.min_synapses));
    if (!run_length->parsed()) return;
    RunLengthQuestion q;
    q.truth = e.truth, q.nm_per_unit = e.nm_per_unit, q.voxel_size_nm = voxel_size_of(e);
    q.merge_nodes = e.merge_nodes, q.threads = threads;
    if (!e.volume.empty()) q.volume = volume_source(e.volume);
    if (!e.run.empty()) q.run = e.run;
    e.show(evaluate_run_length(q));
  }
};

/// A score with its confusion matrices, drawn where --draw asks for it.
template <class Score>
void show_labels(const Score& score, const Evaluations& e) {
  e.show(score);
  if (e.picture.empty()) return;
  write_file_atomically(e.picture, confusion_svg(matrices(score)));
  if (!e.json) std::printf("\n%s: the confusion matrices\n", e.picture.c_str()), std::fflush(stdout);
}

int show_synapses(const CLI::App& command, const Evaluations& e) {
  if (!e.junctions.empty()) {
    const JunctionScore score = evaluate_junctions(e.run, volume_source(e.junctions), e.prob_min);
    if (e.json)
      std::cout << as_json(score, e.prob_min).dump(1) << '\n';
    else
      print(score, e.prob_min), std::fflush(stdout);
    return 0;
  }
  if (e.truth.empty()) {
    std::cerr << "syconn evaluate synapses: give --truth or --junctions\n" << command.help();
    return 2;
  }
  e.show(evaluate_synapses(e.run, e.truth, e.prob_min, e.thresholds));
  return 0;
}

}  // namespace

int evaluate_command(const std::string&, int argc, char** argv) {
  CLI::App app("Compares results with the truth.", "syconn evaluate");
  app.require_subcommand(1);
  Evaluations e;
  const char* const phantom = "folder that 'syconn phantom' wrote";
  const char* const labels = "label volume";
  const CLI::App* fragments =
      e.add(app, "fragments", "synapse fragments (datasets/syn.h5) against a phantom's junctions", phantom);
  const CLI::App* cells = e.add(app, "cells", "which supervoxels make a cell, against a phantom's", phantom);
  CLI::App* organelles = e.add(app, "organelles", "instances (volumes/NAME_seg) against a label volume", labels);
  organelles->add_option("NAME", e.organelle, "organelle type: mi, vc, …")->required();
  CLI::App* segmentation =
      e.add(app, "segmentation", "a label volume against another: VOI, adapted Rand error, CREMI score", labels, false);
  segmentation->add_option("VOLUME", e.volume, "label volume")->required()->type_name("FILE[:DATASET]");
  segmentation->add_option("--run", e.run, "run folder: count the volume's supervoxels as its cells")->type_name("DIR");
  segmentation
      ->add_option("--ignore-border-vx", e.border_vx,
                   "leave out what is so near to a border of true labels in its section (voxels) [nothing]")
      ->check(CLI::Range(0.0, 1000.0));
  CLI::App* synapses = e.add(app, "synapses",
                             "synapses between cells (datasets/syn_ssv.h5) against a phantom's, or against junctions "
                             "that an expert marked",
                             phantom);
  CLI::Option* truth = synapses->get_option("--truth")->required(false);
  synapses
      ->add_option("--junctions", e.junctions,
                   "map or label volume of an expert's junctions: what became of each 26-connected part, and why")
      ->type_name("FILE[:DATASET]")
      ->excludes(truth);
  add_prob_min(*synapses, e.prob_min);
  synapses->add_option("--thresholds", e.thresholds, "probabilities to tell precision and recall at")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  const char* const other = "folder of the run with the truth, as 'syconn phantom --vector' writes";
  CLI::App* compartments =
      e.add(app, "compartments",
            "compartments of nodes, synapses and vertices (stage pointcloud) against the true ones", other);
  CLI::App* types = e.add(app, "celltype", "types of cells (stage celltype) against the true ones", other);
  for (CLI::App* sub : {compartments, types})
    sub->add_option("--draw", e.picture, "draw the confusion matrices")->type_name("FILE.svg");
  CLI::App* embed = e.add(app, "embed", "vectors of cells (cell_embedding) against labels: neighbours and clusters",
                          "folder of the run whose labels are used; default: RUN's own");
  embed->get_option("--truth")->required(false);
  embed->add_option("--label", e.label, "column of datasets/ssv.h5")->type_name("NAME")->capture_default_str();
  embed->add_option("--neighbours", e.neighbours, "of a cell that vote")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  embed
      ->add_option(
          "--other", e.others,
          "further embeddings of the same cells (tables: id, then a column a dimension), as of other seeds: how "
          "far do RUN, which may be such a table too, and they agree, pair by pair")
      ->type_name("DIR|FILE.csv");
  embed->add_option("--clusters", e.clusters, "with --other: groups of k-means [as many as RUN's cells have labels]")
      ->check(CLI::Range(1, 1000000))
      ->needs("--other");
  const MetricCommands metrics(app, e);
  app.footer(help_footer({"RUN/datasets/*.h5, RUN/volumes/*, RUN/connectome.sqlite; a phantom's truth/*.csv and "
                          "volumes/truth_*; SWC files"},
                         {},
                         {"syconn evaluate fragments runs/demo/run --truth runs/demo/phantom",
                          "syconn evaluate segmentation ffn.h5 --truth truth.h5:neurons"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const int threads = available_threads();
  if (fragments->parsed()) e.show(evaluate_fragments(e.run, e.truth));
  if (synapses->parsed()) return show_synapses(*synapses, e);
  if (compartments->parsed()) show_labels(evaluate_compartments(e.run, e.truth), e);
  if (types->parsed()) show_labels(evaluate_celltype(e.run, e.truth), e);
  if (cells->parsed()) e.show(evaluate_cells(e.run, e.truth));
  if (embed->parsed()) show_embeddings(e);
  if (organelles->parsed()) e.show(evaluate_organelles(e.run, e.organelle, volume_source(e.truth), threads));
  if (segmentation->parsed()) {
    std::optional<fs::path> run;
    if (!e.run.empty()) run = e.run;
    e.show(evaluate_segmentation(volume_source(e.volume), volume_source(e.truth), run, threads, e.border_vx));
  }
  metrics.run(e, threads);
  return 0;
}

}  // namespace syconn
