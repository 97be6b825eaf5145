// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_points_data.h"

#include <algorithm>

#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/core/sha256.h"

namespace syconn {
namespace {

constexpr std::uint8_t kIgnored = 255;
constexpr std::size_t kMostPlaces = 100'000;  // of a class, so that a large set does not fill the memory

/// Names of an enumerated column, by code.
std::vector<std::string> enum_names(const SegmentationDataset& cells, const std::string& column) {
  std::vector<std::string> names;
  for (const ColumnSpec& c : cells.columns()) {
    if (c.name != column || c.enum_json.empty()) continue;
    const Json json = parse_json(c.enum_json, column);
    for (int code = 0; code < 255 && json.contains(std::to_string(code)); ++code)
      names.push_back(json.at(std::to_string(code)).get<std::string>());
  }
  return names;
}

/// Class of every code of vertex_comp.
std::vector<std::uint8_t> classes_of_codes(const PointTraining& t) {
  std::vector<std::uint8_t> of_code(256, kIgnored);
  for (std::size_t c = 0; c < t.compartments.size(); ++c)
    for (const std::int64_t code : t.compartments[c].second)
      if (code >= 0 && code < 255) of_code[static_cast<std::size_t>(code)] = static_cast<std::uint8_t>(c);
  return of_code;
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

void add_run(const PointTraining& t, const PointModelCard& card, const fs::path& run, LabelledCells& data) {
  const CellReader reader(run);
  const SegmentationDataset& table = reader.cells();
  const bool by_type = t.task == PointTask::celltype;
  if (by_type ? !table.has_column("cell_type") : !table.has_part("vertex_comp", "values"))
    throw Error(Category::input, "'" + run.string() + "': datasets/ssv.h5 has no " +
                                     (by_type ? "cell_type" : "vertex_comp") + " to learn from");
  if (by_type) {
    const std::vector<std::string> names = enum_names(table, "cell_type");
    if (!data.classes.empty() && data.classes != names)
      throw Error(Category::input, "'" + run.string() + "': its cell types are others than those of the first run");
    data.classes = names;
  }
  const std::vector<std::uint8_t> of_code = classes_of_codes(t);
  for (std::uint32_t shard = 0; shard < table.n_shards(); ++shard)
    table.for_each(shard, [&](Id id, Row row) {
      auto cell = std::make_unique<LabelledCell>();
      cell->parts = reader.read(id, row);
      cell->cloud = cell_cloud(cell->parts, card);
      if (cell->cloud.points_nm.empty() || cell->parts.nodes_nm.empty()) return;
      if (table.has_column("cell_type")) cell->type = table.column<std::uint8_t>("cell_type")(row);
      if (!by_type)
        cell->label = labels_of(cell->cloud, table.ragged<std::uint8_t>("vertex_comp", "values")(row), of_code, id);
      if (by_type && cell->type >= data.classes.size()) return;
      for (std::vector<Vec3f>* points :
           {&cell->parts.surface_nm, &cell->parts.mi_nm, &cell->parts.vc_nm, &cell->parts.syn_nm})
        *points = {};
      cell->samples = std::make_unique<CellSamples>(cell->parts, cell->cloud, card);
      data.cells.push_back(std::move(cell));
    });
  data.hash += table.provenance_json() + std::to_string(table.size());
}

AugmentationParams augmentation_of(const PointModelCard& card) {
  AugmentationParams how;
  // The elastic field is meant for coordinates of about the unit ball.
  how.scale = card.normalisation == "unit sphere" ? card.context_nm : card.scale_nm * 10;
  if (card.normalisation == "place") how.centre = how.rotate = false;
  how.elastic_alpha = 0.1;
  return how;
}

}  // namespace

LabelledCells read_labelled_cells(const PointTraining& t, const PointModelCard& card,
                                  const std::vector<fs::path>& runs) {
  LabelledCells data;
  if (t.task == PointTask::compartment)
    for (const auto& entry : t.compartments) data.classes.push_back(entry.first);
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
    places.resize(kMostPlaces);
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
