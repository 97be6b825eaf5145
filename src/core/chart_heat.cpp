// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "chart_parts.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using namespace chart;

constexpr double kMargin = 12;

/// White for 0, a dark blue for 1, evenly in between.
std::string shade(double share) {
  constexpr double kStops[][3] = {{255, 255, 255}, {158, 197, 228}, {66, 133, 190}, {8, 56, 112}};
  const double at = 3 * std::clamp(share, 0.0, 1.0);
  const auto k = std::min<std::size_t>(static_cast<std::size_t>(at), 2);
  long mixed[3];
  for (std::size_t c = 0; c < 3; ++c)
    mixed[c] = std::lround(kStops[k][c] + (at - static_cast<double>(k)) * (kStops[k + 1][c] - kStops[k][c]));
  return format("#%02lx%02lx%02lx", mixed[0], mixed[1], mixed[2]);
}

/// Names wider than a field are broken at spaces and underscores.
std::vector<std::string> broken(const std::string& name, double width) {
  std::vector<std::string> lines(1);
  std::string word;
  const auto take = [&] {
    if (!lines.back().empty() && text_width(lines.back() + word) > width) lines.emplace_back();
    lines.back() += word, word.clear();
  };
  for (const char c : name) {
    word += c == '_' ? ' ' : c;
    if (c == '_' || c == ' ') take();
  }
  take();
  return lines;
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text)
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  return lines;
}

/// Ends of the shade and a value's place between them.
struct Shades {
  double least, most;
  bool log;

  explicit Shades(const HeatMap& map) : least(map.least), most(map.most), log(map.log) {
    if (most > least) return;
    least = log ? INFINITY : 0, most = 0;
    for (const double v : map.values) {
      if (std::isnan(v)) continue;
      most = std::max(most, v);
      if (log && v > 0) least = std::min(least, v);
    }
    if (!(most > 0)) least = log ? 1 : 0, most = log ? 10 : 1;
    if (log) least = std::min(least, most / 10) / 1.5;  // so that the smallest value is not white
  }
  double of(double value) const {
    if (!log) return (value - least) / (most - least);
    return value <= 0 ? 0 : std::log(value / least) / std::log(most / least);
  }
};

struct Layout {
  double field_width = 24, field_height = 24, left = 0, top = 0;
  bool turned = false;  ///< names of columns
};

Layout layout_of(const HeatMap& map) {
  Layout at;
  const std::size_t n = std::max(map.rows.size(), map.columns.size());
  if (map.texts.empty()) {
    at.field_width = at.field_height = std::clamp(420.0 / static_cast<double>(std::max<std::size_t>(n, 1)), 9.0, 44.0);
  } else {
    std::size_t lines = 1;
    double widest = 0;
    for (const std::string& text : map.texts) {
      const auto parts = split_lines(text);
      lines = std::max(lines, parts.size());
      for (const std::string& part : parts) widest = std::max(widest, text_width(part));
    }
    at.field_width = std::max(widest + 14, n <= 10 ? 92.0 : 40.0);
    at.field_height = 14 + 15 * static_cast<double>(lines);
  }
  double row_names = 0, column_names = 0;
  std::size_t lines = 1;
  for (const std::string& name : map.rows) row_names = std::max(row_names, text_width(name));
  for (const std::string& name : map.columns) {
    const auto parts = broken(name, at.field_width);
    lines = std::max(lines, parts.size()), column_names = std::max(column_names, text_width(name));
    for (const std::string& part : parts) at.turned = at.turned || text_width(part) > at.field_width;
  }
  at.left = kMargin + std::max(row_names, text_width(map.row_label)) + 10;
  at.top = 36 + 16 + (at.turned ? 0.72 * column_names + 10 : 15 * static_cast<double>(lines)) + 6;
  return at;
}

