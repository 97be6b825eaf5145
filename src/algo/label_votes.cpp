// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/label_votes.h"

#include <algorithm>
#include <cmath>

#include "syconn/algo/point_grid.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

/// Of labels in order of appearance the most frequent one, tie: the first.
class FirstMajority {
 public:
  void clear() { labels_.clear(), counts_.clear(); }
  void add(std::int32_t label) {
    const auto at = std::find(labels_.begin(), labels_.end(), label);
    if (at == labels_.end())
      labels_.push_back(label), counts_.push_back(1);
    else
      ++counts_[static_cast<std::size_t>(at - labels_.begin())];
  }
  std::int32_t best() const {
    return labels_[static_cast<std::size_t>(std::max_element(counts_.begin(), counts_.end()) - counts_.begin())];
  }

 private:
  std::vector<std::int32_t> labels_;
  std::vector<std::uint32_t> counts_;
};

std::uint32_t largest(std::span<const double> row) {
  return static_cast<std::uint32_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

std::vector<double> softmax(std::span<const double> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> p;
  double sum = 0;
  for (const double l : logits) p.push_back(std::exp(l - top)), sum += p.back();
  for (double& v : p) v /= sum;
  return p;
}

/// The code of a node after its coarse compartment was decided.
std::int32_t refined(std::int32_t coarse, std::int32_t own) { return coarse_compartment(own) == coarse ? own : coarse; }

}  // namespace

VertexVotes::VertexVotes(std::size_t n_vertices, std::uint32_t n_classes)
    : n_classes_(n_classes), votes_(n_vertices * n_classes, 0) {
  if (n_classes == 0) throw Error(Category::runtime, "votes: no classes");
}

void VertexVotes::add(std::uint32_t vertex, std::uint32_t label, std::uint32_t times) {
  if (label >= n_classes_ || vertex >= votes_.size() / n_classes_)
    throw Error(Category::runtime,
                "votes: there is no vertex " + std::to_string(vertex) + " or no class " + std::to_string(label));
  votes_[std::size_t{vertex} * n_classes_ + label] += times;
}

void VertexVotes::merge(const VertexVotes& from) {
  if (from.votes_.size() != votes_.size() || from.n_classes_ != n_classes_)
    throw Error(Category::runtime, "votes: of different cells");
  for (std::size_t i = 0; i < votes_.size(); ++i) votes_[i] += from.votes_[i];
}

std::vector<std::int32_t> VertexVotes::majority(std::int32_t none) const {
  std::vector<std::int32_t> labels;
  for (auto row = votes_.begin(); row != votes_.end(); row += n_classes_) {
    const auto best = std::max_element(row, row + n_classes_);
    labels.push_back(*best == 0 ? none : static_cast<std::int32_t>(best - row));
  }
  return labels;
}

std::vector<std::int32_t> knn_majority(std::span<const Vec3f> sources_nm, std::span<const std::int32_t> labels,
                                       std::span<const Vec3f> targets_nm, std::uint32_t k, std::int32_t none) {
  if (labels.size() != sources_nm.size()) throw Error(Category::runtime, "majority: not one label a source");
  if (k == 0) throw Error(Category::runtime, "majority: k is 0");
  std::vector<std::int32_t> out(targets_nm.size(), none);
  if (sources_nm.empty()) return out;
  const PointGrid grid(sources_nm, k);
  std::vector<std::uint32_t> near(std::min<std::size_t>(k, sources_nm.size()));
  FirstMajority vote;
  for (std::size_t i = 0; i < targets_nm.size(); ++i) {
    grid.nearest(targets_nm[i], near);
    vote.clear();
    for (const std::uint32_t s : near) vote.add(labels[s]);
    out[i] = vote.best();
  }
  return out;
}

std::vector<std::int32_t> knn_majority_without(std::int32_t ignore, std::span<const Vec3f> sources_nm,
                                               std::span<const std::int32_t> labels, std::span<const Vec3f> targets_nm,
                                               std::uint32_t k, std::int32_t none) {
  if (labels.size() != sources_nm.size()) throw Error(Category::runtime, "majority: not one label a source");
  std::vector<Vec3f> points;
  std::vector<std::int32_t> known;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != ignore) points.push_back(sources_nm[i]), known.push_back(labels[i]);
  return knn_majority(points, known, targets_nm, k, none);
}

