// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

/// Half-edges of a triangle mesh in arrays: half-edge 3f+k runs from corner k of face f to the next one.
namespace syconn::detail {

inline constexpr std::uint32_t kNoHalfEdge = 0xffffffffU;

inline std::uint32_t next_edge(std::uint32_t h) { return h % 3 == 2 ? h - 2 : h + 1; }
inline std::uint32_t previous_edge(std::uint32_t h) { return h % 3 == 0 ? h + 2 : h - 1; }

class HalfEdges {
 public:
  /// Pairs the half-edges of `faces`, which it goes on to use and change.
  void build(std::vector<std::uint32_t>& faces, std::size_t n_vertices);

  std::uint32_t origin(std::uint32_t h) const { return (*faces_)[h]; }
  std::uint32_t target(std::uint32_t h) const { return (*faces_)[next_edge(h)]; }
  std::uint32_t apex(std::uint32_t h) const { return (*faces_)[previous_edge(h)]; }
  std::uint32_t twin(std::uint32_t h) const { return twin_[h]; }
  bool in_use(std::uint32_t v) const { return first_[v] != kNoHalfEdge; }
  bool alive(std::uint32_t face) const { return (*faces_)[3 * face] != kNoHalfEdge; }
  /// A vertex whose faces form one closed fan of paired edges.
  bool is_inner(std::uint32_t v) const { return fan_[v] == 2; }
  /// A vertex whose faces form several fans: its neighbours cannot be walked.
  bool is_torn(std::uint32_t v) const { return fan_[v] == 0; }
  /// Calls fn(h) for the half-edges that leave v, one a face of its fan.
  template <class F>
  void for_each_out(std::uint32_t v, F&& fn) const {
    const std::uint32_t start = first_[v];
    std::uint32_t h = start;
    do {
      fn(h);
      h = twin_[previous_edge(h)];
    } while (h != start && h != kNoHalfEdge);
    if (h == start) return;
    for (h = twin_[start]; h != kNoHalfEdge; h = twin_[h]) {
      h = next_edge(h);
      fn(h);
    }
  }
  bool has_valence_3(std::uint32_t out) const;
  /// Moves the origin of h onto its target; the two faces at the edge go. The origin must be inner.
  void collapse(std::uint32_t h);

 private:
  void pair(std::uint32_t a, std::uint32_t b);
  void pair_all(const std::vector<std::uint32_t>& begin, const std::vector<std::uint32_t>& out);
  std::vector<std::uint32_t>* faces_ = nullptr;
  std::vector<std::uint32_t> twin_, first_;
  std::vector<std::uint8_t> fan_;  // 0 torn, 1 open, 2 closed
};

}  // namespace syconn::detail
