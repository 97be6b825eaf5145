// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "syconn/core/compartments.h"
#include "syconn/core/error.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

void require_cell(const Connectome& connectome, std::int64_t cell) {
  SqliteQuery row(connectome.path(), "SELECT 1 FROM cells WHERE id = " + std::to_string(cell));
  if (!row.next())
    throw Error(Category::usage, "'" + connectome.path().string() + "' has no cell " + std::to_string(cell));
}

/// Synapses of the cell, and which column is the partner then.
struct Part {
  std::string where, partner;
};
/// One way to be a partner.
struct Side {
  const char* name;
  std::vector<Part> parts;
};

std::vector<Side> sides_of(const Connectome& connectome, const std::string& direction, std::int64_t cell) {
  const std::string id = std::to_string(cell), none = std::string(" AND pre_id IS NULL AND ") + kNoDirection;
  std::vector<Side> sides;
  if (direction == "out" || direction == "all") sides.push_back({"out", {{"pre_id = " + id, "post_id"}}});
  if (direction == "in" || direction == "all") sides.push_back({"in", {{"post_id = " + id, "pre_id"}}});
  if ((direction == "undirected" || direction == "all") && connectome.has_column("synapses", "cell_a"))
    sides.push_back(
        {"undirected",
         {{"cell_a = " + id + none, "cell_b"}, {"cell_b = " + id + " AND cell_a <> " + id + none, "cell_a"}}});
  if (sides.empty()) throw Error(Category::usage, "direction '" + direction + "': give out, in, undirected or all");
  return sides;
}

/// What a cell's synapses with one partner sum up to. Unknown values are in no sum; an unknown probability counts as 1
/// for the expected number.
struct PartnerSum {
  std::optional<std::int64_t> partner;
  std::int64_t n = 0, n_area = 0, n_prob = 0;
  double area = 0, prob = 0, expected = 0, variance = 0;
  std::array<std::int64_t, 4> on{};  ///< spine, shaft, soma, axon

  void add(double area_um2, double p, std::int64_t compartment) {
    ++n;
    if (!std::isnan(area_um2)) area += area_um2, ++n_area;
    if (std::isnan(p))
      expected += 1;
    else
      prob += p, expected += p, variance += p * (1 - p), ++n_prob;
    if (compartment < 0 || compartment > 255) return;
    const auto code = static_cast<std::uint8_t>(compartment);
    on[0] += is_spine(code), on[1] += is_dendrite(code) && !is_spine(code), on[2] += is_soma(code),
        on[3] += is_axon(code);
  }
};

/// Most synapses first, then area (unknown ones last), then id.
bool comes_before(const PartnerSum& a, const PartnerSum& b) {
  if (a.n != b.n) return a.n > b.n;
  if ((a.n_area > 0) != (b.n_area > 0)) return a.n_area > 0;
  if (a.area != b.area) return a.area > b.area;
  return a.partner < b.partner;
}

/// The synapses of one side, a partner a sum.
std::vector<PartnerSum> partner_sums(const Connectome& connectome, const Side& side, CountedFilter& filter) {
  const auto column = [&](const char* name) { return connectome.has_column("synapses", name) ? name : "NULL"; };
  std::vector<PartnerSum> sums;
  std::unordered_map<std::int64_t, std::size_t> place;
  std::optional<std::size_t> unknown;
  for (const Part& part : side.parts) {
    SqliteQuery rows(connectome.path(),
                     "SELECT " + part.partner + ", " + column("area_um2") + ", " + column("prob") + ", " +
                         column("post_comp") + " FROM synapses WHERE " + filter.condition(part.where),
                     filter.passes());
    std::size_t at = 0;
    while (rows.next()) {
      std::optional<std::int64_t> partner;
      if (!rows.is_null(0)) partner = rows.integer(0);
      if (sums.empty() || sums[at].partner != partner) {  // an index keeps the synapses of a partner together
        at = partner ? place.try_emplace(*partner, sums.size()).first->second : unknown.value_or(sums.size());
        if (!partner) unknown = at;
        if (at == sums.size()) sums.push_back({partner});
      }
      sums[at].add(rows.number(1), rows.number(2), rows.is_null(3) ? -1 : rows.integer(3));
    }
  }
  return sums;
}

