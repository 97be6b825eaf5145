// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/point_augmentation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "syconn/core/error.h"

namespace syconn {
namespace {

std::vector<double> gaussian(double sigma) {
  const auto reach = static_cast<std::int64_t>(4 * sigma + 0.5);
  std::vector<double> kernel;
  double sum = 0;
  for (std::int64_t i = -reach; i <= reach; ++i) {
    kernel.push_back(std::exp(-0.5 * static_cast<double>(i * i) / (sigma * sigma)));
    sum += kernel.back();
  }
  for (double& k : kernel) k /= sum;
  return kernel;
}

/// Convolution of n values `step` apart, 0 outside.
void convolve(double* values, std::int64_t n, std::int64_t step, const std::vector<double>& kernel,
              std::vector<double>& line) {
  const std::int64_t reach = static_cast<std::int64_t>(kernel.size() / 2);
  line.resize(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) line[static_cast<std::size_t>(i)] = values[i * step];
  for (std::int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::int64_t j = std::max<std::int64_t>(0, i - reach); j < std::min(n, i + reach + 1); ++j)
      sum += line[static_cast<std::size_t>(j)] * kernel[static_cast<std::size_t>(j - i + reach)];
    values[i * step] = sum;
  }
}

void smooth(std::vector<double>& values, const Vec3i& res, const std::vector<double>& kernel) {
  std::vector<double> line;
  for (std::int64_t a = 0; a < res.y * res.z; ++a) convolve(values.data() + a, res.x, res.y * res.z, kernel, line);
  for (std::int64_t x = 0; x < res.x; ++x)
    for (std::int64_t z = 0; z < res.z; ++z)
      convolve(values.data() + x * res.y * res.z + z, res.y, res.z, kernel, line);
  for (std::int64_t a = 0; a < res.x * res.y; ++a) convolve(values.data() + a * res.z, res.z, 1, kernel, line);
}

void check(const ElasticField& f) {
  const auto n = static_cast<std::size_t>(f.res.product());
  if (f.res.min_element() < 2 || f.displacement[0].size() != n || f.displacement[1].size() != n ||
      f.displacement[2].size() != n)
    throw Error(Category::config, "elastic field: its values do not match its lattice of at least 2 x 2 x 2 points");
}

ElasticField drawn_field(std::span<const Vec3d> points, std::int64_t res, Rng& rng) {
  Vec3d low = points[0], high = points[0];
  for (const Vec3d& p : points) low = min(low, p), high = max(high, p);
  const Vec3d middle = (low + high) / 2.0, half = (high - low) * (1.25 / 2);  // a margin, as the published recipe has
  ElasticField field{Vec3i(res), middle - half, middle + half, {}};
  for (std::vector<double>& d : field.displacement)
    for (std::int64_t i = 0; i < field.res.product(); ++i) d.push_back(rng.uniform(-1, 1));
  return field;
}

}  // namespace

ElasticField smoothed(const ElasticField& field, double sigma, double alpha) {
  check(field);
  if (!(sigma > 0) || sigma > 1000) throw Error(Category::config, "elastic field: sigma must be in (0, 1000]");
  ElasticField out = field;
  const std::vector<double> kernel = gaussian(sigma);
  for (std::vector<double>& d : out.displacement) {
    smooth(d, field.res, kernel);
    for (double& v : d) v *= alpha;
  }
  return out;
}

void move_by(const ElasticField& field, std::span<Vec3d> points) {
  check(field);
  const Vec3i res = field.res;
  for (Vec3d& p : points) {
    Vec3i at;
    Vec3d t;
    for (int axis = 0; axis < 3; ++axis) {
      const double width = field.max[axis] - field.min[axis], steps = static_cast<double>(res[axis] - 1);
      const double place = width > 0 ? std::clamp((p[axis] - field.min[axis]) / width * steps, 0.0, steps) : 0;
      at[axis] = std::min(static_cast<std::int64_t>(place), res[axis] - 2);
      t[axis] = place - static_cast<double>(at[axis]);
    }
    Vec3d shift;
    for (int corner = 0; corner < 8; ++corner) {
      const Vec3i d{corner & 1, corner >> 1 & 1, corner >> 2};
      const double weight = (d.x ? t.x : 1 - t.x) * (d.y ? t.y : 1 - t.y) * (d.z ? t.z : 1 - t.z);
      const auto i = static_cast<std::size_t>(((at.x + d.x) * res.y + at.y + d.y) * res.z + at.z + d.z);
      for (int axis = 0; axis < 3; ++axis)
        shift[axis] += weight * field.displacement[static_cast<std::size_t>(axis)][i];
    }
    p += shift;
  }
}

void rotate_and_flip(std::span<Vec3d> points, const Vec3d& euler_deg, const Vec3d& flip) {
  const Vec3d r = euler_deg * (std::numbers::pi / 180);
  const Vec3d c{std::cos(r.x), std::cos(r.y), std::cos(r.z)}, s{std::sin(r.x), std::sin(r.y), std::sin(r.z)};
  for (Vec3d& p : points) {
    p = {p.x, c.x * p.y - s.x * p.z, s.x * p.y + c.x * p.z};
    p = {c.y * p.x + s.y * p.z, p.y, c.y * p.z - s.y * p.x};
    p = Vec3d{c.z * p.x - s.z * p.y, s.z * p.x + c.z * p.y, p.z} * flip;
  }
}

void scale_axes(std::span<Vec3d> points, const Vec3d& factors) {
  for (Vec3d& p : points) p = p * factors;
}

void subtract_mean(std::span<Vec3d> points) {
  if (points.empty()) return;
  Vec3d sum;
  for (const Vec3d& p : points) sum += p;
  const Vec3d mean = sum / static_cast<double>(points.size());
  for (Vec3d& p : points) p -= mean;
}

void augment(std::span<Vec3d> points, const AugmentationParams& q, Rng& rng) {
  if (!(q.scale > 0) || !(q.jitter_sigma >= 0) || !(q.anisotropy >= 0 && q.anisotropy < 1) ||
      !(q.elastic_probability >= 0 && q.elastic_probability <= 1) || q.elastic_res < 2 || q.elastic_res > 512)
    throw Error(Category::config, "augmentation: a parameter is out of range");
  if (points.empty()) return;
  if (q.jitter_sigma > 0) {
    const double sigma = std::abs(rng.normal()) * q.jitter_sigma;
    for (Vec3d& p : points) {
      const double x = rng.normal(0, sigma), y = rng.normal(0, sigma);
      p += {x, y, rng.normal(0, sigma)};
    }
  }
  if (q.centre) subtract_mean(points);
  const auto draw = [&](double width) {
    const double x = rng.uniform(-width, width), y = rng.uniform(-width, width);
    return Vec3d{x, y, rng.uniform(-width, width)};
  };
  const Vec3d offset = draw(q.centre_offset);
  for (Vec3d& p : points) p = (p + offset) / q.scale;
  if (q.rotate) {
    const Vec3d angles = draw(180);
    const std::uint64_t flips = rng.below(8);
    rotate_and_flip(points, angles, {flips & 1 ? -1.0 : 1.0, flips & 2 ? -1.0 : 1.0, flips & 4 ? -1.0 : 1.0});
  }
  if (rng.uniform() < q.elastic_probability)
    move_by(smoothed(drawn_field(points, q.elastic_res, rng), q.elastic_sigma, q.elastic_alpha), points);
  scale_axes(points, Vec3d(1) + draw(q.anisotropy));
}

}  // namespace syconn
