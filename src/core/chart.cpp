// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/chart.h"

#include <algorithm>

#include "chart_parts.h"
#include "syconn/core/markup.h"

namespace syconn {

std::string Chart::svg() const {
  std::string head = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">\n",
      width, height, width, height);
  if (!title.empty()) head += "<title>" + escaped_markup(title) + "</title>\n";
  return head + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" + marks + "</svg>\n";
}

Chart chart_grid(const std::vector<Chart>& charts, std::size_t columns) {
  columns = std::clamp<std::size_t>(columns, 1, std::max<std::size_t>(charts.size(), 1));
  std::vector<double> widths(columns), heights((charts.size() + columns - 1) / columns);
  for (std::size_t i = 0; i < charts.size(); ++i) {
    widths[i % columns] = std::max(widths[i % columns], charts[i].width);
    heights[i / columns] = std::max(heights[i / columns], charts[i].height);
  }
  Chart grid;
  double x = 0, y = 0;
  for (std::size_t i = 0; i < charts.size(); ++i) {
    if (i > 0 && i % columns == 0) x = 0, y += heights[i / columns - 1];
    grid.marks += format("<g transform=\"translate(%.1f %.1f)\">\n", x, y) + charts[i].marks + "</g>\n";
    x += widths[i % columns];
    grid.title += (i > 0 && !charts[i].title.empty() ? "; " : "") + charts[i].title;
  }
  for (const double w : widths) grid.width += w;
  for (const double h : heights) grid.height += h;
  return grid;
}

Chart with_footnote(Chart chart, const std::vector<std::string>& lines) {
  constexpr double kSize = 9, kLine = 12, kMargin = 12;
  chart.height += 4;
  const auto put = [&](const std::string& text) {
    chart.marks += chart::text_at(kMargin, chart.height, text, {"start", chart::kFaint, kSize});
    chart.height += kLine;
  };
  for (const std::string& text : lines) {
    std::string line;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      const std::string word = text.substr(at, end - at);
      if (!line.empty() && chart::text_width(line + " " + word, kSize) > chart.width - 2 * kMargin)
        put(line), line = "   ";
      line += (line.empty() ? "" : " ") + word;
      at = end + 1;
    }
    put(line);
  }
  return chart;
}

}  // namespace syconn
