// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/libraries.h"

#include <CGAL/version.h>
#include <Eigen/Core>
#include <boost/version.hpp>

namespace syconn {

std::vector<LibraryVersion> algo_libraries() {
  const auto dotted = [](int a, int b, int c) {
    return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c);
  };
  return {{"eigen", dotted(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"cgal", CGAL_VERSION_STR},
          {"boost", dotted(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)}};
}

}  // namespace syconn
