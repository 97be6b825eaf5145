// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/algo/prediction_metrics.h"
#include "syconn/core/json.h"

namespace syconn {

/// Predicted labels against true ones.
struct LabelScore {
  std::vector<std::string> classes;  ///< that the truth can have
  /// Of these classes, or of one more: predicted, but none of them. It has a column, but no truth and no score.
  ConfusionMatrix matrix;

  explicit LabelScore(std::vector<std::string> names, bool with_others = false);
  /// `truth` must be one of the classes; what is predicted counts among the others where it is none.
  void add(std::uint32_t truth, std::uint32_t predicted);
  std::uint64_t others() const;  ///< predictions that are none of the classes
  /// Mean F1 of the classes that occur, in the truth or the prediction; NaN where none does.
  double macro_f1() const;
};

/// accuracy, balanced_accuracy, macro_f1, weighted_f1, majority_baseline, classes (support, precision, recall, f1),
/// confusion (rows: truth; a last column of the others, if there can be any). null where a value is not defined.
Json as_json(const LabelScore& score);

struct TitledScore {
  std::string title;
  LabelScore score;
};
/// The matrices as a picture (SVG), one below the other: rows truth, columns prediction, each field with its count and
/// its share of the row, which shades it.
std::string confusion_svg(const std::vector<TitledScore>& scores);

}  // namespace syconn
