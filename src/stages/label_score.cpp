// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/label_score.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace syconn {
namespace {

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(); }

std::uint32_t size_of(const std::vector<std::string>& names) { return static_cast<std::uint32_t>(names.size()); }

}  // namespace

LabelScore::LabelScore(std::vector<std::string> names, bool with_others)
    : classes(std::move(names)), matrix(size_of(classes) + (with_others ? 1 : 0)) {}

void LabelScore::add(std::uint32_t truth, std::uint32_t predicted) {
  matrix.add(truth, std::min(predicted, size_of(classes)));
}

std::uint64_t LabelScore::others() const {
  std::uint64_t n = 0;
  for (std::uint32_t c = 0; matrix.n_classes() > classes.size() && c < classes.size(); ++c)
    n += matrix(c, size_of(classes));
  return n;
}

double LabelScore::macro_f1() const {
  double sum = 0;
  int n = 0;
  for (std::uint32_t c = 0; c < classes.size(); ++c)
    if (const double f1 = matrix.score(c).f1; std::isfinite(f1)) sum += f1, ++n;
  return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

Json as_json(const LabelScore& s) {
  const ConfusionMatrix& m = s.matrix;
  Json out{{"accuracy", number(m.accuracy())},
           {"balanced_accuracy", number(m.balanced_accuracy())},
           {"macro_f1", number(s.macro_f1())},
           {"weighted_f1", number(m.weighted_f1())},
           {"majority_baseline", number(m.majority_baseline())}};
  Json rows = Json::array();
  for (std::uint32_t c = 0; c < s.classes.size(); ++c) {
    const ClassScore score = m.score(c);
    out["classes"][s.classes[c]] = {{"support", score.support},
                                    {"precision", number(score.precision)},
                                    {"recall", number(score.recall)},
                                    {"f1", number(score.f1)}};
    Json row = Json::array();
    for (std::uint32_t k = 0; k < m.n_classes(); ++k) row.push_back(m(c, k));
    rows.push_back(row);
  }
  out["confusion"] = rows;
  return out;
}

}  // namespace syconn
