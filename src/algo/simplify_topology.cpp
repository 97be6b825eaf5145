// SPDX-License-Identifier: GPL-3.0-or-later
#include "simplify_topology.h"

#include <numeric>

namespace syconn::detail {

void HalfEdges::build(std::vector<std::uint32_t>& faces, std::size_t n_vertices) {
  faces_ = &faces;
  twin_.assign(faces.size(), kNoHalfEdge);
  first_.assign(n_vertices, kNoHalfEdge);
  fan_.assign(n_vertices, 2);
  std::vector<std::uint32_t> begin(n_vertices + 1, 0), out(faces.size());
  for (const std::uint32_t v : faces) ++begin[v + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::uint32_t> at(begin.begin(), begin.end() - 1);
  for (std::uint32_t h = 0; h < faces.size(); ++h) out[at[faces[h]]++] = h;
  pair_all(begin, out);
  for (std::uint32_t v = 0; v < n_vertices; ++v) {
    if (begin[v] == begin[v + 1]) continue;
    first_[v] = out[begin[v]];
    std::uint32_t n = 0;
    bool closed = true;
    for_each_out(
        v, [&](std::uint32_t h) { ++n, closed &= twin_[h] != kNoHalfEdge && twin_[previous_edge(h)] != kNoHalfEdge; });
    fan_[v] = n != begin[v + 1] - begin[v] ? 0 : closed ? 2 : 1;
  }
}

// Only edges with exactly one half-edge in each direction are paired.
void HalfEdges::pair_all(const std::vector<std::uint32_t>& begin, const std::vector<std::uint32_t>& out) {
  for (std::uint32_t h = 0; h < twin_.size(); ++h) {
    const std::uint32_t a = origin(h), b = target(h);
    if (a > b) continue;
    std::uint32_t same = 0, opposite = 0, found = kNoHalfEdge;
    for (std::uint32_t i = begin[a]; i < begin[a + 1]; ++i) same += target(out[i]) == b;
    for (std::uint32_t i = begin[b]; i < begin[b + 1]; ++i)
      if (target(out[i]) == a) ++opposite, found = out[i];
    if (same == 1 && opposite == 1) pair(h, found);
  }
}

void HalfEdges::pair(std::uint32_t a, std::uint32_t b) {
  if (a != kNoHalfEdge) twin_[a] = b;
  if (b != kNoHalfEdge) twin_[b] = a;
}

bool HalfEdges::has_valence_3(std::uint32_t out) const {
  std::uint32_t h = out;
  for (int k = 0; k < 3; ++k) {
    h = twin_[previous_edge(h)];
    if (h == kNoHalfEdge) return false;
  }
  return h == out;
}

void HalfEdges::collapse(std::uint32_t h) {
  std::vector<std::uint32_t>& faces = *faces_;
  const std::uint32_t g = twin_[h], u = origin(h), v = target(h), a = apex(h), b = apex(g);
  const std::uint32_t h_va = next_edge(h), h_au = previous_edge(h), g_ub = next_edge(g), g_bv = previous_edge(g);
  const std::uint32_t over_va = twin_[h_va], over_au = twin_[h_au], over_ub = twin_[g_ub], over_bv = twin_[g_bv];
  // over_au leaves u, so for_each_out below must still find the fan: rewrite the corners first
  std::uint32_t e = first_[u] = h;
  do {
    const std::uint32_t following = twin_[previous_edge(e)];
    faces[e] = v;
    e = following;
  } while (e != h);
  pair(over_va, over_au), pair(over_ub, over_bv);
  // a half-edge that leaves each of the three and stays alive
  first_[v] = over_au;  // u -> a, now v -> a
  first_[a] = over_va != kNoHalfEdge ? over_va : next_edge(over_au);
  first_[b] = over_ub;  // b -> u, now b -> v
  const std::uint32_t dead[2] = {h / 3, g / 3};
  for (const std::uint32_t f : dead) faces[3 * f] = faces[3 * f + 1] = faces[3 * f + 2] = kNoHalfEdge;
  first_[u] = kNoHalfEdge;
}

}  // namespace syconn::detail
