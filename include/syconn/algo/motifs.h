// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

/// Patterns of connections among cells.
namespace syconn {

/// A simple directed graph: no connection of a vertex with itself, none twice.
class Digraph {
 public:
  using Vertex = std::uint32_t;
  /// Edges in any order; loops and repetitions are dropped. Throws Error{runtime} for a vertex >= n.
  Digraph(Vertex n, std::vector<std::pair<Vertex, Vertex>> edges);

  Vertex n_vertices() const { return static_cast<Vertex>(first_.size() - 1); }
  std::size_t n_edges() const { return to_.size(); }
  std::span<const Vertex> out(Vertex v) const {
    return {to_.data() + first_[v], first_[v + 1] - first_[v]};
  }  ///< ascending
  bool has(Vertex from, Vertex to) const;
  std::vector<std::pair<Vertex, Vertex>> edges() const;  ///< ascending

 private:
  std::vector<std::size_t> first_;
  std::vector<Vertex> to_;
};

/// Pairs connected both ways.
std::uint64_t reciprocal_pairs(const Digraph& g);

inline constexpr std::size_t kTriads = 16;
/// Names by Holland and Leinhardt (mutual, asymmetric, null dyads; D, U, C, T), in the order of TriadCensus.
extern const std::array<const char*, kTriads> kTriadNames;
using TriadCensus = std::array<std::uint64_t, kTriads>;
/// How many triples of vertices are of each kind (Batagelj and Mrvar 2001): time about edges times largest degree.
TriadCensus triad_census(const Digraph& g);

/// A random graph in which every vertex has as many incoming and outgoing edges as in `g`: `swaps` times the number of
/// edges, two random edges exchange their targets unless that made a loop or a repetition (Maslov and Sneppen 2002).
/// Deterministic in the seed.
Digraph rewired(const Digraph& g, std::uint64_t seed, int swaps = 10);

/// A count beside those of rewired graphs.
struct MotifScore {
  double count = 0, null_mean = 0, null_sd = 0;
  double z = 0;  ///< (count - mean) / sd; NaN without spread
  double p = 1;  ///< two-sided, of the rank among the null graphs: min(1, 2 (1 + n as extreme) / (1 + n))
};
/// First the reciprocal pairs, then the 16 triads. Null graph k has seed (seed, k); `threads` share them.
std::vector<MotifScore> motif_scores(const Digraph& g, int n_null, std::uint64_t seed, int threads);

/// All shortest chains of edges from one vertex to another, at most `most` of at most `max_edges` edges, in ascending
/// order of their vertices; empty: none.
std::vector<std::vector<Digraph::Vertex>> shortest_chains(const Digraph& g, Digraph::Vertex from, Digraph::Vertex to,
                                                          int max_edges, std::size_t most);

}  // namespace syconn
