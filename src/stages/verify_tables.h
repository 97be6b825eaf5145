// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <cmath>

#include "verify_state.h"

namespace syconn {

inline constexpr const char* kConnectome = "connectome.sqlite";

/// Areas are f32 in the datasets and added up as doubles. Two unknowns are the same.
inline bool is_same_sum(double a, double b) {
  constexpr double kTolerance = 1e-5;
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) == std::isnan(b);
  return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b)) + 1e-12;
}

inline std::string known_number(double v) { return std::isnan(v) ? "none" : text_of(v); }

/// A violation in a column of the database, "table.column".
inline void tell(VerifySink& sink, const std::string& column, const std::string& id, const std::string& expected,
                 const std::string& found) {
  sink.add({kConnectome, column, id, expected, found});
}

}  // namespace syconn
