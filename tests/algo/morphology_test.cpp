// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/morphology.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "algo/h5_input.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"
#include "syconn/core/ids.h"

namespace syconn {
namespace {
using Op = MorphologyOp;
using Mask = Volume<std::uint8_t>;
using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

std::vector<Vec3i> element(int a) {
  std::vector<Vec3i> out{{0, 0, -1}, {0, 0, 1}};
  for (int y = -a; y <= a; ++y)
    for (int x = -a; x <= a; ++x)
      if (std::abs(x) + std::abs(y) <= a) out.push_back({x, y, 0});
  return out;
}

std::set<Key> step(const std::set<Key>& in, int a, bool dilate) {
  std::set<Key> out;
  const auto offsets = element(a);
  for (const auto& [x, y, z] : in) {
    bool all = true;
    for (const Vec3i& d : offsets) {
      const Key k{x + d.x, y + d.y, z + d.z};
      if (dilate) out.insert(k);
      all &= in.count(k) > 0;
    }
    if (!dilate && all) out.insert({x, y, z});
  }
  return out;
}

/// The operations by sets on the unbounded grid, cut to the box after each.
Mask by_sets(const Mask& mask, const std::vector<Op>& ops, int a) {
  std::set<Key> set;
  const Box3 box = mask.box();
  const auto each = [&](auto&& f) {
    for (std::int64_t z = box.min.z; z < box.max.z; ++z)
      for (std::int64_t y = box.min.y; y < box.max.y; ++y)
        for (std::int64_t x = box.min.x; x < box.max.x; ++x) f(Vec3i{x, y, z});
  };
  each([&](const Vec3i& v) {
    if (mask.at(v)) set.insert({v.x, v.y, v.z});
  });
  for (std::size_t i = 0, j = 0; i < ops.size(); i = j) {
    while (j < ops.size() && ops[j] == ops[i]) ++j;
    const bool first = ops[i] == Op::closing || ops[i] == Op::dilation,
               both = ops[i] == Op::closing || ops[i] == Op::opening;
    for (std::size_t k = i; k < j; ++k) set = step(set, a, first);
    for (std::size_t k = i; both && k < j; ++k) set = step(set, a, !first);
    std::erase_if(set, [&](const Key& k) {
      return !box.contains(Vec3i{std::get<0>(k), std::get<1>(k), std::get<2>(k)});
    });
  }
  Mask out(box);
  for (const auto& [x, y, z] : set) out.at({x, y, z}) = 1;
  return out;
}

Mask random_mask(const Box3& box, std::uint64_t seed, int percent) {
  Mask out(box);
  for (std::size_t i = 0; i < out.count(); ++i)
    out.data()[i] = mix64(i, seed) % 100 < static_cast<std::uint64_t>(percent) ? 255 : 0;
  return out;
}

bool equal(const Mask& a, const Mask& b) {
  return std::equal(a.data(), a.data() + a.count(), b.data(), b.data() + b.count());
}

const std::vector<std::vector<Op>> kLists = {
    {},
    {Op::erosion},
    {Op::dilation},
    {Op::opening},
    {Op::closing},
    {Op::closing, Op::closing},
    {Op::opening, Op::closing, Op::erosion, Op::erosion, Op::erosion},
    {Op::dilation, Op::dilation, Op::dilation, Op::erosion, Op::erosion, Op::erosion},
    {Op::opening, Op::closing, Op::erosion}};

TEST(Morphology, EqualsSets) {
  Morphology morphology;
  std::uint64_t seed = 0;
  for (const auto& ops : kLists)
    for (const int a : {1, 2, 3})
      for (const int percent : {3, 40, 93}) {
        Mask mask = random_mask(Box3{{-5, 3, 40}, {62, 11, 45}}, ++seed, percent);
        Mask want = by_sets(mask, ops, a);
        if (ops.empty()) want = by_sets(mask, {}, a);
        morphology.apply(ops, a, mask.view());
        EXPECT_TRUE(equal(mask, want)) << "list of " << ops.size() << ", a " << a << ", " << percent << " %";
      }
}

TEST(Morphology, ChunksWithTheHaloGiveTheWhole) {
  const std::vector<Op> ops{Op::opening, Op::closing, Op::closing, Op::erosion};
  const Box3 dataset = Box3::of_size({75, 40, 30});
  const Mask input = random_mask(dataset, 77, 70);
  Mask whole = input;
  Morphology morphology;
  morphology.apply(ops, 2, whole.view());
  const ChunkGrid grid(dataset, {32, 16, 10});
  for (std::int64_t i = 0; i < grid.count(); ++i) {
    const Box3 write = grid.chunk_box(i), read = intersect(write.grown(morphology_halo(ops, 2)), dataset);
    Mask part(read);
    for (std::int64_t z = read.min.z; z < read.max.z; ++z)
      for (std::int64_t y = read.min.y; y < read.max.y; ++y)
        for (std::int64_t x = read.min.x; x < read.max.x; ++x) part.at({x, y, z}) = input.at({x, y, z});
    morphology.apply(ops, 2, part.view());
    for (std::int64_t z = write.min.z; z < write.max.z; ++z)
      for (std::int64_t y = write.min.y; y < write.max.y; ++y)
        for (std::int64_t x = write.min.x; x < write.max.x; ++x) ASSERT_EQ(part.at({x, y, z}), whole.at({x, y, z}));
  }
}

TEST(Morphology, ParametersAndDegenerateMasks) {
  EXPECT_EQ(morphology_element({10, 10, 25}), 2);
  EXPECT_EQ(morphology_element({10, 10, 10}), 1);
  EXPECT_EQ(morphology_element({10, 10, 5}), 1);
  EXPECT_EQ(morphology_element({4.6, 4.6, 50}), 2);
  EXPECT_EQ(morphology_element({4.6, 4.6, 50}, 20), 10);
  EXPECT_EQ(morphology_element({4.6, 4.6, 3 * 4.6}, 20), 3);
  EXPECT_THROW(morphology_element({0, 1, 1}), Error);
  EXPECT_EQ(morphology_op("closing"), Op::closing);
  EXPECT_THROW(morphology_op("binary_closing"), Error);
  EXPECT_EQ(morphology_halo(std::vector<Op>{Op::opening, Op::closing, Op::erosion}, 2), (Vec3i{10, 10, 5}));
  Morphology morphology;
  Mask nothing{Box3{}};
  morphology.apply(std::vector<Op>{Op::closing}, 2, nothing.view());
  Mask one(Box3::of_size({1, 1, 1}), 1);
  morphology.apply(std::vector<Op>{Op::closing, Op::dilation}, 2, one.view());
  EXPECT_EQ(one.data()[0], 1);
  morphology.apply(std::vector<Op>{Op::erosion}, 2, one.view());
  EXPECT_EQ(one.data()[0], 0);
}

class MorphologyGolden : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "no " << file_;
  }
  Mask read(const std::string& name) const { return testing_input::read_xyz<std::uint8_t>(file_, name); }
  /// Compares outside `margin` voxels from the border.
  void expect(const std::string& name, std::vector<Op> ops, int a, const Vec3i& margin = {}) const {
    Mask got = read("input/mask");
    const Mask want = read(name);
    Morphology().apply(ops, a, got.view());
    std::int64_t differ = 0;
    const Box3 inner = got.box().grown(-margin);
    for (std::int64_t z = inner.min.z; z < inner.max.z; ++z)
      for (std::int64_t y = inner.min.y; y < inner.max.y; ++y)
        for (std::int64_t x = inner.min.x; x < inner.max.x; ++x)
          differ += (got.at({x, y, z}) != 0) != (want.at({x, y, z}) != 0);
    EXPECT_EQ(differ, 0) << name;
  }
  std::filesystem::path file_ = testing_input::golden_folder() / "morphology.h5";
};

