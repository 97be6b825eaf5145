// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/phantom/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "syconn/core/union_find.h"

namespace syconn {
namespace {

const PhantomModel& model() {
  static const PhantomModel m = [] {
    PhantomParams p = phantom_params();
    p.box_nm = {5600, 5200, 4000}, p.noise_level = 3, p.seed = 11;
    return make_phantom_model(p);
  }();
  return m;
}

TEST(PhantomModel, TreesAreWellFormed) {
  const PhantomModel& m = model();
  for (const PhantomCell& c : m.cells) {
    ASSERT_GT(c.n_nodes, 0u);
    for (std::uint32_t i = c.first_node; i < c.first_node + c.n_nodes; ++i) {
      const PhantomNode& n = m.nodes[i];
      ASSERT_EQ(m.cells[n.cell_idx].id, c.id);
      if (i == c.first_node) {
        ASSERT_EQ(n.parent, kNone);
      } else {
        ASSERT_GE(n.parent, c.first_node);
        ASSERT_LT(n.parent, i);
      }
      ASSERT_GT(n.radius_nm, 0);
    }
  }
}

TEST(PhantomModel, CellIdIsTheSmallestSupervoxelId) {
  const PhantomModel& m = model();
  ASSERT_GT(m.cells.size(), 50u);
  EXPECT_TRUE(std::is_sorted(m.cells.begin(), m.cells.end(), [](const auto& a, const auto& b) { return a.id < b.id; }));
  EXPECT_TRUE(std::is_sorted(m.supervoxels.begin(), m.supervoxels.end(),
                             [](const auto& a, const auto& b) { return a.id < b.id; }));
  std::vector<Id> smallest(m.cells.size(), ~Id{0});
  std::set<Id> ids;
  for (const auto& s : m.supervoxels) {
    EXPECT_TRUE(ids.insert(s.id).second) << "ids are unique";
    smallest[s.cell_idx] = std::min(smallest[s.cell_idx], s.id);
  }
  for (std::size_t c = 0; c < m.cells.size(); ++c) EXPECT_EQ(smallest[c], m.cells[c].id);
  EXPECT_GT(m.cells.back().id, Id{1} << 32) << "ids must not fit 32 bits";
  EXPECT_LT(m.cells.back().id, Id{1} << 62);
}

// Without wrong merges the graph's components are the cells; each wrong merge joins two of them.
TEST(PhantomModel, GraphComponentsAreTheCells) {
  const PhantomModel& m = model();
  std::vector<Id> labels;
  for (const auto& s : m.supervoxels) labels.push_back(s.label);
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  const auto at = [&](Id id) {
    return static_cast<std::uint32_t>(std::lower_bound(labels.begin(), labels.end(), id) - labels.begin());
  };
  UnionFind sets(static_cast<std::uint32_t>(labels.size()));
  for (const auto& [a, b] : m.sv_edges) {
    ASSERT_LT(a, b);
    ASSERT_EQ(labels[at(a)], a);
    ASSERT_EQ(labels[at(b)], b);
    sets.unite(at(a), at(b));
  }
  UnionFind cells(static_cast<std::uint32_t>(m.cells.size()));
  std::vector<std::uint32_t> cell_of(labels.size(), kNone);
  for (const auto& s : m.supervoxels) {
    std::uint32_t& c = cell_of[at(s.label)];
    if (c != kNone) cells.unite(c, s.cell_idx);
    c = s.cell_idx;
  }
  for (std::uint32_t i = 0; i < labels.size(); ++i)
    EXPECT_EQ(cells.find(cell_of[i]), cells.find(cell_of[sets.find(i)]));
  for (const auto& w : m.wrong_merges) EXPECT_EQ(w.label, std::min(w.id_a, w.id_b));
}

TEST(PhantomModel, AxonsEndInTheirTerminalBoutons) {
  PhantomParams p = phantom_params();
  p.seed = 4, p.dense = false, p.n_cells = 6, p.box_nm = Vec3d(60000.0);
  const PhantomModel m = make_phantom_model(p);
  std::size_t ends = 0, others = 0;
  for (const PhantomNode& n : m.nodes)
    EXPECT_TRUE(n.parent == kNone || m.nodes[n.parent].compartment != kBoutonTerminal);
  for (const PhantomBouton& b : m.boutons) {
    EXPECT_EQ(b.terminal, m.nodes[b.node].compartment == kBoutonTerminal);
    (b.terminal ? ends : others) += 1;
  }
  EXPECT_GT(ends, 5u);
  EXPECT_GT(others, ends);
}

TEST(PhantomModel, SynapsesJoinAxonsToDendrites) {
  const PhantomModel& m = model();
  std::size_t truth = 0, decoys = 0, dropped = 0;
  std::vector<char> axon(m.nodes.size(), 0);
  for (std::size_t k = 0; k < m.synapses.size(); ++k) {
    const PhantomSynapse& s = m.synapses[k];
    EXPECT_EQ(s.id, k + 1);
    EXPECT_NE(s.pre_cell, s.post_cell);
    EXPECT_NEAR(std::sqrt(s.normal.dot(s.normal)), 1, 1e-6);
    dropped += s.dropped;
    (s.decoy ? decoys : truth) += 1;
    if (s.decoy) continue;
    EXPECT_TRUE(s.pre_compartment == kBoutonEnPassant || s.pre_compartment == kBoutonTerminal);
    EXPECT_TRUE(s.post_compartment == kShaft || s.post_compartment == kSpineHead || s.post_compartment == kSoma ||
                s.post_compartment == kSpineNeck);
    EXPECT_EQ(s.sign, m.params.types[static_cast<std::size_t>(m.cells[s.pre_cell].type)].sign);
    EXPECT_NE(m.cells[s.post_cell].type, PhantomType::astrocyte);
    EXPECT_EQ(s.post_compartment == kSpineHead, !std::isnan(s.head_volume_um3));
    // the wall between the partners passes through the position
    const PhantomPoint p = phantom_locate(m, s.position_nm);
    EXPECT_LT(p.other_depth_nm - p.depth_nm, 30);
  }
  EXPECT_GT(truth, 20u);
  EXPECT_NEAR(static_cast<double>(decoys), 0.15 * static_cast<double>(truth), 0.1 * static_cast<double>(truth));
  EXPECT_GT(dropped, 0u);
  EXPECT_LT(dropped, truth / 2);
}

// A dark contact near vesicles of its cells would be a synapse to every feature of the method.
TEST(PhantomModel, DecoyContactsAreClearOfVesicles) {
  const PhantomModel& m = model();
  std::size_t pairs = 0;
  for (const PhantomSynapse& s : m.synapses)
    for (const PhantomOrganelle& o : m.clouds) {
      if (!s.decoy || (o.cell_idx != s.pre_cell && o.cell_idx != s.post_cell)) continue;
      ++pairs;
      const Vec3d d = Vec3d(m.nodes[o.node].position_nm) - s.position_nm;
      EXPECT_GT(std::sqrt(d.dot(d)) - static_cast<double>(m.nodes[o.node].radius_nm), 1150) << "decoy " << s.id;
    }
  EXPECT_GT(pairs, 0U);
}

TEST(PhantomModel, OrganellesListTheirTubes) {
  const PhantomModel& m = model();
  const auto check = [&](const std::vector<PhantomOrganelle>& objects, const std::vector<PhantomTube>& tubes) {
    std::size_t next = 0;
    for (std::size_t k = 0; k < objects.size(); ++k) {
      ASSERT_EQ(objects[k].id, k + 1);
      ASSERT_EQ(objects[k].first_tube, next);
      ASSERT_GT(objects[k].n_tubes, 0u);
      for (std::uint32_t t = 0; t < objects[k].n_tubes; ++t) ASSERT_EQ(tubes[next + t].object_idx, k);
      next += objects[k].n_tubes;
    }
    ASSERT_EQ(next, tubes.size());
  };
  check(m.mitos, m.mito_tubes);
  check(m.clouds, m.cloud_tubes);
}

TEST(PhantomModel, SparseCellsHaveReachAndOpenPartners) {
  PhantomParams p = phantom_params();
  p.dense = false, p.n_cells = 10, p.box_nm = {60000, 60000, 60000};
  const PhantomModel m = make_phantom_model(p);
  ASSERT_EQ(m.cells.size(), 10u);
  std::set<PhantomType> types;
  double longest = 0;
  for (const auto& c : m.cells) types.insert(c.type), longest = std::max(longest, c.axon_um);
  EXPECT_GE(types.size(), 5u);
  EXPECT_GT(longest, 300);
  for (const auto& s : m.synapses) {
    EXPECT_TRUE(s.pre_cell != kNone || s.post_cell != kNone);
    EXPECT_EQ(s.pre_cell == kNone, s.pre_node == kNone);
  }
}

TEST(PhantomModel, RealPositionUndoesTheWarp) {
  const PhantomModel& m = model();
  for (std::uint32_t i = 0; i < m.nodes.size(); i += 97) {
    const PhantomNode& n = m.nodes[i];
    const Vec3d real = phantom_real_position(m, Vec3d(n.position_nm)), d = real - Vec3d(n.position_nm);
    EXPECT_LT(std::sqrt(d.dot(d)), 90);
    if (n.compartment == kSpineNeck) continue;  // its base lies in the shaft
    EXPECT_EQ(m.nodes[phantom_locate(m, real).node].cell_idx, n.cell_idx);
  }
}

}  // namespace
}  // namespace syconn
