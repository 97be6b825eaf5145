// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

namespace syconn {

struct GraphAttribute {
  enum class Type { integer, real, text };
  std::string name;
  Type type = Type::integer;
};

/// Writes a directed graph as GraphML: nodes "n<id>" with their id as attribute `id` (text, so that no reader rounds
/// it), then edges. Row by row; the file appears when it is complete.
class GraphWriter {
 public:
  GraphWriter(const fs::path& path, const std::vector<GraphAttribute>& of_nodes,
              const std::vector<GraphAttribute>& of_edges);
  ~GraphWriter();
  /// `values` as text in the order of the attributes; an empty one is left out.
  void node(Id id, const std::vector<std::string>& values);
  void edge(Id from, Id to, const std::vector<std::string>& values);
  /// Must be called; throws Error{runtime} (disk full).
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The fewest digits that read back the same.
std::string graph_number(double value);

}  // namespace syconn
