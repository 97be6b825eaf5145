// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/umap.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "row_tree.h"
#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr double kSmallestScale = 1e-3;  ///< of the mean distance, for samples whose neighbours are all as near
constexpr double kLargestStep = 4;
constexpr double kStartWidth = 10, kStartJitter = 1e-4;

struct Neighbours {
  std::vector<std::uint32_t> index;  ///< k - 1 others a sample
  std::vector<double> distance;
  std::size_t each = 0;
};

Neighbours all_neighbours(std::span<const double> rows, std::size_t dim, std::size_t k, int threads) {
  const std::size_t n = rows.size() / dim;
  Neighbours out;
  out.each = k - 1;
  out.index.resize(n * out.each), out.distance.resize(n * out.each);
  const points::RowTree tree(rows, dim);
  parallel_for(static_cast<std::int64_t>(n), threads, [&](std::int64_t row) {
    const auto i = static_cast<std::size_t>(row);
    const auto near = tree.nearest(i, out.each);
    for (std::size_t j = 0; j < out.each; ++j) {
      out.index[i * out.each + j] = near[j].second;
      out.distance[i * out.each + j] = std::sqrt(near[j].first);
    }
  });
  return out;
}

/// The distances of one sample's neighbours become memberships: bisection for the scale at which they sum to log2(k).
void make_memberships(std::span<double> distance, double mean_distance) {
  double nearest = 0;
  for (const double d : distance)
    if (d > 0) {
      nearest = d;
      break;
    }
  const double target = std::log2(static_cast<double>(distance.size() + 1));
  double lo = 0, hi = INFINITY, scale = 1;
  for (int round = 0; round < 64; ++round) {
    double sum = 0;
    for (const double d : distance) sum += d > nearest ? std::exp(-(d - nearest) / scale) : 1;
    if (std::abs(sum - target) < 1e-5) break;
    if (sum > target)
      hi = scale, scale = (lo + hi) / 2;
    else
      lo = scale, scale = std::isinf(hi) ? 2 * scale : (lo + hi) / 2;
  }
  double own_mean = 0;
  for (const double d : distance) own_mean += d / static_cast<double>(distance.size());
  scale = std::max(scale, kSmallestScale * (nearest > 0 ? own_mean : mean_distance));
  for (double& d : distance) d = d > nearest && scale > 0 ? std::exp(-(d - nearest) / scale) : 1;
}

/// One direction of the graph: what sample i says of others, or others of it. Ascending.
struct Arrow {
  std::uint32_t to;
  double weight;
};

/// What others say of each sample: those of sample i are at [first[i], first[i+1]), ascending.
class Incoming {
 public:
  Incoming(const Neighbours& near, std::size_t n) : first_(n + 1, 0) {
    for (const std::uint32_t to : near.index) ++first_[to + 1];
    for (std::size_t i = 0; i < n; ++i) first_[i + 1] += first_[i];
    from_.resize(near.index.size()), weight_.resize(near.index.size());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t e = 0; e < near.index.size(); ++e) {
      const std::size_t at = next[near.index[e]]++;
      from_[at] = static_cast<std::uint32_t>(e / near.each), weight_[at] = near.distance[e];
    }
  }
  std::size_t begin(std::size_t i) const { return first_[i]; }
  std::size_t end(std::size_t i) const { return first_[i + 1]; }
  Arrow operator[](std::size_t e) const { return {from_[e], weight_[e]}; }

 private:
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> from_;
  std::vector<double> weight_;
};

/// a + b - a·b over both directions; `near.distance` holds memberships.
void unite(const Neighbours& near, FuzzyGraph& graph) {
  const std::size_t n = graph.first.size() - 1;
  const Incoming back(near, n);
  std::vector<Arrow> there(near.each);
  for (const bool counting : {true, false}) {  // twice, so that the arrays never grow
    std::size_t edges = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < near.each; ++j)
        there[j] = {near.index[i * near.each + j], near.distance[i * near.each + j]};
      std::sort(there.begin(), there.end(), [](const Arrow& a, const Arrow& b) { return a.to < b.to; });
      std::size_t e = back.begin(i);
      for (auto t = there.begin(); t != there.end() || e != back.end(i);) {
        const std::uint32_t to = e == back.end(i) || (t != there.end() && t->to <= back[e].to) ? t->to : back[e].to;
        const double a = t != there.end() && t->to == to ? (t++)->weight : 0,
                     b = e != back.end(i) && back[e].to == to ? back[e++].weight : 0, united = a + b - a * b;
        if (!(united > 0)) continue;
        if (!counting) graph.neighbour[edges] = to, graph.weight[edges] = united;
        ++edges;
      }
      graph.first[i + 1] = edges;
    }
    graph.neighbour.resize(edges), graph.weight.resize(edges);
  }
}

