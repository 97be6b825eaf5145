// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/contacts.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <sstream>

#include "contacts_internal.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {
using namespace contacts;

constexpr std::int64_t kBlockEdge = 512;                     // write boxes are cut into blocks of at most this edge
constexpr std::int64_t kSlabVoxels = std::int64_t{1} << 24;  // the morphology runs on slabs of about 256^3

/// Result of a block: runs of ranked pairs.
struct BlockPairs {
  std::vector<std::uint64_t> key;    // of the pairs, ascending
  std::vector<std::uint64_t> first;  // first run of a pair, one more at the end
  std::vector<Run> runs;
};

std::int64_t morphology_reach(const ContactParams& p) { return 2 * p.closings + p.dilations; }

/// The block edges: equal parts of at most kBlockEdge.
Vec3i block_edge(const Vec3i& size) {
  Vec3i edge;
  for (int a = 0; a < 3; ++a) edge[a] = ceil_div(size[a], ceil_div(size[a], kBlockEdge));
  return edge;
}

std::int64_t slab_planes(const Vec3i& size) {
  const std::int64_t most = std::max<std::int64_t>(16, kSlabVoxels / (size.x * size.y));
  return ceil_div(size.z, ceil_div(size.z, most));
}
}  // namespace

Vec3i contact_halo(const ContactParams& params) {
  const auto bad = [](const auto&... what) {
    std::ostringstream os;
    (os << ... << what);
    throw Error(Category::config, os.str());
  };
  for (int a = 0; a < 3; ++a)
    if (params.window_vx[a] < 1 || params.window_vx[a] > 255 || params.window_vx[a] % 2 == 0)
      bad("contacts.window_vx: edges must be odd and between 1 and 255, got ", params.window_vx);
  if (params.closings < 0 || params.closings > 60) bad("contacts.closings must be 0..60, got ", params.closings);
  if (params.dilations < 0 || params.dilations > 60) bad("contacts.dilations must be 0..60, got ", params.dilations);
  return Vec3i(morphology_reach(params)) + max(params.window_vx / 2, Vec3i(1));
}

void ContactSet::clear() {
  sv_a.clear(), sv_b.clear(), runs.clear();
  run_offset.assign(1, 0);
}

struct ContactExtractor::Impl {
  explicit Impl(const ContactParams& p)
      : params(p), halo(contact_halo(p)), majority(p.window_vx), closer(p.closings, p.dilations) {}

  void block(VolumeView<const Id> labels, const Box3& dataset, const Box3& write, BlockPairs& out);
  void rank_pairs(std::vector<std::uint64_t>& key);
  void order_in_space();
  void claim_slab(const Box3& slab);
  void collect(const Vec3i& origin);
  void group(BlockPairs& out);

  ContactParams params;
  Vec3i halo;
  LabelScanner scanner;
  MajorityFilter majority;
  PairCloser closer;
  ScannedLabels scanned;
  ContactRuns contacts;
  ClaimVolume volume;
  BlockPairs single;
  std::vector<ContactRun> by_pair, near;
  std::vector<std::uint64_t> pair_first;
  std::vector<Run> raster_runs;
  std::vector<std::uint32_t> raster_rank, rank_of, claim_order;
};

// Numbers the pairs by (sv_a, sv_b) and sorts the contact runs by that rank.
void ContactExtractor::Impl::rank_pairs(std::vector<std::uint64_t>& key) {
  const std::size_t n = contacts.pair_key.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return contacts.pair_key[a] < contacts.pair_key[b]; });
  rank_of.resize(n), key.resize(n);
  for (std::uint32_t r = 0; r < n; ++r) rank_of[order[r]] = r, key[r] = contacts.pair_key[order[r]];
  pair_first.assign(n + 2, 0);
  for (ContactRun& r : contacts.runs) r.pair = rank_of[r.pair], ++pair_first[r.pair + 2];
  for (std::size_t i = 2; i < n + 2; ++i) pair_first[i] += pair_first[i - 1];
  by_pair.resize(contacts.runs.size());
  for (const ContactRun& r : contacts.runs) by_pair[pair_first[r.pair + 1]++] = r;
  order_in_space();
}

