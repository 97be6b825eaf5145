// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/edt.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "edt_kernels.h"
#include "row_runs.h"
#include "syconn/algo/object_properties.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using edt::kLanes;

/// Whether something known lies beyond the first and the last voxel of an axis.
struct Ends {
  bool low, high;
};

Ends ends_of(const Box3& box, const Box3& world, int axis) {
  return {box.min[axis] <= world.min[axis], box.max[axis] >= world.max[axis]};
}

/// Squared distances of 1, 2, ... steps along x, rising and falling, capped.
template <class D>
class Ramp {
 public:
  Ramp(std::int64_t n, const EdtScale& scale) : n_(static_cast<std::size_t>(n)), up_(n_ + 1), down_(n_ + 1) {
    const auto unit = static_cast<std::uint64_t>(scale.units.x);
    for (std::size_t steps = 0; steps <= n_; ++steps) {
      const std::uint64_t d = steps > scale.cap / unit ? scale.cap : steps * unit;
      up_[steps] =
          static_cast<D>(d > scale.cap / std::max<std::uint64_t>(d, 1) ? scale.cap : std::min(d * d, scale.cap));
      down_[n_ - steps] = up_[steps];
    }
  }
  /// The smaller of both ramps on a run of `len` voxels; of one whose other end is unknown, that one.
  void fill(std::int64_t len, bool left, bool right, D cap, D* to) const {
    const D *rising = up_.data() + 1, *falling = down_.data() + n_ - static_cast<std::size_t>(len);
    if (left && right)
      for (std::int64_t i = 0; i < len; ++i) to[i] = std::min(rising[i], falling[i]);
    else if (left || right)
      std::copy_n(left ? rising : falling, len, to);
    else
      std::fill_n(to, len, cap);
  }

 private:
  std::size_t n_;
  std::vector<D> up_, down_;
};

/// Distances along x: within each run the smaller of two ramps.
template <class L, class D>
void pass_x(VolumeView<const L> labels, const Ends& known, const EdtScale& scale, VolumeView<D> out) {
  const std::int64_t nx = labels.size.x;
  const Ramp<D> ramp(nx, scale);
  for (std::int64_t z = 0; z < labels.size.z; ++z)
    for (std::int64_t y = 0; y < labels.size.y; ++y) {
      const L* row = labels.row(y, z);
      D* to = out.row(y, z);
      for_each_row_run(row, nx, [&](std::int64_t start, std::int64_t end) {
        if (row[start] == 0)
          std::fill_n(to + start, end - start, D{0});
        else
          ramp.fill(end - start, start > 0 || known.low, end < nx || known.high, static_cast<D>(scale.cap), to + start);
      });
    }
}

/// Columns along y or z, kLanes neighbours in x at a time.
class ColumnPass {
 public:
  ColumnPass(std::int64_t length, const Ends& known, std::int64_t unit, const EdtScale& scale, bool has_labels)
      : n_(length),
        known_(known),
        unit_(static_cast<std::uint64_t>(unit)),
        f_(cells()),
        own_(has_labels ? cells() : 0) {
    for (std::uint64_t step = unit_; steps_ < n_ && step <= scale.cap / step; step += unit_) ++steps_;
  }

  /// `stride`: elements from one voxel of a column to the next. `labels` may be null: one label.
  void run(const std::uint32_t* labels, std::int64_t label_stride, std::uint32_t* values, std::int64_t stride,
           std::int64_t lanes) {
    if (lanes == kLanes) return kernel_(columns(labels, label_stride, values, stride));
    // The last columns of a row: as many more, of background, make them up.
    edge_.assign(cells(), 0), edge_labels_.assign(labels != nullptr ? cells() : 0, 0);
    for (std::int64_t i = 0; i < n_; ++i) {
      std::copy_n(values + i * stride, lanes, edge_.data() + i * kLanes);
      if (labels != nullptr) std::copy_n(labels + i * label_stride, lanes, edge_labels_.data() + i * kLanes);
    }
    kernel_(columns(labels != nullptr ? edge_labels_.data() : nullptr, kLanes, edge_.data(), kLanes));
    for (std::int64_t i = 0; i < n_; ++i) std::copy_n(edge_.data() + i * kLanes, lanes, values + i * stride);
  }

