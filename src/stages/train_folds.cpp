// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_folds.h"

#include <algorithm>
#include <map>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/core/sha256.h"
#include "syconn/stages/label_score.h"

namespace syconn {

std::vector<int> stratified_folds(std::span<const std::uint8_t> type, int folds, std::uint64_t seed) {
  if (folds < 2) throw Error(Category::config, "cross-validation takes 2 folds at least");
  if (type.size() < static_cast<std::size_t>(folds))
    throw Error(Category::input,
                std::to_string(type.size()) + " cells cannot make " + std::to_string(folds) + " folds");
  std::map<std::uint8_t, std::vector<std::size_t>> of_type;
  for (std::size_t i = 0; i < type.size(); ++i) of_type[type[i]].push_back(i);
  std::vector<int> fold(type.size());
  std::size_t dealt = 0;
  for (auto& [code, cells] : of_type) {
    Rng rng(seed, 0x666f6c64, code);
    for (std::size_t i = cells.size(); i > 1; --i) std::swap(cells[i - 1], cells[rng.below(i)]);
    for (const std::size_t cell : cells) fold[cell] = static_cast<int>(dealt++ % static_cast<std::size_t>(folds));
  }
  return fold;
}

LabelledCells take_fold(LabelledCells& data, const PointTraining& t) {
  if (t.fold < 0 || t.fold >= t.folds)
    throw Error(Category::config, "fold " + std::to_string(t.fold) + " is none of 0.." + std::to_string(t.folds - 1));
  std::vector<std::uint8_t> types;
  for (const auto& cell : data.cells) types.push_back(cell->type);
  const std::vector<int> fold = stratified_folds(types, t.folds, t.seed);
  LabelledCells test;
  test.classes = data.classes;
  std::vector<std::unique_ptr<LabelledCell>> kept;
  for (std::size_t i = 0; i < fold.size(); ++i)
    (fold[i] == t.fold ? test.cells : kept).push_back(std::move(data.cells[i]));
  data.cells = std::move(kept);
  const std::string which = " fold " + std::to_string(t.fold) + " of " + std::to_string(t.folds);
  test.hash = sha256_hex(data.hash + which), data.hash = sha256_hex(data.hash + " without" + which);
  return test;
}

PointTrained train_folds(const PointTraining& t, const std::function<void(std::int64_t, double)>& progress,
                         const std::atomic<int>* stop) {
  PointTrained done;
  std::optional<LabelScore> sum;
  Json folds = Json::array();
  std::uint64_t cells = 0;
  double training_s = 0;
  for (int fold = 0; fold < t.folds; ++fold) {
    PointTraining one = t;
    one.fold = fold, one.out = t.out / ("fold" + std::to_string(fold));
    done = train_points(one, progress, stop);
    const Json& quality = done.report.at("quality");
    const auto rows = quality.at("confusion").get<std::vector<std::vector<std::uint64_t>>>();
    if (!sum) sum.emplace(done.report.at("classes").get<std::vector<std::string>>());
    for (std::uint32_t truth = 0; truth < rows.size(); ++truth)
      for (std::uint32_t said = 0; said < rows.size(); ++said) sum->matrix.add(truth, said, rows[truth][said]);
    folds.push_back({{"accuracy", quality.at("accuracy")}, {"macro_f1", quality.at("macro_f1")}});
    cells += quality.value("cells", std::uint64_t{0}), training_s += done.report.at("training_s").get<double>();
  }
  done.report["quality"] = as_json(*sum);
  done.report["quality"]["folds"] = folds;
  if (cells > 0) done.report["quality"]["cells"] = cells;
  done.report["training_s"] = training_s;
  done.report.erase("losses"), done.losses.clear();
  write_file_atomically(t.out / "confusion.svg", confusion_svg({{t.name + " on cells of other folds", *sum}}));
  write_file_atomically(t.out / "report.json", done.report.dump(1) + "\n");
  return done;
}

}  // namespace syconn