void check_rows(std::span<const double> rows, std::size_t dim) {
  if (dim == 0 || rows.size() % dim != 0) throw Error(Category::runtime, "umap: the values do not make whole rows");
  if (rows.size() / dim >= 0xffffffffU) throw Error(Category::runtime, "umap: 2^32 rows or more");
  for (const double v : rows)
    if (!std::isfinite(v)) throw Error(Category::runtime, "umap: a value is not finite");
}

std::vector<double> principal_start(std::span<const double> rows, std::size_t dim, const UmapParams& params) {
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto n = static_cast<Eigen::Index>(rows.size() / dim), d = static_cast<Eigen::Index>(dim),
             out_dim = static_cast<Eigen::Index>(params.out_dim);
  Rows x = Eigen::Map<const Rows>(rows.data(), n, d);
  x.rowwise() -= x.colwise().mean().eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(Eigen::MatrixXd(x.transpose() * x));
  Rows start = Rows::Zero(n, out_dim);
  for (Eigen::Index c = 0; c < std::min(out_dim, d); ++c) {
    Eigen::VectorXd axis = solver.eigenvectors().col(d - 1 - c);  // values ascend
    Eigen::Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    if (axis[largest] < 0) axis = -axis;
    start.col(c) = x * axis;
  }
  const double width = start.cwiseAbs().maxCoeff();
  if (width > 0) start *= kStartWidth / width;
  Rng rng(params.seed, 1);
  std::vector<double> out(start.data(), start.data() + start.size());
  for (double& v : out) v += kStartJitter * rng.normal();
  return out;
}

class Descent {
 public:
  Descent(std::vector<double>& places, const UmapParams& params)
      : places_(places),
        dim_(params.out_dim),
        curve_(fit_umap_curve(params.min_dist, params.spread)),
        params_(params),
        n_(places.size() / params.out_dim),
        rng_(params.seed, 2) {}

  /// An edge has its turn every heaviest / weight epochs.
  void run(const FuzzyGraph& graph) {
    const double heaviest = graph.weight.empty() ? 0 : *std::max_element(graph.weight.begin(), graph.weight.end());
    std::vector<double> turn(graph.weight.size());  // the epoch of the next
    for (std::size_t e = 0; e < turn.size(); ++e) turn[e] = heaviest / graph.weight[e];
    for (std::uint32_t epoch = 1; epoch <= params_.n_epochs; ++epoch) {
      rate_ = params_.learning_rate * (1 - (epoch - 1.0) / params_.n_epochs);
      for (std::size_t i = 0; i + 1 < graph.first.size(); ++i)
        for (std::size_t e = graph.first[i]; e < graph.first[i + 1]; ++e) {
          if (turn[e] > epoch) continue;
          turn[e] += heaviest / graph.weight[e];
          one_turn(i, graph.neighbour[e]);
        }
    }
  }

 private:
  void one_turn(std::size_t from, std::size_t to) {
    attract(&places_[from * dim_], &places_[to * dim_]);
    for (std::uint32_t k = 0; k < params_.negative_samples; ++k) {
      const auto other = static_cast<std::size_t>(rng_.below(n_));
      if (other != from) repel(&places_[from * dim_], &places_[other * dim_]);
    }
  }
  double square(const double* p, const double* q) const {
    double sum = 0;
    for (std::size_t d = 0; d < dim_; ++d) sum += (p[d] - q[d]) * (p[d] - q[d]);
    return sum;
  }
  double step(double gradient) const { return rate_ * std::clamp(gradient, -kLargestStep, kLargestStep); }
  void attract(double* p, double* q) const {
    const double sq = square(p, q);
    if (sq <= 0) return;
    const double power = std::pow(sq, curve_.b);
    const double pull = -2 * curve_.a * curve_.b * (power / sq) / (1 + curve_.a * power);
    for (std::size_t d = 0; d < dim_; ++d) {
      const double move = step(pull * (p[d] - q[d]));
      p[d] += move, q[d] -= move;
    }
  }
  void repel(double* p, const double* q) const {
    const double sq = square(p, q);
    if (sq <= 0) return;
    const double push = 2 * curve_.b / ((0.001 + sq) * (1 + curve_.a * std::pow(sq, curve_.b)));
    for (std::size_t d = 0; d < dim_; ++d) p[d] += step(push * (p[d] - q[d]));
  }