/// Types by cell, of as many cells as asked for.
std::unordered_map<std::int64_t, QueryValue> types_of(const Connectome& connectome,
                                                      const std::vector<PartnerSum>& sums) {
  constexpr std::size_t kAtOnce = 4096;  // ids in one statement
  std::unordered_map<std::int64_t, QueryValue> types;
  if (!connectome.has_column("cells", "type")) return types;
  std::vector<std::int64_t> ids;
  for (const PartnerSum& s : sums)
    if (s.partner) ids.push_back(*s.partner);
  std::sort(ids.begin(), ids.end());
  for (std::size_t begin = 0; begin < ids.size(); begin += kAtOnce) {
    std::string list;
    for (std::size_t i = begin; i < std::min(ids.size(), begin + kAtOnce); ++i)
      list += (list.empty() ? "" : ",") + std::to_string(ids[i]);
    SqliteQuery rows(connectome.path(), "SELECT id, type FROM cells WHERE id IN (" + list + ")");
    while (rows.next()) types.emplace(rows.integer(0), value_of(rows, 1));
  }
  return types;
}

std::vector<QueryColumn> partner_head(const Connectome& connectome) {
  return {{"direction", SqlType::text, "", "out: the cell gives"},
          {"partner", SqlType::integer, "", "cell; null: not in the dataset"},
          {"type", SqlType::integer, "", "type of the partner", connectome.cell_types()},
          {"n", SqlType::integer, "", "synapses"},
          {"area_sum_um2", SqlType::real, "um2", "sum of their areas"},
          {"area_mean_um2", SqlType::real, "um2", "mean of their areas"},
          {"prob_mean", SqlType::real, "", "mean probability"},
          {"n_expected", SqlType::real, "", "sum of the probabilities"},
          {"n_sd", SqlType::real, "", "standard deviation of the count by the probabilities"},
          {"n_on_spine", SqlType::integer, "", "on spine heads and necks of the postsynaptic cell"},
          {"n_on_shaft", SqlType::integer, "", "on shafts"},
          {"n_on_soma", SqlType::integer, "", "on the soma"},
          {"n_on_axon", SqlType::integer, "", "on axons"}};
}

/// The rows of one side.
void put_partners(const Connectome& connectome, const Side& side, const std::vector<PartnerSum>& sums,
                  AnswerSink& answer) {
  const bool has_prob = connectome.has_column("synapses", "prob");
  const bool met = connectome.has_column("synapses", "post_comp") && std::string_view(side.name) != "undirected";
  const auto types = types_of(connectome, sums);
  const auto known = [](bool exists, auto value) { return exists ? QueryValue(value) : QueryValue(); };
  std::vector<QueryValue> row(13);
  row[0] = std::string(side.name);
  for (const PartnerSum& s : sums) {
    const auto type = s.partner ? types.find(*s.partner) : types.end();
    row[1] = s.partner ? QueryValue(*s.partner) : QueryValue();
    row[2] = type == types.end() ? QueryValue() : type->second;
    row[3] = s.n;
    row[4] = known(s.n_area > 0, s.area), row[5] = known(s.n_area > 0, s.area / static_cast<double>(s.n_area));
    row[6] = known(s.n_prob > 0, s.prob / static_cast<double>(s.n_prob));
    row[7] = known(has_prob, s.expected), row[8] = known(has_prob, std::sqrt(s.variance));
    for (std::size_t k = 0; k < s.on.size(); ++k) row[9 + k] = known(met, s.on[k]);
    answer.row(row);
  }
}

}  // namespace

