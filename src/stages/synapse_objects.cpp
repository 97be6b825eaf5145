// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <tuple>

#include "number_keys.h"
#include "shards.h"
#include "syconn/algo/agglomeration.h"
#include "syconn/algo/object_properties.h"
#include "syconn/io/segmentation_dataset.h"
#include "synapse_records.h"
#include "synapse_steps.h"

/// pairs, agglomerate, number: from fragments of supervoxel pairs to numbered synapses of pairs of cells.
namespace syconn {
namespace {

constexpr std::uint64_t kFragmentsPerBlock = 1024;

void store(const Vec3i& from, std::int64_t to[3]) { to[0] = from.x, to[1] = from.y, to[2] = from.z; }

// ---- pairs: the cells of each fragment -----------------------------------------------------------------------------

/// Cells of supervoxels, a block of fragments at a time so that each supervoxel is looked up once a block.
class CellsOfBlock {
 public:
  explicit CellsOfBlock(const SegmentationDataset& sv) : sv_(sv), cell_id_(sv.column<Id>("cell_id")) {}

  void load(const std::vector<Id>& a, const std::vector<Id>& b) {
    svs_ = a;
    svs_.insert(svs_.end(), b.begin(), b.end());
    std::sort(svs_.begin(), svs_.end());
    svs_.erase(std::unique(svs_.begin(), svs_.end()), svs_.end());
    cells_.clear();
    for (const Id sv : svs_) {
      const auto row = sv_.find(sv);
      cells_.push_back(row ? cell_id_(*row) : kBackground);
    }
  }
  Id operator()(Id sv) const {
    return cells_[static_cast<std::size_t>(std::lower_bound(svs_.begin(), svs_.end(), sv) - svs_.begin())];
  }

 private:
  const SegmentationDataset& sv_;
  Column<Id> cell_id_;
  std::vector<Id> svs_, cells_;
};

struct PairCounts {
  std::uint64_t kept = 0, unmapped = 0, same_cell = 0;
};

void send_fragments(const SegmentationDataset& syn, CellsOfBlock& cells, std::uint32_t shard, std::uint32_t slices,
                    RecordFileWriter& out, PairCounts& counts) {
  const auto sv_a = syn.column<Id>("sv_a"), sv_b = syn.column<Id>("sv_b");
  const auto n_sym = syn.column<std::uint64_t>("n_sym_vx"), n_asym = syn.column<std::uint64_t>("n_asym_vx");
  const auto runs = syn.ragged<std::int32_t>("voxels", "runs_vx");
  for (std::uint64_t first = 0; first < syn.shard_size(shard); first += kFragmentsPerBlock) {
    const std::vector<Id> ids = syn.ids(shard, first, kFragmentsPerBlock);
    const Row row{shard, first};
    const std::vector<Id> a = sv_a.block(row, ids.size()), b = sv_b.block(row, ids.size());
    const auto sym = n_sym.block(row, ids.size()), asym = n_asym.block(row, ids.size());
    const RaggedBlock<std::int32_t> voxels = runs.block(row, ids.size());
    cells.load(a, b);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto [cell_a, cell_b] = std::minmax({cells(a[i]), cells(b[i])});
      const bool unmapped = cell_a == kBackground, same = cell_a == cell_b;
      counts.unmapped += unmapped, counts.same_cell += same && !unmapped, counts.kept += !unmapped && !same;
      if (unmapped || same) continue;
      const std::uint32_t slice = part_of(mix64(cell_a, cell_b), slices);
      const CellPairFragment record{cell_a, cell_b, ids[i], sym[i], asym[i], voxels[i].size() / 4};
      out.append(slice, &record, sizeof record);
      append_bytes(out, slice, voxels[i]);
    }
  }
}

// ---- agglomerate: synapses of each pair of cells -------------------------------------------------------------------

struct PlacedFragment {
  CellPairFragment record;
  std::size_t runs_at;
};

std::vector<PlacedFragment> index_fragments(const std::vector<char>& bytes) {
  std::vector<PlacedFragment> index;
  for (RecordCursor cursor(bytes); !cursor.at_end();) {
    const auto record = cursor.one<CellPairFragment>();
    index.push_back({record, cursor.position()});
    cursor.skip<Run>(record.n_runs);
  }
  std::sort(index.begin(), index.end(), [](const PlacedFragment& x, const PlacedFragment& y) {
    return std::tie(x.record.cell_a, x.record.cell_b, x.record.syn) <
           std::tie(y.record.cell_a, y.record.cell_b, y.record.syn);
  });
  return index;
}

class PairAgglomerator {
 public:
  PairAgglomerator(const JobContext& ctx, const SynapsesConfig& c)
      : config_(c), size_nm_(ctx.geometry().voxel_size_nm), units_(distance_units(size_nm_)) {}

