// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <type_traits>
#include <vector>

#include "syconn/core/box3.h"

namespace syconn {

/// Non-owning view of a voxel block, x fastest. `origin` is the dataset coordinate of its first voxel.
template <class T>
struct VolumeView {
  T* data = nullptr;
  Vec3i size;                 ///< voxels along x,y,z
  Vec3i origin;               ///< dataset voxel of data[0]
  std::int64_t stride_y = 0;  ///< elements from one row to the next
  std::int64_t stride_z = 0;  ///< elements from one plane to the next

  VolumeView() = default;
  VolumeView(T* data_, Vec3i size_, Vec3i origin_ = {})
      : data(data_), size(size_), origin(origin_), stride_y(size_.x), stride_z(size_.x * size_.y) {}
  operator VolumeView<const T>() const
    requires(!std::is_const_v<T>)
  {
    VolumeView<const T> v;
    v.data = data, v.size = size, v.origin = origin, v.stride_y = stride_y, v.stride_z = stride_z;
    return v;
  }

  /// Voxel at local coordinates.
  T& operator()(std::int64_t x, std::int64_t y, std::int64_t z) const { return data[x + y * stride_y + z * stride_z]; }
  /// Voxel at dataset coordinates.
  T& at(const Vec3i& p) const { return (*this)(p.x - origin.x, p.y - origin.y, p.z - origin.z); }
  T* row(std::int64_t y, std::int64_t z) const { return data + y * stride_y + z * stride_z; }
  Box3 box() const { return {origin, origin + size}; }
  /// The part of this view inside `b` (dataset coordinates; must lie inside box()).
  VolumeView sub(const Box3& b) const {
    VolumeView v = *this;
    const Vec3i d = b.min - origin;
    v.data = data + d.x + d.y * stride_y + d.z * stride_z;
    v.size = b.size();
    v.origin = b.min;
    return v;
  }
};

/// Owning voxel block, x fastest, contiguous. reset() keeps the allocation so that buffers can be reused.
template <class T>
class Volume {
 public:
  Volume() = default;
  explicit Volume(const Box3& box, T fill = T{}) { reset(box, fill); }
  void reset(const Box3& box, T fill = T{}) {
    box_ = box;
    data_.assign(static_cast<std::size_t>(box.voxels()), fill);
  }
  /// Changes the box without touching values where the allocation suffices.
  void reshape(const Box3& box) {
    box_ = box;
    data_.resize(static_cast<std::size_t>(box.voxels()));
  }
  const Box3& box() const { return box_; }
  T* data() { return data_.data(); }
  const T* data() const { return data_.data(); }
  std::size_t count() const { return data_.size(); }
  VolumeView<T> view() { return {data_.data(), box_.size(), box_.min}; }
  VolumeView<const T> view() const { return {data_.data(), box_.size(), box_.min}; }
  T& at(const Vec3i& p) { return view().at(p); }
  const T& at(const Vec3i& p) const { return view().at(p); }

 private:
  Box3 box_;
  std::vector<T> data_;
};

}  // namespace syconn