void column_names(const HeatMap& map, const Layout& at, std::string& out) {
  for (std::size_t k = 0; k < map.columns.size(); ++k) {
    const double middle = at.left + (static_cast<double>(k) + 0.5) * at.field_width;
    if (at.turned) {
      out += text_at(middle + 4, at.top - 6, map.columns[k],
                     {"start", kInk, std::min(kFont, at.field_width + 2), false, -45});
      continue;
    }
    const auto lines = broken(map.columns[k], at.field_width);
    double y = at.top - 7 - 15 * static_cast<double>(lines.size() - 1);
    for (const std::string& part : lines) out += text_at(middle, y, part, {"middle"}), y += 15;
  }
}

void fields(const HeatMap& map, const Layout& at, const Shades& shades, std::string& out) {
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    const double y = at.top + static_cast<double>(r) * at.field_height;
    std::string name = map.rows[r];
    std::replace(name.begin(), name.end(), '_', ' ');
    out += text_at(at.left - 8, y + at.field_height / 2 + 4, name, {"end", kInk, std::min(kFont, at.field_height + 2)});
    for (std::size_t k = 0; k < map.columns.size(); ++k) {
      const double x = at.left + static_cast<double>(k) * at.field_width;
      const std::size_t i = r * map.columns.size() + k;
      const double share = std::isnan(map.values[i]) ? 0 : shades.of(map.values[i]);
      out += rect(x, y, at.field_width, at.field_height, std::isnan(map.values[i]) ? "#eeeeee" : shade(share),
                  at.field_width > 12 ? " stroke=\"#ccc\" stroke-width=\"0.7\"" : "");
      if (map.texts.empty()) continue;
      const auto lines = split_lines(map.texts[i]);
      double line_y = y + at.field_height / 2 + 4 - 7.5 * static_cast<double>(lines.size() - 1);
      for (const std::string& part : lines) {
        out += text_at(x + at.field_width / 2, line_y, part, {"middle", share > 0.55 ? "#fff" : kInk});
        line_y += 15;
      }
    }
  }
}

/// A bar of shades with its numbers, below the matrix; returns its width.
double scale_bar(const HeatMap& map, double x, double y, const Shades& shades, std::string& out) {
  constexpr double kLength = 180, kSteps = 60;
  Frame f{x, y, kLength, 12};
  const Scale scale(shades.least, shades.most, shades.log, false, f.left, f.right());
  for (int i = 0; i < static_cast<int>(kSteps); ++i)
    out += rect(x + i * kLength / kSteps, y, kLength / kSteps + 0.3, 12, shade((i + 0.5) / kSteps));
  out += axis_below(f, scale, map.scale_label);
  return kLength;
}

}  // namespace

Chart draw(const HeatMap& map) {
  const std::size_t n = map.rows.size() * map.columns.size();
  if (map.values.size() != n || (!map.texts.empty() && map.texts.size() != n))
    throw Error(Category::runtime, "heat map '" + map.title + "': not one value and text a field");
  const Layout at = layout_of(map);
  const Shades shades(map);
  Chart chart{0, 0, map.title, text_at(kMargin, 22, map.title, {"start", kInk, 13, true})};
  chart.marks += text_at(at.left, 44, map.column_label, {"start", kFaint});
  chart.marks += text_at(at.left - 8, at.top - 7, map.row_label, {"end", kFaint});
  column_names(map, at, chart.marks);
  fields(map, at, shades, chart.marks);
  double right = at.left + static_cast<double>(map.columns.size()) * at.field_width;
  double bottom = at.top + static_cast<double>(map.rows.size()) * at.field_height;
  if (!map.scale_label.empty()) {
    right = std::max(right, at.left + scale_bar(map, at.left, bottom + 16, shades, chart.marks) + 20);
    bottom += 16 + 12 + 44;
  }
  if (at.turned && !map.columns.empty()) right += 0.72 * text_width(map.columns.back());
  chart.width = std::max(right, kMargin + 1.1 * text_width(map.title, 13)) + kMargin;
  chart.height = bottom + kMargin;
  return chart;
}

}  // namespace syconn