 private:
  std::size_t cells() const { return static_cast<std::size_t>(n_ * kLanes); }
  edt::Columns columns(const std::uint32_t* labels, std::int64_t label_stride, std::uint32_t* values,
                       std::int64_t stride) {
    return {values, stride, labels, label_stride, f_.data(), own_.data(), n_, steps_, unit_, known_.low, known_.high};
  }

  std::int64_t n_;
  Ends known_;
  std::uint64_t unit_;
  std::int64_t steps_ = 0;
  edt::ColumnKernel kernel_ = edt::column_kernel();
  std::vector<std::uint32_t> f_, own_, edge_, edge_labels_;
};

/// The same for distances of 64 bits, which only huge radii in fine units need.
template <class L, class D, bool kLabels>
class WideColumnPass {
 public:
  WideColumnPass(std::int64_t length, const Ends& known, std::int64_t unit, const EdtScale& scale)
      : n_(length), known_(known), unit_(static_cast<std::uint64_t>(unit)), cap_(scale.cap) {
    const auto cells = static_cast<std::size_t>(n_ * kLanes);
    f_.resize(cells), g_.resize(cells);
    if (kLabels) l_.resize(cells);
  }

  /// `stride`: elements from one voxel of a column to the next.
  void run(const L* labels, std::int64_t label_stride, D* values, std::int64_t stride, std::int64_t lanes) {
    if (!load(labels, label_stride, values, stride, lanes)) return;
    for (std::int64_t i = 0; i < n_; ++i) minimum(i);
    for (std::int64_t i = 0; i < n_; ++i) std::copy_n(g_.data() + i * kLanes, lanes, values + i * stride);
  }

 private:
  bool load(const L* labels, std::int64_t label_stride, const D* values, std::int64_t stride, std::int64_t lanes) {
    D any{0};
    for (std::int64_t i = 0; i < n_; ++i) {
      D* f = f_.data() + i * kLanes;
      std::copy_n(values + i * stride, lanes, f);
      std::fill(f + lanes, f + kLanes, D{0});
      for (std::int64_t k = 0; k < lanes; ++k) any |= f[k];
      if constexpr (kLabels) {
        std::copy_n(labels + i * label_stride, lanes, l_.data() + i * kLanes);
        std::fill_n(l_.data() + i * kLanes + lanes, kLanes - lanes, L{0});
      }
    }
    return any != 0;
  }

  void minimum(std::int64_t i) {
    D* g = g_.data() + i * kLanes;
    std::copy_n(f_.data() + i * kLanes, kLanes, g);
    for (std::int64_t k = 1; k <= n_; ++k) {
      const auto steps = static_cast<std::uint64_t>(k);
      if (steps > cap_ / unit_) return;
      const std::uint64_t step = steps * unit_;
      if (step > cap_ / step) return;  // so no square overflows
      const auto square = static_cast<D>(step * step);
      D most{0};
      for (std::int64_t j = 0; j < kLanes; ++j) most = std::max(most, g[j]);
      if (most <= square) return;
      look(i, i - k, known_.low, square, g);
      look(i, i + k, known_.high, square, g);
    }
  }

  void look(std::int64_t i, std::int64_t at, bool known_beyond, D square, D* g) const {
    if (at < 0 || at >= n_) {
      if (!known_beyond) return;
      // Background beyond the border: only its first voxel can be the nearest, so the others do no harm.
      for (std::int64_t j = 0; j < kLanes; ++j) g[j] = std::min(g[j], square);
      return;
    }
    const D* f = f_.data() + at * kLanes;
    if constexpr (kLabels) {
      const L *own = l_.data() + i * kLanes, *other = l_.data() + at * kLanes;
      for (std::int64_t j = 0; j < kLanes; ++j) g[j] = std::min<D>(g[j], square + (own[j] == other[j] ? f[j] : D{0}));
    } else {
      for (std::int64_t j = 0; j < kLanes; ++j) g[j] = std::min<D>(g[j], square + f[j]);
    }
  }

  std::int64_t n_;
  Ends known_;
  std::uint64_t unit_, cap_;
  std::vector<D> f_, g_;
  std::vector<L> l_;
};