// The order of claims does not matter to the result; neighbours one after the other find each other's rows in the
// cache.
void ContactExtractor::Impl::order_in_space() {
  const std::size_t n = pair_first.size() - 2;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> place(n);
  for (std::uint32_t rank = 0; rank < n; ++rank) {
    const ContactRun& middle = by_pair[(pair_first[rank] + pair_first[rank + 1]) / 2];
    std::uint64_t morton = 0;
    for (int bit = 0; bit < 11; ++bit)
      morton |= static_cast<std::uint64_t>(middle.x >> 5 >> bit & 1) << (2 * bit) |
                static_cast<std::uint64_t>(middle.y >> 5 >> bit & 1) << (2 * bit + 1);
    place[rank] = {morton, rank};
  }
  std::sort(place.begin(), place.end());
  claim_order.resize(n);
  for (std::size_t i = 0; i < n; ++i) claim_order[i] = place[i].second;
}

void ContactExtractor::Impl::claim_slab(const Box3& slab) {
  volume.reset(slab);
  const Box3 reach = slab.grown(Vec3i(morphology_reach(params)));
  for (const std::uint32_t rank : claim_order) {
    near.clear();
    for (std::uint64_t i = pair_first[rank]; i < pair_first[rank + 1]; ++i)
      if (by_pair[i].z >= reach.min.z && by_pair[i].z < reach.max.z) near.push_back(by_pair[i]);
    if (!near.empty()) closer.claim(near, rank, volume);
  }
}

// Runs of equal claims, in raster order of the slab. A free voxel's rank bits are all set, which is no pair's rank.
void ContactExtractor::Impl::collect(const Vec3i& origin) {
  const Vec3i n = volume.box.size(), at = volume.box.min + origin;
  const std::uint32_t mask = (std::uint32_t{1} << volume.rank_bits) - 1;
  const auto differ = kernels().differ_masked;
  const std::uint32_t* row = volume.claims();
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y, row += n.x) {
      std::int64_t begin = 0;
      const auto end_run = [&](std::int64_t x) {
        const std::uint32_t rank = row[begin] & mask;
        if (rank != mask) {
          raster_rank.push_back(rank);
          raster_runs.push_back({static_cast<std::int32_t>(at.x + begin), static_cast<std::int32_t>(at.y + y),
                                 static_cast<std::int32_t>(at.z + z), static_cast<std::int32_t>(x - begin)});
        }
        begin = x;
      };
      for (std::int64_t x0 = 0; x0 < n.x; x0 += 64) {  // the margins allow to look beyond the row
        std::uint64_t starts = differ(row + x0, row + x0 - 1, mask);
        if (x0 == 0) starts &= ~std::uint64_t{1};
        if (n.x - x0 < 64) starts &= (std::uint64_t{1} << (n.x - x0)) - 1;
        for (; starts; starts &= starts - 1) end_run(x0 + std::countr_zero(starts));
      }
      end_run(n.x);
    }
}

// Stable counting sort of the collected runs by pair: raster order within each.
void ContactExtractor::Impl::group(BlockPairs& out) {
  std::vector<std::uint64_t>& first = out.first;
  first.assign(out.key.size() + 2, 0);
  for (const std::uint32_t r : raster_rank) ++first[r + 2];
  for (std::size_t i = 2; i < first.size(); ++i) first[i] += first[i - 1];
  out.runs.resize(raster_runs.size());
  for (std::size_t i = 0; i < raster_runs.size(); ++i) out.runs[first[raster_rank[i] + 1]++] = raster_runs[i];
  first.pop_back();
}

void ContactExtractor::Impl::block(VolumeView<const Id> labels, const Box3& dataset, const Box3& write,
                                   BlockPairs& out) {
  const Box3 read = intersect(write.grown(halo), dataset);
  const Box3 core = intersect(write.grown(Vec3i(morphology_reach(params))), dataset);
  scanner.scan(labels.sub(read), scanned);
  majority.run(scanned, core.shifted(-read.min), contacts);
  rank_pairs(out.key);
  const std::size_t n_pairs = out.key.size();
  volume.rank_bits = std::bit_width(n_pairs);
  if (volume.rank_bits + std::bit_width(static_cast<unsigned>(std::max(params.closings, params.dilations))) > 31)
    throw Error(Category::runtime, "contacts: too many supervoxel pairs in one block; use smaller chunks");
  raster_runs.clear(), raster_rank.clear();
  const Box3 local = write.shifted(-read.min);
  const std::int64_t planes = slab_planes(local.size());
  for (std::int64_t z = local.min.z; z < local.max.z && n_pairs > 0; z += planes) {
    claim_slab({{local.min.x, local.min.y, z}, {local.max.x, local.max.y, std::min(z + planes, local.max.z)}});
    collect(read.min);
  }
  group(out);
}

