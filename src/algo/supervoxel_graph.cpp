// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/supervoxel_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/pending/disjoint_sets.hpp>
#include <set>
#include <utility>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::uint32_t kUnknown = UINT32_MAX;
constexpr std::size_t kListed = 20;  // unknown ids and path nodes in a message

using IndexPair = std::pair<std::uint32_t, std::uint32_t>;
using Sets = boost::disjoint_sets<std::uint32_t*, std::uint32_t*>;

/// Edges of a list as places of supervoxels; collects the ids it does not know.
class IndexedEdges {
 public:
  IndexedEdges(std::span<const Id> sv_ids, const EdgeList& list, bool skip_unknown)
      : sv_ids_(sv_ids), list_(list), skip_unknown_(skip_unknown) {}

  template <class F>
  void for_each(F&& fn) {
    if (!list_.stream) return;
    list_.stream([&](const SupervoxelEdge& edge) {
      const std::uint32_t a = place(edge.a), b = place(edge.b);
      if (a != kUnknown && b != kUnknown) fn(std::min(a, b), std::max(a, b));
    });
    if (n_unknown_ > 0 && !skip_unknown_) fail();
  }

 private:
  std::uint32_t place(Id id) {
    const auto found = std::lower_bound(sv_ids_.begin(), sv_ids_.end(), id);
    if (found != sv_ids_.end() && *found == id) return static_cast<std::uint32_t>(found - sv_ids_.begin());
    ++n_unknown_;
    if (unknown_.size() < kListed) unknown_.insert(id);
    return kUnknown;
  }
  [[noreturn]] void fail() const {
    std::string text = list_.name + ": ids that are no supervoxels of the dataset:";
    for (const Id id : unknown_) text += ' ' + std::to_string(id);
    if (n_unknown_ > unknown_.size()) text += " … (" + std::to_string(n_unknown_) + " mentions in all)";
    throw Error(Category::input, text + "; take these lines out, or name the graph that belongs to this segmentation");
  }

  std::span<const Id> sv_ids_;
  const EdgeList& list_;
  bool skip_unknown_;
  std::set<Id> unknown_;
  std::size_t n_unknown_ = 0;
};

class Assembly {
 public:
  Assembly(std::span<const Id> sv_ids, const SupervoxelGraph& graph)
      : sv_ids_(sv_ids),
        graph_(graph),
        rank_(sv_ids.size()),
        parent_(sv_ids.size()),
        sets_(rank_.data(), parent_.data()) {
    for (std::uint32_t i = 0; i < sv_ids_.size(); ++i) sets_.make_set(i);
  }

  std::vector<std::uint32_t> run() {
    IndexedEdges(sv_ids_, graph_.splits, graph_.skip_unknown).for_each([&](std::uint32_t a, std::uint32_t b) {
      splits_.emplace_back(a, b);
    });
    std::sort(splits_.begin(), splits_.end());
    splits_.erase(std::unique(splits_.begin(), splits_.end()), splits_.end());
    for_each_kept_edge([&](std::uint32_t a, std::uint32_t b) { sets_.union_set(a, b); });
    for (const IndexPair& split : splits_)
      if (split.first != split.second && sets_.find_set(split.first) == sets_.find_set(split.second))
        fail_connected(split);
    return smallest_members();
  }

 private:
  template <class F>
  void for_each_kept_edge(F&& fn) {
    for (const EdgeList* list : {&graph_.graph, &graph_.merges})
      IndexedEdges(sv_ids_, *list, graph_.skip_unknown).for_each([&](std::uint32_t a, std::uint32_t b) {
        if (!std::binary_search(splits_.begin(), splits_.end(), IndexPair(a, b))) fn(a, b);
      });
  }

  /// The supervoxels ascend by id, so the first one met of a set is its smallest.
  std::vector<std::uint32_t> smallest_members() {
    std::fill(rank_.begin(), rank_.end(), kUnknown);  // not needed by find_set; now: set -> smallest member
    std::vector<std::uint32_t> smallest(sv_ids_.size());
    for (std::uint32_t i = 0; i < smallest.size(); ++i) {
      std::uint32_t& of_set = rank_[sets_.find_set(i)];
      of_set = std::min(of_set, i);
      smallest[i] = of_set;
    }
    return smallest;
  }

  /// Edges of the component of `member`, in a fixed order.
  std::vector<IndexPair> component_edges(std::uint32_t member) {
    const std::uint32_t root = sets_.find_set(member);
    std::vector<IndexPair> edges;
    for_each_kept_edge([&](std::uint32_t a, std::uint32_t b) {
      if (sets_.find_set(a) == root) edges.emplace_back(a, b);
    });
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
  }

  std::vector<std::uint32_t> path(const IndexPair& ends) {
    const std::vector<IndexPair> edges = component_edges(ends.first);
    std::vector<std::uint32_t> members;
    for (const auto& [a, b] : edges) members.push_back(a), members.push_back(b);
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
    const auto local = [&](std::uint32_t i) {
      return static_cast<std::size_t>(std::lower_bound(members.begin(), members.end(), i) - members.begin());
    };
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> net(members.size());
    for (const auto& [a, b] : edges) boost::add_edge(local(a), local(b), net);
    std::vector<std::size_t> before(members.size());
    for (std::size_t i = 0; i < before.size(); ++i) before[i] = i;
    boost::breadth_first_search(
        net, local(ends.second),
        boost::visitor(boost::make_bfs_visitor(boost::record_predecessors(before.data(), boost::on_tree_edge()))));
    std::vector<std::uint32_t> nodes{ends.first};
    for (std::size_t at = local(ends.first); before[at] != at; at = before[at]) nodes.push_back(members[before[at]]);
    return nodes;
  }

  [[noreturn]] void fail_connected(const IndexPair& split) {
    const std::vector<std::uint32_t> nodes = path(split);
    std::string text = graph_.splits.name + ": supervoxels " + std::to_string(sv_ids_[split.first]) + " and " +
                       std::to_string(sv_ids_[split.second]) + " are still connected, by ";
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (i == kListed) {
        text += " - … (" + std::to_string(nodes.size()) + " supervoxels)";
        break;
      }
      text += (i > 0 ? " - " : "") + std::to_string(sv_ids_[nodes[i]]);
    }
    throw Error(Category::input, text + "; add one of these edges to the split list too");
  }

  std::span<const Id> sv_ids_;
  const SupervoxelGraph& graph_;
  std::vector<std::uint32_t> rank_, parent_;
  Sets sets_;
  std::vector<IndexPair> splits_;
};

}  // namespace

std::vector<std::uint32_t> assemble_cells(std::span<const Id> sv_ids, const SupervoxelGraph& graph) {
  if (sv_ids.size() >= kUnknown) throw Error(Category::input, "more than 2^32 - 2 supervoxels");
  return Assembly(sv_ids, graph).run();
}

}  // namespace syconn