template <class L, class D, bool kLabels>
void distances(VolumeView<const L> labels, const Box3& world, const EdtScale& scale, VolumeView<D> out) {
  if (sizeof(D) == 4 && has_wide_cap(scale))
    throw Error(Category::config, "distances: this voxel size and radius need 64-bit values");
  if (out.size != labels.size) throw Error(Category::runtime, "distances: the result has another size than the mask");
  const Box3 box = labels.box();
  if (box.empty()) return;
  pass_x(labels, ends_of(box, world, 0), scale, out);
  const auto pass_of = [&](int axis) {
    if constexpr (sizeof(D) == 4)
      return ColumnPass(box.size()[axis], ends_of(box, world, axis), scale.units[axis], scale, kLabels);
    else
      return WideColumnPass<L, D, kLabels>(box.size()[axis], ends_of(box, world, axis), scale.units[axis], scale);
  };
  const auto labels_at = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    if constexpr (sizeof(D) == 4 && !kLabels)
      return static_cast<const std::uint32_t*>(nullptr);
    else
      return labels.row(y, z) + x;
  };
  auto along_y = pass_of(1), along_z = pass_of(2);
  for (std::int64_t z = 0; z < box.size().z; ++z)
    for (std::int64_t x = 0; x < box.size().x; x += kLanes)
      along_y.run(labels_at(x, 0, z), labels.stride_y, out.row(0, z) + x, out.stride_y,
                  std::min(kLanes, box.size().x - x));
  for (std::int64_t y = 0; y < box.size().y; ++y)
    for (std::int64_t x = 0; x < box.size().x; x += kLanes)
      along_z.run(labels_at(x, y, 0), labels.stride_z, out.row(y, 0) + x, out.stride_z,
                  std::min(kLanes, box.size().x - x));
}

/// Non-zero values of a mask are one label.
Volume<std::uint8_t> as_binary(VolumeView<const std::uint8_t> mask) {
  Volume<std::uint8_t> binary(mask.box());
  for (std::int64_t z = 0; z < mask.size.z; ++z)
    for (std::int64_t y = 0; y < mask.size.y; ++y)
      std::transform(mask.row(y, z), mask.row(y, z) + mask.size.x, binary.view().row(y, z),
                     [](std::uint8_t v) { return static_cast<std::uint8_t>(v != 0); });
  return binary;
}

}  // namespace

EdtScale EdtScale::of(const Vec3d& voxel_size_nm, double max_radius_nm) {
  if (!(max_radius_nm > 0 && max_radius_nm <= 1e6)) {
    std::ostringstream os;
    os << "distances: the radius must be positive and at most 1 mm, got " << max_radius_nm << " nm";
    throw Error(Category::config, os.str());
  }
  EdtScale scale;
  scale.units = distance_units(voxel_size_nm);
  // units are whole picometres over their common divisor
  scale.nm_per_unit = static_cast<double>(std::llround(voxel_size_nm.x * 1000) / scale.units.x) / 1000;
  const double radius = max_radius_nm / scale.nm_per_unit;
  scale.cap = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(radius * radius + 1e-6));
  return scale;
}

Vec3i EdtScale::reach_vx() const {
  const auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(cap))) + 1;
  return {root / units.x + 1, root / units.y + 1, root / units.z + 1};
}

bool has_wide_cap(const EdtScale& scale) { return scale.cap >= std::uint64_t{1} << 31; }

void squared_edt(VolumeView<const std::uint8_t> mask, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint32_t> out) {
  distances<std::uint8_t, std::uint32_t, false>(as_binary(mask).view(), world, scale, out);
}
void squared_edt(VolumeView<const std::uint32_t> labels, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint32_t> out) {
  distances<std::uint32_t, std::uint32_t, true>(labels, world, scale, out);
}
void squared_edt(VolumeView<const std::uint8_t> mask, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint64_t> out) {
  distances<std::uint8_t, std::uint64_t, false>(as_binary(mask).view(), world, scale, out);
}
void squared_edt(VolumeView<const std::uint32_t> labels, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint64_t> out) {
  distances<std::uint32_t, std::uint64_t, true>(labels, world, scale, out);
}

}  // namespace syconn
