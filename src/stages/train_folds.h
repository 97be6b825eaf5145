// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train_points_data.h"

/// Cross-validation by cells: which cells of the runs are tested on, and which are learned from.
namespace syconn {

/// Fold of each cell. Cells of one type are shuffled by `seed` and dealt in turn, each type going on where the one
/// before ended, so that in any type, and in all, the folds differ by one cell at most. Throws Error{config} for fewer
/// than 2 folds, Error{input} for fewer cells than folds.
std::vector<int> stratified_folds(std::span<const std::uint8_t> type, int folds, std::uint64_t seed);

/// Moves the cells of fold `training.fold` out of `data`; both then have hashes of their own.
LabelledCells take_fold(LabelledCells& data, const PointTraining& training);

}  // namespace syconn
