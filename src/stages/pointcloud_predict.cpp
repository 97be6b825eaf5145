// SPDX-License-Identifier: GPL-3.0-or-later
// predict, publish_cells: compartments of the cells' vertices and nodes, and of their sides of synapses.
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>

#include "pointcloud_labels.h"
#include "pointcloud_models.h"
#include "shards.h"
#include "syconn/core/compartments.h"
#include "syconn/io/shard_builder.h"

namespace syconn {
namespace {

DatasetSchema cell_schema(const JobContext& ctx) {
  DatasetSchema s;
  s.type = "ssv", s.voxel_size_nm = ctx.geometry().voxel_size_nm, s.provenance_json = ctx.provenance_json();
  s.columns = {{"axon_um", DType::f32, 1, "um", "path of nodes labelled axon or bouton, without bridges"},
               {"dend_um", DType::f32, 1, "um", "path of nodes labelled shaft, spine head or spine neck"},
               {"soma_um", DType::f32, 1, "um", "path of nodes labelled soma"},
               {"astrocyte_score", DType::f32, 1, "",
                "mean probability of astrocyte over the vertices that were seen; NaN: not asked, or none"}};
  s.fields = {{"vertex_comp",
               {{"values", DType::u8, 1, "offset", true, "", "compartment of each mesh vertex", kCompartmentEnum}}},
              {"node_comp",
               {{"values", DType::u8, 1, "offset", true, "", "compartment of each skeleton node, voted and smoothed",
                 kCompartmentEnum}}}};
  return s;
}

/// A cell as one network sees it, and its contexts.
struct CellView {
  CellView(const CellParts& cell, const PointModelCard& card)
      : cloud(cell_cloud(cell, card)), samples(cell, cloud, card) {}
  CellCloud cloud;
  CellSamples samples;
};

SkeletonShape shape_of(const CellParts& cell) { return {cell.nodes_nm, cell.node_radius_nm, cell.edges}; }

/// What the networks of a job say of one cell after the other.
class CellCompartments {
 public:
  CellCompartments(const JobContext& ctx, const PointcloudConfig& c)
      : config_(c),
        threads_(ctx.threads()),
        pair_(!c.coarse.empty()),
        first_(*coded_net(ctx, c, pair_ ? "pointcloud.coarse" : "pointcloud.ads")),
        axon_(coded_net(ctx, c, "pointcloud.abt")),
        dendrite_(coded_net(ctx, c, pair_ ? "pointcloud.fine" : "pointcloud.dnh")),
        astrocyte_(coded_net(ctx, c, "pointcloud.astrocyte")) {}

  /// Codes of all vertices of the cell's mesh.
  std::vector<std::int32_t> vertices(const CellParts& cell) const {
    const auto& nm = cell.surface_nm;
    std::vector<std::int32_t> codes = filled_labels(nm, labels(cell, first_, {}), kUnknownCompartment, threads_);
    if (pair_) mark_soma(nm, shape_of(cell), config_.soma_radius_um * 1000, codes, threads_);
    refine(cell, axon_, kAxon, codes);
    refine(cell, dendrite_, kShaft, codes);
    return codes;
  }

  /// Mean over the vertices seen of the mean over their contexts; NaN without a network or a vertex.
  double astrocyte_score(const CellParts& cell) const {
    if (!astrocyte_) return std::numeric_limits<double>::quiet_NaN();
    CellView view(cell, astrocyte_->net->card());
    const std::size_t one = astrocyte_->codes[1] == 1 ? 1 : 0;
    std::vector<double> sum(view.cloud.points_nm.size(), 0);
    std::vector<std::uint32_t> times(sum.size(), 0);
    each_context(view, *astrocyte_->net, {}, [&](const PointSample& s, const std::vector<float>& out) {
      for (std::size_t i = 0; i < s.points.size(); ++i) {
        if (view.cloud.vertex[s.points[i]] == kNoVertex) continue;
        const auto other = static_cast<double>(out[2 * i + 1 - one]), own = static_cast<double>(out[2 * i + one]);
        sum[s.points[i]] += 1 / (1 + std::exp(other - own));
        ++times[s.points[i]];
      }
    });
    double all = 0, n = 0;
    for (std::size_t i = 0; i < sum.size(); ++i)
      if (times[i] > 0) all += sum[i] / times[i], n += 1;
    return all / n;
  }

 private:
  using Take = std::function<void(const PointSample&, const std::vector<float>&)>;

  void each_context(CellView& view, PointNet& net, const WantedContext& wanted, const Take& take) const {
    std::vector<std::uint32_t> pivots;
    for (std::int64_t k = 0; k < config_.redundancy; ++k)
      pivots.insert(pivots.end(), view.samples.pivots().begin(), view.samples.pivots().end());
    predict_contexts(
        net, view.samples, pivots, config_.seed, threads_,
        [&](std::size_t, const PointSample& s, const std::vector<float>& out) { take(s, out); }, wanted);
  }

