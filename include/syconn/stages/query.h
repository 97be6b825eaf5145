// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/io/query.h"

/// All questions to a connectome: those of the room io, and here those that need the whole graph of connections in
/// memory: about 40 bytes a connected pair, 24 a cell.
namespace syconn {

/// Which synapses make a connection.
struct GraphQuestion {
  std::string where = {};
  std::int64_t min_synapses = 1;  ///< of a pair and direction
};

/// Chains of connections from one cell to another: the shortest, at most `most`, the ones whose weakest link has the
/// most synapses first. One row a link: chain, step, pre, post, n.
struct PathsQuestion : GraphQuestion {
  std::int64_t from = 0, to = 0;
  int max_links = 6;
  std::int64_t most = 100;
};
/// Throws Error{usage} for a cell that the connectome does not have.
void ask_paths(const Connectome& connectome, const PathsQuestion& question, AnswerSink& answer);

/// Pairs connected both ways: one row a pair, most synapses first.
void ask_reciprocal(const Connectome& connectome, const GraphQuestion& question, AnswerSink& answer);

/// Reciprocal pairs and the 16 triads, beside random graphs of the same degrees.
struct MotifsQuestion : GraphQuestion {
  int n_null = 100;
  std::uint64_t seed = 0;
  int threads = 1;
};
void ask_motifs(const Connectome& connectome, const MotifsQuestion& question, AnswerSink& answer);

}  // namespace syconn
