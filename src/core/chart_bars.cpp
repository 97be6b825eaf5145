// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "chart_parts.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using namespace chart;

/// Lowest and highest end of all bars and whiskers, 0 among them.
std::pair<double, double> range_of(const BarChart& c) {
  double least = 0, most = 0;
  std::vector<double> sums(c.categories.size());
  for (const BarSeries& s : c.series) {
    const bool whiskers = !s.intervals.empty();
    if (s.values.size() != sums.size() || (whiskers && s.intervals.size() != sums.size()))
      throw Error(Category::runtime, "bar chart: series '" + s.name + "' has not one value a category");
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const double v = s.values[i];
      if (std::isnan(v)) continue;
      if (c.stacked && v < 0) throw Error(Category::runtime, "bar chart: a stacked value is below 0");
      sums[i] = c.stacked ? sums[i] + v : v;
      least = std::min(least, sums[i]), most = std::max(most, sums[i]);
      if (whiskers) least = std::min(least, s.intervals[i].first), most = std::max(most, s.intervals[i].second);
    }
  }
  return {least, most};
}

/// Names below the axis, turned where they would meet; returns the room that they take.
double category_names(const BarChart& c, const Frame& f, double step, std::string& out) {
  double widest = 0;
  for (const std::string& name : c.categories) widest = std::max(widest, text_width(name, kSmall));
  const bool turned = widest > step - 6;
  for (std::size_t i = 0; i < c.categories.size(); ++i) {
    const double at = f.left + (static_cast<double>(i) + 0.5) * step;
    out += line(at, f.bottom(), at, f.bottom() + 4);
    if (turned)
      out += text_at(at + 4, f.bottom() + 14, c.categories[i], {"end", kInk, kSmall, false, -40});
    else
      out += text_at(at, f.bottom() + 18, c.categories[i], {"middle", kInk, kSmall});
  }
  return turned ? 20 + 0.65 * widest : 26;
}

std::string whisker(double at, const std::pair<double, double>& ends, const Scale& y) {
  const double low = y.at(ends.first), high = y.at(ends.second);
  return line(at, low, at, high) + line(at - 3, low, at + 3, low) + line(at - 3, high, at + 3, high);
}

}  // namespace

Chart draw(const BarChart& c) {
  Frame f;
  const double beside = c.stacked ? 1 : static_cast<double>(std::max<std::size_t>(c.series.size(), 1));
  const auto n = static_cast<double>(std::max<std::size_t>(c.categories.size(), 1));
  const double step = std::clamp(380 / n, 8 + 7 * beside, 90.0), bar = std::min(0.76 * step / beside, 44.0);
  f.width = step * n;
  const auto [least, most] = range_of(c);
  const Scale y(least, most > least ? most : least + 1, false, true, f.bottom(), f.top);
  std::string marks;
  std::vector<double> under(c.categories.size());
  for (std::size_t s = 0; s < c.series.size(); ++s)
    for (std::size_t i = 0; i < c.categories.size(); ++i) {
      const double v = c.series[s].values[i], from = under[i];
      if (std::isnan(v)) continue;
      const double slot = c.stacked ? 0 : static_cast<double>(s) - (beside - 1) / 2;
      const double middle = f.left + (static_cast<double>(i) + 0.5) * step + slot * bar;
      const double top = y.at(std::max(from, from + v)), bottom = y.at(std::min(from, from + v));
      marks += rect(middle - bar / 2, top, bar, bottom - top, colour(s), " stroke=\"#fff\" stroke-width=\"0.5\"");
      if (!c.series[s].intervals.empty()) marks += whisker(middle, c.series[s].intervals[i], y);
      if (c.stacked) under[i] += v;
    }
  Chart chart{0, 0, c.title, text_at(f.left, 22, c.title, {"start", kInk, 13, true})};
  chart.marks += axis_left(f, y, c.y_label) + marks + line(f.left, y.at(0), f.right(), y.at(0));
  const double below = category_names(c, f, step, chart.marks);
  std::vector<LegendEntry> entries;
  for (std::size_t s = 0; s < c.series.size() && c.series.size() > 1; ++s)
    entries.push_back({c.series[s].name, colour(s), nullptr});
  const double key = legend(f.right() + 16, f.top + 4, entries, {}, chart.marks);
  const double with_key = f.right() + (entries.empty() ? 0 : 16 + legend_width(entries, {}));
  chart.width = std::max(with_key, f.left + 1.1 * text_width(c.title, 13)) + 16;
  chart.height = std::max(f.bottom() + below, f.top + key) + 16;
  return chart;
}

}  // namespace syconn