  /// Majority of the contexts at the vertices they drew, kNotLabelled elsewhere. `whole`: codes of the vertices; only
  /// contexts that drew one of those count, if not empty.
  std::vector<std::int32_t> labels(const CellParts& cell, const CodedNet& net,
                                   const std::function<bool(std::uint32_t)>& counts) const {
    CellView view(cell, net.net->card());
    const std::size_t n = net.codes.size();
    VertexVotes votes(view.cloud.points_nm.size(), static_cast<std::uint32_t>(n));
    const auto vertex = [&](std::uint32_t point) { return view.cloud.vertex[point]; };
    const auto is_wanted = [&](std::uint32_t point) { return vertex(point) != kNoVertex && counts(vertex(point)); };
    WantedContext wanted;
    if (counts)
      wanted = [&](const std::vector<std::uint32_t>& points) {
        return std::any_of(points.begin(), points.end(), is_wanted);
      };
    each_context(view, *net.net, wanted, [&](const PointSample& s, const std::vector<float>& out) {
      for (std::size_t i = 0; i < s.points.size(); ++i) {
        if (vertex(s.points[i]) == kNoVertex) continue;
        const auto row = out.begin() + static_cast<std::ptrdiff_t>(i * n);
        votes.add(s.points[i],
                  static_cast<std::uint32_t>(std::max_element(row, row + static_cast<std::ptrdiff_t>(n)) - row));
      }
    });
    const std::vector<std::int32_t> best = votes.majority();
    std::vector<std::int32_t> of_vertex(cell.surface_nm.size(), kNotLabelled);
    for (std::uint32_t i = 0; i < best.size(); ++i)
      if (best[i] >= 0) of_vertex[vertex(i)] = net.codes[static_cast<std::size_t>(best[i])];
    return of_vertex;
  }

  /// Contexts without a vertex of `whole` cannot change anything and are not predicted.
  void refine(const CellParts& cell, const std::optional<CodedNet>& net, std::int32_t whole,
              std::vector<std::int32_t>& codes) const {
    if (!net || std::find(codes.begin(), codes.end(), whole) == codes.end()) return;
    refine_labels(cell.surface_nm, labels(cell, *net, [&](std::uint32_t v) { return codes[v] == whole; }), whole, codes,
                  threads_);
  }

  const PointcloudConfig& config_;
  int threads_;
  bool pair_;
  CodedNet first_;
  std::optional<CodedNet> axon_, dendrite_, astrocyte_;
};

/// Paths of a cell by its nodes' codes.
class CellPaths {
 public:
  explicit CellPaths(const SegmentationDataset& cells) : parent_(cells.ragged<std::int32_t>("skeleton", "parent")) {
    if (cells.has_part("skeleton", "bridge_nm")) bridge_.emplace(cells.ragged<float>("skeleton", "bridge_nm"));
  }
  CompartmentPaths operator()(const CellParts& cell, Row row, const std::vector<std::int32_t>& codes) const {
    return compartment_paths(cell.nodes_nm, cell.edges, parent_(row), bridge_ ? (*bridge_)(row) : std::vector<float>(),
                             codes);
  }

 private:
  Ragged<std::int32_t> parent_;
  std::optional<Ragged<float>> bridge_;
};

/// Synapses of one shard of the cells, by cell.
class PlacesByCell {
 public:
  PlacesByCell(const JobContext& ctx, std::uint32_t shard)
      : places_(gathered<SynapsePlace>(ctx, "places", "places", shard)) {
    std::sort(places_.begin(), places_.end(), [](const SynapsePlace& a, const SynapsePlace& b) {
      return std::tie(a.cell, a.synapse, a.side) < std::tie(b.cell, b.synapse, b.side);
    });
  }
  std::span<const SynapsePlace> of(Id cell) const {
    const auto before = [](const SynapsePlace& p, Id id) { return p.cell < id; };
    const auto first = std::lower_bound(places_.begin(), places_.end(), cell, before);
    auto last = first;
    while (last != places_.end() && last->cell == cell) ++last;
    return {first, last};
  }

