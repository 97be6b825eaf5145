// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/k_means.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// One start: centres, and which row belongs to which.
class Clusters {
 public:
  Clusters(std::span<const double> rows, std::size_t dim, std::uint32_t k)
      : rows_(rows), dim_(dim), n_(rows.size() / dim), label_(n_, -1), square_(n_, kInfinite), centres_(k * dim) {}

  /// Each further centre is a row drawn by its squared distance to the centres so far.
  void start(Rng& rng) {
    take_row(0, rng.below(n_));
    for (std::size_t c = 1; c < k(); ++c) {
      double sum = 0;
      for (std::size_t i = 0; i < n_; ++i) {
        square_[i] = std::min(square_[i], square(i, c - 1));
        sum += square_[i];
      }
      double left = rng.uniform() * sum;
      std::size_t row = 0, chosen = rng.below(n_);  // all rows are centres already: any
      for (; row < n_ && left >= 0; ++row)
        if (square_[row] > 0) chosen = row, left -= square_[row];
      take_row(c, chosen);
    }
  }

  /// False: no row moved.
  bool assign() {
    bool moved = false;
    for (std::size_t i = 0; i < n_; ++i) {
      std::int32_t best = 0;
      square_[i] = kInfinite;
      for (std::size_t c = 0; c < k(); ++c)
        if (const double d = square(i, c); d < square_[i]) square_[i] = d, best = static_cast<std::int32_t>(c);
      moved |= best != label_[i];
      label_[i] = best;
    }
    return fill_empty() || moved;
  }

  void centre() {
    std::vector<double> members(k(), 0);
    std::fill(centres_.begin(), centres_.end(), 0);
    for (std::size_t i = 0; i < n_; ++i) {
      const auto c = static_cast<std::size_t>(label_[i]);
      ++members[c];
      for (std::size_t d = 0; d < dim_; ++d) centres_[c * dim_ + d] += rows_[i * dim_ + d];
    }
    for (std::size_t c = 0; c < k(); ++c)
      for (std::size_t d = 0; d < dim_; ++d) centres_[c * dim_ + d] /= std::max(members[c], 1.0);
  }

  KMeans result() const {
    KMeans out;
    std::vector<std::int32_t> number(k(), -1);
    std::int32_t next = 0;
    for (const std::int32_t l : label_)
      if (number[static_cast<std::size_t>(l)] < 0) number[static_cast<std::size_t>(l)] = next++;
    for (auto& at : number)
      if (at < 0) at = next++;
    out.centres.resize(centres_.size());
    for (std::size_t c = 0; c < k(); ++c)
      std::copy_n(&centres_[c * dim_], dim_, &out.centres[static_cast<std::size_t>(number[c]) * dim_]);
    for (std::size_t i = 0; i < n_; ++i) {
      out.inertia += square(i, static_cast<std::size_t>(label_[i]));
      out.label.push_back(number[static_cast<std::size_t>(label_[i])]);
    }
    return out;
  }

 private:
  std::size_t k() const { return centres_.size() / dim_; }
  void take_row(std::size_t c, std::size_t row) { std::copy_n(&rows_[row * dim_], dim_, &centres_[c * dim_]); }
  double square(std::size_t row, std::size_t c) const {
    double sum = 0;
    for (std::size_t d = 0; d < dim_; ++d) {
      const double x = rows_[row * dim_ + d] - centres_[c * dim_ + d];
      sum += x * x;
    }
    return sum;
  }
  /// The row that lies farthest from its centre becomes an empty cluster's.
  bool fill_empty() {
    std::vector<std::size_t> members(k(), 0);
    for (const std::int32_t l : label_) ++members[static_cast<std::size_t>(l)];
    bool filled = false;
    for (std::size_t c = 0; c < k(); ++c) {
      if (members[c] > 0) continue;
      const auto far = static_cast<std::size_t>(std::max_element(square_.begin(), square_.end()) - square_.begin());
      if (square_[far] == 0) continue;  // fewer different rows than clusters
      --members[static_cast<std::size_t>(label_[far])], ++members[c];
      label_[far] = static_cast<std::int32_t>(c), square_[far] = 0, filled = true;
    }
    return filled;
  }

  std::span<const double> rows_;
  std::size_t dim_, n_;
  std::vector<std::int32_t> label_;
  std::vector<double> square_;  ///< of each row to its centre
  std::vector<double> centres_;
};

}  // namespace

KMeans k_means(std::span<const double> rows, std::size_t dim, std::uint32_t k, const KMeansParams& params) {
  if (dim == 0 || rows.size() % dim != 0) throw Error(Category::runtime, "k-means: the values do not make whole rows");
  for (const double v : rows)
    if (!std::isfinite(v)) throw Error(Category::runtime, "k-means: a value is not finite");
  if (k == 0 || k > rows.size() / dim)
    throw Error(Category::config, "k-means: " + std::to_string(k) + " clusters of " +
                                      std::to_string(rows.size() / dim) + " rows; there must be 1 to as many as rows");
  if (params.starts == 0) throw Error(Category::config, "k-means: there must be at least one start");
  KMeans best;
  best.inertia = kInfinite;
  for (std::uint32_t s = 0; s < params.starts; ++s) {
    Rng rng(params.seed, s);
    Clusters clusters(rows, dim, k);
    clusters.start(rng);
    for (std::uint32_t round = 0; round < params.max_rounds && clusters.assign(); ++round) clusters.centre();
    KMeans found = clusters.result();
    if (found.inertia < best.inertia) best = std::move(found);
  }
  return best;
}

}  // namespace syconn
