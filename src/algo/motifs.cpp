// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/motifs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_set>

#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using Vertex = Digraph::Vertex;
using Edge = std::pair<Vertex, Vertex>;

std::uint64_t key(Vertex a, Vertex b) { return (std::uint64_t{a} << 32) | b; }

/// Neighbours in either direction, ascending.
std::vector<std::vector<Vertex>> neighbours(const Digraph& g) {
  std::vector<std::vector<Vertex>> all(g.n_vertices());
  for (const auto& [a, b] : g.edges()) all[a].push_back(b), all[b].push_back(a);
  for (auto& list : all) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return all;
}

/// Kind of a triple by its six possible edges: bits uv, vu, uw, wu, vw, wv.
std::array<std::uint8_t, 64> make_triad_table() {
  std::array<std::uint8_t, 64> table{};
  for (unsigned code = 0; code < 64; ++code) {
    const auto edge = [&](int a, int b) {
      static constexpr int kBit[3][3] = {{-1, 0, 2}, {1, -1, 4}, {3, 5, -1}};
      return a != b && ((code >> kBit[a][b]) & 1U) != 0;
    };
    int mutual = 0, single = 0, out[3] = {0, 0, 0}, in[3] = {0, 0, 0}, mutual_at[3] = {0, 0, 0};
    for (int a = 0; a < 3; ++a)
      for (int b = a + 1; b < 3; ++b) {
        const bool ab = edge(a, b), ba = edge(b, a);
        if (ab && ba) {
          ++mutual, ++mutual_at[a], ++mutual_at[b];
        } else if (ab || ba) {
          ++single, ++out[ab ? a : b], ++in[ab ? b : a];
        }
      }
    const auto any = [](const int* n, int value) { return n[0] == value || n[1] == value || n[2] == value; };
    int kind = 0;
    if (mutual == 0) {
      if (single == 0) kind = 0;                                     // 003
      if (single == 1) kind = 1;                                     // 012
      if (single == 2) kind = any(out, 2) ? 3 : any(in, 2) ? 4 : 5;  // 021D, 021U, 021C
      if (single == 3) kind = any(out, 2) ? 8 : 9;                   // 030T, 030C
    } else if (mutual == 1) {
      if (single == 0) kind = 2;  // 102
      int apart = 0;              // the vertex outside the mutual pair
      for (int a = 0; a < 3; ++a)
        if (mutual_at[a] == 0) apart = a;
      if (single == 1) kind = out[apart] == 1 ? 6 : 7;                          // 111D: into the pair; 111U: out of it
      if (single == 2) kind = out[apart] == 2 ? 11 : in[apart] == 2 ? 12 : 13;  // 120D, 120U, 120C
    } else if (mutual == 2) {
      kind = single == 0 ? 10 : 14;  // 201, 210
    } else {
      kind = 15;  // 300
    }
    table[code] = static_cast<std::uint8_t>(kind);
  }
  return table;
}

/// Vertices that are neighbours of u or v, without them, ascending.
void join(const std::vector<Vertex>& a, const std::vector<Vertex>& b, Vertex u, Vertex v, std::vector<Vertex>& out) {
  out.clear();
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  std::erase_if(out, [&](Vertex w) { return w == u || w == v; });
}

std::vector<double> counts(const Digraph& g) {
  std::vector<double> out{static_cast<double>(reciprocal_pairs(g))};
  for (const std::uint64_t n : triad_census(g)) out.push_back(static_cast<double>(n));
  return out;
}

}  // namespace

Digraph::Digraph(Vertex n, std::vector<Edge> edges) : first_(std::size_t{n} + 1, 0) {
  std::erase_if(edges, [](const Edge& e) { return e.first == e.second; });
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  for (const auto& [a, b] : edges) {
    if (a >= n || b >= n)
      throw Error(Category::runtime, "digraph: vertex " + std::to_string(std::max(a, b)) + " of " + std::to_string(n));
    ++first_[std::size_t{a} + 1], to_.push_back(b);
  }
  for (std::size_t i = 0; i < n; ++i) first_[i + 1] += first_[i];
}

bool Digraph::has(Vertex from, Vertex to) const {
  const auto targets = out(from);
  return std::binary_search(targets.begin(), targets.end(), to);
}

std::vector<Edge> Digraph::edges() const {
  std::vector<Edge> all;
  all.reserve(n_edges());
  for (Vertex v = 0; v < n_vertices(); ++v)
    for (const Vertex w : out(v)) all.emplace_back(v, w);
  return all;
}

std::uint64_t reciprocal_pairs(const Digraph& g) {
  std::uint64_t n = 0;
  for (const auto& [a, b] : g.edges()) n += a < b && g.has(b, a);
  return n;
}

const std::array<const char*, kTriads> kTriadNames{"003",  "012",  "102", "021D", "021U", "021C", "111D", "111U",
                                                   "030T", "030C", "201", "120D", "120U", "120C", "210",  "300"};