 private:
  std::vector<SynapsePlace> places_;
};

/// Codes of a cell's sides of synapses: majority of the nearest vertices, or the nearest node's without a surface.
std::vector<std::int32_t> side_codes(std::span<const SynapsePlace> places, const CellParts& cell,
                                     const std::vector<std::int32_t>& vertex_codes,
                                     const std::vector<std::int32_t>& node_codes, std::uint32_t neighbours) {
  std::vector<Vec3f> at;
  for (const SynapsePlace& p : places) at.push_back(p.nm());
  const bool by_surface = !cell.surface_nm.empty();
  return knn_majority(by_surface ? cell.surface_nm : cell.nodes_nm, by_surface ? vertex_codes : node_codes, at,
                      by_surface ? neighbours : 1, kUnknownCompartment);
}

std::vector<std::uint8_t> bytes_of(const std::vector<std::int32_t>& codes) { return {codes.begin(), codes.end()}; }

/// Predicts the cells of a job, shard after shard.
class CellShards {
 public:
  CellShards(JobContext& ctx, const PointcloudConfig& c)
      : ctx_(ctx),
        config_(c),
        shared_(shared_cell_reader(ctx.in_run(""), stages_from(kPointcloudStage))),
        reader_(*shared_),
        paths_(reader_.cells()),
        compartments_(ctx, c),
        synapse_shards_(synapse_shards_of(ctx)),
        sides_(ctx.work_output("sides"), synapse_shards_),
        heads_(ctx.work_output("heads"), reader_.cells().n_shards()) {}

  void run() {
    for_own_shards(ctx_, reader_.cells().n_shards(), [&](std::uint32_t shard) { add(shard); });
    sides_.close(), heads_.close();
    for (const std::string& type : reader_.missing())
      ctx_.note("no datasets/" + type + ".h5: cells are shown without it");
    if (n_unknown_ > 0) ctx_.note(std::to_string(n_unknown_) + " cells without contexts have no compartments");
  }

 private:
  void add(std::uint32_t shard) {
    const fs::path path = ctx_.output("datasets/" + shard_file_name("ssv", kPointcloudStage, ctx_.hash8(), shard));
    ShardBuilder builder(cell_schema(ctx_),
                         {shard, reader_.cells().n_shards(), std::uint64_t{256} << 20, path.parent_path(), 1});
    const PlacesByCell places(ctx_, shard);
    reader_.cells().for_each(shard, [&](Id id, Row row) { add_cell(builder, places.of(id), id, row); });
    builder.write(path);
  }

  void add_cell(ShardBuilder& builder, std::span<const SynapsePlace> places, Id id, Row row) {
    const CellParts cell = reader_.read(id, row);
    const std::vector<std::int32_t> vertices = compartments_.vertices(cell);
    const std::vector<std::int32_t> nodes =
        node_codes(cell.surface_nm, vertices, cell.nodes_nm, cell.edges,
                   {static_cast<std::uint32_t>(config_.vote_neighbours), config_.smooth_um * 1000, config_.axon_share,
                    config_.soma_um * 1000},
                   cell.node_radius_nm);
    n_unknown_ += vertices.empty() || vertices[0] == kUnknownCompartment;
    const CompartmentPaths paths = paths_(cell, row, nodes);
    builder.begin(id);
    builder.set("axon_um", static_cast<float>(paths.axon_um));
    builder.set("dend_um", static_cast<float>(paths.dend_um));
    builder.set("soma_um", static_cast<float>(paths.soma_um));
    builder.set("astrocyte_score", static_cast<float>(compartments_.astrocyte_score(cell)));
    builder.append<std::uint8_t>("vertex_comp", "values", bytes_of(vertices));
    builder.append<std::uint8_t>("node_comp", "values", bytes_of(nodes));
    builder.end();
    const std::vector<std::int32_t> sides =
        side_codes(places, cell, vertices, nodes, static_cast<std::uint32_t>(config_.syn_neighbours));
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Id synapse = places[i].synapse;
      sides_.append(shard_of(synapse, synapse_shards_),
                    {synapse, places[i].side, static_cast<std::uint32_t>(sides[i])});
      if (sides[i] == kSpineHead) heads_.append(shard_of(id, reader_.cells().n_shards()), places[i]);
    }
  }

  JobContext& ctx_;
  const PointcloudConfig& config_;
  std::shared_ptr<const CellReader> shared_;
  const CellReader& reader_;
  CellPaths paths_;
  CellCompartments compartments_;
  std::uint32_t synapse_shards_;
  RecordWriter<SynapseSide> sides_;
  RecordWriter<SynapsePlace> heads_;
  std::uint64_t n_unknown_ = 0;
};

}  // namespace

void pointcloud_predict(JobContext& ctx, const PointcloudConfig& c) { CellShards(ctx, c).run(); }

void pointcloud_publish_cells(JobContext& ctx, const PointcloudConfig&) {
  const TopFile top = read_top_file(pointcloud_input(ctx, "ssv"));
  publish_columns(
      ctx, "ssv",
      shard_set("ssv", kPointcloudStage, ctx.hash8(), static_cast<std::uint32_t>(top.sets.at(0).files.size())));
}

}  // namespace syconn
