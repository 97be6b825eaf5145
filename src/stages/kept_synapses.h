// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cmath>

#include "syconn/exec/config.h"

namespace syconn {

/// `synapses.prob_min` belongs to the stage that makes the probabilities; others only read its section.
inline double synapse_prob_min(const RunConfig& config) {
  constexpr double kDefault = 0.5;
  const auto section = config.sections.find("synapses");
  if (section == config.sections.end()) return kDefault;
  const Json keys = result_keys(*section->second);
  return keys.contains("prob_min") ? keys.at("prob_min").get<double>() : kDefault;
}

/// Whether lists and edges have it; NaN: there was no classifier.
inline bool synapse_is_kept(double prob, double prob_min) { return std::isnan(prob) || prob >= prob_min; }

}  // namespace syconn
