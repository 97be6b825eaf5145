// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/exec/run_plan.h"

/// Pieces of RUN/report.html that every run has, whatever its stages: well-formed markup of its state, inputs, records
/// and config. What it has cost: cost_html().
namespace syconn {

/// First start and last end of all stages, as in runs.jsonl; empty where nothing has ended.
struct RunTimes {
  std::string first, last;
};
RunTimes run_times(const PipelineRun& run);

/// What is done of every stage, what failed and why, what was left out on request, and the stages that are not part of
/// the run with the reason. `status`: status_json().
std::string state_html(const PipelineRun& run, const Json& status);
/// What the stages said while they worked: what they kept and dropped. The same sentence of several jobs stands once,
/// its counts added up. Reads every marker; memory: at most 20 different sentences a step are kept.
std::string notes_html(const PipelineRun& run);
/// Inputs with their fingerprints, one row each.
std::string inputs_html(const PipelineRun& run);
/// One row a record of runs.jsonl: version, command, host, times, hash.
std::string records_html(const PipelineRun& run);
/// The resolved config, folded.
std::string config_html(const PipelineRun& run);

/// "3 of 40 objects" and "1 of 2 objects": "4 of 42 objects". False where the texts differ in more than whole numbers.
bool add_counts(std::string& sum, const std::string& sentence);

}  // namespace syconn
