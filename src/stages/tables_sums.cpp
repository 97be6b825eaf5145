// SPDX-License-Identifier: GPL-3.0-or-later
#include "tables_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

#include "kept_synapses.h"
#include "syconn/algo/runs.h"
#include "syconn/core/compartments.h"
#include "syconn/io/record_file.h"
#include "tables_rows.h"

namespace syconn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kRows = 8192;

struct EdgeRecord {
  Id pre, post, syn;
  std::int64_t sign, pre_comp, post_comp;
  double area_um2, prob;
};
struct ContactRecord {
  Id a, b, cs;
  std::uint64_t size_vx;
  double area_um2;
};
enum class CellFact : std::uint64_t { out, in, undirected, mi_vx, vc_vx };
struct CellRecord {
  Id cell;
  CellFact fact;
  std::uint64_t amount;
};

/// Faces of a canonical voxel set (runs in raster order) towards what is not in it, along y or z: runs of neighbouring
/// rows against each other.
std::int64_t overlap_of_rows(std::span<const Run> runs, int dy, int dz) {
  std::int64_t overlap = 0;
  std::size_t to = 0;
  for (const Run& r : runs) {
    const Run wanted{r.x, r.y + dy, r.z + dz, r.len};
    while (to < runs.size() && (std::tie(runs[to].z, runs[to].y) < std::tie(wanted.z, wanted.y) ||
                                (runs[to].z == wanted.z && runs[to].y == wanted.y && runs[to].end() <= wanted.x)))
      ++to;
    for (std::size_t k = to;
         k < runs.size() && runs[k].z == wanted.z && runs[k].y == wanted.y && runs[k].x < wanted.end(); ++k)
      overlap += std::min(runs[k].end(), wanted.end()) - std::max(runs[k].x, wanted.x);
  }
  return overlap;
}

double contact_area_um2(std::vector<Run> runs, const Vec3d& voxel_nm) {
  sort_and_merge(runs);
  const auto voxels = static_cast<std::int64_t>(voxel_count(runs));
  const Vec3d faces(Vec3i{2 * static_cast<std::int64_t>(runs.size()), 2 * (voxels - overlap_of_rows(runs, 1, 0)),
                          2 * (voxels - overlap_of_rows(runs, 0, 1))});
  const Vec3d area = faces * Vec3d{voxel_nm.y * voxel_nm.z, voxel_nm.x * voxel_nm.z, voxel_nm.x * voxel_nm.y};
  return 0.5 * std::sqrt(area.dot(area)) * 1e-6;
}

std::optional<SegmentationDataset> open_if_there(const JobContext& ctx, const std::string& type) {
  const fs::path path = ctx.in_run("datasets") / (type + ".h5");
  if (!fs::exists(path)) return std::nullopt;
  return SegmentationDataset::open(path);
}

/// Calls fn(shard, first, count) for blocks of the shards this job owns.
template <class F>
void for_blocks(const JobContext& ctx, const SegmentationDataset& set, F fn) {
  for (auto shard = static_cast<std::uint32_t>(ctx.job().index); shard < set.n_shards();
       shard += static_cast<std::uint32_t>(ctx.job().count))
    for (std::uint64_t first = 0; first < set.shard_size(shard); first += kRows)
      fn(Row{shard, first}, std::min(kRows, set.shard_size(shard) - first));
}

class Counter {
 public:
  explicit Counter(JobContext& ctx)
      : ctx_(ctx),
        slices_(ctx.geometry().id_slices()),
        edges_(ctx.work_output("edges"), slices_),
        contacts_(ctx.work_output("contacts"), slices_),
        cells_(ctx.work_output("cells"), slices_) {}

