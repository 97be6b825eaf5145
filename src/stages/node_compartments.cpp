// SPDX-License-Identifier: GPL-3.0-or-later
#include "node_compartments.h"

#include "syconn/core/error.h"

namespace syconn {

std::optional<std::pair<std::string, std::string>> NodeCompartments::part_of(const SegmentationDataset& cells) {
  for (const auto& [field, part] : {std::pair{"node_comp", "values"}, std::pair{"skeleton", "compartment"}})
    if (cells.has_part(field, part)) return std::pair<std::string, std::string>{field, part};
  return std::nullopt;
}

NodeCompartments::NodeCompartments(const SegmentationDataset& cells) {
  const auto found = part_of(cells);
  if (!found) return;
  source_ = found->first + "/" + found->second;
  codes_ = cells.ragged<std::uint8_t>(found->first, found->second);
}

std::vector<std::uint8_t> NodeCompartments::read(Id cell, Row row, std::size_t n_nodes) const {
  if (!codes_) return {};
  std::vector<std::uint8_t> codes = (*codes_)(row);
  if (codes.size() != n_nodes)
    throw Error(Category::input, "cell " + std::to_string(cell) + ": " + source_ + " has " +
                                     std::to_string(codes.size()) + " values for " + std::to_string(n_nodes) +
                                     " skeleton nodes; run the stage that made it again");
  return codes;
}

}  // namespace syconn
