// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "syconn/core/chart.h"
#include "syconn/stages/label_score.h"

namespace syconn {
namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

HeatMap map_of(const TitledScore& titled) {
  const LabelScore& s = titled.score;
  HeatMap map{titled.title, "truth", "predicted", s.classes, s.classes, {}};
  if (s.others() > 0) map.columns.push_back("none of these");
  map.most = 1;
  for (std::uint32_t c = 0; c < s.classes.size(); ++c) {
    const std::uint64_t all = s.matrix.score(c).support;
    for (std::uint32_t k = 0; k < map.columns.size(); ++k) {
      const std::uint64_t n = s.matrix(c, k);
      const double share = all > 0 ? static_cast<double>(n) / static_cast<double>(all) : 0;
      map.values.push_back(share);
      map.texts.push_back(std::to_string(n) + (all > 0 ? "\n" + percent(share) : ""));
    }
  }
  return map;
}

}  // namespace

std::string confusion_svg(const std::vector<TitledScore>& scores) {
  std::vector<Chart> charts;
  for (const TitledScore& s : scores) charts.push_back(draw(map_of(s)));
  return chart_grid(charts, 1).svg();
}

}  // namespace syconn
