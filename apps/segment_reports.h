// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/json.h"
#include "syconn/stages/evaluate.h"
#include "syconn/stages/evaluate_cells.h"
#include "syconn/stages/evaluate_volumes.h"

/// Text and JSON of the evaluations of label volumes, organelles, cells and synaptic fragments.
namespace syconn {

void print(const FragmentScore& score);
Json as_json(const FragmentScore& score);
void print(const SegmentationScore& score);
Json as_json(const SegmentationScore& score);
void print(const OrganelleScore& score);
Json as_json(const OrganelleScore& score);
void print(const CellScore& score);
Json as_json(const CellScore& score);

}  // namespace syconn
