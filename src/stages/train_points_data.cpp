// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_points_data.h"

#include <algorithm>
#include <iomanip>
#include <optional>
#include <sstream>

#include "prediction_tables.h"
#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/core/sha256.h"

namespace syconn {
namespace {

constexpr std::uint8_t kIgnored = 255;
constexpr const char* kAstrocyte = "astrocyte";
constexpr std::size_t kMostPlaces = 100'000;  // of a class, so that a large set does not fill the memory
// Cloud 17, label 1, the node of a point and the points of a node 8, a place to draw 8; a node with its edge in the
// cell 25, in the contexts 76, in the points of nodes 8, and some of them pivots.
constexpr std::uint64_t kPointBytes = 34, kNodeBytes = 120;

/// Class of every code of vertex_comp.
std::vector<std::uint8_t> classes_of_codes(const PointTraining& t) {
  std::vector<std::uint8_t> of_code(256, kIgnored);
  for (std::size_t c = 0; c < t.compartments.size(); ++c)
    for (const std::int64_t code : t.compartments[c].second)
      if (code >= 0 && code < 255) of_code[static_cast<std::size_t>(code)] = static_cast<std::uint8_t>(c);
  return of_code;
}

/// Code of the type `astrocyte`. Throws Error{input} where there is none.
std::uint8_t astrocyte_code(const std::vector<std::string>& names, const fs::path& run) {
  const auto found = std::find(names.begin(), names.end(), kAstrocyte);
  if (found != names.end()) return static_cast<std::uint8_t>(found - names.begin());
  throw Error(Category::input, "'" + run.string() + "': cell_type in datasets/ssv.h5 has no type named astrocyte");
}

std::vector<std::uint8_t> labels_of(const CellCloud& cloud, const std::vector<std::uint8_t>& vertex_comp,
                                    const std::vector<std::uint8_t>& of_code, Id cell) {
  std::vector<std::uint8_t> labels;
  for (const std::uint32_t vertex : cloud.vertex) {
    if (vertex != kNoVertex && vertex >= vertex_comp.size())
      throw Error(Category::input, "cell " + std::to_string(cell) + ": vertex_comp has not one value a vertex");
    labels.push_back(vertex == kNoVertex ? kIgnored : of_code[vertex_comp[vertex]]);
  }
  return labels;
}

/// How the truth of one run is read.
class RunTruth {
 public:
  RunTruth(const PointTraining& t, const SegmentationDataset& table, const fs::path& run)
      : task_(t.task), names_(enum_names(table, "cell_type")), of_code_(classes_of_codes(t)) {
    const bool by_vertex = task_ == PointTask::compartment;
    if (by_vertex ? !table.has_part("vertex_comp", "values") : !table.has_column("cell_type"))
      throw Error(Category::input, "'" + run.string() + "': datasets/ssv.h5 has no " +
                                       (by_vertex ? "vertex_comp" : "cell_type") + " to learn from");
    if (task_ == PointTask::astrocyte) astrocyte_ = astrocyte_code(names_, run);
    if (by_vertex)
      vertex_comp_.emplace(table.ragged<std::uint8_t>("vertex_comp", "values"));
    else
      cell_type_.emplace(table.column<std::uint8_t>("cell_type"));
  }

  const std::vector<std::string>& type_names() const { return names_; }
  /// False for a cell whose type is not known.
  bool label(LabelledCell& cell, Row row) const {
    if (vertex_comp_) {
      cell.label = labels_of(cell.cloud, (*vertex_comp_)(row), of_code_, cell.parts.id);
      return true;
    }
    const std::uint8_t type = (*cell_type_)(row);
    if (type >= names_.size()) return false;
    cell.type = type;
    if (task_ == PointTask::astrocyte) {
      cell.type = type == astrocyte_ ? 1 : 0;
      cell.label.assign(cell.cloud.points_nm.size(), cell.type);
    }
    return true;
  }

