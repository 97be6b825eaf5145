// SPDX-License-Identifier: GPL-3.0-or-later
#include "marching_cases.h"

#include "syconn/algo/marching.h"

namespace syconn::detail {
namespace {

// The 256 cases of marching cubes, made from one rule instead of a table from a book: on every face the surface cuts
// off corners that lie inside one by one where they are diagonal, so two cubes agree on their common face and the
// surface is closed.
class Cases {
 public:
  Cases() {
    for (int mask = 0; mask < 256; ++mask) triangles_[static_cast<std::size_t>(mask)] = make(mask);
  }
  const std::vector<std::array<std::int8_t, 3>>& triangles(std::uint8_t inside) const { return triangles_[inside]; }

 private:
  static int edge_between(int a, int b) {
    for (int e = 0; e < 12; ++e)
      if ((kCellEdge[static_cast<std::size_t>(e)][0] == a && kCellEdge[static_cast<std::size_t>(e)][1] == b) ||
          (kCellEdge[static_cast<std::size_t>(e)][0] == b && kCellEdge[static_cast<std::size_t>(e)][1] == a))
        return e;
    return -1;
  }
  // Directed cuts of a face walked anticlockwise seen from outside the cube: from the edge where the walk enters the
  // inside to the edge where it leaves it.
  static void cut_face(const std::array<int, 4>& c, int mask, std::array<int, 12>& next) {
    for (int k = 0; k < 4; ++k) {
      const bool here = mask >> c[static_cast<std::size_t>(k)] & 1,
                 before = mask >> c[static_cast<std::size_t>((k + 3) & 3)] & 1;
      if (!here || before) continue;
      int last = k;
      while (mask >> c[static_cast<std::size_t>((last + 1) & 3)] & 1) last = (last + 1) & 3;
      const int enter = edge_between(c[static_cast<std::size_t>((k + 3) & 3)], c[static_cast<std::size_t>(k)]);
      const int leave = edge_between(c[static_cast<std::size_t>(last)], c[static_cast<std::size_t>((last + 1) & 3)]);
      next[static_cast<std::size_t>(enter)] = leave;
    }
  }
  static std::vector<std::array<std::int8_t, 3>> make(int mask) {
    std::array<int, 12> next;
    next.fill(-1);
    static constexpr std::array<std::array<int, 4>, 6> faces{
        {{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}}};
    for (const auto& f : faces) cut_face(f, mask, next);
    std::vector<std::array<std::int8_t, 3>> out;
    std::array<bool, 12> done{};
    for (int e = 0; e < 12; ++e) {
      if (next[static_cast<std::size_t>(e)] < 0 || done[static_cast<std::size_t>(e)]) continue;
      std::vector<int> loop;
      for (int k = e; !done[static_cast<std::size_t>(k)]; k = next[static_cast<std::size_t>(k)])
        done[static_cast<std::size_t>(k)] = true, loop.push_back(k);
      split(loop, 0, loop.size() - 1, out);
    }
    return out;
  }
  static bool on_one_face(int e, int f) {
    const auto& a = kCellEdge[static_cast<std::size_t>(e)];
    const auto& b = kCellEdge[static_cast<std::size_t>(f)];
    const int all = a[0] & a[1] & b[0] & b[1], any = a[0] | a[1] | b[0] | b[1];
    return all != 0 || any != 7;
  }
  // Diagonals in a face of the cube that the best cut of loop[i..j] into triangles needs; `at`: the corner over (i, j).
  static int diagonals(const std::vector<int>& loop, std::size_t i, std::size_t j, std::size_t& at) {
    if (j - i < 2) return 0;
    int best = 1000;
    for (std::size_t k = i + 1; k < j; ++k) {
      std::size_t ignored = 0;
      const int cost = (k - i > 1 && on_one_face(loop[i], loop[k])) + (j - k > 1 && on_one_face(loop[k], loop[j])) +
                       diagonals(loop, i, k, ignored) + diagonals(loop, k, j, ignored);
      if (cost < best) best = cost, at = k;
    }
    return best;
  }
  // A diagonal in a face could be one of the neighbour's too: an edge of four triangles. So they are avoided.
  static void split(const std::vector<int>& loop, std::size_t i, std::size_t j,
                    std::vector<std::array<std::int8_t, 3>>& out) {
    if (j - i < 2) return;
    std::size_t k = i + 1;
    diagonals(loop, i, j, k);
    out.push_back(
        {static_cast<std::int8_t>(loop[i]), static_cast<std::int8_t>(loop[k]), static_cast<std::int8_t>(loop[j])});
    split(loop, i, k, out);
    split(loop, k, j, out);
  }

  std::array<std::vector<std::array<std::int8_t, 3>>, 256> triangles_;
};

const Cases& all_cases() {
  static const Cases cases;
  return cases;
}

std::array<MarchingCase, 256> make_table() {
  std::array<MarchingCase, 256> table;
  for (std::size_t mask = 0; mask < 256; ++mask) {
    MarchingCase& c = table[mask];
    for (const auto& t : all_cases().triangles(static_cast<std::uint8_t>(mask))) {
      for (std::size_t k = 0; k < 3; ++k) {
        const auto& edge = kCellEdge[static_cast<std::size_t>(t[k])];
        for (int axis = 0; axis < 3; ++axis)
          c.corner[c.n][k][axis] = static_cast<std::uint8_t>((edge[0] >> axis & 1) + (edge[1] >> axis & 1));
      }
      ++c.n;
    }
  }
  return table;
}

}  // namespace

const std::vector<std::array<std::int8_t, 3>>& marching_triangles(std::uint8_t inside) {
  return all_cases().triangles(inside);
}

const MarchingCase& marching_case(std::uint8_t inside) {
  static const std::array<MarchingCase, 256> table = make_table();
  return table[inside];
}

}  // namespace syconn::detail
