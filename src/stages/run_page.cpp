// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/run_page.h"

#include <algorithm>

#include "kept_synapses.h"
#include "run_page_parts.h"
#include "syconn/core/error.h"
#include "syconn/core/version.h"
#include "syconn/exec/run_cost.h"
#include "syconn/exec/run_html.h"
#include "syconn/exec/run_report.h"
#include "syconn/exec/slurm.h"
#include "syconn/stages/table.h"

namespace syconn {
namespace {

using namespace page;

/// Light on purpose, also where the reader's system is dark: pictures and charts have white grounds.
constexpr const char* kStyle = R"(
:root { color-scheme: light }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: #1d2329;
  background: #fff; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 72rem }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid #d8dee4 }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem }
p { max-width: 46rem; margin: .5rem 0 }
a { color: #0b57a4 }
.lead { font-size: 1.1rem }
.verdict { padding: .6rem .9rem; border-left: 6px solid; border-radius: 3px; margin: 1rem 0 }
.verdict.good { background: #eaf5ee; border-color: #1c7c43 }
.verdict.lacking { background: #fdf3e1; border-color: #a65f00 }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0 }
dl.facts dt { color: #57606a }
dl.facts dd { margin: 0; overflow-wrap: anywhere }
nav ul { list-style: none; padding: 0; margin: 1rem 0; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem }
.scroll { overflow-x: auto; margin: .75rem 0 }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding: .25rem 0 }
th, td { padding: .3rem .75rem .3rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid #e3e8ed }
th.t, td.t { text-align: left }
thead th { color: #57606a; font-weight: 600; border-bottom: 2px solid #c9d1d9; vertical-align: bottom }
tbody th { font-weight: 500 }
tr.sum th, tr.sum td { font-weight: 700; border-top: 2px solid #c9d1d9 }
td:not(.t) { white-space: nowrap }
td.t { min-width: 6rem }
time { white-space: nowrap }
small { color: #57606a }
.part { display: block; padding-left: 1rem }
li { overflow-wrap: anywhere }
.bar { height: .9rem; background: #0072b2; border-radius: 2px; min-width: 2px }
td > .bar { margin-top: .2rem }
td:has(> .bar) { width: 18rem; min-width: 6rem }
figure { margin: 0; break-inside: avoid }
figcaption { font-size: .875rem; color: #424a53; max-width: 46rem; margin-top: .35rem }
figure > img, figure > svg { max-width: 100%; height: auto; display: block }
svg.wide { max-width: none }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.75rem 1.5rem }
.cells { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem }
.cells img { width: 100%; border: 1px solid #e3e8ed; border-radius: 3px }
.plane img { width: min(100%, 34rem) }
.dot { display: inline-block; width: .75em; height: .75em; border-radius: 50% }
pre, code { font: .85rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
pre { background: #f6f8fa; border: 1px solid #e3e8ed; border-radius: 4px; padding: .75rem; overflow-x: auto }
summary { cursor: pointer; margin: .75rem 0; font-weight: 600 }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt }
  nav { display: none }
  h2, h3 { break-after: avoid }
  pre { white-space: pre-wrap; overflow-wrap: anywhere }
  .scroll { overflow: visible }
  svg.wide { max-width: 100%; height: auto }
}
)";

Source source_of(const PipelineRun& run) {
  Source s{&run, {}, 0, 0};
  s.prob_min = synapse_prob_min(run.config());
  const Geometry& g = run.stages().front().geometry;
  s.volume_um3 = static_cast<double>(g.voxels()) * 1e-9 * g.voxel_size_nm.x * g.voxel_size_nm.y * g.voxel_size_nm.z;
  if (fs::exists(run.folder() / "connectome.sqlite")) s.tables.emplace(run.folder());
  return s;
}

std::string times_of(const Vec3i& v) { return count_text(v.x) + " × " + count_text(v.y) + " × " + count_text(v.z); }
std::string times_of(const Vec3d& v) {
  return measure_text(v.x) + " × " + measure_text(v.y) + " × " + measure_text(v.z);
}

struct Verdict {
  std::int64_t stages = 0, complete = 0;
  bool tables_complete = false;
  std::string open;  ///< names of stages that lack jobs
};

Verdict verdict_of(const Json& status) {
  Verdict v;
  for (const auto& stage : status.at("stages")) {
    bool done = true;
    for (const auto& step : stage.at("steps")) done &= step.at("done") == step.at("jobs");
    const std::string name = stage.at("name").get<std::string>();
    ++v.stages, v.complete += done;
    v.tables_complete |= done && name == "tables";
    if (!done) v.open += (v.open.empty() ? "" : ", ") + name;
  }
  return v;
}

std::string verdict_html(const Source& s, const Json& status) {
  const Verdict v = verdict_of(status);
  const std::string stages = count_text(v.stages) + (v.stages == 1 ? " stage" : " stages");
  const std::size_t left_out = status.at("left_out").size();
  const std::string without = left_out == 0 ? std::string()
                                            : " without " + count_text(static_cast<std::int64_t>(left_out)) +
                                                  " chunks that were left out on request";
  std::string text = v.open.empty() ? "<b>Complete</b>: all " + stages + " of this run are done" + without + "."
                                    : "<b>" + std::string(status.at("state") == "failed" ? "Failed" : "Incomplete") +
                                          "</b>: " + count_text(v.complete) + " of " + stages + " done" + without +
                                          "; not: " + escaped_markup(v.open) + ".";
  if (s.tables && !v.tables_complete)
    text += " The numbers below are from tables of an earlier state of the run.";
  else if (!s.tables)
    text += " There are no tables yet, so this page has few numbers.";
  const bool good = v.open.empty() && left_out == 0;
  return std::string("<p class=\"verdict ") + (good ? "good" : "lacking") + "\" data-state=\"" +
         status.at("state").get<std::string>() + "\">" + text + "</p>\n";
}

std::string facts_html(const PipelineRun& run) {
  const Geometry& g = run.stages().front().geometry;
  const Vec3i size = g.box.size();
  const Vec3d um = Vec3d(size) * g.voxel_size_nm * 1e-3;
  const RunTimes times = run_times(run);
  std::string out = "<dl class=\"facts\">\n";
  const auto fact = [&](const char* name, const std::string& value) {
    out += std::string("<dt>") + name + "</dt><dd>" + value + "</dd>\n";
  };
  fact("Dataset", escaped_markup(run.config().dataset.name));
  fact("Size", times_of(size) + " voxels = " + times_of(um) + " µm");
  fact("Voxel", times_of(g.voxel_size_nm) + " nm");
  if (!times.first.empty()) fact("Run", escaped_markup(times.first) + " to " + escaped_markup(times.last));
  fact("Folder", "<code>" + escaped_markup(run.folder().string()) + "</code>");
  fact("Page by",
       "syconn " + escaped_markup(std::string(version())) + " (" + escaped_markup(std::string(git_hash())) + ")");
  return out + "</dl>\n";
}

struct Section {
  const char *id, *title;
  std::string html;
};

std::string body_html(const std::vector<Section>& sections) {
  std::string links, out;
  for (const Section& section : sections) {
    if (section.html.empty()) continue;
    links += std::string("<li><a href=\"#") + section.id + "\">" + section.title + "</a></li>\n";
    out += std::string("<section id=\"") + section.id + "\">\n<h2>" + section.title + "</h2>\n" + section.html +
           "</section>\n";
  }
  return "<nav aria-label=\"Sections\"><ul>\n" + links + "</ul></nav>\n<main>\n" + out + "</main>\n";
}

std::string of_figure(const char* css_class, const std::string& html) {
  return html.empty() ? html : std::string("<div class=\"") + css_class + "\">" + html + "</div>\n";
}

}  // namespace

PipelineRun whole_run(const fs::path& folder) {
  PipelineRun run = PipelineRun::open(folder, stage_table());
  std::vector<std::string> names;
  for (const Stage& stage : run.table().stages) {
    const auto same = [&](const StagePlan& plan) { return plan.stage->name == stage.name; };
    if (run.part_of_run(stage.name) || std::any_of(run.stages().begin(), run.stages().end(), same))
      names.push_back(stage.name);
  }
  if (names.size() == run.stages().size()) return run;
  return {run.config(), folder, run.table(), names};
}

std::string run_page(const fs::path& run_folder) {
  const PipelineRun run = whole_run(run_folder);
  const Source s = source_of(run);
  const Json status = status_json(run, CheckLevel::sizes);
  const Json cost = cost_json(run, slurm_profile_of(run.folder()));
  const std::string name = escaped_markup(run.config().dataset.name);
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         name + ": report of a syconn run</title>\n<style>" + kStyle + "</style></head>\n<body>\n<header>\n<h1>" +
         name + ": what the run found</h1>\n" + verdict_html(s, status) + facts_html(run) + "</header>\n" +
         body_html({{"found", "What was found", found_html(s)},
                    {"cells", "Three cells", cells_html(s)},
                    {"distributions", "Distributions", distributions_html(s)},
                    {"matrix", "Who connects to whom", matrix_html(s)},
                    {"plane", "Cells by what they look like", of_figure("plane", embedding_html(s))},
                    {"dropped", "What was filtered or dropped", filters_html(s) + notes_html(run)},
                    {"state", "What ran, and what did not", state_html(run, status)},
                    {"cost", "Times and cost", cost_html(cost)},
                    {"inputs", "Inputs", inputs_html(run)},
                    {"config", "Config and history", config_html(run) + records_html(run)},
                    {"next", "Look further", next_html(s)}}) +
         "</body></html>\n";
}

void write_run_page(const fs::path& run_folder, const fs::path& page) {
  const std::string text = run_page(run_folder);
  sweep_temporaries(fs::absolute(page).parent_path());  // of a run that was killed just here
  write_file_atomically(page, text);
}

}  // namespace syconn