 private:
  PointTask task_;
  std::vector<std::string> names_;
  std::vector<std::uint8_t> of_code_;
  std::uint8_t astrocyte_ = kIgnored;
  std::optional<Ragged<std::uint8_t>> vertex_comp_;
  std::optional<Column<std::uint8_t>> cell_type_;
};

void add_run(const PointTraining& t, const PointModelCard& card, const fs::path& run, LabelledCells& data) {
  const CellReader reader(run);
  const SegmentationDataset& table = reader.cells();
  const RunTruth truth(t, table, run);
  if (t.task == PointTask::celltype) {
    if (!data.classes.empty() && data.classes != truth.type_names())
      throw Error(Category::input, "'" + run.string() + "': its cell types are others than those of the first run");
    data.classes = truth.type_names();
  }
  for (std::uint32_t shard = 0; shard < table.n_shards(); ++shard)
    table.for_each(shard, [&](Id id, Row row) {
      auto cell = std::make_unique<LabelledCell>();
      cell->parts = reader.read(id, row);
      cell->cloud = cell_cloud(cell->parts, card);
      if (cell->cloud.points_nm.empty() || cell->parts.nodes_nm.empty()) return;
      if (table.has_column("cell_type")) cell->type = table.column<std::uint8_t>("cell_type")(row);  // for folds
      if (!truth.label(*cell, row)) return;
      cell->samples = std::make_unique<CellSamples>(cell->parts, cell->cloud, card);
      hold_cell(std::move(cell), t.memory_gb, data.cells, data.bytes);
    });
  data.hash += table.provenance_json() + std::to_string(table.size());
}

}  // namespace

void hold_cell(std::unique_ptr<LabelledCell> cell, double limit_gb, std::vector<std::unique_ptr<LabelledCell>>& cells,
               std::uint64_t& bytes) {
  CellParts& parts = cell->parts;
  for (std::vector<Vec3f>* vertices : {&parts.surface_nm, &parts.mi_nm, &parts.vc_nm, &parts.syn_nm}) *vertices = {};
  parts.syn_sign = {};
  CellCloud& cloud = cell->cloud;
  cloud.points_nm.shrink_to_fit(), cloud.feature.shrink_to_fit(), cloud.vertex.shrink_to_fit();
  cell->label.shrink_to_fit();
  bytes += kPointBytes * cloud.points_nm.size() + kNodeBytes * parts.nodes_nm.size();
  cells.push_back(std::move(cell));
  if (static_cast<double>(bytes) <= limit_gb * 1e9) return;
  std::ostringstream text;
  text << "the clouds of the first " << cells.size() << " cells take " << std::setprecision(3)
       << static_cast<double>(bytes) * 1e-9 << " GB, and all of them must be in memory: above --memory-gb " << limit_gb
       << "; give fewer runs, or more memory";
  throw Error(Category::config, text.str());
}

AugmentationParams augmentation_of(const PointModelCard& card) {
  AugmentationParams how;
  // The elastic field is meant for coordinates of about the unit ball.
  how.scale = card.normalisation == "unit sphere" ? card.context_nm : card.scale_nm * 10;
  if (card.normalisation == "place") how.centre = how.rotate = false;
  how.elastic_alpha = 0.1;
  return how;
}

LabelledCells read_labelled_cells(const PointTraining& t, const PointModelCard& card,
                                  const std::vector<fs::path>& runs) {
  LabelledCells data;
  if (t.task == PointTask::compartment)
    for (const auto& entry : t.compartments) data.classes.push_back(entry.first);
  if (t.task == PointTask::astrocyte) data.classes = {"neuron", kAstrocyte};
  for (const fs::path& run : runs) add_run(t, card, run, data);
  if (data.cells.empty()) throw Error(Category::input, "there are no cells to learn from");
  PointModelCard sampling = card;  // how samples are made, whatever the model is called
  sampling.name.clear(), sampling.description.clear(), sampling.training = sampling.quality = Json::object();
  data.hash = sha256_hex(data.hash + sampling.to_json().dump());
  return data;
}

PointSampler::PointSampler(const PointTraining& training, const PointModelCard& card, LabelledCells& data)
    : training_(training), card_(card), data_(data) {
  const std::size_t n = data.classes.size();
  cells_of_class_.resize(n), points_of_class_.resize(n);
  std::vector<std::size_t> points(256);
  for (const auto& cell : data.cells)
    for (const std::uint8_t label : cell->label) ++points[label];
  for (std::size_t c = 0; c < n; ++c) points_of_class_[c].reserve(points[c]);  // room for them and no more
  for (std::size_t i = 0; i < data.cells.size(); ++i) {
    const LabelledCell& cell = *data.cells[i];
    if (cell.type < n) cells_of_class_[cell.type].push_back(i);
    for (std::size_t p = 0; p < cell.label.size(); ++p)
      if (cell.label[p] < n)
        points_of_class_[cell.label[p]].emplace_back(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(p));
  }
  Rng rng(training.seed, 0x706c6163);
  for (auto& places : points_of_class_) {
    if (places.size() <= kMostPlaces) continue;
    for (std::size_t i = 0; i < kMostPlaces; ++i) std::swap(places[i], places[i + rng.below(places.size() - i)]);
    places.resize(kMostPlaces), places.shrink_to_fit();
  }
}

PointSampler::Place PointSampler::place(Rng& rng) const {
  const bool by_type = training_.task == PointTask::celltype;
  const std::size_t n = data_.classes.size();
  for (;;) {
    const std::size_t c = rng.below(n);
    if (by_type) {
      if (cells_of_class_[c].empty()) continue;
      const std::size_t cell = cells_of_class_[c][rng.below(cells_of_class_[c].size())];
      return {cell, static_cast<std::uint32_t>(rng.below(data_.cells[cell]->parts.nodes_nm.size()))};
    }
    if (points_of_class_[c].empty()) continue;
    const auto [cell, point] = points_of_class_[c][rng.below(points_of_class_[c].size())];
    return {cell, data_.cells[cell]->samples->node_of_point()[point]};
  }
}

LabelledBatch PointSampler::draw(std::uint64_t step, int threads) {
  const auto n = static_cast<std::size_t>(training_.batch);
  std::vector<Place> places(n);
  std::vector<std::vector<std::uint32_t>> points(n);
  std::vector<std::uint64_t> seeds(n);
  for (std::size_t i = 0; i < n; ++i) {
    Rng rng(training_.seed, step, i, 1);
    do {
      places[i] = place(rng);
      // The paper varies the reach of a quarter of the contexts.
      const double reach = rng.uniform() < 0.25 ? std::max(rng.normal(0.7, 0.1), 0.33) : 1.0;
      points[i] = data_.cells[places[i].cell]->samples->points(places[i].pivot, rng.next(), 0, reach);
    } while (points[i].empty());
    seeds[i] = rng.next();
  }
  std::vector<PointSample> made(n);
  const AugmentationParams how = augmentation_of(card_);
  parallel_for(static_cast<std::int64_t>(n), threads, [&](std::int64_t k) {
    const auto i = static_cast<std::size_t>(k);
    made[i] = data_.cells[places[i].cell]->samples->augmented(points[i], how, seeds[i]);
  });
  LabelledBatch batch;
  for (std::size_t i = 0; i < n; ++i) {
    const LabelledCell& cell = *data_.cells[places[i].cell];
    batch.features.insert(batch.features.end(), made[i].features.begin(), made[i].features.end());
    if (training_.task == PointTask::celltype)
      batch.labels.push_back(cell.type);
    else
      for (const std::uint32_t p : made[i].points) batch.labels.push_back(cell.label[p]);
    batch.pyramids.push_back(std::move(made[i].pyramid));
  }
  return batch;
}

}  // namespace syconn
