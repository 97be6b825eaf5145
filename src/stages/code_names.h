// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <string>

#include "syconn/io/segmentation_dataset.h"

namespace syconn {

/// Names of the codes of a column, from its attribute `enum`; none where there is no such column or attribute.
std::map<std::int64_t, std::string> code_names(const SegmentationDataset& table, const std::string& column);

}  // namespace syconn