  void synapses(double prob_min) {
    const auto syn = open_if_there(ctx_, "syn_ssv");
    if (!syn) return;
    std::vector<AnyColumn> c;
    for (const char* name :
         {"pre_id", "post_id", "pre_comp", "post_comp", "sign", "area_um2", "prob", "cell_a", "cell_b"})
      c.emplace_back(*syn, name);
    std::uint64_t dropped = 0, undirected = 0;
    for_blocks(ctx_, *syn, [&](Row first, std::uint64_t n) {
      const std::vector<Id> ids = syn->ids(first.shard, first.index, n);
      std::vector<ColumnValues> v;
      for (const AnyColumn& column : c) v.push_back(column.load(first, n));
      const auto integer = [&](std::size_t k, std::uint64_t i, std::int64_t none) {
        return v[k].integers.empty() ? none : v[k].integers[i];
      };
      const auto real = [&](std::size_t k, std::uint64_t i) { return v[k].reals.empty() ? kNone : v[k].reals[i]; };
      for (std::uint64_t i = 0; i < n; ++i) {
        if (!synapse_is_kept(real(6, i), prob_min)) {
          ++dropped;
          continue;
        }
        const EdgeRecord e{static_cast<Id>(integer(0, i, 0)),
                           static_cast<Id>(integer(1, i, 0)),
                           ids[i],
                           integer(4, i, 0),
                           integer(2, i, 255),
                           integer(3, i, 255),
                           real(5, i),
                           real(6, i)};
        if (e.pre == kBackground || e.post == kBackground) {
          ++undirected;
          fact(static_cast<Id>(integer(7, i, 0)), CellFact::undirected, 1);
          fact(static_cast<Id>(integer(8, i, 0)), CellFact::undirected, 1);
          continue;
        }
        edges_.append(part_of(mix64(e.pre, e.post), slices_), e);
        fact(e.pre, CellFact::out, 1);
        fact(e.post, CellFact::in, 1);
      }
    });
    if (dropped > 0) ctx_.note(std::to_string(dropped) + " synapses below synapses.prob_min left out");
    if (undirected > 0) ctx_.note(std::to_string(undirected) + " synapses without direction left out of edges");
  }

  void contacts() {
    const auto cs = open_if_there(ctx_, "cs"), sv = open_if_there(ctx_, "sv");
    if (!cs || !sv || !sv->has_column("cell_id")) return;
    const auto a = cs->column<Id>("sv_a"), b = cs->column<Id>("sv_b");
    const auto size = cs->column<std::uint64_t>("size_vx");
    const auto cell = sv->column<Id>("cell_id");
    const auto cell_of = [&](Id id) {
      const auto row = sv->find(id);
      return row ? cell(*row) : kBackground;
    };
    const bool with_voxels = cs->has_part("voxels", "runs_vx");
    std::optional<Ragged<std::int32_t>> runs;
    if (with_voxels) runs = cs->ragged<std::int32_t>("voxels", "runs_vx");
    for_blocks(ctx_, *cs, [&](Row first, std::uint64_t n) {
      const auto ids = cs->ids(first.shard, first.index, n), sv_a = a.block(first, n), sv_b = b.block(first, n);
      const auto voxels = size.block(first, n);
      for (std::uint64_t i = 0; i < n; ++i) {
        const Id x = cell_of(sv_a[i]), y = cell_of(sv_b[i]);
        if (x == y || x == kBackground || y == kBackground) continue;
        ContactRecord record{std::min(x, y), std::max(x, y), ids[i], voxels[i], kNone};
        if (runs)
          record.area_um2 = contact_area_um2(runs_of((*runs)({first.shard, first.index + i})), cs->voxel_size_nm());
        contacts_.append(part_of(mix64(record.a, record.b), slices_), record);
      }
    });
  }

  void organelles(const std::string& type, CellFact what) {
    const auto set = open_if_there(ctx_, type);
    if (!set || !set->has_column("cell_id")) return;
    const auto cell = set->column<Id>("cell_id");
    const auto size = set->column<std::uint64_t>("size_vx");
    for_blocks(ctx_, *set, [&](Row first, std::uint64_t n) {
      const auto cells = cell.block(first, n), voxels = size.block(first, n);
      for (std::uint64_t i = 0; i < n; ++i) fact(cells[i], what, voxels[i]);
    });
  }

  void close() { edges_.close(), contacts_.close(), cells_.close(); }

 private:
  static std::vector<Run> runs_of(const std::vector<std::int32_t>& values) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i + 3 < values.size(); i += 4)
      runs.push_back({values[i], values[i + 1], values[i + 2], values[i + 3]});
    return runs;
  }
  void fact(Id cell, CellFact what, std::uint64_t amount) {
    if (cell != kBackground) cells_.append(part_of(mix64(cell), slices_), CellRecord{cell, what, amount});
  }
  JobContext& ctx_;
  std::uint32_t slices_;
  RecordWriter<EdgeRecord> edges_;
  RecordWriter<ContactRecord> contacts_;
  RecordWriter<CellRecord> cells_;
};

template <class T>
std::vector<T> slice_records(JobContext& ctx, const std::string& name) {
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  std::vector<T> all;
  const auto files = static_cast<std::int64_t>(n_shards(ctx.geometry().voxels()));
  for (std::int64_t f = 0; f < files; ++f) read_records(RecordFile(ctx.work_input("count", name, f)), slice, all);
  return all;
}

