// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_triplets.h"

#include <array>
#include <cmath>

#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/core/sha256.h"

namespace syconn {
namespace {

double box_diagonal_nm(const std::vector<Vec3f>& nodes_nm) {
  if (nodes_nm.empty()) return 0;
  Vec3f least = nodes_nm.front(), most = least;
  for (const Vec3f& p : nodes_nm) least = min(least, p), most = max(most, p);
  const Vec3d d = Vec3d(most) - Vec3d(least);
  return std::sqrt(d.dot(d));
}

void add_run(const PointModelCard& card, const fs::path& run, double memory_gb, TripletCells& data) {
  const CellReader reader(run);
  const SegmentationDataset& table = reader.cells();
  for (std::uint32_t shard = 0; shard < table.n_shards(); ++shard)
    table.for_each(shard, [&](Id id, Row row) {
      if (box_diagonal_nm(reader.read_skeleton(id, row).nodes_nm) <= 2 * card.context_nm) return;
      auto cell = std::make_unique<LabelledCell>();
      cell->parts = reader.read(id, row);
      cell->cloud = cell_cloud(cell->parts, card);
      if (cell->cloud.points_nm.empty()) return;
      cell->samples = std::make_unique<CellSamples>(cell->parts, cell->cloud, card);
      hold_cell(std::move(cell), memory_gb, data.cells, data.bytes);
    });
  data.hash += table.provenance_json() + std::to_string(table.size());
}

/// One context of a triplet: whose, around which node, its points, and what its augmentation follows from.
struct Draft {
  const LabelledCell* cell = nullptr;
  std::vector<std::uint32_t> points;
  std::uint64_t seed = 0;
};

/// Anchor, positive and negative; places whose contexts have no points are drawn again.
std::array<Draft, 3> draft(TripletCells& data, double positive_nm, Rng& rng) {
  for (;;) {
    const TripletPlace place = draw_triplet_place(data, positive_nm, rng);
    const std::size_t cells[3] = {place.cell, place.cell, place.other_cell};
    const std::uint32_t nodes[3] = {place.anchor, place.positive, place.negative};
    std::array<Draft, 3> made;
    bool whole = true;
    for (std::size_t k = 0; k < 3; ++k) {
      made[k].cell = data.cells[cells[k]].get();
      made[k].points = made[k].cell->samples->points(nodes[k], rng.next());
      made[k].seed = rng.next();
      whole = whole && !made[k].points.empty();
    }
    if (whole) return made;
  }
}

}  // namespace

TripletCells read_triplet_cells(const PointModelCard& card, const std::vector<fs::path>& runs, double memory_gb) {
  TripletCells data;
  for (const fs::path& run : runs) add_run(card, run, memory_gb, data);
  if (data.cells.size() < 2)
    throw Error(Category::input, "there are no two cells whose nodes span more than twice the context (" +
                                     std::to_string(2 * card.context_nm / 1000) + " um) to learn from");
  PointModelCard sampling = card;  // how samples are made, whatever the model is called
  sampling.name.clear(), sampling.description.clear(), sampling.training = sampling.quality = Json::object();
  data.hash = sha256_hex(data.hash + sampling.to_json().dump());
  return data;
}

TripletPlace draw_triplet_place(TripletCells& data, double positive_nm, Rng& rng) {
  TripletPlace p{};
  p.cell = rng.below(data.cells.size());
  p.other_cell = rng.below(data.cells.size() - 1);
  p.other_cell += p.other_cell >= p.cell;
  LabelledCell &own = *data.cells[p.cell], &other = *data.cells[p.other_cell];
  p.anchor = static_cast<std::uint32_t>(rng.below(own.parts.nodes_nm.size()));
  const std::vector<std::uint32_t> near = own.samples->nodes_within(p.anchor, positive_nm);
  p.positive = near[rng.below(near.size())];
  p.negative = static_cast<std::uint32_t>(rng.below(other.parts.nodes_nm.size()));
  return p;
}

TripletBatch draw_triplets(TripletCells& data, const PointModelCard& card, const TripletDraw& how, std::uint64_t step,
                           int threads) {
  const auto n = static_cast<std::size_t>(how.batch);
  std::vector<Draft> drafts(3 * n);
  for (std::size_t i = 0; i < n; ++i) {
    Rng rng(how.seed, step, i, 2);
    std::array<Draft, 3> triplet = draft(data, how.positive_nm, rng);
    for (std::size_t k = 0; k < 3; ++k) drafts[k * n + i] = std::move(triplet[k]);
  }
  // The published offset of the centre would be undone: every sample is centred last.
  const AugmentationParams augmentation = augmentation_of(card);
  std::vector<PointSample> made(3 * n);
  parallel_for(static_cast<std::int64_t>(3 * n), threads, [&](std::int64_t k) {
    const auto i = static_cast<std::size_t>(k);
    made[i] = drafts[i].cell->samples->augmented(std::move(drafts[i].points), augmentation, drafts[i].seed);
  });
  TripletBatch batch;
  for (PointSample& sample : made) {
    batch.features.insert(batch.features.end(), sample.features.begin(), sample.features.end());
    batch.pyramids.push_back(std::move(sample.pyramid));
  }
  return batch;
}

}  // namespace syconn
