// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/forest.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using testing::HasSubstr;

struct Rows {
  std::vector<float> features;
  std::vector<std::uint8_t> label;
  LabelledRows view(std::uint32_t n_features) const { return {features, label, n_features, 2}; }
};

Rows random_rows(std::size_t n, std::uint32_t n_features, std::uint64_t seed) {
  Rng rng(seed);
  Rows rows;
  for (std::size_t i = 0; i < n; ++i) {
    float sum = 0;
    for (std::uint32_t f = 0; f < n_features; ++f) {
      rows.features.push_back(static_cast<float>(rng.below(7)));
      sum += rows.features.back();
    }
    rows.label.push_back(sum > 3.0F * static_cast<float>(n_features));
  }
  return rows;
}

/// Impurity decrease of the best split over all features, by trying each threshold.
double best_gain(const Rows& rows, std::uint32_t n_features) {
  const auto score = [](double ones, double n) { return n == 0 ? 0 : (ones * ones + (n - ones) * (n - ones)) / n; };
  double best = -1;
  for (std::uint32_t f = 0; f < n_features; ++f)
    for (float cut = 0; cut < 7; ++cut) {
      double n[2] = {}, ones[2] = {};
      for (std::size_t i = 0; i < rows.label.size(); ++i) {
        const bool right = rows.features[i * n_features + f] > cut;
        n[right] += 1, ones[right] += rows.label[i];
      }
      if (n[0] > 0 && n[1] > 0) best = std::max(best, score(ones[0], n[0]) + score(ones[1], n[1]));
    }
  return best;
}

double gain_of_root(const Forest& forest, const Rows& rows) {
  double n[2] = {}, ones[2] = {};
  for (std::size_t i = 0; i < rows.label.size(); ++i) {
    const float v = rows.features[i * forest.n_features + static_cast<std::size_t>(forest.feature[0])];
    const bool right = static_cast<double>(v) > forest.threshold[0];
    n[right] += 1, ones[right] += rows.label[i];
  }
  double sum = 0;
  for (int s = 0; s < 2; ++s) sum += (ones[s] * ones[s] + (n[s] - ones[s]) * (n[s] - ones[s])) / n[s];
  return sum;
}

TEST(Forest, RootSplitIsTheBestThereIs) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Rows rows = random_rows(60, 4, seed);
    const Forest forest = train_forest(rows.view(4), {.n_trees = 1, .max_features = 4, .bootstrap = false}).forest;
    ASSERT_GE(forest.feature[0], 0);
    EXPECT_NEAR(gain_of_root(forest, rows), best_gain(rows, 4), 1e-9);
  }
}

TEST(Forest, UnlimitedTreeLearnsItsRows) {
  const Rows rows = random_rows(200, 3, 1);
  const Forest forest = train_forest(rows.view(3), {.n_trees = 1, .max_features = 3, .bootstrap = false}).forest;
  EXPECT_NO_THROW(check_forest(forest, "forest"));
  const auto p = predict_probability(forest, rows.features);
  for (std::size_t i = 0; i < rows.label.size(); ++i) EXPECT_EQ(p[2 * i + 1], rows.label[i]);
}

TEST(Forest, ThreadsChangeNothing) {
  const Rows rows = random_rows(120, 9, 2);
  const TrainedForest one = train_forest(rows.view(9), {.n_trees = 70, .seed = 5, .threads = 1});
  const TrainedForest two = train_forest(rows.view(9), {.n_trees = 70, .seed = 5, .threads = 2});
  EXPECT_TRUE(one.forest == two.forest);
  EXPECT_EQ(one.importance, two.importance);
  EXPECT_EQ(one.oob_accuracy, two.oob_accuracy);
  EXPECT_FALSE(one.forest == train_forest(rows.view(9), {.n_trees = 70, .seed = 6}).forest);
  EXPECT_EQ(predict_probability(one.forest, rows.features, 1), predict_probability(one.forest, rows.features, 2));
  EXPECT_GT(one.oob_accuracy, 0.7);
}

TEST(Forest, OneClassIsOneLeaf) {
  Rows rows = random_rows(10, 2, 3);
  rows.label.assign(10, 1);
  const Forest forest = train_forest(rows.view(2), {.n_trees = 3}).forest;
  EXPECT_EQ(forest.n_nodes(), 3U);
  EXPECT_EQ(predict_probability(forest, rows.features)[1], 1);
}

std::string error_of(const auto& fn) {
  try {
    fn();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Forest, BadRowsAreNamed) {
  Rows rows = random_rows(5, 2, 4);
  rows.features[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_of([&] { train_forest(rows.view(2)); }), HasSubstr("row 3, feature 1"));
  rows.features[7] = 0, rows.label[4] = 2;
  EXPECT_THAT(error_of([&] { train_forest(rows.view(2)); }), HasSubstr("row 4: class 2"));
  EXPECT_THAT(error_of([&] { train_forest({}); }), HasSubstr("0 rows"));
  EXPECT_THAT(error_of([&] { train_forest(random_rows(5, 2, 4).view(2), {.n_trees = 0}); }), HasSubstr("tree"));
}

TEST(Forest, DamagedForestsAreRefused) {
  const Rows rows = random_rows(50, 2, 5);
  const Forest good = train_forest(rows.view(2), {.n_trees = 2}).forest;
  const auto refused = [&](const auto& damage) {
    Forest bad = good;
    damage(bad);
    return error_of([&] { check_forest(bad, "f.h5"); });
  };
  EXPECT_THAT(refused([](Forest& f) { f.left[0] = 0; }), HasSubstr("f.h5: tree 0, node 0"));
  EXPECT_THAT(refused([](Forest& f) { f.right[0] = 1U << 30; }), HasSubstr("outside its tree"));
  EXPECT_THAT(refused([](Forest& f) { f.left[0] = f.right[0]; }), HasSubstr("two parents"));
  EXPECT_THAT(refused([](Forest& f) { f.feature[0] = 2; }), HasSubstr("feature 2 of 2"));
  EXPECT_THAT(refused([](Forest& f) { f.threshold[0] = std::nan(""); }), HasSubstr("not finite"));
  EXPECT_THAT(refused([](Forest& f) { f.fraction.back() = 7; }), HasSubstr("fraction"));
  EXPECT_THAT(refused([](Forest& f) { f.tree_offset[1] = 0; }), HasSubstr("tree 0"));
  EXPECT_THAT(refused([](Forest& f) { f.left.pop_back(); }), HasSubstr("different lengths"));
}

}  // namespace
}  // namespace syconn
