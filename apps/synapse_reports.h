// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/json.h"
#include "syconn/stages/evaluate_junctions.h"
#include "syconn/stages/evaluate_synapses.h"

/// Text and JSON of the evaluations of synapses.
namespace syconn {

void print(const SynapseScore& score);
Json as_json(const SynapseScore& score);
void print(const JunctionScore& score, double prob_min);
Json as_json(const JunctionScore& score, double prob_min);

}  // namespace syconn
