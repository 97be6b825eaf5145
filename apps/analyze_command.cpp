// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "query_options.h"
#include "syconn/core/parallel.h"
#include "syconn/stages/analyze.h"

namespace syconn {
namespace {

constexpr const char* kCellsWhere =
    "conditions on the cells of connectome.sqlite, as 'type==GP and complete==1'; names: syconn query columns RUN";

CLI::Option* list(CLI::Option* option) { return option->delimiter(',')->allow_extra_args(false); }

/// An analysis: its subcommand, which run, where its files go.
template <class Question>
class Analyzed {
 public:
  Analyzed(CLI::App& app, const std::string& name, const std::string& summary, const std::string& where_help)
      : sub_(app.add_subcommand(name, summary)) {
    sub_->add_option("RUN", run_, "run folder")->required()->type_name("DIR")->group("Input");
    sub_->add_option("--where", question_.where, where_help)->type_name("FILTER")->group("Input");
    sub_->add_option("-f,--format", format_, "of the table on the standard output: text, csv or json")
        ->check(CLI::IsMember({"text", "csv", "json"}))
        ->capture_default_str()
        ->group("Output");
    sub_->add_option("-o,--out", out_, "folder of the tables and the figure [RUN/export/analyze]")
        ->type_name("DIR")
        ->group("Output");
  }
  bool parsed() const { return sub_->parsed(); }

 protected:
  void finish(const Analysis& analysis) const {
    const fs::path run(run_), home = fs::is_directory(run) ? run : run.parent_path();
    const auto files = write_analysis(analysis, out_.empty() ? home / "export" / "analyze" : fs::path(out_));
    put_table(analysis.tables.at(0), *answer_writer(answer_format(format_), "-", false));
    for (const fs::path& file : files) std::cerr << "wrote " << file.string() << '\n';
  }

  CLI::App* sub_;
  std::string run_, format_ = "text", out_;
  Question question_;
};

class MitoSynapse : public Analyzed<MitoSynapseQuestion> {
 public:
  explicit MitoSynapse(CLI::App& app)
      : Analyzed(app, "mito-synapse",
                 "distance of synapses to the mitochondria of their axon: smaller and larger ones, and random places",
                 kCellsWhere) {
    list(sub_->add_option("--types", question_.types, "cell types by name or code, or any: all cells together [each]"))
        ->type_name("NAME,...");
    const auto number = [&](const char* name, auto& member, const char* help, const CLI::Range& range) {
      sub_->add_option(name, member, help)->check(range)->capture_default_str()->group("Filters");
    };
    const CLI::Range share(0.0, 1.0), length(0.0, 1e9);
    number("--min-certainty", question_.min_certainty, "of the cell type", share);
    number("--min-axon-um", question_.min_axon_um, "path labelled axon at both ends of an edge", length);
    number("--min-dendrite-um", question_.min_dendrite_um, "the same of dendrite", length);
    number("--min-soma-um", question_.min_soma_um, "the same of soma", length);
    number("--min-prob", question_.min_prob, "of a synapse", share);
    number("--min-cells", question_.min_cells, "of a type", CLI::Range(1, 1000000000));
    sub_->add_option("--partner", question_.partner,
                     "compartment of the partner: dendrite (with spines), spine, shaft, soma ..., or any")
        ->capture_default_str()
        ->group("Filters");
    sub_->add_option("--control-nodes", question_.control_nodes, "random axon nodes a cell, at most")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    sub_->add_option("--bootstrap", question_.bootstrap, "samples drawn anew for the intervals")
        ->check(CLI::Range(10, 1000000))
        ->capture_default_str();
    sub_->add_option("--seed", question_.seed, "of control and bootstrap")->capture_default_str();
    sub_->add_option("--threads", threads_, "of the bootstrap; 0: all")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    sub_->footer(help_footer({"RUN/datasets/{ssv,syn_ssv,mi}.h5"},
                             {"DIR/mito-synapse.{csv,json,svg}, mito-synapse_types.*, mito-synapse_samples.*"},
                             {"syconn analyze mito-synapse runs/demo --types MSN,GP",
                              "syconn analyze mito-synapse runs/demo --types any --min-axon-um 20 -f csv -o figures"}));
  }
  void run() {
    question_.threads = threads_ > 0 ? threads_ : available_threads();
    finish(analyze_mito_synapse(run_, question_));
  }

