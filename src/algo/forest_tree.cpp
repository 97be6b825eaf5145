// SPDX-License-Identifier: GPL-3.0-or-later
#include "forest_tree.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace syconn::forest_detail {
namespace {

using Wide = unsigned __int128;

/// A row's key for sorting a node by one feature; all that the scan needs.
std::uint64_t key_of(std::uint32_t rank, std::uint8_t label, std::uint32_t weight) {
  return static_cast<std::uint64_t>(rank) << 40 | static_cast<std::uint64_t>(label) << 32 | weight;
}
std::uint32_t rank_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 40); }
std::uint32_t label_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32) & 255; }
std::uint64_t weight_of(std::uint64_t key) { return key & 0xffffffff; }

}  // namespace

RankedRows::RankedRows(const LabelledRows& rows)
    : n(static_cast<std::uint32_t>(rows.label.size())),
      n_features(rows.n_features),
      n_classes(rows.n_classes),
      rank(rows.n_features),
      value(rows.n_features),
      label(rows.label.begin(), rows.label.end()) {
  for (std::uint32_t f = 0; f < n_features; ++f) {
    std::vector<float>& distinct = value[f];
    distinct.resize(n);
    for (std::uint32_t i = 0; i < n; ++i) distinct[i] = rows.features[std::size_t{i} * n_features + f];
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    rank[f].resize(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      const float v = rows.features[std::size_t{i} * n_features + f];
      rank[f][i] =
          static_cast<std::uint32_t>(std::lower_bound(distinct.begin(), distinct.end(), v) - distinct.begin());
    }
  }
}

TreeGrower::TreeGrower(const RankedRows& rows, const ForestParams& params) : rows_(rows), max_depth_(params.max_depth) {
  const auto root = static_cast<std::uint32_t>(std::sqrt(static_cast<double>(rows.n_features)));
  max_features_ = std::clamp(params.max_features == 0 ? root : params.max_features, 1U, rows.n_features);
  count_.resize(rows.n_classes), left_.resize(rows.n_classes), right_.resize(rows.n_classes);
  order_.resize(rows.n_features);
}

Tree TreeGrower::grow(Rng& rng, const std::vector<std::uint32_t>& weight) {
  weight_ = &weight;
  tree_ = {};
  tree_.importance.assign(rows_.n_features, 0);
  sample_.clear();
  for (std::uint32_t i = 0; i < rows_.n; ++i)
    if (weight[i] > 0) sample_.push_back(i);
  stack_.assign(1, {0, static_cast<std::uint32_t>(sample_.size()), 0, 0, false});
  while (!stack_.empty()) {
    const Open open = stack_.back();
    stack_.pop_back();
    add_node(open, rng);
  }
  const double sum = std::accumulate(tree_.importance.begin(), tree_.importance.end(), 0.0);
  if (sum > 0)
    for (double& v : tree_.importance) v /= sum;
  return std::move(tree_);
}

void TreeGrower::add_node(const Open& open, Rng& rng) {
  const auto node = static_cast<std::uint32_t>(tree_.feature.size());
  if (node > 0) (open.is_right ? tree_.right : tree_.left)[open.parent] = node - open.parent;
  tree_.feature.push_back(-1), tree_.threshold.push_back(0), tree_.left.push_back(0), tree_.right.push_back(0);
  tree_.fraction.resize(tree_.fraction.size() + rows_.n_classes, 0.0);
  std::fill(count_.begin(), count_.end(), 0);
  for (std::uint32_t i = open.begin; i < open.end; ++i) count_[rows_.label[sample_[i]]] += (*weight_)[sample_[i]];
  std::uint64_t n = 0, squares = 0;
  for (const std::uint64_t c : count_) n += c, squares += c * c;
  Split split;
  const bool open_end = max_depth_ == 0 || open.depth < max_depth_;
  if (squares == n * n || !open_end || !find_split(open, rng, n, squares, split))
    make_leaf(node, n);
  else
    make_split(node, open, split, n, squares);
}

