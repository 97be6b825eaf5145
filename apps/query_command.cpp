// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "query_options.h"
#include "syconn/core/parallel.h"
#include "syconn/stages/import_synapses.h"
#include "syconn/stages/query.h"

namespace syconn {
namespace {

CLI::Option* list(CLI::Option* option) { return option->delimiter(',')->allow_extra_args(false); }

/// A question with a filter: its subcommand, and where the answer goes.
template <class Question>
class Asked {
 public:
  Asked(CLI::App& app, const std::string& name, const std::string& summary) : sub_(app.add_subcommand(name, summary)) {
    out_.add_to(*sub_);
  }
  bool parsed() const { return sub_->parsed(); }

 protected:
  void add_filter() { sub_->add_option("--where", question_.where, kWhereHelp)->type_name("FILTER"); }

  CLI::App* sub_;
  QueryOutput out_;
  Question question_;
};

/// Rows or groups of one of the tables.
class RowsQuery : public Asked<RowsQuestion> {
 public:
  RowsQuery(CLI::App& app, const std::string& table) : Asked(app, table, "rows of the table, or groups of them") {
    question_.table = table;
    add_filter();
    list(sub_->add_option("--columns", question_.columns, "of the answer [all]"))->type_name("NAME,...");
    list(sub_->add_option("--group-by", question_.group_by, "one row for each combination of their values"))
        ->type_name("NAME,...");
    list(
        sub_->add_option("--agg", question_.aggregates,
                         "of each group: n, or sum, mean, std, median, min, max, n of a column, as mean(area_um2) [n]"))
        ->type_name("F(NAME),...");
    list(sub_->add_option("--order-by", question_.order_by, "a '-' before a name: largest first [the key]"))
        ->type_name("NAME,...");
    sub_->add_option("--limit", question_.limit, "rows [all]")->check(CLI::NonNegativeNumber);
    const std::string q = "syconn query " + table + " runs/demo ";
    sub_->footer(help_footer(
        {"RUN/connectome.sqlite"}, {},
        table == "synapses"
            ? std::vector<std::string>{q + "--where 'prob>=0.8 and post_comp==spine_head' -f csv -o spines.csv",
                                       q + "--group-by pre_type,post_type --agg 'n,median(area_um2)'"}
            : std::vector<std::string>{q + "--limit 10", q + "-f csv -o " + table + ".csv"}));
  }
  void run() const { ask_rows(out_.connectome(), question_, *out_.sink()); }
};

class PartnersQuery : public Asked<PartnersQuestion> {
 public:
  explicit PartnersQuery(CLI::App& app)
      : Asked(app, "partners", "whom a cell gives to and receives from, most synapses first") {
    sub_->add_option("CELL", question_.cell, "its id")->required();
    sub_->add_option("--direction", question_.direction, "out, in, undirected or all")->capture_default_str();
    add_filter();
    sub_->add_option("--min-synapses", question_.min_synapses, "of a partner")->capture_default_str();
    sub_->footer(
        help_footer({"RUN/connectome.sqlite"}, {}, {"syconn query partners runs/demo 17 --where 'prob>=0.8'"}));
  }
  void run() const { ask_partners(out_.connectome(), question_, *out_.sink()); }
};

class CommonQuery : public Asked<CommonQuestion> {
 public:
  explicit CommonQuery(CLI::App& app) : Asked(app, "common", "cells that are partners of all the cells given") {
    list(sub_->add_option("CELLS", question_.cells, "ids, two or more"))->required()->type_name("ID,ID,...");
    sub_->add_option("--direction", question_.direction, "out: what they all give to; in: what they all receive from")
        ->capture_default_str();
    add_filter();
    sub_->add_option("--min-synapses", question_.min_synapses, "of each pair")->capture_default_str();
    sub_->footer(help_footer({"RUN/connectome.sqlite"}, {}, {"syconn query common runs/demo 17,23 --direction in"}));
  }
  void run() const { ask_common(out_.connectome(), question_, *out_.sink()); }
};

class MatrixQuery : public Asked<MatrixQuestion> {
 public:
  explicit MatrixQuery(CLI::App& app) : Asked(app, "matrix", "who gives how much to whom, by cell or by type") {
    add_filter();
    sub_->add_flag("--by-type", question_.by_type, "rows and columns are cell types");
    list(sub_->add_option("--cells", question_.cells, "only among these [all]"))->type_name("ID,...");
    sub_->add_option("--value", question_.value, "n, area, mean_area, max_area or mean_prob")->capture_default_str();
    sub_->add_option("--per", question_.per, "divide by a length of the cells, as post.dend_um or pre.axon_um")
        ->type_name("SIDE.COLUMN");
    sub_->add_option("--hdf5", hdf5_,
                     "write a sparse matrix instead: scipy.sparse.csr_matrix((f['data'], f['indices'], f['indptr']), "
                     "f['shape'])")
        ->type_name("FILE");
    sub_->footer(help_footer({"RUN/connectome.sqlite"}, {"FILE: data, indices, indptr, shape, labels"},
                             {"syconn query matrix runs/demo --by-type --value area",
                              "syconn query matrix runs/demo --where 'prob>=0.8' --hdf5 matrix.h5"}));
  }
  void run() const {
    const Connectome connectome = out_.connectome();
    const Matrix matrix = ask_matrix(connectome, question_);
    if (hdf5_.empty()) return put_matrix(connectome, question_, matrix, *out_.sink());
    write_matrix(connectome, question_, matrix, hdf5_);
    for (const std::string& line : matrix.about.lines()) std::cerr << line << '\n';
    std::cerr << hdf5_ << ": " << matrix.entries.size() << " entries, " << matrix.labels.size()
              << " rows and columns\n";
  }