TriadCensus triad_census(const Digraph& g) {
  static const std::array<std::uint8_t, 64> kinds = make_triad_table();
  const auto near = neighbours(g);
  const std::uint64_t n = g.n_vertices();
  TriadCensus census{};
  std::vector<Vertex> third;
  for (Vertex u = 0; u < n; ++u)
    for (const Vertex v : near[u]) {
      if (v < u) continue;
      join(near[u], near[v], u, v, third);
      const unsigned uv = (g.has(u, v) ? 1U : 0U) | (g.has(v, u) ? 2U : 0U);
      census[uv == 3 ? 2 : 1] += n - third.size() - 2;  // with vertices that touch neither
      for (const Vertex w : third) {
        // Each triple once: at its smallest pair that is connected.
        const bool counted = v < w || (u < w && w < v && !std::binary_search(near[u].begin(), near[u].end(), w));
        if (!counted) continue;
        const unsigned code = uv | (g.has(u, w) ? 4U : 0U) | (g.has(w, u) ? 8U : 0U) | (g.has(v, w) ? 16U : 0U) |
                              (g.has(w, v) ? 32U : 0U);
        ++census[kinds[code]];
      }
    }
  const std::uint64_t all = n < 3 ? 0 : n * (n - 1) / 2 * (n - 2) / 3;
  std::uint64_t connected = 0;
  for (const std::uint64_t c : census) connected += c;
  census[0] = all - connected;
  return census;
}

Digraph rewired(const Digraph& g, std::uint64_t seed, int swaps) {
  std::vector<Edge> edges = g.edges();
  std::unordered_set<std::uint64_t> there;
  for (const auto& [a, b] : edges) there.insert(key(a, b));
  Rng rng(seed, 0x5eaf);
  for (std::size_t k = 0; k < edges.size() * static_cast<std::size_t>(swaps); ++k) {
    Edge &e = edges[rng.below(edges.size())], &f = edges[rng.below(edges.size())];
    if (e.first == f.second || f.first == e.second) continue;
    if (there.contains(key(e.first, f.second)) || there.contains(key(f.first, e.second))) continue;
    there.erase(key(e.first, e.second)), there.erase(key(f.first, f.second));
    std::swap(e.second, f.second);
    there.insert(key(e.first, e.second)), there.insert(key(f.first, f.second));
  }
  return {g.n_vertices(), std::move(edges)};
}

std::vector<MotifScore> motif_scores(const Digraph& g, int n_null, std::uint64_t seed, int threads) {
  const std::vector<double> real = counts(g);
  std::vector<std::vector<double>> null(static_cast<std::size_t>(n_null));
  parallel_for(n_null, threads, [&](std::int64_t k) {
    null[static_cast<std::size_t>(k)] = counts(rewired(g, mix64(seed, static_cast<std::uint64_t>(k))));
  });
  std::vector<MotifScore> scores;
  for (std::size_t i = 0; i < real.size(); ++i) {
    MotifScore s;
    s.count = real[i];
    double above = 0, below = 0, squares = 0;
    for (const auto& one : null) s.null_mean += one[i] / n_null;
    for (const auto& one : null) {
      above += one[i] >= real[i], below += one[i] <= real[i];
      squares += (one[i] - s.null_mean) * (one[i] - s.null_mean);
    }
    s.null_sd = n_null > 1 ? std::sqrt(squares / (n_null - 1)) : 0;
    s.z = s.null_sd > 0 ? (s.count - s.null_mean) / s.null_sd : std::numeric_limits<double>::quiet_NaN();
    s.p = std::min(1.0, 2 * (1 + std::min(above, below)) / (1 + n_null));
    scores.push_back(s);
  }
  return scores;
}

std::vector<std::vector<Vertex>> shortest_chains(const Digraph& g, Vertex from, Vertex to, int max_edges,
                                                 std::size_t most) {
  constexpr int kFar = std::numeric_limits<int>::max();
  // Distances to the target, along edges backwards.
  std::vector<std::vector<Vertex>> sources(g.n_vertices());
  for (const auto& [a, b] : g.edges()) sources[b].push_back(a);
  std::vector<int> distance(g.n_vertices(), kFar);
  std::vector<Vertex> front{to};
  distance[to] = 0;
  for (int d = 1; d <= max_edges && !front.empty() && distance[from] == kFar; ++d) {
    std::vector<Vertex> next;
    for (const Vertex v : front)
      for (const Vertex s : sources[v])
        if (distance[s] == kFar) distance[s] = d, next.push_back(s);
    front = std::move(next);
  }
  std::vector<std::vector<Vertex>> chains;
  if (distance[from] == kFar || from == to) return chains;
  // Depth first by ascending vertices; every step comes nearer, so each descent ends at the target.
  std::vector<Vertex> chain{from};
  std::vector<std::size_t> tried{0};
  while (!chain.empty() && chains.size() < most) {
    const Vertex v = chain.back();
    const auto targets = g.out(v);
    std::size_t& i = tried.back();
    while (i < targets.size() && (distance[targets[i]] == kFar || distance[targets[i]] + 1 != distance[v])) ++i;
    if (v == to || i == targets.size()) {
      if (v == to) chains.push_back(chain);
      chain.pop_back(), tried.pop_back();
    } else {
      chain.push_back(targets[i++]), tried.push_back(0);
    }
  }
  return chains;
}

}  // namespace syconn
