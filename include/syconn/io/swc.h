// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string_view>

#include "syconn/core/files.h"
#include "syconn/core/neuron_tree.h"

namespace syconn {

/// Reads an SWC file: lines "id type x y z radius parent", in any order, '#' lines and empty ones skipped; values
/// beyond the seventh are ignored. Positions and radii times `nm_per_unit` (1,000 where the file is in µm). Nodes come
/// out in the order of the file, moved behind their parents where needed. Everything wrong is Error{input} as
/// "file:line: …": too few values, what is no finite number or beyond 1e15 nm, a negative radius, an id twice, a parent
/// that does not exist, a circle, no node, more than `max_nodes`.
NeuronTree read_swc(const fs::path& path, double nm_per_unit = 1000, std::size_t max_nodes = 20'000'000);
/// The same of a text; `name` stands for the file in messages.
NeuronTree parse_swc(std::string_view text, const std::string& name, double nm_per_unit = 1000,
                     std::size_t max_nodes = 20'000'000);

}  // namespace syconn