 private:
  std::string hdf5_;
};

void add_graph_options(CLI::App& sub, GraphQuestion& question) {
  sub.add_option("--where", question.where, kWhereHelp)->type_name("FILTER");
  sub.add_option("--min-synapses", question.min_synapses, "of a pair and direction, to count as connected")
      ->capture_default_str();
}

class GraphQueries {
 public:
  explicit GraphQueries(CLI::App& app) {
    paths_ = app.add_subcommand("paths", "shortest chains of connections from one cell to another, strongest first");
    paths_out_.add_to(*paths_);
    paths_->add_option("FROM", path_.from, "id of a cell")->required();
    paths_->add_option("TO", path_.to, "id of a cell")->required();
    add_graph_options(*paths_, path_);
    paths_->add_option("--max-links", path_.max_links, "longest chain")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    paths_->add_option("--limit", path_.most, "chains")->check(CLI::PositiveNumber)->capture_default_str();
    paths_->footer(help_footer({"RUN/connectome.sqlite"}, {}, {"syconn query paths runs/demo 17 23 --min-synapses 2"}));
    pairs_ = app.add_subcommand("reciprocal", "pairs of cells connected both ways");
    pairs_out_.add_to(*pairs_);
    add_graph_options(*pairs_, pair_);
    pairs_->footer(help_footer({"RUN/connectome.sqlite"}, {}, {"syconn query reciprocal runs/demo"}));
    motifs_ = app.add_subcommand("motifs", "reciprocal pairs and triads, beside random graphs of the same degrees");
    motifs_out_.add_to(*motifs_);
    add_graph_options(*motifs_, motif_);
    motifs_->add_option("--null", motif_.n_null, "random graphs")->check(CLI::Range(1, 1000000))->capture_default_str();
    motifs_->add_option("--seed", motif_.seed, "of the random graphs")->capture_default_str();
    motifs_->add_option("--threads", threads_, "0: all")->check(CLI::Range(0, 4096))->capture_default_str();
    motifs_->footer(help_footer({"RUN/connectome.sqlite"}, {}, {"syconn query motifs runs/demo --null 1000"}));
  }
  /// True if it was one of these.
  bool run() {
    motif_.threads = threads_ > 0 ? threads_ : available_threads();
    if (paths_->parsed())
      ask_paths(paths_out_.connectome(), path_, *paths_out_.sink());
    else if (pairs_->parsed())
      ask_reciprocal(pairs_out_.connectome(), pair_, *pairs_out_.sink());
    else if (motifs_->parsed())
      ask_motifs(motifs_out_.connectome(), motif_, *motifs_out_.sink());
    else
      return false;
    return true;
  }

