// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/forest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "forest_tree.h"
#include "syconn/core/error.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {
using namespace forest_detail;

constexpr std::uint32_t kGroups = 64;  // of trees; sums go within a group, then over groups, whatever the threads
constexpr std::size_t kMaxRows = std::size_t{1} << 24;

void check_finite(std::span<const float> features, std::size_t n_features) {
  for (std::size_t i = 0; i < features.size(); ++i)
    if (!std::isfinite(features[i]))
      throw Error(Category::input, "row " + std::to_string(i / n_features) + ", feature " +
                                       std::to_string(i % n_features) + ": the value is not finite");
}

void check(const LabelledRows& rows, const ForestParams& params) {
  if (params.n_trees == 0) throw Error(Category::config, "a forest needs at least one tree");
  if (rows.n_classes < 2 || rows.n_classes > 256) throw Error(Category::input, "a forest needs 2 to 256 classes");
  const std::size_t n = rows.label.size();
  if (n == 0 || n > kMaxRows || rows.n_features == 0 || rows.features.size() != n * rows.n_features)
    throw Error(Category::input, std::to_string(n) + " rows with " + std::to_string(rows.features.size()) +
                                     " values of " + std::to_string(rows.n_features) +
                                     " features are no training set (1 to 2^24 rows)");
  for (std::size_t i = 0; i < n; ++i)
    if (rows.label[i] >= rows.n_classes)
      throw Error(Category::input, "row " + std::to_string(i) + ": class " + std::to_string(rows.label[i]) + " of " +
                                       std::to_string(rows.n_classes));
  check_finite(rows.features, rows.n_features);
}

std::vector<std::uint32_t> draw(Rng& rng, std::uint32_t n, bool bootstrap) {
  std::vector<std::uint32_t> weight(n, bootstrap ? 0 : 1);
  if (bootstrap)
    for (std::uint32_t i = 0; i < n; ++i) ++weight[rng.below(n)];
  return weight;
}

/// Leaf of a row in the tree whose root is `node`.
template <class Nodes>
std::size_t leaf_of(const Nodes& nodes, std::size_t node, const float* row) {
  while (nodes.feature[node] >= 0)
    node += static_cast<double>(row[nodes.feature[node]]) <= nodes.threshold[node] ? nodes.left[node]
                                                                                  : nodes.right[node];
  return node;
}

/// The sums of one group of trees.
struct Group {
  std::vector<double> importance, votes;  ///< votes [n, n_classes] of trees that did not draw the row
  std::vector<std::uint32_t> n_votes;

  void add(const Tree& tree, const LabelledRows& rows, const std::vector<std::uint32_t>& weight) {
    for (std::size_t f = 0; f < importance.size(); ++f) importance[f] += tree.importance[f];
    for (std::size_t i = 0; i < weight.size(); ++i) {
      if (weight[i] > 0) continue;
      const std::size_t leaf = leaf_of(tree, 0, rows.features.data() + i * rows.n_features);
      for (std::uint32_t c = 0; c < rows.n_classes; ++c)
        votes[i * rows.n_classes + c] += tree.fraction[leaf * rows.n_classes + c];
      ++n_votes[i];
    }
  }
};

