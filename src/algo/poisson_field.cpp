// SPDX-License-Identifier: GPL-3.0-or-later
// The only file that includes CGAL: its compilation takes half a minute.
#include "poisson_field.h"

#include <iostream>
#include <sstream>

#include "rising_memory.h"
// CGAL settles ties between cells by their addresses.
#define CGAL_ALLOCATOR(T) syconn::RisingAllocator<T>
#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Random.h>
#include <CGAL/property_map.h>
// The header tells std::cerr what the return value says; a room prints nothing. (<iostream> comes before, so that only
// its uses change.)
#define cerr ostringstream()
#include <CGAL/Poisson_reconstruction_function.h>
#undef cerr

#include <cmath>
#include <exception>
#include <utility>

namespace syconn {
namespace {

using Kernel = CGAL::Exact_predicates_inexact_constructions_kernel;
using Point = Kernel::Point_3;
using PointWithNormal = std::pair<Point, Kernel::Vector_3>;
using PointOf = CGAL::First_of_pair_property_map<PointWithNormal>;
using NormalOf = CGAL::Second_of_pair_property_map<PointWithNormal>;
using Function = CGAL::Poisson_reconstruction_function<Kernel>;

constexpr std::size_t kMaxMemory = std::size_t{1} << 28;  // bytes of address space; what is touched is the cost

std::vector<PointWithNormal> cgal_points(std::span<const OrientedPoint> points) {
  std::vector<PointWithNormal> out;
  out.reserve(points.size());
  for (const OrientedPoint& p : points)
    out.emplace_back(Point(p.position.x, p.position.y, p.position.z),
                     Kernel::Vector_3(p.normal.x, p.normal.y, p.normal.z));
  return out;
}

bool evaluate(const Function& function, const FieldGrid& grid, std::vector<float>& values) {
  values.clear();
  values.reserve(static_cast<std::size_t>(grid.size.product()));
  for (std::int64_t z = 0; z < grid.size.z; ++z)
    for (std::int64_t y = 0; y < grid.size.y; ++y)
      for (std::int64_t x = 0; x < grid.size.x; ++x) {
        const Vec3d p = grid.origin + Vec3d(Vec3i{x, y, z}) * grid.step;
        const double value = function(Point(p.x, p.y, p.z));
        if (!std::isfinite(value)) return false;
        values.push_back(static_cast<float>(value));
      }
  return true;
}

}  // namespace

bool poisson_field(std::span<const OrientedPoint> points, const FieldGrid& grid, std::vector<float>& values) {
  if (points.size() < 8) return false;           // CGAL's median needs a few
  CGAL::get_default_random() = CGAL::Random(0);  // seeded by the clock otherwise, and one a thread
  const std::vector<PointWithNormal> input = cgal_points(points);
  try {
    const RisingMemory memory(kMaxMemory);
    Function function(input.begin(), input.end(), PointOf(), NormalOf());
    return function.compute_implicit_function() && evaluate(function, grid, values);
  } catch (const std::exception&) {  // a precondition that degenerate points break
    return false;
  }
}

}  // namespace syconn
