// SPDX-License-Identifier: GPL-3.0-or-later
// Morphology, distances, watershed and components against the vectors of the reference implementations. They are stored
// x,y,z with z fastest; read as they lie their z is our x, so that raster order means the same.
#include <gtest/gtest.h>

#include <cmath>

#include "algo/h5_input.h"
#include "syconn/algo/edt.h"
#include "syconn/algo/morphology.h"
#include "syconn/algo/watershed.h"

namespace syconn {
namespace {
using testing_input::golden_folder;
using testing_input::read_h5;
using testing_input::read_xyz;
using testing_input::read_zyx;

class Instances : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const char* name : {"morphology.h5", "connected_components.h5"})
      if (!std::filesystem::exists(golden_folder() / name)) GTEST_SKIP() << name << " is not in " << golden_folder();
  }
  template <class T>
  static Volume<T> morphology(const std::string& name) {
    return read_zyx<T>(golden_folder() / "morphology.h5", name);
  }
  template <class T>
  static Volume<T> components(const std::string& name) {
    return read_zyx<T>(golden_folder() / "connected_components.h5", name);
  }
};

Volume<std::uint32_t> unsigned_of(const Volume<std::int32_t>& from) {
  Volume<std::uint32_t> out(from.box());
  for (std::size_t i = 0; i < out.count(); ++i) out.data()[i] = static_cast<std::uint32_t>(from.data()[i]);
  return out;
}

std::int64_t differences(const Volume<std::uint32_t>& got, const Volume<std::int32_t>& want) {
  std::int64_t n = 0;
  for (std::size_t i = 0; i < got.count(); ++i) n += got.data()[i] != static_cast<std::uint32_t>(want.data()[i]);
  return n;
}

Vec3d scaling(const std::string& set) { return set == "seq_10_10_25" ? Vec3d{25, 10, 10} : Vec3d{10, 10, 10}; }

TEST_P(Instances, DistancesOfTheReference) {
  const std::string set = GetParam();
  const Volume<std::uint8_t> mask = morphology<std::uint8_t>(set + "/closed");
  const EdtScale scale = EdtScale::of(scaling(set), 1e5);
  Volume<std::uint32_t> squared(mask.box());
  squared_edt(mask.view(), mask.box().grown(Vec3i(1)), scale, squared.view());
  for (const char* name : {"/edt_vigra", "/edt_scipy"}) {
    const Volume<double> want = morphology<double>(set + name);
    for (std::size_t i = 0; i < want.count(); ++i)
      ASSERT_NEAR(std::sqrt(static_cast<double>(squared.data()[i])) * scale.nm_per_unit, want.data()[i],
                  1e-6 * want.data()[i])
          << name;
  }
}

TEST_P(Instances, WatershedOfTheReference) {
  const std::string set = GetParam();
  const Volume<std::uint8_t> mask = morphology<std::uint8_t>(set + "/closed");
  Volume<std::uint32_t> squared(mask.box()), level(mask.box());
  squared_edt(mask.view(), mask.box().grown(Vec3i(1)), EdtScale::of(scaling(set), 1e5), squared.view());
  levels_of_distances(std::as_const(squared).view(), mask.view(), level.view());
  Volume<std::uint32_t> labels = morphology<std::uint32_t>(set + "/markers");
  Watershed().run(level.view(), mask.view(), labels.view());
  EXPECT_EQ(differences(labels, morphology<std::int32_t>(set + "/watershed")), 0);
  EXPECT_EQ(differences(labels, morphology<std::int32_t>(set + "/watershed_scipy_edt")), 0);
}

INSTANTIATE_TEST_SUITE_P(Scales, Instances, ::testing::Values("seq_10_10_10", "seq_10_10_25"),
                         [](const auto& instance) { return std::string(instance.param); });

class InstancesOnce : public Instances {};

TEST_F(InstancesOnce, TiesOfTheWatershed) {
  const Volume<std::uint32_t> markers = unsigned_of(morphology<std::int32_t>("ties/markers"));
  const Volume<std::uint32_t> image = unsigned_of(morphology<std::int32_t>("ties/image_int"));
  const Volume<std::uint32_t> flat(markers.box());
  const Volume<std::uint8_t> all(markers.box(), 1);
  Watershed flood;
  Volume<std::uint32_t> labels = markers;
  flood.run(image.view(), all.view(), labels.view());
  EXPECT_EQ(differences(labels, morphology<std::int32_t>("ties/watershed_int")), 0);
  labels = markers;
  flood.run(flat.view(), all.view(), labels.view());
  EXPECT_EQ(differences(labels, morphology<std::int32_t>("ties/watershed_flat")), 0);
  labels = markers;
  flood.run(flat.view(), all.view(), labels.view(), Connectivity::corner26);
  EXPECT_EQ(differences(labels, morphology<std::int32_t>("ties/watershed_flat_conn26")), 0);
}

