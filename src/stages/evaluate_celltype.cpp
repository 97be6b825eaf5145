// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "prediction_tables.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr const char* kColumn = "cell_type";

std::vector<std::string> type_names(const SegmentationDataset& cells, const fs::path& run) {
  std::vector<std::string> names = enum_names(cells, kColumn);
  if (names.empty())
    throw Error(Category::input, "'" + run.string() + "': datasets/ssv.h5 has no cell_type with names of its types");
  return names;
}

/// Number of each of the run's types among the true types; that of none for a type the truth does not know.
std::vector<std::uint32_t> translation(const std::vector<std::string>& said, const std::vector<std::string>& truth) {
  std::vector<std::uint32_t> to;
  for (const std::string& name : said)
    to.push_back(static_cast<std::uint32_t>(std::find(truth.begin(), truth.end(), name) - truth.begin()));
  return to;
}

}  // namespace

CelltypeScore evaluate_celltype(const fs::path& run, const fs::path& truth) {
  const TablePair cells = TablePair::open(run, truth, "ssv");
  const std::vector<std::string> names = type_names(cells.truth, truth);
  const std::vector<std::uint32_t> to = translation(type_names(cells.run, run), names);
  CelltypeScore out;
  out.types = LabelScore(names, true);
  out.has_certainty = cells.run.has_column("cell_type_certainty");
  const auto said = cells.run.column<std::uint8_t>(kColumn), known = cells.truth.column<std::uint8_t>(kColumn);
  std::optional<Column<float>> certainty;
  if (out.has_certainty) certainty.emplace(cells.run.column<float>("cell_type_certainty"));
  std::vector<double> certainties;
  std::vector<std::uint8_t> correct;
  out.cells = for_each_match(cells, [&](Id, Row row, Row other) {
    const std::uint8_t type = known(other), code = said(row);
    if (type >= names.size()) {
      ++out.unknown;
      return;
    }
    const std::uint32_t predicted = code < to.size() ? to[code] : static_cast<std::uint32_t>(names.size());
    out.types.add(type, predicted);
    if (!certainty) return;
    const auto sure = static_cast<double>((*certainty)(row));
    certainties.push_back(std::isfinite(sure) ? std::clamp(sure, 0.0, 1.0) : 0.0);
    correct.push_back(predicted == type);
  });
  out.risk_coverage = risk_coverage(certainties, correct);
  out.calibration_error = expected_calibration_error(certainties, correct);
  out.area_under_risk_coverage = area_under_risk_coverage(out.risk_coverage);
  return out;
}

}  // namespace syconn
