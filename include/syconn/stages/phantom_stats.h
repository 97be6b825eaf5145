// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/exec/stage.h"

namespace syconn {

/// One row of the phantom's statistics beside real tissue.
struct PhantomFigure {
  std::string name, unit, real;
  double value = 0, accept_min = 0, accept_max = 0;
  bool accepted = false;
};
/// Grows the phantom of the config and renders what the figures need, on all threads.
std::vector<PhantomFigure> phantom_figures(const RunConfig& config, const Geometry& geometry);

}  // namespace syconn