TEST_F(InstancesOnce, ComponentsOfTheReference) {
  const std::pair<Connectivity, const char*> all[] = {{Connectivity::face6, "binary/scipy_6"},
                                                      {Connectivity::edge18, "binary/scipy_18"},
                                                      {Connectivity::corner26, "binary/scipy_26"}};
  const Volume<std::uint8_t> mask = components<std::uint8_t>("binary/input");
  Volume<std::uint32_t> labels(mask.box());
  for (const auto& [connectivity, name] : all) {
    label_components(mask.view(), labels.view(), connectivity);
    EXPECT_EQ(differences(labels, components<std::int32_t>(name)), 0) << name;
  }
  const Volume<Id> values = components<Id>("multi/input");
  labels.reset(values.box());
  label_components(values.view(), labels.view(), Connectivity::face6);
  EXPECT_EQ(differences(labels, components<std::int32_t>("multi/skimage_conn1")), 0);
  label_components(values.view(), labels.view(), Connectivity::corner26);
  EXPECT_EQ(differences(labels, components<std::int32_t>("multi/skimage_conn3")), 0);
}

// The element is what a dilation makes of one voxel.
TEST_F(InstancesOnce, ElementsOfTheReference) {
  const std::pair<const char*, Vec3d> all[] = {
      {"10_10_10", {10, 10, 10}}, {"10_10_20", {10, 10, 20}}, {"10_10_25", {10, 10, 25}}, {"9_9_20", {9, 9, 20}}};
  for (const auto& [name, size] : all) {
    const auto want = read_xyz<std::uint8_t>(golden_folder() / "morphology.h5", std::string("struct/") + name);
    Volume<std::uint8_t> voxel(Box3::of_size({5, 5, 3}));
    voxel.at({2, 2, 1}) = 1;
    const MorphologyOp ops[] = {MorphologyOp::dilation};
    Morphology().apply(ops, morphology_element(size), voxel.view());
    EXPECT_TRUE(std::equal(want.data(), want.data() + want.count(), voxel.data())) << name;
  }
}

// The reference closes and dilates within the mask's own bounding box, padded too little for the element: compared 2a =
// 4 voxels inside it, and 2a more where an opening follows, which carries the difference inwards.
TEST_F(InstancesOnce, SequencesOfTheReference) {
  using enum MorphologyOp;
  const std::pair<const char*, std::vector<MorphologyOp>> all[] = {
      {"syconn/mi_ops", {closing, closing, opening}}, {"syconn/vc_ops", {closing, erosion}},
      {"syconn/sj_ops", {opening, closing}},          {"syconn/ero2_ops", {erosion, erosion}},
      {"scipy/opening_aniso_it1", {opening}},         {"scipy/closing_aniso_it1", {closing}},
      {"scipy/dilation_aniso_it1", {dilation}},       {"scipy/erosion_aniso_it1", {erosion}}};
  const std::filesystem::path file = golden_folder() / "morphology.h5";
  const Volume<std::uint8_t> input = read_xyz<std::uint8_t>(file, "input/mask");
  const Box3 mask_box = bounding_box(runs_of_mask(input.view()));
  for (const auto& [name, ops] : all) {
    const bool opens_last = ops.size() > 1 && ops.back() == opening;
    const Box3 inside = mask_box.grown(opens_last ? Vec3i{-8, -8, -6} : Vec3i(-4));
    Volume<std::uint8_t> got = input;
    Morphology().apply(ops, 2, got.view());
    const Volume<std::uint8_t> want = read_xyz<std::uint8_t>(file, name);
    std::int64_t wrong = 0, checked = 0;
    for (std::int64_t z = inside.min.z; z < inside.max.z; ++z)
      for (std::int64_t y = inside.min.y; y < inside.max.y; ++y)
        for (std::int64_t x = inside.min.x; x < inside.max.x; ++x, ++checked)
          wrong += (got.at({x, y, z}) != 0) != (want.at({x, y, z}) != 0);
    EXPECT_EQ(wrong, 0) << name;
    EXPECT_GT(checked, 5000);
  }
}

}  // namespace
}  // namespace syconn
