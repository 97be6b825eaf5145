// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/json.h"
#include "syconn/stages/evaluate_connectome.h"
#include "syconn/stages/evaluate_run_length.h"
#include "syconn/stages/evaluate_volumes.h"

/// Text and JSON of the evaluations of clefts, partners, connections and run lengths.
namespace syconn {

void print(const CleftReport& report);
Json as_json(const CleftReport& report);
void print(const PartnersScore& score);
Json as_json(const PartnersScore& score);
void print(const ConnectomeScore& score);
Json as_json(const ConnectomeScore& score);
void print(const RunLengthAnswer& answer);
Json as_json(const RunLengthAnswer& answer);

}  // namespace syconn