/// Records of one key are added up in the order of their objects' ids, so that sums of areas do not depend on shards.
std::vector<EdgeSum> edge_sums(std::vector<EdgeRecord> records) {
  std::sort(records.begin(), records.end(), [](const EdgeRecord& x, const EdgeRecord& y) {
    return std::tie(x.pre, x.post, x.syn) < std::tie(y.pre, y.post, y.syn);
  });
  std::vector<EdgeSum> sums;
  double prob_sum = 0, n_prob = 0;
  for (const EdgeRecord& r : records) {
    if (sums.empty() || sums.back().pre_id != r.pre || sums.back().post_id != r.post) {
      sums.push_back({r.pre, r.post, 0, 0, 0, 0, 0, 0, 0, 0, 0, kNone, kNone});
      prob_sum = n_prob = 0;
    }
    EdgeSum& s = sums.back();
    const bool axon = is_axon(r.pre_comp);
    ++s.n_syn, s.n_exc += r.sign > 0, s.n_inh += r.sign < 0;
    s.n_axodend += axon && is_dendrite(r.post_comp), s.n_axosoma += axon && is_soma(r.post_comp);
    s.n_axospine += axon && is_spine(r.post_comp), s.n_axoshaft += axon && r.post_comp == 0;
    s.n_axoax += axon && is_axon(r.post_comp);
    s.area_um2 += r.area_um2;
    s.area_max_um2 = std::fmax(s.area_max_um2, r.area_um2);
    if (!std::isnan(r.prob)) prob_sum += r.prob, n_prob += 1, s.prob_mean = prob_sum / n_prob;
  }
  return sums;
}

std::vector<ContactSum> contact_sums(std::vector<ContactRecord> records) {
  std::sort(records.begin(), records.end(), [](const ContactRecord& x, const ContactRecord& y) {
    return std::tie(x.a, x.b, x.cs) < std::tie(y.a, y.b, y.cs);
  });
  std::vector<ContactSum> sums;
  for (const ContactRecord& r : records) {
    if (sums.empty() || sums.back().cell_a != r.a || sums.back().cell_b != r.b) sums.push_back({r.a, r.b, 0, 0, 0});
    ++sums.back().n_cs, sums.back().size_vx += r.size_vx, sums.back().area_um2 += r.area_um2;
  }
  return sums;
}

std::vector<CellSum> cell_sums(std::vector<CellRecord> records) {
  std::sort(records.begin(), records.end(), [](const CellRecord& x, const CellRecord& y) { return x.cell < y.cell; });
  std::vector<CellSum> sums;
  for (const CellRecord& r : records) {
    if (sums.empty() || sums.back().cell_id != r.cell) sums.push_back({r.cell, 0, 0, 0, 0, 0});
    CellSum& s = sums.back();
    (r.fact == CellFact::out          ? s.n_out
     : r.fact == CellFact::in         ? s.n_in
     : r.fact == CellFact::undirected ? s.n_undirected
     : r.fact == CellFact::mi_vx      ? s.mi_vx
                                      : s.vc_vx) += r.amount;
  }
  return sums;
}

template <class T>
void write_sums(JobContext& ctx, const std::string& name, const std::vector<T>& sums) {
  constexpr std::size_t kBlock = 4096;
  const auto blocks = static_cast<std::uint32_t>(std::max<std::size_t>(1, (sums.size() + kBlock - 1) / kBlock));
  RecordWriter<T> out(ctx.work_output(name), blocks);
  for (std::size_t i = 0; i < sums.size(); ++i) out.append(static_cast<std::uint32_t>(i / kBlock), sums[i]);
  out.close();
}

}  // namespace

void count_pairs(JobContext& ctx, double prob_min) {
  Counter counter(ctx);
  counter.synapses(prob_min);
  counter.contacts();
  counter.organelles("mi", CellFact::mi_vx);
  counter.organelles("vc", CellFact::vc_vx);
  counter.close();
}

void sum_pairs(JobContext& ctx) {
  write_sums(ctx, "edges", edge_sums(slice_records<EdgeRecord>(ctx, "edges")));
  write_sums(ctx, "contacts", contact_sums(slice_records<ContactRecord>(ctx, "contacts")));
  write_sums(ctx, "cells", cell_sums(slice_records<CellRecord>(ctx, "cells")));
}

}  // namespace syconn
