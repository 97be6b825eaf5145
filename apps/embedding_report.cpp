// SPDX-License-Identifier: GPL-3.0-or-later
#include "embedding_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/stages/draw.h"

namespace syconn {
namespace {

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(); }

void row(const char* what, double value) { std::printf("  %-58s %8.3f\n", what, value); }
void row(const char* what, std::uint64_t value) {
  std::printf("  %-58s %8llu\n", what, static_cast<unsigned long long>(value));
}

void print(const EmbeddingDrawing& d, const std::string& picture) {
  std::printf("%s: %llu cells\n", picture.c_str(), static_cast<unsigned long long>(d.cells));
  for (const DrawnClass& c : d.classes)
    std::printf("  %-10s %s, %llu cells\n", c.colour.c_str(), c.name.c_str(), static_cast<unsigned long long>(c.cells));
  if (d.without_place > 0)
    std::printf("  not drawn: %llu cells without a place\n", static_cast<unsigned long long>(d.without_place));
  std::fflush(stdout);
}

}  // namespace

void print(const EmbeddingScore& s) {
  std::printf("vectors of cells against labels\n");
  row("cells with both", s.cells), row("without a vector", s.without_vector), row("without a label", s.without_label);
  row(("kNN accuracy (" + std::to_string(s.neighbours) + " neighbours)").c_str(), s.knn_accuracy);
  row("always the most frequent class", s.majority_baseline);
  row("silhouette", s.silhouette);
  row("k-means, as many clusters as classes: adjusted Rand index", s.ari);
  row("the same: normalised mutual information", s.nmi);
  row("the same: agreement of five seeds (adjusted Rand index)", s.seed_stability);
  int width = 7;
  for (const std::string& name : s.classes) width = std::max(width, static_cast<int>(name.size()));
  std::printf("cells of each class in each cluster\n  %-*s", width, "");
  for (std::size_t k = 0; k < s.clusters.size(); ++k) std::printf(" %6zu", k + 1);
  std::printf("\n");
  for (std::size_t c = 0; c < s.classes.size(); ++c) {
    std::printf("  %-*s", width, s.classes[c].c_str());
    for (const auto& cluster : s.clusters) std::printf(" %6llu", static_cast<unsigned long long>(cluster[c]));
    std::printf("\n");
  }
}

Json as_json(const EmbeddingScore& s) {
  Json support = Json::object();
  for (std::size_t c = 0; c < s.classes.size(); ++c) support[s.classes[c]] = s.support[c];
  return {{"cells", s.cells},
          {"without_vector", s.without_vector},
          {"without_label", s.without_label},
          {"neighbours", s.neighbours},
          {"knn_accuracy", number(s.knn_accuracy)},
          {"majority_baseline", number(s.majority_baseline)},
          {"silhouette", number(s.silhouette)},
          {"ari", number(s.ari)},
          {"nmi", number(s.nmi)},
          {"seed_stability", number(s.seed_stability)},
          {"classes", s.classes},
          {"support", support},
          {"clusters", s.clusters}};
}

void print(const EmbeddingAgreement& a) {
  std::printf("agreement of %zu embeddings on the %llu cells of all\n", a.names.size(),
              static_cast<unsigned long long>(a.cells));
  for (std::size_t i = 0; i < a.names.size(); ++i)
    std::printf("  %zu  %s, %llu further cells\n", i + 1, a.names[i].c_str(),
                static_cast<unsigned long long>(a.left_out[i]));
  std::printf("share of the nearest %u cells in common; k-means into %u clusters\n", a.neighbours, a.clusters);
  std::printf("  %-8s %10s %20s %8s\n", "pair", "neighbours", "adjusted Rand index", "NMI");
  const auto line = [](const std::string& what, double overlap, double ari, double nmi) {
    std::printf("  %-8s %10.3f %20.3f %8.3f\n", what.c_str(), overlap, ari, nmi);
  };
  for (const EmbeddingAgreement::Pair& p : a.pairs)
    line(std::to_string(p.a + 1) + ", " + std::to_string(p.b + 1), p.neighbour_overlap, p.ari, p.nmi);
  line("mean", a.mean_overlap, a.mean_ari, a.mean_nmi);
  std::printf("  %-8s %10.3f\n", "chance", a.overlap_by_chance);
}

Json as_json(const EmbeddingAgreement& a) {
  Json pairs = Json::array();
  for (const EmbeddingAgreement::Pair& p : a.pairs)
    pairs.push_back({{"a", a.names[p.a]},
                     {"b", a.names[p.b]},
                     {"neighbour_overlap", number(p.neighbour_overlap)},
                     {"ari", number(p.ari)},
                     {"nmi", number(p.nmi)}});
  return {{"embeddings", a.names},
          {"left_out", a.left_out},
          {"cells", a.cells},
          {"neighbours", a.neighbours},
          {"clusters", a.clusters},
          {"overlap_by_chance", number(a.overlap_by_chance)},
          {"mean_neighbour_overlap", number(a.mean_overlap)},
          {"mean_ari", number(a.mean_ari)},
          {"mean_nmi", number(a.mean_nmi)},
          {"pairs", pairs}};
}

int draw_embedding_command(int argc, char** argv) {
  CLI::App app("Draws the cells of a run in the plane of stage embed as a PNG, coloured by a label.",
               "syconn draw embedding");
  std::string run, truth, label = "cell_type", picture = "embedding.png";
  bool json = false;
  app.add_option("RUN", run, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--truth", truth, "run folder whose labels are used; default: RUN's own")
      ->type_name("DIR")
      ->group("Input");
  app.add_option("--label", label, "column of ssv.h5 that colours; cells without a label are grey")
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Input");
  app.add_option("-o,--out", picture, "the picture")->type_name("FILE")->capture_default_str()->group("Output");
  app.add_flag("--json", json, "what was drawn, as JSON")->group("Output");
  app.footer(help_footer({"RUN/datasets/ssv.h5"}, {"FILE, 900 x 900 pixels"},
                         {"syconn draw embedding runs/cells -o embedding.png",
                          "syconn draw embedding runs/mine --truth runs/phantom --label cell_type"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const EmbeddingDrawing d =
      draw_embedding(run, truth.empty() ? std::nullopt : std::optional<fs::path>(truth), label, picture);
  if (!json) return print(d, picture), 0;
  Json list = Json::array();
  for (const DrawnClass& c : d.classes) list.push_back({{"name", c.name}, {"colour", c.colour}, {"cells", c.cells}});
  std::cout
      << Json{{"picture", picture}, {"cells", d.cells}, {"without_place", d.without_place}, {"classes", list}}.dump(1)
      << '\n';
  return 0;
}

}  // namespace syconn