 private:
  CLI::App *paths_, *pairs_, *motifs_;
  QueryOutput paths_out_, pairs_out_, motifs_out_;
  PathsQuestion path_;
  GraphQuestion pair_;
  MotifsQuestion motif_;
  int threads_ = 0;
};

class ImportQuery {
 public:
  explicit ImportQuery(CLI::App& app) {
    sub_ = app.add_subcommand("import", "make a foreign synapse table (CSV) a connectome that can be asked");
    sub_->add_option("CSV", csv_, "one row a synapse, with a header")->required()->type_name("FILE");
    sub_->add_option("--map", import_.map,
                     "which column is which: pre_id=axon_no, x_nm=psd_x_um*1000, post_comp=spine:0=shaft:1=spine_head; "
                     "pre_id and post_id are needed; may be repeated")
        ->required()
        ->type_name("OURS=THEIRS[*FACTOR][:VALUE=WORD]...")
        ->allow_extra_args(false);
    sub_->add_option("--null", import_.unknown,
                     "value for 'not known', beside the empty field and NaN; may be repeated")
        ->type_name("VALUE")
        ->allow_extra_args(false);
    sub_->add_option("--name", import_.name, "of the data set [the CSV's name]");
    sub_->add_option("-o,--out", out_, "the connectome")->type_name("FILE")->capture_default_str();
    sub_->footer(
        help_footer({"CSV"}, {"connectome.sqlite: synapses, edges, cells"},
                    {"syconn query import synapses.csv --map pre_id=axon_no --map post_id=dendrite_no --null=-1 -o "
                     "kasthuri.sqlite"}));
  }
  CLI::App* sub() const { return sub_; }
  void run() {
    import_.csv = csv_, import_.out = out_;
    if (import_.name.empty()) import_.name = fs::path(csv_).stem().string();
    const SynapseImported done = import_synapses(import_);
    std::printf("%s: %llu synapses, %llu cells, %llu connected pairs\n", out_.c_str(),
                static_cast<unsigned long long>(done.synapses), static_cast<unsigned long long>(done.cells),
                static_cast<unsigned long long>(done.edges));
    if (done.undirected > 0)
      std::printf("  %llu synapses lack a partner: in synapses, not in edges\n",
                  static_cast<unsigned long long>(done.undirected));
    if (done.types_in_doubt > 0)
      std::printf("  %llu cells have several types by their rows, so none\n",
                  static_cast<unsigned long long>(done.types_in_doubt));
    std::fflush(stdout);
  }

 private:
  CLI::App* sub_;
  std::string csv_, out_ = "connectome.sqlite";
  SynapseImport import_;
};

/// What can be asked: tables and their columns.
class ColumnsQuery {
 public:
  explicit ColumnsQuery(CLI::App& app) {
    sub_ = app.add_subcommand("columns", "tables and columns of a connectome, with units, meaning and names of codes");
    out_.add_to(*sub_);
    sub_->footer(help_footer({"RUN/connectome.sqlite"}, {}, {"syconn query columns runs/demo"}));
  }
  CLI::App* sub() const { return sub_; }
  void run() const {
    const Connectome connectome = out_.connectome();
    const auto sink = out_.sink();
    const SqlType text = SqlType::text;
    sink->begin({{"table", text}, {"column", text}, {"units", text}, {"meaning", text}, {"names", text}},
                {"columns", connectome.run_id(), 0, {}, {}});
    for (const std::string& table : connectome.tables())
      for (const QueryColumn& c : connectome.columns(table)) {
        std::string names;
        for (const auto& [code, name] : c.names)
          names += (names.empty() ? "" : " ") + std::to_string(code) + "=" + name;
        sink->row({table, c.name, c.units, c.description, names});
      }
    sink->end();
  }

 private:
  CLI::App* sub_;
  QueryOutput out_;
};

}  // namespace

int query_command(const std::string&, int argc, char** argv) {
  CLI::App app(
      "Asks a connectome: rows, groups, partners, matrices, paths, motifs. Every answer has a fixed order and no "
      "cap, and says what the filter removed.",
      "syconn query");
  app.require_subcommand(1);
  app.footer(kExitCodes);
  std::vector<std::unique_ptr<RowsQuery>> rows;
  for (const char* table : {"synapses", "cells", "edges", "contacts", "organelles"})
    rows.push_back(std::make_unique<RowsQuery>(app, table));
  PartnersQuery partners(app);
  CommonQuery common(app);
  MatrixQuery matrix(app);
  GraphQueries graph(app);
  ColumnsQuery columns(app);
  ImportQuery import(app);
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (graph.run()) return 0;
  for (const auto& query : rows)
    if (query->parsed()) query->run();
  if (partners.parsed()) partners.run();
  if (common.parsed()) common.run();
  if (matrix.parsed()) matrix.run();
  if (columns.sub()->parsed()) columns.run();
  if (import.sub()->parsed()) import.run();
  return 0;
}

}  // namespace syconn