  std::vector<double>& places_;
  std::size_t dim_;
  UmapCurve curve_;
  const UmapParams& params_;
  std::size_t n_;
  Rng rng_;
  double rate_ = 1;
};

}  // namespace

UmapCurve fit_umap_curve(double min_dist, double spread) {
  if (!(spread > 0) || !(min_dist >= 0) || !(min_dist < 3 * spread))
    throw Error(Category::config, "umap: spread must be positive, and min_dist in [0, 3 spread)");
  constexpr int kSamples = 300;
  const auto x_of = [&](int i) { return 3 * spread * i / (kSamples - 1); };
  const auto wanted = [&](double x) { return x < min_dist ? 1.0 : std::exp(-(x - min_dist) / spread); };
  const auto cost = [&](double a, double b) {
    double sum = 0;
    for (int i = 0; i < kSamples; ++i) {
      const double r = 1 / (1 + a * std::pow(x_of(i), 2 * b)) - wanted(x_of(i));
      sum += r * r;
    }
    return sum;
  };
  UmapCurve c;
  double damping = 1e-3, now = cost(c.a, c.b);
  for (int round = 0; round < 200; ++round) {  // Levenberg and Marquardt
    double aa = 0, ab = 0, bb = 0, ra = 0, rb = 0;
    for (int i = 1; i < kSamples; ++i) {  // both derivatives are 0 at x = 0
      const double x = x_of(i), power = std::pow(x, 2 * c.b), f = 1 / (1 + c.a * power), r = f - wanted(x);
      const double da = -power * f * f, db = -2 * c.a * power * std::log(x) * f * f;
      aa += da * da, ab += da * db, bb += db * db, ra += da * r, rb += db * r;
    }
    const double paa = aa * (1 + damping), pbb = bb * (1 + damping), det = paa * pbb - ab * ab;
    const double a = c.a - (pbb * ra - ab * rb) / det, b = c.b - (paa * rb - ab * ra) / det;
    const double next = a > 0 && b > 0 ? cost(a, b) : INFINITY;
    if (next <= now) {
      const bool settled = now - next < 1e-16 * (1 + now);
      c = {a, b}, now = next, damping = std::max(damping / 10, 1e-12);
      if (settled) break;
    } else if ((damping *= 10) > 1e12) {
      break;
    }
  }
  return c;
}

FuzzyGraph fuzzy_simplicial_set(std::span<const double> rows, std::size_t dim, std::uint32_t n_neighbours,
                                int threads) {
  check_rows(rows, dim);
  if (n_neighbours < 2) throw Error(Category::config, "umap: n_neighbours must be at least 2");
  const std::size_t n = rows.size() / dim, k = std::min<std::size_t>(n_neighbours, n);
  FuzzyGraph graph;
  graph.first.assign(n + 1, 0);
  if (n < 2) return graph;
  Neighbours near = all_neighbours(rows, dim, k, threads);
  double mean = 0;
  for (const double d : near.distance) mean += d / static_cast<double>(near.distance.size());
  for (std::size_t i = 0; i < n; ++i)
    make_memberships(std::span(near.distance).subspan(i * near.each, near.each), mean);
  unite(near, graph);
  return graph;
}

std::vector<double> umap(std::span<const double> rows, std::size_t dim, const UmapParams& params, int threads) {
  if (params.out_dim == 0 || params.n_epochs == 0 || !(params.learning_rate > 0))
    throw Error(Category::config, "umap: out_dim, n_epochs and learning_rate must be positive");
  const FuzzyGraph graph = fuzzy_simplicial_set(rows, dim, params.n_neighbours, threads);
  if (rows.empty()) return {};
  std::vector<double> places = principal_start(rows, dim, params);
  Descent(places, params).run(graph);
  return places;
}

}  // namespace syconn
