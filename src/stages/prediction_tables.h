// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "syconn/io/segmentation_dataset.h"
#include "syconn/stages/evaluate_predictions.h"

namespace syconn {

/// RUN/datasets/<type>.h5. Throws Error{usage} if both runs are one folder.
struct TablePair {
  SegmentationDataset run, truth;
  static TablePair open(const fs::path& run, const fs::path& truth, const std::string& type);
};
/// Calls fn(id, row in the run, row in the truth) for the objects of both, shard by shard of the run.
MatchedObjects for_each_match(const TablePair& tables, const std::function<void(Id, Row, Row)>& fn);

/// Names of an enumerated column, by code from 0 on, without the unknown (255).
std::vector<std::string> enum_names(const SegmentationDataset& table, const std::string& column);

}  // namespace syconn
