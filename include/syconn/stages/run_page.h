// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/exec/run_plan.h"

namespace syconn {

/// The run with the stages of its config and those that plan.json lists, which may be single ones. Throws Error{input}
/// where it cannot be opened.
PipelineRun whole_run(const fs::path& run_folder);

/// RUN/report.html: one page that tells somebody who was not there what a run found, what it dropped or lacks, and what
/// it has cost. It stands alone (no script, nothing from elsewhere), is well-formed as XML, and needs no stage to be
/// complete: what is not there is said. The run's whole config counts, also if plan.json lists single stages only.
/// Same run folder, same bytes. Memory: 8 MB a curve of a chart, the pixels and the mesh of one cell at a time; tables
/// are streamed. Throws Error{input} where the run itself cannot be opened.
std::string run_page(const fs::path& run_folder);
/// Writes it; complete or not at all. Throws Error{runtime} too.
void write_run_page(const fs::path& run_folder, const fs::path& page);

}  // namespace syconn