void TreeGrower::make_leaf(std::uint32_t node, std::uint64_t n) {
  for (std::uint32_t c = 0; c < rows_.n_classes; ++c)
    tree_.fraction[std::size_t{node} * rows_.n_classes + c] = static_cast<double>(count_[c]) / static_cast<double>(n);
}

void TreeGrower::make_split(std::uint32_t node, const Open& open, const Split& split, std::uint64_t n,
                            std::uint64_t squares) {
  tree_.feature[node] = static_cast<std::int32_t>(split.feature);
  const std::vector<float>& value = rows_.value[split.feature];
  tree_.threshold[node] = (static_cast<double>(value[split.rank]) + static_cast<double>(value[split.next])) / 2;
  const double before = static_cast<double>(squares) / static_cast<double>(n);
  tree_.importance[split.feature] += std::max(0.0, split.gain_estimate - before);
  const std::vector<std::uint32_t>& rank = rows_.rank[split.feature];
  const auto begin = sample_.begin();
  const auto middle = std::stable_partition(begin + open.begin, begin + open.end,
                                            [&](std::uint32_t i) { return rank[i] <= split.rank; });
  const auto cut = static_cast<std::uint32_t>(middle - begin);
  stack_.push_back({cut, open.end, open.depth + 1, node, true});
  stack_.push_back({open.begin, cut, open.depth + 1, node, false});
}

bool TreeGrower::find_split(const Open& open, Rng& rng, std::uint64_t n, std::uint64_t squares, Split& best) {
  std::iota(order_.begin(), order_.end(), 0U);
  bool found = false;
  for (std::uint32_t k = 0; k < rows_.n_features && (k < max_features_ || !found); ++k) {
    std::swap(order_[k], order_[k + rng.below(rows_.n_features - k)]);
    found |= try_feature(order_[k], open, n, squares, best);
  }
  return found;
}

bool TreeGrower::try_feature(std::uint32_t feature, const Open& open, std::uint64_t n, std::uint64_t squares,
                             Split& best) {
  keys_.resize(open.end - open.begin);
  const std::vector<std::uint32_t>& rank = rows_.rank[feature];
  for (std::uint32_t i = open.begin; i < open.end; ++i) {
    const std::uint32_t row = sample_[i];
    keys_[i - open.begin] = key_of(rank[row], rows_.label[row], (*weight_)[row]);
  }
  std::sort(keys_.begin(), keys_.end());
  if (rank_of(keys_.front()) == rank_of(keys_.back())) return false;
  std::fill(left_.begin(), left_.end(), 0);
  right_ = count_;
  std::uint64_t n_left = 0, left_squares = 0, right_squares = squares;
  for (std::size_t i = 0; i + 1 < keys_.size(); ++i) {
    const std::uint64_t w = weight_of(keys_[i]);
    std::uint64_t &l = left_[label_of(keys_[i])], &r = right_[label_of(keys_[i])];
    left_squares += (2 * l + w) * w, right_squares -= (2 * r - w) * w;
    l += w, r -= w, n_left += w;
    if (rank_of(keys_[i]) == rank_of(keys_[i + 1])) continue;
    const std::uint64_t n_right = n - n_left;
    const double estimate = static_cast<double>(left_squares) / static_cast<double>(n_left) +
                            static_cast<double>(right_squares) / static_cast<double>(n_right);
    // The estimate is good to a few 2^-53; near-ties are settled exactly. n < 2^24 keeps the products below 2^119.
    if (estimate < best.gain_estimate * (1 - 1e-14)) continue;
    const Wide gain = static_cast<Wide>(left_squares) * n_right + static_cast<Wide>(right_squares) * n_left;
    const std::uint64_t scale = n_left * n_right;
    if (best.scale != 0 && gain * best.scale <= best.gain * scale) continue;
    best = {feature, rank_of(keys_[i]), rank_of(keys_[i + 1]), gain, scale, estimate};
  }
  return true;
}

}  // namespace syconn::forest_detail