  /// fn(SynapseObject&) for the synapses of one pair of cells, by smallest raster voxel.
  template <class F>
  void run(std::span<const PlacedFragment> fragments, const std::vector<char>& bytes, F&& fn) {
    std::vector<std::vector<Run>> runs(fragments.size());
    std::vector<std::uint64_t> whole(fragments.size()), before(fragments.size(), 0);
    for (std::size_t i = 0; i < fragments.size(); ++i) {
      RecordCursor cursor(bytes, fragments[i].runs_at);
      cursor.many(fragments[i].record.n_runs, runs[i]);
      whole[i] = voxel_count(runs[i]);
    }
    const std::vector<std::span<const Run>> spans(runs.begin(), runs.end());
    for (const SynapseParts& parts : agglomerate(spans, size_nm_, config_.gap_nm)) {
      synapse_.row = {}, synapse_.runs.clear(), synapse_.cs.clear();
      SynapseRow& row = synapse_.row;
      for (const SynapsePart& part : parts) {
        const CellPairFragment& from = fragments[part.fragment].record;
        const std::uint64_t voxels = voxel_count(part.runs);
        row.n_sym += share_of(from.n_sym, whole[part.fragment], before[part.fragment], voxels);
        row.n_asym += share_of(from.n_asym, whole[part.fragment], before[part.fragment], voxels);
        before[part.fragment] += voxels;
        synapse_.runs.insert(synapse_.runs.end(), part.runs.begin(), part.runs.end());
        if (synapse_.cs.empty() || synapse_.cs.back() != from.syn) synapse_.cs.push_back(from.syn);
      }
      finish(fragments[0].record);
      fn(synapse_);
    }
  }

 private:
  void finish(const CellPairFragment& pair) {
    SynapseRow& row = synapse_.row;
    sort_and_merge(synapse_.runs);
    const Run& first = synapse_.runs.front();
    row.key = {pair.cell_a, pair.cell_b, first.z, first.y, first.x, 0};
    const ObjectRecord record = record_of_runs(1, synapse_.runs, units_);
    row.size_vx = record.size_vx;
    store(record.bbox.min, row.bbox_min);
    store(record.bbox.max, row.bbox_max);
    store(rep_vx(record, units_), row.rep);
    const Vec3d c = centroid_nm(record, size_nm_);
    row.centroid_nm[0] = c.x, row.centroid_nm[1] = c.y, row.centroid_nm[2] = c.z;
  }
  const SynapsesConfig& config_;
  Vec3d size_nm_;
  Vec3i units_;
  SynapseObject synapse_;
};

}  // namespace

void synapse_pairs(JobContext& ctx, const SynapsesConfig&) {
  const std::uint32_t slices = ctx.geometry().id_slices();
  RecordFileWriter out(ctx.work_output("fragments"), slices, 0);
  if (!has_fragments(ctx)) {
    out.close();
    ctx.note("no datasets/syn.h5: no junctions are known");
    return;
  }
  const auto syn = SegmentationDataset::open(synapse_input(ctx, "syn")),
             sv = SegmentationDataset::open(synapse_input(ctx, "sv"));
  CellsOfBlock cells(sv);
  PairCounts counts;
  for (auto shard = static_cast<std::uint32_t>(ctx.job().index); shard < syn.n_shards();
       shard += static_cast<std::uint32_t>(ctx.job().count))
    send_fragments(syn, cells, shard, slices, out, counts);
  out.close();
  ctx.note(std::to_string(counts.kept) + " fragments between two cells; dropped: " + std::to_string(counts.same_cell) +
           " within one cell, " + std::to_string(counts.unmapped) + " of supervoxels without a cell");
}

void synapse_agglomerate(JobContext& ctx, const SynapsesConfig& c) {
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  std::vector<char> bytes;
  for (std::int64_t k = 0; k < per_shard.count(ctx.geometry()); ++k)
    RecordFile(ctx.work_input("pairs", "fragments", k)).read(slice, bytes);
  const std::vector<PlacedFragment> index = index_fragments(bytes);
  RecordFileWriter out(ctx.work_output("objects"), 1, 0);
  std::vector<SynapseKey> keys;
  std::uint64_t dropped = 0;
  PairAgglomerator agglomerator(ctx, c);
  for (std::size_t i = 0, end; i < index.size(); i = end) {
    const CellPairFragment& pair = index[i].record;
    for (end = i;
         end < index.size() && index[end].record.cell_a == pair.cell_a && index[end].record.cell_b == pair.cell_b;)
      ++end;
    agglomerator.run(std::span(index).subspan(i, end - i), bytes, [&](SynapseObject& synapse) {
      if (synapse.row.size_vx < static_cast<std::uint64_t>(c.min_syn_ssv_vx)) {
        ++dropped;
        return;
      }
      keys.push_back(synapse.row.key);
      synapse.write(out, 0);
    });
  }
  out.close();
  write_key_blocks(ctx.work_output("keys"), keys);
  ctx.note(std::to_string(keys.size()) + " synapses kept; dropped: " + std::to_string(dropped) +
           " below min_syn_ssv_vx");
}

void synapse_number(JobContext& ctx, const SynapsesConfig&) {
  ctx.note(std::to_string(number_keys<SynapseKey>(ctx, "agglomerate", "keys")) + " synapses");
}

}  // namespace syconn
