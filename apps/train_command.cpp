// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/stages/train_synapse_forest.h"
#include "train_embed.h"
#include "train_points.h"
#include "train_unet.h"

namespace syconn {
namespace {

std::string text(const std::vector<std::uint64_t>& lines) {
  std::string out;
  for (const std::uint64_t line : lines) out += (out.empty() ? "" : ", ") + std::to_string(line);
  return out;
}

void print(const SynapseAnnotations& a) {
  const auto contradicting =
      std::count_if(a.repeated.begin(), a.repeated.end(), [](const auto& r) { return r.contradicting; });
  std::printf(
      "%s: %llu coordinates, %llu at an object's representative voxel, %llu near an object, %zu at none; %zu objects "
      "hit more than once, %lld of them left out for both labels; %zu objects used\n",
      a.file.c_str(), static_cast<unsigned long long>(a.n_coordinates), static_cast<unsigned long long>(a.n_exact),
      static_cast<unsigned long long>(a.n_near), a.unmatched.size(), a.repeated.size(),
      static_cast<long long>(contradicting), a.objects.size());
  for (const auto& c : a.unmatched)
    std::printf("  %s:%llu: no object at voxel %lld, %lld, %lld\n", a.file.c_str(),
                static_cast<unsigned long long>(c.line), static_cast<long long>(c.voxel.x),
                static_cast<long long>(c.voxel.y), static_cast<long long>(c.voxel.z));
  for (const auto& r : a.repeated)
    std::printf("  %s:%llu: synapse %llu is hit by lines %s%s\n", a.file.c_str(),
                static_cast<unsigned long long>(r.lines.front()), static_cast<unsigned long long>(r.object),
                text(r.lines).c_str(), r.contradicting ? ": both labels, left out" : ": used once");
}

void print(const ForestTraining& t, const std::string& file) {
  for (const SynapseAnnotations& a : t.annotations) print(a);
  std::printf("%s: %llu objects, %llu of them synapses\n", file.c_str(), static_cast<unsigned long long>(t.n_rows),
              static_cast<unsigned long long>(t.n_synapses));
  std::printf("10-fold cross-validation: precision %.3f, recall %.3f, F1 %.3f, AUC %.3f; out of bag: accuracy %.3f\n",
              t.precision, t.recall, t.f1, t.auc, t.oob_accuracy);
  for (std::size_t f = 0; f < t.importance.size(); ++f)
    std::printf("  importance %-16s %.3f\n", t.feature_names[f].c_str(), t.importance[f]);
  std::fflush(stdout);
}

Json json_of(const SynapseAnnotations& a) {
  Json unmatched = Json::array(), repeated = Json::array();
  for (const auto& c : a.unmatched)
    unmatched.push_back({{"line", c.line}, {"voxel", {c.voxel.x, c.voxel.y, c.voxel.z}}});
  for (const auto& r : a.repeated)
    repeated.push_back({{"synapse", r.object}, {"lines", r.lines}, {"contradicting", r.contradicting}});
  return {{"file", a.file},           {"coordinates", a.n_coordinates}, {"exact", a.n_exact},  {"near", a.n_near},
          {"used", a.objects.size()}, {"unmatched", unmatched},         {"repeated", repeated}};
}

Json json_of(const ForestTraining& t) {
  Json out{{"objects", t.n_rows},
           {"synapses", t.n_synapses},
           {"precision", t.precision},
           {"recall", t.recall},
           {"f1", t.f1},
           {"auc", t.auc},
           {"oob_accuracy", t.oob_accuracy},
           {"synapse_mesh", t.synapse_mesh},
           {"features", t.feature_names},
           {"importance", t.importance}};
  for (const SynapseAnnotations& a : t.annotations) out["annotations"].push_back(json_of(a));
  return out;
}

std::vector<ForestSource> sources(const std::vector<std::string>& runs, const std::vector<std::string>& truths,
                                  const std::vector<std::string>& annotations) {
  const bool annotated = !annotations.empty();
  if (annotated != truths.empty() || (annotated ? annotations : truths).size() != runs.size())
    throw Error(Category::usage, "give one --truth for each --run, or one --annotations for each --run");
  std::vector<ForestSource> list;
  for (std::size_t i = 0; i < runs.size(); ++i)
    list.push_back({runs[i], annotated ? "" : truths[i], annotated ? annotations[i] : ""});
  return list;
}

}  // namespace

int train_command(const std::string&, int argc, char** argv) {
  CLI::App app("Trains models.", "syconn train");
  app.require_subcommand(1);
  std::vector<std::string> runs, truths, annotations;
  std::string out = "synapse_rf.h5";
  std::uint32_t trees = 2000;
  std::uint64_t seed = 1;
  bool json = false;
  CLI::App* forest = app.add_subcommand("synapse-rf", "the random forest that tells synapses from other contacts");
  forest->add_option("--run", runs, "run folder with datasets/syn_ssv.h5; may be repeated")
      ->required()
      ->type_name("DIR")
      ->allow_extra_args(false);
  forest->add_option("--truth", truths, "the phantom of each run, in the same order")
      ->type_name("DIR")
      ->allow_extra_args(false);
  forest
      ->add_option("--annotations", annotations,
                   "or an expert's coordinates in each run, in the same order: CSV with x,y,z (voxels) or "
                   "x_nm,y_nm,z_nm, and label (synaptic or 1, not or 0)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  forest->add_option("-o,--out", out, "the forest")->type_name("FILE")->capture_default_str();
  forest->add_option("--trees", trees, "number of trees")->check(CLI::Range(1, 100000))->capture_default_str();
  forest->add_option("--seed", seed, "of the draws")->capture_default_str();
  forest->add_flag("--json", json, "the report as JSON");
  TrainUNetCommand unet;
  const CLI::App* unet_app = unet.add_to(app);
  TrainPointsCommand celltype(PointTask::celltype), compartment(PointTask::compartment),
      astrocyte(PointTask::astrocyte);
  const CLI::App *celltype_app = celltype.add_to(app), *compartment_app = compartment.add_to(app),
                 *astrocyte_app = astrocyte.add_to(app);
  TrainEmbedCommand embed;
  const CLI::App* embed_app = embed.add_to(app);
  app.footer(
      help_footer({"RUN/datasets/syn_ssv.h5", "DIR/truth/synapses.csv, DIR/volumes/truth_sj.json; or the annotations"},
                  {"FILE, for synapses.forest"},
                  {"syconn train synapse-rf --run runs/a --truth phantoms/a --run runs/b --truth phantoms/b -o rf.h5",
                   "syconn train synapse-rf --run runs/mine --annotations expert.csv -o rf.h5"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (unet_app->parsed()) return unet.run();
  if (celltype_app->parsed()) return celltype.run();
  if (compartment_app->parsed()) return compartment.run();
  if (astrocyte_app->parsed()) return astrocyte.run();
  if (embed_app->parsed()) return embed.run();
  const ForestTraining t =
      train_synapse_forest(sources(runs, truths, annotations), trees, seed, available_threads(), out);
  if (json)
    std::cout << json_of(t).dump(1) << '\n';
  else
    print(t, out);
  return 0;
}

}  // namespace syconn