namespace {
/// Pairs of one or several blocks, in order.
struct Piece {
  Id a, b;
  std::span<const Run> runs;
};

void join(std::vector<Piece>& pieces, bool several_blocks, ContactSet& out) {
  const auto before = [](const Piece& p, const Piece& q) { return p.a != q.a ? p.a < q.a : p.b < q.b; };
  if (several_blocks) std::stable_sort(pieces.begin(), pieces.end(), before);
  std::vector<Run> runs;
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t j = i + 1;
    out.sv_a.push_back(pieces[i].a), out.sv_b.push_back(pieces[i].b);
    runs.assign(pieces[i].runs.begin(), pieces[i].runs.end());
    for (; j < pieces.size() && pieces[j].a == pieces[i].a && pieces[j].b == pieces[i].b; ++j)
      runs.insert(runs.end(), pieces[j].runs.begin(), pieces[j].runs.end());
    if (j - i > 1) sort_and_merge(runs);
    out.runs.insert(out.runs.end(), runs.begin(), runs.end());
    out.run_offset.push_back(out.runs.size());
    i = j;
  }
}
}  // namespace

ContactExtractor::ContactExtractor(const ContactParams& params) : impl_(std::make_unique<Impl>(params)) {}
ContactExtractor::~ContactExtractor() = default;
ContactExtractor::ContactExtractor(ContactExtractor&&) noexcept = default;
ContactExtractor& ContactExtractor::operator=(ContactExtractor&&) noexcept = default;

void ContactExtractor::extract(VolumeView<const Id> labels, const Box3& dataset, const Box3& write, ContactSet& out) {
  out.clear();
  if (write.empty()) return;
  if (!dataset.contains(write) || !labels.box().contains(intersect(write.grown(impl_->halo), dataset))) {
    std::ostringstream os;
    os << "contacts: labels " << labels.box() << " do not cover write box " << write << " with its halo " << impl_->halo
       << " in dataset " << dataset;
    throw Error(Category::runtime, os.str());
  }
  const ChunkGrid grid(write.shifted(-write.min), block_edge(write.size()));
  std::vector<BlockPairs> blocks(static_cast<std::size_t>(grid.count()));
  std::vector<Piece> pieces;
  for (std::int64_t i = 0; i < grid.count(); ++i) {
    BlockPairs& block = grid.count() == 1 ? impl_->single : blocks[static_cast<std::size_t>(i)];
    impl_->block(labels, dataset, grid.chunk_box(i).shifted(write.min), block);
    for (std::size_t p = 0; p < block.key.size(); ++p) {
      const std::span<const Run> runs(block.runs.data() + block.first[p], block.runs.data() + block.first[p + 1]);
      if (runs.empty()) continue;
      const std::vector<Id>& ids = impl_->scanned.ids;
      pieces.push_back({ids[block.key[p] >> 32], ids[block.key[p] & 0xffffffffU], runs});
    }
  }
  join(pieces, grid.count() > 1, out);
}

std::uint64_t contact_memory_bytes(const Vec3i& chunk_vx, const ContactParams& params, int voxels_per_run) {
  const Vec3i halo = contact_halo(params);
  const Vec3i block = block_edge(max(chunk_vx, Vec3i(1)));
  const auto read = static_cast<std::uint64_t>((block + halo * std::int64_t{2}).product());
  const auto per_run = static_cast<std::uint64_t>(std::max(voxels_per_run, 1));
  const auto written = static_cast<std::uint64_t>(max(chunk_vx, Vec3i(1)).product());
  const std::int64_t planes = slab_planes(block);
  const auto claims = static_cast<std::uint64_t>(block.x * block.y * planes) * 4;
  const Vec3i box = block + Vec3i(4 * morphology_reach(params) + 64);
  const auto bitmaps = static_cast<std::uint64_t>(box.x * box.y * (planes + 4 * morphology_reach(params) + 2) / 8) *
                       static_cast<std::uint64_t>(std::max(params.closings, params.dilations) + 5);
  return read / 8 + read / per_run * 80 + claims + bitmaps + written / per_run * 104 + (std::uint64_t{64} << 20);
}

}  // namespace syconn
