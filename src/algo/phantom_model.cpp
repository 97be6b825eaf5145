// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/phantom/model.h"

#include "phantom_builder.h"

namespace syconn {
namespace {

// Maximal runs of myelinated nodes down a tree.
void list_myelin(PhantomModel& m) {
  std::vector<std::uint32_t> run_of(m.nodes.size(), kNone);
  for (std::uint32_t i = 0; i < m.nodes.size(); ++i) {
    const PhantomNode& n = m.nodes[i];
    if (n.myelin_nm <= 0 || n.parent == kNone) continue;
    const Vec3d d(n.position_nm - m.nodes[n.parent].position_nm);
    const auto um = static_cast<float>(std::sqrt(d.dot(d)) / 1000);
    std::uint32_t run = run_of[n.parent];
    if (run == kNone) {
      run = static_cast<std::uint32_t>(m.myelin.size());
      m.myelin.push_back({n.cell_idx, i, i, 0});
    }
    run_of[i] = run;
    m.myelin[run].last_node = i;
    m.myelin[run].length_um += um;
  }
}

}  // namespace

PhantomModel make_phantom_model(const PhantomParams& params) {
  check_phantom_params(params);
  phantom::Builder b(params);
  phantom::place_whole_cells(b);
  if (params.dense) {
    phantom::place_passing_dendrites(b);
    phantom::place_passing_axons(b);
  }
  phantom::place_spines(b);
  if (params.dense) phantom::fill_with_astrocytes(b);
  PhantomModel m = std::move(b.m);
  phantom::sort_nodes_by_cell(m);
  m.index = std::make_shared<const PhantomIndex>(m);
  phantom::cut_supervoxels(m);
  phantom::place_mitochondria(m);
  phantom::place_synapses(m);
  if (params.mito_shift_nm) phantom::shift_large_synapses(m);
  phantom::place_clouds(m);
  list_myelin(m);
  return m;
}

}  // namespace syconn
