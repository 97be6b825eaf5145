// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>

#include "syconn/core/markup.h"
#include "syconn/exec/progress.h"
#include "syconn/exec/run_cost.h"

namespace syconn {
namespace {

constexpr double kWidth = 900, kRow = 16, kLeft = 200;

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[1024];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>syconn: report of a run</title>
<style>
body { font: 14px sans-serif; margin: 2em; color: #222 }
table { border-collapse: collapse } td, th { padding: 2px 10px; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left }
svg text { font: 11px sans-serif }
</style></head><body>
)";

void time_range(const Json& cost, double& first, double& last) {
  for (const auto& stage : cost.at("stages"))
    for (const auto& step : stage.at("steps")) {
      if (step.at("first").get<double>() <= 0) continue;
      first = first == 0 ? step.at("first").get<double>() : std::min(first, step.at("first").get<double>());
      last = std::max(last, step.at("last").get<double>());
    }
}

/// A row a step; a bar a job, darker where several lie over each other.
std::string timeline(const Json& cost) {
  double first = 0, last = 0;
  time_range(cost, first, last);
  const double span = std::max(1.0, last - first);
  std::string rows;
  double y = kRow;
  constexpr const char* kColours[] = {"#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#17becf"};
  std::size_t colour = 0;
  for (const auto& stage : cost.at("stages")) {
    const char* fill = kColours[colour++ % std::size(kColours)];
    for (const auto& step : stage.at("steps")) {
      rows += format("<text x=\"0\" y=\"%.1f\">%s/%s</text>\n", y + 11,
                     escaped_markup(stage.at("name").get<std::string>()).c_str(),
                     escaped_markup(step.at("name").get<std::string>()).c_str());
      for (const auto& bar : step.at("bars")) {
        const double x = kLeft + kWidth * (bar.at("start").get<double>() - first) / span;
        const double w = std::max(1.5, kWidth * (bar.at("end").get<double>() - bar.at("start").get<double>()) / span);
        rows += format(
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\" fill=\"%s\" opacity=\"0.5\">"
            "<title>%s, %.1f s</title></rect>\n",
            x, y, w, kRow - 3, fill, escaped_markup(bar.at("host").get<std::string>()).c_str(),
            bar.at("end").get<double>() - bar.at("start").get<double>());
      }
      y += kRow;
    }
  }
  for (int i = 0; i <= 4; ++i)
    rows += format(
        "<text x=\"%.0f\" y=\"11\">%s</text><line x1=\"%.0f\" x2=\"%.0f\" y1=\"16\" y2=\"%.0f\" stroke=\"#ddd\"/>\n",
        kLeft + kWidth * i / 4, duration_text(span * i / 4).c_str(), kLeft + kWidth * i / 4, kLeft + kWidth * i / 4, y);
  return format("<svg width=\"%.0f\" height=\"%.0f\" role=\"img\" aria-label=\"timeline\">\n", kLeft + kWidth + 90,
                y + kRow) +
         rows + "</svg>\n";
}

std::string table(const Json& cost) {
  std::string text =
      "<table><tr><th>step</th><th>jobs done</th><th>core h</th><th>peak GB</th><th>asked GB</th><th>attempts</th>"
      "<th>retried</th><th>out of memory</th><th>GB out</th></tr>\n";
  for (const auto& stage : cost.at("stages")) {
    const double per_gpu = stage.at("gvx_per_gpu_h").get<double>();
    text += format("<tr><th>%s</th><td></td><th>%.4f</th><th colspan=\"6\">%.1f Mvx/h/core%s, US$ %.4f</th></tr>\n",
                   escaped_markup(stage.at("name").get<std::string>()).c_str(), stage.at("core_h").get<double>(),
                   stage.at("mvx_per_core_h").get<double>(),
                   per_gpu > 0 ? format(", %.3f Gvx/h/GPU", per_gpu).c_str() : "", stage.at("usd").get<double>());
    for (const auto& s : stage.at("steps"))
      text += format(
          "<tr><td>&nbsp; %s</td><td>%lld/%lld</td><td>%.4f</td><td>%.3f</td><td>%.3f</td><td>%lld</td>"
          "<td>%lld</td><td>%lld</td><td>%.3f</td></tr>\n",
          escaped_markup(s.at("name").get<std::string>()).c_str(), s.at("done").get<long long>(),
          s.at("jobs").get<long long>(), s.at("core_h").get<double>(), 1e-9 * s.at("peak_rss_bytes").get<double>(),
          1e-9 * s.at("asked_bytes").get<double>(), s.at("attempts").get<long long>(),
          s.at("retried_jobs").get<long long>() + s.at("requeues").get<long long>(), s.at("killed").get<long long>(),
          1e-9 * s.at("output_bytes").get<double>());
  }
  return text + "</table>\n";
}

}  // namespace

std::string cost_html(const Json& cost) {
  return kHead + ("<h1>Report of " + escaped_markup(cost.at("run").get<std::string>()) + "</h1>\n<pre>") +
         escaped_markup(cost_text(cost)) + "</pre>\n<h2>Timeline</h2>\n" + timeline(cost) + "<h2>Steps</h2>\n" +
         table(cost) + "</body></html>\n";
}

}  // namespace syconn
