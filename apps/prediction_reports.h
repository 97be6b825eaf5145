// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/json.h"
#include "syconn/stages/evaluate_predictions.h"

/// Text, JSON and pictures of the evaluations of networks on cells.
namespace syconn {

void print(const CompartmentScore& score);
Json as_json(const CompartmentScore& score);
std::vector<TitledScore> matrices(const CompartmentScore& score);

void print(const CelltypeScore& score);
Json as_json(const CelltypeScore& score);
std::vector<TitledScore> matrices(const CelltypeScore& score);

}  // namespace syconn