 private:
  int threads_ = 0;
};

class PathLength : public Analyzed<CellsQuestion> {
 public:
  explicit PathLength(CLI::App& app)
      : Analyzed(app, "path-length", "path length by compartment, of cells and types", kCellsWhere) {
    sub_->footer(help_footer({"RUN/datasets/ssv.h5"}, {"DIR/path-length.{csv,json,svg}, path-length_cells.*"},
                             {"syconn analyze path-length runs/demo",
                              "syconn analyze path-length runs/demo --where 'complete==1' -f csv -o figures"}));
  }
  void run() { finish(analyze_path_length(run_, question_)); }
};

class Types : public Analyzed<SynapsesQuestion> {
 public:
  explicit Types(CLI::App& app)
      : Analyzed(app, "types", "how many synapses, of which area, each cell type gives to each", kWhereHelp) {
    sub_->footer(help_footer(
        {"RUN/connectome.sqlite"}, {"DIR/types.{csv,json,svg}"},
        {"syconn analyze types runs/demo", "syconn analyze types runs/demo --where 'prob>=0.8' -f json -o figures"}));
  }
  void run() { finish(analyze_types(run_, question_)); }
};

class Sizes : public Analyzed<SizesQuestion> {
 public:
  explicit Sizes(CLI::App& app)
      : Analyzed(app, "sizes", "distributions of the synapses' sizes by types and compartment", kWhereHelp) {
    list(sub_->add_option("--by", question_.by, "columns whose values make the groups"))
        ->type_name("NAME,...")
        ->capture_default_str();
    sub_->add_option("--column", question_.column, "of the synapses: what is compared")->capture_default_str();
    sub_->add_option("--min-n", question_.min_n, "smaller groups are neither fitted, tested nor drawn")
        ->check(CLI::Range(2, 1000000000))
        ->capture_default_str();
    sub_->footer(help_footer({"RUN/connectome.sqlite"}, {"DIR/sizes.{csv,json,svg}, sizes_ks.*"},
                             {"syconn analyze sizes runs/demo --where 'prob>=0.8'",
                              "syconn analyze sizes runs/demo --by pre_type --column area_um2 -o figures"}));
  }
  void run() { finish(analyze_sizes(run_, question_)); }
};

class Myelin : public Analyzed<MyelinQuestion> {
 public:
  explicit Myelin(CLI::App& app)
      : Analyzed(app, "myelin", "myelinated lengths, stretches and nodes of Ranvier, of cells and types", kCellsWhere) {
    sub_->add_option("--max-node-um", question_.max_node_um,
                     "longer bare paths between two sheaths are no nodes of Ranvier")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    sub_->footer(help_footer(
        {"RUN/datasets/ssv.h5"}, {"DIR/myelin.{csv,json,svg}, myelin_cells.*, myelin_nodes.*"},
        {"syconn analyze myelin runs/demo", "syconn analyze myelin runs/demo --where 'axon_um>=100' --max-node-um 5"}));
  }
  void run() { finish(analyze_myelin(run_, question_)); }
};

}  // namespace

int analyze_command(const std::string&, int argc, char** argv) {
  CLI::App app(
      "Analyses a finished run: tables and figures (SVG). Each says what every filter removed and which results it is "
      "of.",
      "syconn analyze");
  app.require_subcommand(1);
  app.footer(kExitCodes);
  MitoSynapse mito(app);
  PathLength lengths(app);
  Types types(app);
  Sizes sizes(app);
  Myelin myelin(app);
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (mito.parsed()) mito.run();
  if (lengths.parsed()) lengths.run();
  if (types.parsed()) types.run();
  if (sizes.parsed()) sizes.run();
  if (myelin.parsed()) myelin.run();
  return 0;
}

}  // namespace syconn
