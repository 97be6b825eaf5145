// SPDX-License-Identifier: GPL-3.0-or-later
// The reference vectors augment.h5 with their recorded draws, 1e-9.
#include <gtest/gtest.h>

#include "golden_points.h"
#include "syconn/algo/point_augmentation.h"

namespace syconn {
namespace {

constexpr double kTolerance = 1e-9;

class AugmentationData : public testing::Test {
 protected:
  void SetUp() override {
    file_ = testing_input::golden_folder() / "augment.h5";
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "augment.h5 is not in " << file_.parent_path();
    points_ = testing_input::read_points(file_, "input/points");
  }
  Vec3d attribute(const char* object, const char* name) const {
    double v[3] = {};
    const hid_t f = H5Fopen(file_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t a = H5Aopen_by_name(f, object, name, H5P_DEFAULT, H5P_DEFAULT);
    H5Aread(a, H5T_NATIVE_DOUBLE, v);
    H5Aclose(a), H5Fclose(f);
    return {v[0], v[1], v[2]};
  }
  void expect_equal(const char* name) const {
    const auto want = testing_input::read_points(file_, name);
    ASSERT_EQ(want.size(), points_.size());
    for (std::size_t i = 0; i < want.size(); ++i)
      for (int axis = 0; axis < 3; ++axis) ASSERT_NEAR(points_[i][axis], want[i][axis], kTolerance) << name << ' ' << i;
  }
  std::filesystem::path file_;
  std::vector<Vec3d> points_;
};

TEST_F(AugmentationData, Elastic) {
  std::vector<hsize_t> shape;
  const auto raw = testing_input::read_h5<double>(file_, "elastic/random_grids_pm1", shape),
             want = testing_input::read_h5<double>(file_, "elastic/smoothed_grids", shape);
  const auto low = testing_input::read_h5<double>(file_, "elastic/grid_min", shape),
             high = testing_input::read_h5<double>(file_, "elastic/grid_max", shape);
  ElasticField field{{12, 10, 8}, {low[0], low[1], low[2]}, {high[0], high[1], high[2]}, {}};
  for (std::size_t a = 0; a < 3; ++a)
    field.displacement[a].assign(raw.begin() + std::ptrdiff_t(960 * a), raw.begin() + std::ptrdiff_t(960 * (a + 1)));
  const ElasticField smooth = smoothed(field, 2, 10);
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(smooth.displacement[i / 960][i % 960], want[i], kTolerance);
  move_by(smooth, points_);
  expect_equal("elastic/output");
}

TEST_F(AugmentationData, RotationScaleCentre) {
  const auto input = points_;
  rotate_and_flip(points_, attribute("rotate", "euler_xyz_extrinsic_degrees"), attribute("rotate", "flip"));
  expect_equal("rotate/output");
  points_ = input;
  scale_axes(points_, attribute("aniso_scale", "factors"));
  expect_equal("aniso_scale/output");
  points_ = input;
  subtract_mean(points_);
  scale_axes(points_, Vec3d(0.5));
  expect_equal("center_scale/output");
}

}  // namespace
}  // namespace syconn