Group grow_group(const LabelledRows& rows, const RankedRows& ranked, const ForestParams& params, std::uint32_t group,
                 std::vector<Tree>& trees) {
  TreeGrower grower(ranked, params);
  Group sums;
  sums.importance.assign(rows.n_features, 0);
  sums.votes.assign(rows.label.size() * rows.n_classes, 0);
  sums.n_votes.assign(rows.label.size(), 0);
  for (std::uint32_t t = group; t < params.n_trees; t += kGroups) {
    Rng rng(params.seed, t);
    const std::vector<std::uint32_t> weight = draw(rng, ranked.n, params.bootstrap);
    trees[t] = grower.grow(rng, weight);
    sums.add(trees[t], rows, weight);
  }
  return sums;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Forest joined(std::vector<Tree>& trees, const LabelledRows& rows) {
  Forest forest;
  forest.n_features = rows.n_features, forest.n_classes = rows.n_classes;
  forest.tree_offset.push_back(0);
  for (Tree& tree : trees) {
    append(forest.feature, tree.feature), append(forest.threshold, tree.threshold);
    append(forest.left, tree.left), append(forest.right, tree.right), append(forest.fraction, tree.fraction);
    forest.tree_offset.push_back(forest.feature.size());
    tree = {};
  }
  return forest;
}

void add_group(const Group& group, TrainedForest& out, std::vector<std::uint32_t>& n_votes) {
  for (std::size_t f = 0; f < out.importance.size(); ++f) out.importance[f] += group.importance[f];
  for (std::size_t i = 0; i < out.oob_probability.size(); ++i) out.oob_probability[i] += group.votes[i];
  for (std::size_t i = 0; i < n_votes.size(); ++i) n_votes[i] += group.n_votes[i];
}

void finish(const LabelledRows& rows, const std::vector<std::uint32_t>& n_votes, TrainedForest& out) {
  const double importance = std::accumulate(out.importance.begin(), out.importance.end(), 0.0);
  if (importance > 0)
    for (double& v : out.importance) v /= importance;
  std::size_t right = 0, voted = 0;
  for (std::size_t i = 0; i < n_votes.size(); ++i) {
    double* p = out.oob_probability.data() + i * rows.n_classes;
    for (std::uint32_t c = 0; c < rows.n_classes; ++c)
      p[c] = n_votes[i] > 0 ? p[c] / n_votes[i] : std::numeric_limits<double>::quiet_NaN();
    if (n_votes[i] == 0) continue;
    ++voted, right += std::max_element(p, p + rows.n_classes) - p == rows.label[i];
  }
  out.oob_accuracy = voted > 0 ? static_cast<double>(right) / static_cast<double>(voted)
                               : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

TrainedForest train_forest(const LabelledRows& rows, const ForestParams& params) {
  check(rows, params);
  const RankedRows ranked(rows);
  std::vector<Tree> trees(params.n_trees);
  std::vector<Group> groups(kGroups);
  parallel_for(kGroups, params.threads, [&](std::int64_t g) {
    groups[static_cast<std::size_t>(g)] = grow_group(rows, ranked, params, static_cast<std::uint32_t>(g), trees);
  });
  TrainedForest out;
  out.forest = joined(trees, rows);
  out.importance.assign(rows.n_features, 0);
  out.oob_probability.assign(rows.label.size() * rows.n_classes, 0);
  std::vector<std::uint32_t> n_votes(rows.label.size(), 0);
  for (const Group& group : groups) add_group(group, out, n_votes);
  finish(rows, n_votes, out);
  return out;
}

std::vector<double> predict_probability(const Forest& forest, std::span<const float> features, int threads) {
  const std::size_t n_features = forest.n_features, n_classes = forest.n_classes;
  if (n_features == 0 || features.size() % n_features != 0)
    throw Error(Category::input, std::to_string(features.size()) + " values are no whole rows of " +
                                     std::to_string(n_features) + " features");
  check_finite(features, n_features);
  const std::size_t n = features.size() / n_features;
  std::vector<double> out(n * n_classes, 0);
  constexpr std::size_t kBlock = 256;  // rows that meet a tree while it is in the cache
  parallel_for(static_cast<std::int64_t>((n + kBlock - 1) / kBlock), threads, [&](std::int64_t block) {
    const std::size_t begin = static_cast<std::size_t>(block) * kBlock, end = std::min(n, begin + kBlock);
    for (std::size_t t = 0; t < forest.n_trees(); ++t)
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t leaf = leaf_of(forest, forest.tree_offset[t], features.data() + i * n_features);
        for (std::size_t c = 0; c < n_classes; ++c) out[i * n_classes + c] += forest.fraction[leaf * n_classes + c];
      }
    for (std::size_t i = begin * n_classes; i < end * n_classes; ++i) out[i] /= static_cast<double>(forest.n_trees());
  });
  return out;
}

}  // namespace syconn
