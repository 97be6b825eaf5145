// SPDX-License-Identifier: GPL-3.0-or-later
// Final order of cells and nodes, ids, supervoxel cuts, graph and wrong merges.
#include <algorithm>
#include <numeric>

#include "phantom_builder.h"
#include "phantom_local.h"

namespace syconn::phantom {
namespace {

// Ids are unique and sparse; from the fourth cell on they need more than 32 bits, so narrowing shows at once.
Id base_id(std::uint64_t seed, std::uint32_t rank) {
  return ((static_cast<Id>(rank) + 1) << 30) + (mix64(seed, rank) & 0xfffff);
}
Id part_id(Id base, std::uint32_t part) { return base + static_cast<Id>(part) * 37; }

void remap_nodes(PhantomModel& m, const std::vector<std::uint32_t>& order,
                 const std::vector<std::uint32_t>& cell_rank) {
  std::vector<std::uint32_t> new_of(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) new_of[order[i]] = i;
  std::vector<PhantomNode> nodes;
  nodes.reserve(order.size());
  for (const std::uint32_t old : order) {
    PhantomNode n = m.nodes[old];
    if (n.parent != kNone) n.parent = new_of[n.parent];
    n.cell_idx = cell_rank[n.cell_idx];
    nodes.push_back(n);
  }
  m.nodes = std::move(nodes);
  for (auto& b : m.boutons) b.cell_idx = cell_rank[b.cell_idx], b.node = new_of[b.node];
  for (auto& s : m.spines) {
    s.cell_idx = cell_rank[s.cell_idx];
    for (std::uint32_t* k : {&s.first_node, &s.neck_node, &s.head_node}) *k = new_of[*k];
  }
}

void measure_cells(PhantomModel& m) {
  for (auto& c : m.cells) c.n_nodes = 0, c.axon_um = c.dendrite_um = 0;
  for (std::uint32_t i = 0; i < m.nodes.size(); ++i) {
    const PhantomNode& n = m.nodes[i];
    PhantomCell& c = m.cells[n.cell_idx];
    if (c.n_nodes++ == 0) c.first_node = i;
    if (n.parent == kNone) continue;
    const Vec3d d(n.position_nm - m.nodes[n.parent].position_nm);
    const double um = std::sqrt(d.dot(d)) / 1000;
    const bool axon = n.compartment == kAxon || n.compartment == kBoutonEnPassant || n.compartment == kBoutonTerminal;
    (axon ? c.axon_um : c.dendrite_um) += n.compartment == kSpineHead || n.compartment == kSpineNeck ? 0 : um;
  }
}

// Which tile of the cutting planes a point is in; the dataset's own faces are no planes.
Vec3i tile_of(const Vec3f& p, double edge, const Vec3d& box) {
  const auto one = [edge](float v, double size) {
    const double inside = std::clamp(static_cast<double>(v), 0.0, size - 1);
    return static_cast<std::int64_t>(std::floor(inside / edge));
  };
  return {one(p.x, box.x), one(p.y, box.y), one(p.z, box.z)};
}

// Nodes whose tube starts a new supervoxel.
std::vector<char> find_cuts(const PhantomModel& m, const PhantomNoise& noise) {
  std::vector<char> cut(m.nodes.size(), 0);
  const double edge = noise.split_plane_nm;
  const Vec3d box = m.params.box_nm;
  for (std::size_t i = 0; i < m.nodes.size(); ++i) {
    const PhantomNode& n = m.nodes[i];
    if (n.parent == kNone) {
      cut[i] = 1;
    } else if (edge > 0 && n.compartment != kSpineNeck && n.compartment != kSpineHead) {
      cut[i] = tile_of(n.position_nm, edge, box) != tile_of(m.nodes[n.parent].position_nm, edge, box);
    }
  }
  for (const auto& s : m.spines)
    if (static_cast<double>(s.neck_width_nm) < noise.split_neck_nm) cut[s.neck_node] = 1;
  return cut;
}

void join_wrongly(PhantomModel& m, const PhantomNoise& noise) {
  if (noise.merge_share <= 0) return;
  std::vector<char> touched(m.supervoxels.size(), 0);
  for (std::uint32_t i = 0; i < m.nodes.size(); ++i) {
    // one random node a supervoxel decides: the first for which the draw falls below the share
    const std::uint32_t a = m.nodes[i].sv_idx;
    if (touched[a] & 2) continue;
    touched[a] |= 2;
    Rng rng(m.params.seed, 0x3e26e, i);
    if (rng.uniform() >= noise.merge_share || (touched[a] & 1)) continue;
    const Vec3d at = phantom_real_position(m, Vec3d(m.nodes[i].position_nm));
    const LocalPartition local(m, at, static_cast<double>(m.nodes[i].radius_nm) + 400);
    for (int k = 0; k < 16; ++k) {
      const WallHit hit = local.find_wall(at, rng.direction(), m.nodes[i].cell_idx, 20,
                                          static_cast<double>(m.nodes[i].radius_nm) + 300);
      if (hit.node == kNone || (touched[m.nodes[hit.node].sv_idx] & 1)) continue;
      const std::uint32_t b = m.nodes[hit.node].sv_idx;
      const Id label = std::min(m.supervoxels[a].id, m.supervoxels[b].id);
      m.supervoxels[a].label = m.supervoxels[b].label = label;
      m.wrong_merges.push_back({label, m.supervoxels[a].id, m.supervoxels[b].id});
      touched[a] |= 1, touched[b] |= 1;
      break;
    }
  }
}

}  // namespace

void sort_nodes_by_cell(PhantomModel& m) {
  std::vector<char> used(m.cells.size(), 0);
  for (const auto& n : m.nodes) used[n.cell_idx] = 1;
  std::vector<std::uint32_t> by_hash(m.cells.size());
  std::iota(by_hash.begin(), by_hash.end(), 0U);
  std::sort(by_hash.begin(), by_hash.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto ha = mix64(m.params.seed ^ 0x1d5, a), hb = mix64(m.params.seed ^ 0x1d5, b);
    return ha != hb ? ha < hb : a < b;
  });
  std::vector<std::uint32_t> rank(m.cells.size());
  std::vector<PhantomCell> cells;
  for (const std::uint32_t old : by_hash) {
    if (!used[old]) continue;
    rank[old] = static_cast<std::uint32_t>(cells.size());
    cells.push_back(m.cells[old]);
    cells.back().id = base_id(m.params.seed, rank[old]);
  }
  m.cells = std::move(cells);
  std::vector<std::uint32_t> order(m.nodes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return rank[m.nodes[a].cell_idx] < rank[m.nodes[b].cell_idx];
  });
  remap_nodes(m, order, rank);
  measure_cells(m);
}

