// SPDX-License-Identifier: GPL-3.0-or-later
// The forest against scikit-learn's on the set of random_forest.h5.
#include <gtest/gtest.h>

#include <cmath>

#include "algo/h5_input.h"
#include "syconn/algo/forest.h"

namespace syconn {
namespace {

using testing_input::golden_folder;

class GoldenForest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "random_forest.h5 is not in " << golden_folder();
    test_x_ = floats("test/X"), train_x_ = floats("train/X");
    for (const std::int32_t y : ints("train/y")) train_y_.push_back(static_cast<std::uint8_t>(y));
  }
  std::vector<double> doubles(const std::string& name) const {
    std::vector<hsize_t> shape;
    return testing_input::read_h5<double>(file_, name, shape);
  }
  std::vector<float> floats(const std::string& name) const {
    const std::vector<double> wide = doubles(name);
    return {wide.begin(), wide.end()};
  }
  std::vector<std::int32_t> ints(const std::string& name) const {
    std::vector<hsize_t> shape;
    return testing_input::read_h5<std::int32_t>(file_, name, shape);
  }

  const std::filesystem::path file_ = golden_folder() / "random_forest.h5";
  std::vector<float> test_x_, train_x_;
  std::vector<std::uint8_t> train_y_;
};

TEST_F(GoldenForest, StoredForestGivesItsProbabilities) {
  Forest forest;
  forest.n_features = 12, forest.n_classes = 2;
  for (const std::int32_t at : ints("stored_forest/tree_offsets"))
    forest.tree_offset.push_back(static_cast<std::uint64_t>(at));
  forest.feature = ints("stored_forest/feature");
  forest.threshold = doubles("stored_forest/threshold");
  forest.fraction = doubles("stored_forest/class_fraction");
  const std::vector<std::int32_t> left = ints("stored_forest/left"), right = ints("stored_forest/right");
  forest.left.resize(left.size()), forest.right.resize(right.size());
  for (std::size_t t = 0; t < forest.n_trees(); ++t)
    for (std::uint64_t n = forest.tree_offset[t]; n < forest.tree_offset[t + 1]; ++n) {
      const auto node = static_cast<std::int32_t>(n - forest.tree_offset[t]);
      if (left[n] < 0) {
        forest.feature[n] = -1, forest.threshold[n] = 0;
        continue;
      }
      forest.left[n] = static_cast<std::uint32_t>(left[n] - node),
      forest.right[n] = static_cast<std::uint32_t>(right[n] - node);
      forest.fraction[2 * n] = forest.fraction[2 * n + 1] = 0;
    }
  ASSERT_NO_THROW(check_forest(forest, "stored_forest"));
  const std::vector<double> got = predict_probability(forest, test_x_), want = doubles("stored_forest/test_proba");
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-12) << i;
}

TEST_F(GoldenForest, TreesWithoutChanceAreTheReferences) {
  for (const auto& [name, depth] : {std::pair{"tree_depth_4", 4U}, std::pair{"tree_depth_None", 0U}}) {
    std::vector<float> six, test_six;
    for (std::size_t i = 0; i < train_y_.size(); ++i)
      six.insert(six.end(), train_x_.begin() + static_cast<std::ptrdiff_t>(12 * i),
                 train_x_.begin() + static_cast<std::ptrdiff_t>(12 * i + 6));
    for (std::size_t i = 0; i < test_x_.size() / 12; ++i)
      test_six.insert(test_six.end(), test_x_.begin() + static_cast<std::ptrdiff_t>(12 * i),
                      test_x_.begin() + static_cast<std::ptrdiff_t>(12 * i + 6));
    const std::vector<double> want = doubles(std::string(name) + "/test_proba");
    // Equally good splits of different features are drawn by chance, here and in the reference: none with depth 4, many
    // near the leaves of a full tree, where 2 to 5 % of the rows differ from one draw to the next.
    std::size_t fewest = want.size();
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const ForestParams params{.n_trees = 1, .max_features = 6, .max_depth = depth, .bootstrap = false, .seed = seed};
      const Forest tree = train_forest({six, train_y_, 6, 2}, params).forest;
      const std::vector<double> got = predict_probability(tree, test_six);
      std::size_t different = 0;
      for (std::size_t i = 0; i < want.size(); ++i) different += std::abs(got[i] - want[i]) > 1e-12;
      fewest = std::min(fewest, different);
      EXPECT_EQ(tree.n_nodes(), ints(std::string(name) + "/feature").size()) << name;
    }
    EXPECT_LE(fewest, depth == 4 ? 0 : want.size() / 40) << name;
  }
}

TEST_F(GoldenForest, OwnTrainingIsAsGood) {
  const TrainedForest own = train_forest({train_x_, train_y_, 12, 2}, {.n_trees = 2000, .seed = 1, .threads = 2});
  const std::vector<double> p = predict_probability(own.forest, test_x_, 2), mean = doubles("test/mean_proba_2000");
  const std::vector<std::int32_t> y = ints("test/y");
  double difference = 0, right = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    difference += std::abs(p[2 * i + 1] - mean[i]), right += (p[2 * i + 1] > 0.5) == (y[i] == 1);
  EXPECT_LE(difference / static_cast<double>(y.size()), 0.02);
  EXPECT_NEAR(right / static_cast<double>(y.size()), 0.890, 0.01);
  EXPECT_NEAR(own.oob_accuracy, 0.9025, 0.01);
}

}  // namespace
}  // namespace syconn