TEST_F(MorphologyGolden, SingleOperationsOfScipy) {
  for (int n = 1; n <= 3; ++n) {
    const auto times = [&](Op op) { return std::vector<Op>(static_cast<std::size_t>(n), op); };
    const std::string it = "_cross_it" + std::to_string(n);
    expect("scipy/erosion" + it, times(Op::erosion), 1);
    expect("scipy/dilation" + it, times(Op::dilation), 1);
    expect("scipy/opening" + it, times(Op::opening), 1);
    expect("scipy/closing" + it, times(Op::closing), 1, Vec3i(n));  // scipy erodes from the border
  }
  expect("scipy/erosion_aniso_it1", {Op::erosion}, 2);
  expect("scipy/dilation_aniso_it1", {Op::dilation}, 2);
  expect("scipy/opening_aniso_it1", {Op::opening}, 2);
  expect("scipy/closing_aniso_it1", {Op::closing}, 2, {2, 2, 1});
}

TEST_F(MorphologyGolden, SequencesOfTheReferenceAwayFromItsPadding) {
  expect("syconn/sj_ops", {Op::opening, Op::closing}, 2, {4, 4, 2});
  expect("syconn/mi_ops", {Op::closing, Op::closing, Op::opening}, 2, {8, 8, 4});
  expect("syconn/vc_ops", {Op::closing, Op::erosion}, 2, {6, 6, 3});
  expect("syconn/ero2_ops", {Op::erosion, Op::erosion}, 2);
}

TEST_F(MorphologyGolden, TheElement) {
  for (const auto& [name, size] : {std::pair<std::string, Vec3d>{"10_10_10", {10, 10, 10}},
                                   {"10_10_20", {10, 10, 20}},
                                   {"10_10_25", {10, 10, 25}},
                                   {"9_9_20", {9, 9, 20}}}) {
    const Mask want = read("struct/" + name);
    Mask got(Box3::of_size({5, 5, 3}));
    got.at({2, 2, 1}) = 1;
    Morphology().apply(std::vector<Op>{Op::dilation}, morphology_element(size), got.view());
    EXPECT_TRUE(equal(got, want)) << name;
  }
}

}  // namespace
}  // namespace syconn