void cut_supervoxels(PhantomModel& m) {
  const PhantomNoise noise = phantom_noise(m.params.noise_level);
  const auto cut = find_cuts(m, noise);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  std::uint32_t part = 0;
  for (std::uint32_t i = 0; i < m.nodes.size(); ++i) {
    PhantomNode& n = m.nodes[i];
    if (!cut[i]) {
      n.sv_idx = m.nodes[n.parent].sv_idx;
      continue;
    }
    part = n.parent == kNone ? 0 : part + 1;
    n.sv_idx = static_cast<std::uint32_t>(m.supervoxels.size());
    const Id id = part_id(m.cells[n.cell_idx].id, part);
    m.supervoxels.push_back({id, id, n.cell_idx});
    if (n.parent != kNone) edges.push_back({m.nodes[n.parent].sv_idx, n.sv_idx});
  }
  join_wrongly(m, noise);
  for (const auto& [a, b] : edges) {
    const Id la = m.supervoxels[a].label, lb = m.supervoxels[b].label;
    if (la != lb) m.sv_edges.push_back({std::min(la, lb), std::max(la, lb)});
  }
  std::sort(m.sv_edges.begin(), m.sv_edges.end());
  m.sv_edges.erase(std::unique(m.sv_edges.begin(), m.sv_edges.end()), m.sv_edges.end());
}

}  // namespace syconn::phantom