std::int32_t coarse_compartment(std::int32_t code) {
  if (code == kSpineHead || code == kSpineNeck) return kShaft;
  if (code == kBoutonEnPassant || code == kTerminalBouton) return kAxon;
  return code;
}

std::vector<std::int32_t> smooth_compartments(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                              std::span<const std::int32_t> codes, double radius_nm) {
  std::vector<std::int32_t> coarse;
  for (const std::int32_t c : codes) coarse.push_back(coarse_compartment(c));
  std::vector<std::int32_t> out = running_majority(nodes_nm, edges, coarse, radius_nm);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = refined(out[i], codes[i]);
  return out;
}

std::vector<std::int32_t> component_compartments(std::span<const SkeletonEdge> edges,
                                                 std::span<const std::int32_t> codes, double axon_share) {
  std::vector<SkeletonEdge> kept;
  for (const SkeletonEdge& e : edges) {
    if (std::max(e[0], e[1]) >= codes.size()) throw Error(Category::runtime, "compartments: an edge names no node");
    if (codes[e[0]] != kSoma && codes[e[1]] != kSoma) kept.push_back(e);
  }
  const std::vector<std::uint32_t> part = skeleton_components(codes.size(), kept);
  struct Counts {
    std::uint64_t axon = 0, known = 0;
  };
  std::vector<Counts> counts(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::int32_t c = coarse_compartment(codes[i]);
    counts[part[i]].axon += c == kAxon;
    counts[part[i]].known += c == kAxon || c == kShaft;
  }
  std::vector<std::int32_t> out(codes.begin(), codes.end());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const Counts& c = counts[part[i]];
    if (codes[i] == kSoma || c.known == 0) continue;
    const bool axon = static_cast<double>(c.axon) >= axon_share * static_cast<double>(c.known);
    out[i] = refined(axon ? kAxon : kShaft, codes[i]);
  }
  return out;
}

double certainty(std::span<const double> probability) {
  if (probability.size() < 2) throw Error(Category::runtime, "certainty: fewer than two classes");
  double sum = 0, result = 1;
  for (const double p : probability) sum += p;
  for (const double p : probability)
    if (p > 0) result += p / sum * std::log(p / sum) / std::log(static_cast<double>(probability.size()));
  return result;
}

ClassVote vote_of_probabilities(std::span<const double> rows, std::uint32_t n_classes) {
  if (n_classes < 2 || rows.empty() || rows.size() % n_classes != 0)
    throw Error(Category::runtime, "class vote: no sample, or fewer than two classes");
  for (const double v : rows)
    if (!(v >= 0) || !std::isfinite(v)) throw Error(Category::runtime, "class vote: a value is no probability");
  ClassVote vote;
  vote.probability.assign(n_classes, 0);
  FirstMajority best;
  const std::size_t n = rows.size() / n_classes;
  for (std::size_t i = 0; i < n; ++i) {
    const std::span<const double> row = rows.subspan(i * n_classes, n_classes);
    for (std::size_t c = 0; c < n_classes; ++c) vote.probability[c] += row[c] / static_cast<double>(n);
    best.add(static_cast<std::int32_t>(largest(row)));
  }
  vote.best = largest(vote.probability);
  vote.majority = static_cast<std::uint32_t>(best.best());
  vote.certainty = certainty(vote.probability);
  return vote;
}

ClassVote vote_of_logits(std::span<const double> logits, std::uint32_t n_classes) {
  if (n_classes < 2 || logits.empty() || logits.size() % n_classes != 0)
    throw Error(Category::runtime, "class vote: no sample, or fewer than two classes");
  std::vector<double> rows;
  for (std::size_t i = 0; i < logits.size(); i += n_classes) {
    const std::vector<double> p = softmax(logits.subspan(i, n_classes));
    rows.insert(rows.end(), p.begin(), p.end());
  }
  return vote_of_probabilities(rows, n_classes);
}

}  // namespace syconn
