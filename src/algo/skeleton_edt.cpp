// SPDX-License-Identifier: GPL-3.0-or-later
// Exact Euclidean distance transform over chains of bricks: along an axis, 4x4 columns at once. Within a column only
// the stretch of solid voxels around a voxel matters, because the background at its ends has the value 0.
#include <algorithm>
#include <limits>

#include "skeleton_fields.h"

namespace syconn::skeleton {
namespace {
constexpr int kLanes = 16;
using Column = std::array<float, kLanes>;

/// Place of lane (u,v) at depth d along `axis`.
constexpr std::uint32_t place(int axis, int d, int lane) {
  const int u = lane & 3, v = lane >> 2;
  return static_cast<std::uint32_t>(axis == 0   ? d + 4 * u + 16 * v
                                    : axis == 1 ? u + 4 * d + 16 * v
                                                : u + 4 * v + 16 * d);
}

class AxisPass {
 public:
  AxisPass(const Bricks& bricks, int axis, double pitch_nm, std::vector<float>& values)
      : bricks_(bricks), axis_(axis), pitch_(pitch_nm), values_(values) {}

  void run() {
    const int step = axis_ == 0 ? 1 : axis_ == 1 ? 3 : 9;
    for (std::uint32_t b = 0; b < bricks_.n_bricks(); ++b) {
      if (bricks_.neighbour(b, kCentre - step) != kNoBrick) continue;
      chain_.clear();
      for (std::uint32_t c = b; c != kNoBrick; c = bricks_.neighbour(c, kCentre + step)) chain_.push_back(c);
      load();
      if (axis_ == 0)
        ramps();
      else
        parabolas();
      store();
    }
  }

 private:
  void load() {
    in_.assign(chain_.size() * 4 + 2, Column{});
    for (std::size_t i = 0; i < chain_.size(); ++i)
      for (int d = 0; d < 4; ++d)
        for (int lane = 0; lane < kLanes; ++lane)
          in_[4 * i + static_cast<std::size_t>(d) + 1][static_cast<std::size_t>(lane)] =
              values_[std::size_t{chain_[i]} * 64 + place(axis_, d, lane)];
    out_ = in_;
  }
  void store() {
    for (std::size_t i = 0; i < chain_.size(); ++i)
      for (int d = 0; d < 4; ++d)
        for (int lane = 0; lane < kLanes; ++lane)
          values_[std::size_t{chain_[i]} * 64 + place(axis_, d, lane)] =
              out_[4 * i + static_cast<std::size_t>(d) + 1][static_cast<std::size_t>(lane)];
  }
  /// First axis: solid is non-zero; distance in steps to the nearer end, squared.
  void ramps() {
    const std::size_t n = out_.size();
    for (std::size_t i = 1; i + 1 < n; ++i)
      for (std::size_t k = 0; k < kLanes; ++k) out_[i][k] = in_[i][k] > 0 ? out_[i - 1][k] + 1 : 0;
    Column back{};
    for (std::size_t i = n - 1; i-- > 1;) {
      for (std::size_t k = 0; k < kLanes; ++k) {
        back[k] = in_[i][k] > 0 ? back[k] + 1 : 0;
        const float steps = std::min(out_[i][k], back[k]);
        in_[i][k] = static_cast<float>(static_cast<double>(steps) * pitch_ * (static_cast<double>(steps) * pitch_));
      }
    }
    out_ = in_;
  }
  float square(std::size_t k) {
    while (squares_.size() <= k) {
      const double d = static_cast<double>(squares_.size()) * pitch_;
      squares_.push_back(static_cast<float>(d * d));
    }
    return squares_[k];
  }
  void parabolas() {
    const std::size_t n = in_.size();
    for (std::size_t i = 1; i + 1 < n; ++i) {
      Column cur = in_[i];
      for (std::size_t k = 1;; ++k) {
        const float add = square(k);
        float most = 0;
        for (std::size_t m = 0; m < kLanes; ++m) most = std::max(most, cur[m]);
        if (most <= add) break;
        const Column& a = i >= k ? in_[i - k] : in_[0];
        const Column& b = i + k < n ? in_[i + k] : in_[n - 1];
        for (std::size_t m = 0; m < kLanes; ++m) cur[m] = std::min(cur[m], add + std::min(a[m], b[m]));
      }
      out_[i] = cur;
    }
  }

  const Bricks& bricks_;
  int axis_;
  double pitch_;
  std::vector<float>& values_;
  std::vector<std::uint32_t> chain_;
  std::vector<Column> in_, out_;
  std::vector<float> squares_;
};
}  // namespace

std::vector<float> squared_edt(const Bricks& bricks, const Vec3d& voxel_nm) {
  std::vector<float> values(bricks.n_slots(), 0.0F);
  for (std::uint32_t b = 0; b < bricks.n_bricks(); ++b)
    for_bits(bricks.solid(b), [&](std::uint32_t l) { values[std::size_t{b} * 64 + l] = 1; });
  for (int axis = 0; axis < 3; ++axis) AxisPass(bricks, axis, voxel_nm[axis], values).run();
  return values;
}

}  // namespace syconn::skeleton
