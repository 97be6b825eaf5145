// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_connectome.h"

#include <map>
#include <string>
#include <utility>

#include "syconn/core/error.h"
#include "syconn/io/connectome.h"
#include "syconn/io/sqlite_reader.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

struct Synapses {
  std::vector<PartnerPair> pairs;
  std::vector<double> area_um2;  ///< of each pair; 0 where unknown
  std::uint64_t undirected = 0;
  bool has_area = true, has_places = true;
};

Synapses read_connectome(const fs::path& run, double prob_min) {
  const Connectome connectome(run);
  Synapses out;
  const auto has = [&](const char* column) { return connectome.has_column("synapses", column); };
  out.has_area = has("area_um2"), out.has_places = has("x_nm") && has("y_nm") && has("z_nm");
  const std::string sql = std::string("SELECT pre_id, post_id, ") + (out.has_area ? "area_um2" : "0") +
                          (out.has_places ? ", x_nm, y_nm, z_nm" : ", 0, 0, 0") + " FROM synapses" +
                          (has("prob") ? " WHERE prob IS NULL OR prob >= " + std::to_string(prob_min) : "");
  for (SqliteQuery row(connectome.path(), sql); row.next();) {
    if (row.is_null(0) || row.is_null(1)) {
      ++out.undirected;
      continue;
    }
    const Vec3d at{row.number(3), row.number(4), row.number(5)};
    out.pairs.push_back({static_cast<Id>(row.integer(0)), static_cast<Id>(row.integer(1)), at, at});
    out.area_um2.push_back(row.is_null(2) ? 0 : row.number(2));
  }
  return out;
}

Synapses read_truth(const fs::path& truth) {
  const fs::path file = truth / "truth/synapses.csv";
  if (!fs::exists(file)) return read_connectome(truth, 0);
  CsvReader csv(file, {"pre_id", "post_id", "x_nm", "y_nm", "z_nm", "mesh_area_um2", "decoy", "dropped"});
  const auto pre = csv.column("pre_id"), post = csv.column("post_id"), x = csv.column("x_nm"), y = csv.column("y_nm"),
             z = csv.column("z_nm"), area = csv.column("mesh_area_um2"), decoy = csv.column("decoy"),
             dropped = csv.column("dropped");
  Synapses out;
  while (csv.next()) {
    if (csv.id(decoy) != 0 || csv.id(dropped) != 0) continue;
    const Vec3d at{csv.number(x), csv.number(y), csv.number(z)};
    out.pairs.push_back({csv.id(pre), csv.id(post), at, at});
    out.area_um2.push_back(csv.number(area));
  }
  return out;
}

/// Each pair of cells once; `weight` of each synapse, or 1.
std::vector<WeightedEdge> edges_of(const Synapses& synapses, bool by_area) {
  std::map<std::pair<Id, Id>, double> sums;
  for (std::size_t i = 0; i < synapses.pairs.size(); ++i)
    sums[{synapses.pairs[i].pre, synapses.pairs[i].post}] += by_area ? synapses.area_um2[i] : 1;
  std::vector<WeightedEdge> edges;
  for (const auto& [pair, weight] : sums) edges.push_back({pair.first, pair.second, weight});
  return edges;
}

ComparedSynapses compared(const Synapses& found, const Synapses& truth) {
  return {truth.pairs.size(), found.pairs.size(), found.undirected};
}

}  // namespace

PartnersScore evaluate_partners(const fs::path& run, const fs::path& truth, double prob_min, double max_nm) {
  const Synapses found = read_connectome(run, prob_min), known = read_truth(truth);
  if (!found.has_places || !known.has_places)
    throw Error(Category::input, "'" + (found.has_places ? truth : run).string() +
                                     "': its synapses have no columns x_nm, y_nm, z_nm to compare places by");
  return {compared(found, known), match_partners(found.pairs, known.pairs, max_nm)};
}

ConnectomeScore evaluate_connectome(const fs::path& run, const fs::path& truth, double prob_min,
                                    const std::vector<double>& min_synapses) {
  const Synapses found = read_connectome(run, prob_min), known = read_truth(truth);
  ConnectomeScore score;
  score.synapses = compared(found, known);
  const std::vector<WeightedEdge> found_n = edges_of(found, false), true_n = edges_of(known, false);
  for (const double n : min_synapses) score.connections.push_back(connection_score(found_n, true_n, n));
  score.by_count = weight_score(found_n, true_n);
  if (found.has_area && known.has_area) score.by_area = weight_score(edges_of(found, true), edges_of(known, true));
  score.degrees = degree_score(found_n, true_n);
  return score;
}

}  // namespace syconn
