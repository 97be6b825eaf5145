// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>

#include "syconn/core/format.h"
#include "syconn/core/html.h"
#include "syconn/exec/progress.h"
#include "syconn/exec/run_cost.h"
#include "timeline.h"

namespace syconn {
namespace {

constexpr std::size_t kMostBars = 2000;  ///< of the whole timeline: the page stays small
constexpr double kRow = 16, kTop = 24;
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b37700", "#2f8fc4"};

double number(const Json& j, const char* key) { return j.at(key).get<double>(); }
std::string name_of(const Json& j) { return escaped_markup(j.at("name").get<std::string>()); }

TimeAxis axis_of(const Json& cost, std::size_t& bars) {
  std::vector<std::pair<double, double>> times;
  for (const auto& stage : cost.at("stages"))
    for (const auto& step : stage.at("steps"))
      for (const auto& bar : step.at("bars")) times.emplace_back(number(bar, "start"), number(bar, "end"));
  bars = times.size();
  return TimeAxis(std::move(times));
}

/// Lines of the time, and where pauses were cut out.
std::string time_marks(const TimeAxis& axis, double bottom) {
  std::string out;
  for (int i = 0; i <= 4; ++i) {
    const double x = TimeAxis::kLeft + TimeAxis::kWidth * i / 4;
    out += format(
        "<text x=\"%.0f\" y=\"12\" text-anchor=\"middle\">%s</text>"
        "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"18\" y2=\"%.0f\" stroke=\"#ddd\"/>\n",
        x, duration_text(axis.busy_s() * i / 4).c_str(), x, x, bottom);
  }
  for (const TimeAxis::Pause& p : axis.pauses())
    out += format(
        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"18\" y2=\"%.0f\" stroke=\"#999\" stroke-dasharray=\"3 3\">"
        "<title>pause of %s left out</title></line>\n",
        p.x, p.x, bottom, duration_text(p.seconds).c_str());
  return out;
}

/// A row a step; a bar a job, darker where several lie over each other.
std::string timeline(const Json& cost) {
  std::size_t bars = 0;
  const TimeAxis axis = axis_of(cost, bars);
  if (bars == 0) return "<p>No job has ended yet.</p>\n";
  const std::size_t every = (bars + kMostBars - 1) / kMostBars;
  std::string rows;
  double y = kTop;
  std::size_t colour = 0;
  for (const auto& stage : cost.at("stages")) {
    const char* fill = kColours[colour++ % std::size(kColours)];
    for (const auto& step : stage.at("steps")) {
      rows += format("<text x=\"0\" y=\"%.0f\">%s/%s</text>\n", y + 11, name_of(stage).c_str(), name_of(step).c_str());
      rows += format("<g fill=\"%s\" opacity=\"0.6\">", fill);
      std::size_t i = 0;
      for (const auto& bar : step.at("bars")) {
        if (i++ % every != 0) continue;
        const double s = number(bar, "end") - number(bar, "start");
        const double x = axis.at(number(bar, "start"));
        rows += format("<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"13\"><title>%s, %s</title></rect>", x, y,
                       std::max(1.5, axis.at(number(bar, "end")) - x),
                       escaped_markup(bar.at("host").get<std::string>()).c_str(), duration_text(s).c_str());
      }
      rows += "</g>\n";
      y += kRow;
    }
  }
  const double width = TimeAxis::kLeft + TimeAxis::kWidth + 40;
  return format(
             "<div class=\"scroll\"><svg class=\"wide\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
             "role=\"img\" font-family=\"sans-serif\" font-size=\"11\"><title>Timeline: when the jobs of every step "
             "ran</title>\n",
             width, y + 4, width, y + 4) +
         time_marks(axis, y) + rows + "</svg></div>\n";
}

std::string stages_table(const Json& cost) {
  const bool gpu = cost.at("total").value("gpu_h", 0.0) > 0;
  HtmlTable table;
  table.heads = {"Stage", "Wall time", "Core hours", "Gvx/h/core"};
  if (gpu) table.heads.insert(table.heads.end(), {"GPU hours", "Gvx/h/GPU"});
  table.heads.insert(table.heads.end(), {"Peak memory of a job", "Asked for", "Retried", "Written", "US$"});
  const auto row = [&](const std::string& name, const Json& s, double wall, double asked, bool total) {
    const auto per = [&](const char* key, double unit) {
      return total ? std::string() : number(s, key) > 0 ? measure_text(number(s, key) * unit) : std::string("–");
    };
    std::vector<std::string> cells{name, duration_text(wall), measure_text(s.value("core_h", 0.0)),
                                   per("mvx_per_core_h", 1e-3)};
    if (gpu) cells.insert(cells.end(), {measure_text(s.value("gpu_h", 0.0)), per("gvx_per_gpu_h", 1)});
    cells.push_back(total ? "" : bytes_text(number(s, "peak_rss_bytes")));
    cells.push_back(total ? "" : bytes_text(asked));
    cells.push_back(count_text(static_cast<std::int64_t>(s.value("retried_jobs", 0.0) + s.value("requeues", 0.0))));
    cells.push_back(bytes_text(s.value("output_bytes", 0.0)));
    cells.push_back(measure_text(s.value("usd", 0.0)));
    table.add(cells, total ? "cost_total" : "cost_" + name, total);
  };
  double wall = 0;
  for (const auto& stage : cost.at("stages")) {
    double asked = 0;
    for (const auto& step : stage.at("steps")) asked = std::max(asked, number(step, "asked_bytes"));
    row(name_of(stage), stage, number(stage, "wall_s"), asked, false);
    wall += number(stage, "wall_s");
  }
  row("All", cost.at("total"), wall, 0, true);
  return table.html();
}

std::string steps_table(const Json& cost) {
  HtmlTable table;
  table.heads = {"Step",     "Jobs done", "Core hours",    "Peak memory", "Asked for",
                 "Attempts", "Retried",   "Out of memory", "Written"};
  for (const auto& stage : cost.at("stages"))
    for (const auto& s : stage.at("steps"))
      table.add({name_of(stage) + "/" + name_of(s),
                 count_text(s.at("done").get<std::int64_t>()) + "/" + count_text(s.at("jobs").get<std::int64_t>()),
                 measure_text(number(s, "core_h")), bytes_text(number(s, "peak_rss_bytes")),
                 bytes_text(number(s, "asked_bytes")), count_text(s.at("attempts").get<std::int64_t>()),
                 count_text(s.at("retried_jobs").get<std::int64_t>() + s.at("requeues").get<std::int64_t>()),
                 count_text(s.at("killed").get<std::int64_t>()), bytes_text(number(s, "output_bytes"))});
  return table.html();
}

}  // namespace

std::string cost_html(const Json& cost) {
  const Json& total = cost.at("total");
  return "<p>" + measure_text(total.value("core_h", 0.0)) + " core hours" +
         (total.value("gpu_h", 0.0) > 0 ? ", " + measure_text(total.value("gpu_h", 0.0)) + " GPU hours" : "") +
         ", US$ " + measure_text(total.value("usd", 0.0)) +
         " at the prices of the config. Wall time is from the start " +
         "of a stage's first job to the end of its last; speeds count the voxels of the whole box. For comparison, " +
         "SyConn2 as published: 0.034 Gvx/h a core over all CPU stages, 4.4 Gvx/h a GPU.</p>\n" + stages_table(cost) +
         "<h3>When what ran</h3>\n" + timeline(cost) + html_details("All steps", steps_table(cost));
}

}  // namespace syconn