void ask_partners(const Connectome& connectome, const PartnersQuestion& q, AnswerSink& answer) {
  require_cell(connectome, q.cell);
  const std::vector<Side> sides = sides_of(connectome, q.direction, q.cell);
  CountedFilter filter(connectome, "synapses", q.where);
  std::vector<std::vector<PartnerSum>> sums;
  for (const Side& side : sides) {
    sums.push_back(partner_sums(connectome, side, filter));
    std::erase_if(sums.back(), [&](const PartnerSum& s) { return s.n < q.min_synapses; });
    std::sort(sums.back().begin(), sums.back().end(), comes_before);
  }
  AnswerAbout about = filter.about("partners of cell " + std::to_string(q.cell) + " (" + q.direction + ")");
  if (q.direction == "all") {  // a synapse of the cell with itself was seen on both sides
    const std::string id = std::to_string(q.cell), itself = "pre_id = " + id + " AND post_id = " + id;
    const AnswerAbout twice = count_clauses(connectome, "synapses", itself, q.where, "");
    about.rows -= twice.rows;
    for (std::size_t k = 0; k < about.clauses.size(); ++k) about.clauses[k].removed -= twice.clauses[k].removed;
  }
  answer.begin(partner_head(connectome), about);
  for (std::size_t i = 0; i < sides.size(); ++i) put_partners(connectome, sides[i], sums[i], answer);
  answer.end();
}

void ask_common(const Connectome& connectome, const CommonQuestion& q, AnswerSink& answer) {
  if (q.direction != "out" && q.direction != "in")
    throw Error(Category::usage, "direction '" + q.direction + "': give out or in");
  const std::set<std::int64_t> cells(q.cells.begin(), q.cells.end());
  if (cells.size() < 2) throw Error(Category::usage, "common partners: give two different cells or more");
  for (const std::int64_t cell : cells) require_cell(connectome, cell);
  const std::string self = q.direction == "out" ? "pre_id" : "post_id",
                    partner = q.direction == "out" ? "post_id" : "pre_id";
  std::string list;
  for (const std::int64_t cell : cells) list += (list.empty() ? "" : ",") + std::to_string(cell);
  CountedFilter filter(connectome, "synapses", q.where);
  const std::string pairs = "SELECT " + partner + " AS partner, " + self + " AS cell, count(*) AS n, " + partner +
                            " IS NOT NULL AS known FROM synapses WHERE " +
                            filter.condition(self + " IN (" + list + ")") +
                            " GROUP BY 1, 2 HAVING known AND n >= " + std::to_string(q.min_synapses);
  const std::string common =
      "SELECT partner, sum(n) AS total FROM pairs GROUP BY partner HAVING count(*) = " + std::to_string(cells.size());
  SqliteQuery rows(connectome.path(),
                   "WITH pairs AS MATERIALIZED (" + pairs + "), common AS (" + common + ") SELECT p.partner, " +
                       (connectome.has_column("cells", "type") ? "t.type" : "NULL") +
                       ", p.cell, p.n FROM pairs p JOIN common c ON c.partner = p.partner "
                       "LEFT JOIN cells t ON t.id = p.partner ORDER BY c.total DESC, p.partner, p.cell",
                   filter.passes());
  std::vector<std::array<QueryValue, 4>> held;  // the filter's counts, known at the end, come first
  while (rows.next()) held.push_back({value_of(rows, 0), value_of(rows, 1), value_of(rows, 2), value_of(rows, 3)});
  answer.begin({{"partner", SqlType::integer, "", "cell"},
                {"type", SqlType::integer, "", "its type", connectome.cell_types()},
                {"cell", SqlType::integer, "", "one of the cells asked for"},
                {"n", SqlType::integer, "", "synapses between them"}},
               filter.about("common partners (" + q.direction + ") of " + list));
  for (const auto& row : held) answer.row({row.begin(), row.end()});
  answer.end();
}

}  // namespace syconn
