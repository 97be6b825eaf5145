// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/query.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "syconn/algo/motifs.h"
#include "syconn/core/error.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

struct Link {
  std::int64_t pre, post, n;
};

struct Graph {
  AnswerAbout about;
  std::vector<Link> links;          ///< by (pre, post)
  std::vector<std::int64_t> cells;  ///< of any link, ascending

  Digraph::Vertex vertex(std::int64_t cell) const {
    return static_cast<Digraph::Vertex>(std::lower_bound(cells.begin(), cells.end(), cell) - cells.begin());
  }
  bool has(std::int64_t cell) const { return std::binary_search(cells.begin(), cells.end(), cell); }
  std::int64_t n(std::int64_t pre, std::int64_t post) const {
    const auto less = [](const Link& l, const std::pair<std::int64_t, std::int64_t>& k) {
      return std::pair(l.pre, l.post) < k;
    };
    const auto found = std::lower_bound(links.begin(), links.end(), std::pair(pre, post), less);
    return found != links.end() && found->pre == pre && found->post == post ? found->n : 0;
  }
  Digraph digraph() const {
    std::vector<std::pair<Digraph::Vertex, Digraph::Vertex>> edges;
    edges.reserve(links.size());
    for (const Link& l : links) edges.emplace_back(vertex(l.pre), vertex(l.post));
    return {static_cast<Digraph::Vertex>(cells.size()), std::move(edges)};
  }
};

Graph graph_of(const Connectome& connectome, const GraphQuestion& q, const std::string& question) {
  Graph g;
  const std::string base = "pre_id IS NOT NULL AND post_id IS NOT NULL";
  CountedFilter filter(connectome, "synapses", q.where);
  SqliteQuery rows(connectome.path(),
                   "SELECT pre_id, post_id, count(*) AS n FROM synapses WHERE " + filter.condition(base) +
                       " GROUP BY 1, 2 HAVING n >= " + std::to_string(q.min_synapses) + " ORDER BY 1, 2",
                   filter.passes());
  while (rows.next()) g.links.push_back({rows.integer(0), rows.integer(1), rows.integer(2)});
  g.about = filter.about(question);
  for (const Link& l : g.links) g.cells.push_back(l.pre), g.cells.push_back(l.post);
  std::sort(g.cells.begin(), g.cells.end());
  g.cells.erase(std::unique(g.cells.begin(), g.cells.end()), g.cells.end());
  g.about.notes.push_back(std::to_string(g.links.size()) + " connections of at least " +
                          std::to_string(q.min_synapses) + " synapses among " + std::to_string(g.cells.size()) +
                          " cells");
  return g;
}

}  // namespace

void ask_paths(const Connectome& connectome, const PathsQuestion& q, AnswerSink& answer) {
  Graph g = graph_of(connectome, q, "paths from " + std::to_string(q.from) + " to " + std::to_string(q.to));
  for (const std::int64_t cell : {q.from, q.to})
    if (!g.has(cell) &&
        !SqliteQuery(connectome.path(), "SELECT 1 FROM cells WHERE id = " + std::to_string(cell)).next())
      throw Error(Category::usage, "'" + connectome.path().string() + "' has no cell " + std::to_string(cell));
  struct Ranked {
    std::int64_t weakest;
    std::vector<std::int64_t> cells;
  };
  std::vector<Ranked> ranked;
  // Of many equally short chains the strongest are wanted, but not all of them held.
  constexpr std::size_t kLooked = 100'000;
  if (g.has(q.from) && g.has(q.to)) {
    const auto chains = shortest_chains(g.digraph(), g.vertex(q.from), g.vertex(q.to), q.max_links, kLooked);
    if (chains.size() == kLooked) g.about.notes.push_back("only the first 100000 chains were ranked");
    for (const auto& chain : chains) {
      Ranked r{INT64_MAX, {}};
      for (const Digraph::Vertex v : chain) r.cells.push_back(g.cells[v]);
      for (std::size_t i = 0; i + 1 < r.cells.size(); ++i)
        r.weakest = std::min(r.weakest, g.n(r.cells[i], r.cells[i + 1]));
      ranked.push_back(std::move(r));
    }
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return std::tie(b.weakest, a.cells) < std::tie(a.weakest, b.cells);
  });
  g.about.notes.push_back(std::to_string(ranked.size()) + " shortest chains");
  answer.begin({{"chain", SqlType::integer, "", "from 1"},
                {"step", SqlType::integer, "", "from 1"},
                {"pre", SqlType::integer, "", "cell"},
                {"post", SqlType::integer, "", "cell"},
                {"n", SqlType::integer, "", "synapses"}},
               g.about);
  for (std::size_t c = 0; c < ranked.size() && static_cast<std::int64_t>(c) < q.most; ++c)
    for (std::size_t i = 0; i + 1 < ranked[c].cells.size(); ++i) {
      const std::int64_t a = ranked[c].cells[i], b = ranked[c].cells[i + 1];
      answer.row({static_cast<std::int64_t>(c + 1), static_cast<std::int64_t>(i + 1), a, b, g.n(a, b)});
    }
  answer.end();
}

void ask_reciprocal(const Connectome& connectome, const GraphQuestion& q, AnswerSink& answer) {
  const Graph g = graph_of(connectome, q, "reciprocal pairs");
  std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>> pairs;  // -sum, a, b, n of a → b
  for (const Link& l : g.links)
    if (l.pre < l.post)
      if (const std::int64_t back = g.n(l.post, l.pre); back > 0) pairs.emplace_back(-(l.n + back), l.pre, l.post, l.n);
  std::sort(pairs.begin(), pairs.end());
  answer.begin({{"cell_a", SqlType::integer, "", "cell"},
                {"cell_b", SqlType::integer, "", "cell"},
                {"n_ab", SqlType::integer, "", "synapses from a to b"},
                {"n_ba", SqlType::integer, "", "synapses from b to a"}},
               g.about);
  for (const auto& [sum, a, b, n] : pairs) answer.row({a, b, n, -sum - n});
  answer.end();
}

void ask_motifs(const Connectome& connectome, const MotifsQuestion& q, AnswerSink& answer) {
  Graph g = graph_of(connectome, q, "motifs");
  g.about.notes.push_back(std::to_string(q.n_null) + " random graphs of the same degrees, seed " +
                          std::to_string(q.seed) + "; connections of a cell with itself left out");
  const std::vector<MotifScore> scores = motif_scores(g.digraph(), q.n_null, q.seed, q.threads);
  answer.begin({{"motif", SqlType::text, "", "reciprocal: pairs connected both ways; triads by Holland and Leinhardt"},
                {"count", SqlType::real, "", "in the connectome"},
                {"null_mean", SqlType::real, "", "mean over the random graphs"},
                {"null_sd", SqlType::real, "", "their standard deviation"},
                {"z", SqlType::real, "", "(count - mean) / sd"},
                {"p", SqlType::real, "", "two-sided, by rank among the random graphs"}},
               g.about);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const MotifScore& s = scores[i];
    answer.row({std::string(i == 0 ? "reciprocal" : kTriadNames[i - 1]), s.count, s.null_mean, s.null_sd,
                std::isfinite(s.z) ? QueryValue(s.z) : QueryValue(), s.p});
  }
  answer.end();
}

}  // namespace syconn
