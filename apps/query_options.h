// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "syconn/stages/query.h"

namespace syconn {

inline const char* const kWhereHelp =
    "conditions on the synapses' or rows' columns, as 'prob>=0.8 and post_comp==spine_head and pre_type in (GP,MSN)'; "
    "names: syconn query columns RUN";

/// The run that is asked, and where the answer goes: shared by all queries.
struct QueryOutput {
  std::string run, format = "text", out = "-";
  bool codes = false;

  void add_to(CLI::App& app) {
    app.add_option("RUN", run, "run folder, or a connectome.sqlite")->required()->type_name("DIR")->group("Input");
    app.add_option("-f,--format", format, "text, csv or json")
        ->check(CLI::IsMember({"text", "csv", "json"}))
        ->capture_default_str()
        ->group("Output");
    app.add_option("-o,--out", out, "file instead of the standard output")->type_name("FILE")->group("Output");
    app.add_flag("--codes", codes, "compartments and types as codes, not names")->group("Output");
  }
  Connectome connectome() const { return Connectome(run); }
  std::unique_ptr<AnswerSink> sink() const { return answer_writer(answer_format(format), out, codes); }
};

}  // namespace syconn
