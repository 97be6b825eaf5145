// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "syconn/io/segmentation_dataset.h"

namespace syconn {

/// Compartments of skeleton nodes: `node_comp` of stage pointcloud, or else the skeleton's label `compartment`, the
/// truth of a phantom.
class NodeCompartments {
 public:
  explicit NodeCompartments(const SegmentationDataset& cells);
  /// Field and part they come from; empty: there are none.
  static std::optional<std::pair<std::string, std::string>> part_of(const SegmentationDataset& cells);
  const std::string& source() const { return source_; }
  /// One code a node, or none at all. Throws Error{input} if there are other than `n_nodes`.
  std::vector<std::uint8_t> read(Id cell, Row row, std::size_t n_nodes) const;

 private:
  std::string source_;
  std::optional<Ragged<std::uint8_t>> codes_;
};

}  // namespace syconn
