// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/forest_model.h"

#include <cmath>

#include "syconn/core/error.h"

namespace syconn {
namespace {

class ForestCheck {
 public:
  ForestCheck(const Forest& forest, const std::string& where) : forest_(forest), where_(where) {}

  void run() {
    check_sizes();
    for (tree_ = 0; tree_ < forest_.n_trees(); ++tree_) check_tree();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(Category::input, where_ + ": " + what); }
  [[noreturn]] void fail_node(std::uint64_t node, const std::string& what) const {
    fail("tree " + std::to_string(tree_) + ", node " + std::to_string(node) + ": " + what);
  }

  void check_sizes() const {
    if (forest_.n_features == 0 || forest_.n_features > (1U << 20))
      fail("a forest of " + std::to_string(forest_.n_features) + " features");
    if (forest_.n_classes < 2 || forest_.n_classes > 256)
      fail("a forest of " + std::to_string(forest_.n_classes) + " classes");
    const std::size_t n = forest_.n_nodes();
    if (forest_.threshold.size() != n || forest_.left.size() != n || forest_.right.size() != n ||
        forest_.fraction.size() != n * forest_.n_classes)
      fail("the arrays of a forest of " + std::to_string(n) + " nodes have different lengths");
    if (forest_.n_trees() == 0) fail("a forest without trees");
    if (forest_.tree_offset.front() != 0 || forest_.tree_offset.back() != n)
      fail("the trees do not cover the " + std::to_string(n) + " nodes");
    for (std::size_t t = 0; t < forest_.n_trees(); ++t)
      if (forest_.tree_offset[t] >= forest_.tree_offset[t + 1] || forest_.tree_offset[t + 1] > n)
        fail("tree " + std::to_string(t) + " has no nodes or ends outside the arrays");
  }

  void check_tree() {
    const std::uint64_t begin = forest_.tree_offset[tree_], size = forest_.tree_offset[tree_ + 1] - begin;
    has_parent_.assign(size, 0);
    has_parent_[0] = 1;
    for (std::uint64_t node = 0; node < size; ++node) {
      const std::uint64_t at = begin + node;
      if (!has_parent_[node]) fail_node(node, "no node leads to it");
      if (!std::isfinite(forest_.threshold[at])) fail_node(node, "threshold is not finite");
      if (forest_.feature[at] == -1)
        check_leaf(node, at);
      else
        check_split(node, at, size);
    }
  }

  void check_leaf(std::uint64_t node, std::uint64_t at) const {
    if (forest_.left[at] != 0 || forest_.right[at] != 0) fail_node(node, "a leaf has children");
    double sum = 0;
    for (std::uint32_t c = 0; c < forest_.n_classes; ++c) {
      const double f = forest_.fraction[at * forest_.n_classes + c];
      if (!(f >= 0 && f <= 1)) fail_node(node, "class fraction outside [0, 1]");
      sum += f;
    }
    if (!(std::abs(sum - 1) < 1e-6)) fail_node(node, "class fractions sum to " + std::to_string(sum) + ", not to 1");
  }

  void check_split(std::uint64_t node, std::uint64_t at, std::uint64_t size) {
    if (forest_.feature[at] < 0 || static_cast<std::uint32_t>(forest_.feature[at]) >= forest_.n_features)
      fail_node(node, "feature " + std::to_string(forest_.feature[at]) + " of " + std::to_string(forest_.n_features));
    for (const std::uint64_t offset : {forest_.left[at], forest_.right[at]}) {
      if (offset == 0 || offset >= size - node) fail_node(node, "a child lies outside its tree");
      if (has_parent_[node + offset]) fail_node(node + offset, "has two parents");
      has_parent_[node + offset] = 1;
    }
    for (std::uint32_t c = 0; c < forest_.n_classes; ++c)
      if (forest_.fraction[at * forest_.n_classes + c] != 0) fail_node(node, "class fractions at an inner node");
  }

  const Forest& forest_;
  const std::string& where_;
  std::size_t tree_ = 0;
  std::vector<char> has_parent_;
};

}  // namespace

void check_forest(const Forest& forest, const std::string& where) { ForestCheck(forest, where).run(); }

}  // namespace syconn
