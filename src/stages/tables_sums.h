// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#include "syconn/exec/job.h"

/// Sums over pairs of cells and over cells, made in slices: `count` sends records to slices, `sum` adds them up.
namespace syconn {

/// All synapses from one cell to another.
struct EdgeSum {
  Id pre_id, post_id;
  std::uint64_t n_syn, n_exc, n_inh, n_axodend, n_axosoma, n_axospine, n_axoshaft, n_axoax;
  double area_um2, area_max_um2;  ///< NaN without areas
  double prob_mean;               ///< NaN without probabilities
};
/// All contact sites between two cells.
struct ContactSum {
  Id cell_a, cell_b;
  std::uint64_t n_cs, size_vx;
  double area_um2;
};
/// What other types say of a cell.
struct CellSum {
  Id cell_id;
  std::uint64_t n_out, n_in, n_undirected, mi_vx, vc_vx;
};

void count_pairs(JobContext& ctx, double prob_min);
void sum_pairs(JobContext& ctx);

}  // namespace syconn
