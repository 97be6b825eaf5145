// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/table_csv.h"
#include "syconn/io/volume_reader.h"
#include "syconn/stages/evaluate.h"

namespace syconn {
namespace {

using CellPair = std::pair<Id, Id>;
CellPair ordered(Id a, Id b) { return {std::min(a, b), std::max(a, b)}; }

struct TrueSynapse {
  CellPair cells;
  bool decoy = false, dropped = false;
};

std::unordered_map<Id, TrueSynapse> read_synapses(const fs::path& file) {
  CsvReader csv(file, {"id", "pre_id", "post_id", "decoy", "dropped"});
  const auto id = csv.column("id"), pre = csv.column("pre_id"), post = csv.column("post_id"),
             decoy = csv.column("decoy"), dropped = csv.column("dropped");
  std::unordered_map<Id, TrueSynapse> synapses;
  while (csv.next())
    synapses[csv.id(id)] = {ordered(csv.id(pre), csv.id(post)), csv.id(decoy) != 0, csv.id(dropped) != 0};
  return synapses;
}

/// Label in the volume sv -> cells it belongs to (two where wrongly merged).
std::multimap<Id, Id> read_cells(const fs::path& file) {
  CsvReader csv(file, {"label", "cell_id"});
  const auto label = csv.column("label"), cell = csv.column("cell_id");
  std::multimap<Id, Id> cells;
  while (csv.next()) cells.emplace(csv.id(label), csv.id(cell));
  return cells;
}

bool joins(const std::multimap<Id, Id>& cells, Id sv_a, Id sv_b, const CellPair& pair) {
  const auto [a0, a1] = cells.equal_range(sv_a);
  const auto [b0, b1] = cells.equal_range(sv_b);
  for (auto a = a0; a != a1; ++a)
    for (auto b = b0; b != b1; ++b)
      if (ordered(a->second, b->second) == pair) return true;
  return false;
}

/// Voxels of each truth label under the runs (x, y, z, length) of one fragment.
std::map<Id, std::int64_t> labels_below(const VolumeReader& truth, const Box3& box,
                                        const std::vector<std::int32_t>& runs) {
  const Volume<Id> labels = truth.read_labels(box);
  std::map<Id, std::int64_t> count;
  for (std::size_t r = 0; r + 3 < runs.size(); r += 4)
    for (std::int32_t x = 0; x < runs[r + 3]; ++x)
      if (const Id id = labels.at({runs[r] + x, runs[r + 1], runs[r + 2]}); id != kBackground) ++count[id];
  return count;
}

std::set<Id> labels_of_volume(const VolumeReader& volume) {
  constexpr std::int64_t kBlock = 256;
  std::set<Id> ids;
  const Box3 all = volume.info().box();
  for (std::int64_t z = all.min.z; z < all.max.z; z += kBlock)
    for (std::int64_t y = all.min.y; y < all.max.y; y += kBlock)
      for (std::int64_t x = all.min.x; x < all.max.x; x += kBlock) {
        const Vec3i lo{x, y, z};
        const Volume<Id> block = volume.read_labels(intersect(all, {lo, lo + Vec3i(kBlock)}));
        Id last = kBackground;
        for (std::size_t i = 0; i < block.count(); ++i)
          if (const Id id = block.data()[i]; id != last && id != kBackground) ids.insert(last = id);
      }
  return ids;
}

}  // namespace

FragmentScore evaluate_fragments(const fs::path& run, const fs::path& phantom) {
  const auto synapses = read_synapses(phantom / "truth/synapses.csv");
  const auto cells = read_cells(phantom / "truth/supervoxels.csv");
  const auto truth = open_volume(phantom / "volumes/truth_sj.json", "");
  const auto syn = SegmentationDataset::open(run / "datasets/syn.h5");
  FragmentScore score;
  for (const Id id : labels_of_volume(*truth))
    if (const auto s = synapses.find(id); s != synapses.end())
      score.true_junctions += !s->second.decoy && !s->second.dropped;
  const auto lo = syn.column<std::int64_t>("bbox_min_vx"), hi = syn.column<std::int64_t>("bbox_max_vx");
  const auto sv_a = syn.column<Id>("sv_a"), sv_b = syn.column<Id>("sv_b");
  const auto runs = syn.ragged<std::int32_t>("voxels", "runs_vx");
  std::set<Id> found;
  for (std::uint32_t shard = 0; shard < syn.n_shards(); ++shard)
    syn.for_each(shard, [&](Id, Row row) {
      ++score.fragments;
      const auto a = lo.values(row), b = hi.values(row);
      const auto below = labels_below(*truth, {{a[0], a[1], a[2]}, {b[0], b[1], b[2]}}, runs(row));
      for (const auto& [id, n] : below)
        if (const auto s = synapses.find(id); s != synapses.end() && !s->second.decoy && !s->second.dropped &&
                                              joins(cells, sv_a(row), sv_b(row), s->second.cells))
          found.insert(id);
      const auto most = std::max_element(below.begin(), below.end(),
                                         [](const auto& x, const auto& y) { return x.second < y.second; });
      if (most == below.end()) return void(++score.on_nothing);
      const TrueSynapse& s = synapses.at(most->first);
      if (s.decoy) return void(++score.on_decoys);
      ++(joins(cells, sv_a(row), sv_b(row), s.cells) ? score.on_junctions : score.wrong_pair);
    });
  score.found = static_cast<std::int64_t>(found.size());
  return score;
}

}  // namespace syconn
