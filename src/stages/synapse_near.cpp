// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "shards.h"
#include "syconn/algo/poisson_mesh.h"
#include "syconn/io/segmentation_dataset.h"
#include "synapse_records.h"
#include "synapse_steps.h"

/// meshes, gather, organelles, near: surfaces of synapses and the organelles of their partners near them.
namespace syconn {
namespace {

Vec3d centre_nm(const std::int64_t voxel[3], const Vec3d& voxel_size_nm) {
  return (Vec3d(Vec3i{voxel[0], voxel[1], voxel[2]}) + Vec3d(0.5)) * voxel_size_nm;
}

void request(RecordFileWriter& out, const SynapseObject& synapse, std::uint32_t slices) {
  const SynapseRow& row = synapse.row;
  for (std::uint64_t partner = 0; partner < 2; ++partner) {
    SynapseRequest r{partner == 0 ? row.key.cell_a : row.key.cell_b, row.id, partner, {}, synapse.runs.size()};
    std::copy(std::begin(row.rep), std::end(row.rep), std::begin(r.rep));
    const std::uint32_t slice = shard_of(r.cell, slices);
    out.append(slice, &r, sizeof r);
    append_bytes<Run>(out, slice, synapse.runs);
  }
}

/// A synapse as one of its partner cells sees it.
struct NearSynapse {
  SynapsePartner partner;
  Vec3d rep_nm;
  RunProximity proximity;
};

struct PlacedRequest {
  Id cell, synapse;
  std::uint64_t partner;
  std::size_t at;
};

std::vector<PlacedRequest> index_requests(const std::vector<char>& bytes) {
  std::vector<PlacedRequest> index;
  for (RecordCursor cursor(bytes); !cursor.at_end();) {
    const std::size_t at = cursor.position();
    const auto r = cursor.one<SynapseRequest>();
    cursor.skip<Run>(r.n_runs);
    index.push_back({r.cell, r.synapse, r.partner, at});
  }
  std::sort(index.begin(), index.end(), [](const PlacedRequest& x, const PlacedRequest& y) {
    return std::tie(x.cell, x.synapse, x.partner) < std::tie(y.cell, y.synapse, y.partner);
  });
  return index;
}

/// Meshes of organelles by their rows.
class OrganelleMeshes {
 public:
  explicit OrganelleMeshes(const JobContext& ctx) {
    for (std::size_t t = 0; t < kSynapseOrganelles.size(); ++t)
      if (const fs::path file = synapse_input(ctx, kSynapseOrganelles[t]); fs::exists(file)) {
        const auto dataset = SegmentationDataset::open(file);
        if (dataset.has_part("mesh", "vertices_nm")) parts_[t].emplace(dataset.ragged<float>("mesh", "vertices_nm"));
      }
  }
  /// Coordinates of all vertices; good until the next call.
  const std::vector<float>& vertices_nm(const SynapseOrganelle& o) {
    parts_.at(o.type).value().read({static_cast<std::uint32_t>(o.shard), o.index}, vertices_nm_);
    return vertices_nm_;
  }

 private:
  std::array<std::optional<Ragged<float>>, kSynapseOrganelles.size()> parts_;
  std::vector<float> vertices_nm_;
};

class CellOfSynapses {
 public:
  CellOfSynapses(const JobContext& ctx, const SynapsesConfig& c)
      : config_(c), size_nm_(ctx.geometry().voxel_size_nm), meshes_(ctx) {}

  void load(std::span<const PlacedRequest> requests, const std::vector<char>& bytes) {
    synapses_.clear();
    std::vector<Run> runs;
    for (const PlacedRequest& placed : requests) {
      RecordCursor cursor(bytes, placed.at);
      const auto r = cursor.one<SynapseRequest>();
      runs.clear();
      cursor.many(r.n_runs, runs);
      synapses_.push_back({{r.synapse, r.partner, {}}, centre_nm(r.rep, size_nm_), RunProximity(runs, size_nm_)});
    }
    std::sort(synapses_.begin(), synapses_.end(), [](const NearSynapse& x, const NearSynapse& y) {
      return std::tie(x.rep_nm.x, x.partner.synapse) < std::tie(y.rep_nm.x, y.partner.synapse);
    });
  }

  void add(const SynapseOrganelle& o) {
    const Vec3d rep = centre_nm(o.rep, size_nm_);
    const double reach = config_.max_rep_distance_nm;
    const std::vector<float>* vertices = nullptr;
    auto s = std::lower_bound(synapses_.begin(), synapses_.end(), rep.x - reach,
                              [](const NearSynapse& x, double value) { return x.rep_nm.x < value; });
    for (; s != synapses_.end() && s->rep_nm.x <= rep.x + reach; ++s) {
      const Vec3d d = s->rep_nm - rep;
      if (d.x * d.x + d.y * d.y + d.z * d.z > reach * reach) continue;
      if (vertices == nullptr) vertices = &meshes_.vertices_nm(o);
      add(o, *vertices, *s);
    }
  }
  const std::vector<NearSynapse>& synapses() const { return synapses_; }

 private:
  void add(const SynapseOrganelle& o, const std::vector<float>& vertices_nm, NearSynapse& s) const {
    if (vertices_nm.empty()) return;
    const bool mi = o.type == 0;
    const std::uint64_t n = s.proximity.count_within(vertices_nm, mi ? config_.mi_radius_nm : config_.vc_radius_nm);
    if (n == 0) return;
    const double voxels =
        static_cast<double>(n) * static_cast<double>(o.size_vx) / static_cast<double>(vertices_nm.size() / 3);
    NearOrganelles& near = s.partner.near;
    (mi ? near.n_mi : near.n_vc) += 1;
    (mi ? near.mi_vx : near.vc_vx) += voxels;
  }
  const SynapsesConfig& config_;
  Vec3d size_nm_;
  OrganelleMeshes meshes_;
  std::vector<NearSynapse> synapses_;
};

std::vector<SynapseOrganelle> organelles_of_slice(const JobContext& ctx, std::uint32_t slice) {
  std::vector<SynapseOrganelle> all;
  for (std::int64_t k = 0; k < per_shard.count(ctx.geometry()); ++k)
    read_records(RecordFile(ctx.work_input("organelles", "organelles", k)), slice, all);
  std::sort(all.begin(), all.end(), [](const SynapseOrganelle& x, const SynapseOrganelle& y) {
    return std::tie(x.cell, x.type, x.id) < std::tie(y.cell, y.type, y.id);
  });
  return all;
}

void send_organelles(const SegmentationDataset& dataset, std::uint64_t type, std::uint32_t shard, std::uint32_t slices,
                     RecordWriter<SynapseOrganelle>& out) {
  constexpr std::uint64_t kBlock = 1 << 16;
  const auto cell_id = dataset.column<Id>("cell_id");
  const auto size_vx = dataset.column<std::uint64_t>("size_vx");
  const auto rep_vx = dataset.column<std::int64_t>("rep_vx");
  for (std::uint64_t first = 0; first < dataset.shard_size(shard); first += kBlock) {
    const std::vector<Id> ids = dataset.ids(shard, first, kBlock);
    const Row row{shard, first};
    const auto cells = cell_id.block(row, ids.size());
    const auto sizes = size_vx.block(row, ids.size());
    const auto reps = rep_vx.block(row, ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (cells[i] == kBackground) continue;
      SynapseOrganelle o{cells[i], type, ids[i], sizes[i], shard, first + i, {}};
      std::copy_n(reps.begin() + static_cast<std::ptrdiff_t>(3 * i), 3, std::begin(o.rep));
      out.append(shard_of(cells[i], slices), o);
    }
  }
}

}  // namespace

void synapse_meshes(JobContext& ctx, const SynapsesConfig& c) {
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  const std::uint32_t slices = ctx.geometry().id_slices(), shards = n_shards(ctx.geometry().voxels());
  std::vector<char> bytes;
  RecordFile(ctx.work_input("agglomerate", "objects", slice)).read(0, bytes);
  const std::vector<Id> ids = read_records<Id>(RecordFile(ctx.work_input("number", "ids", 0)), slice);
  RecordFileWriter out(ctx.work_output("objects"), shards, 0), requests(ctx.work_output("requests"), slices, 0);
  SynapseMeshParams params;
  params.poisson = c.mesh == "poisson";
  SynapseObject synapse;
  std::size_t rank = 0;
  std::uint64_t fallbacks = 0;
  for (RecordCursor cursor(bytes); !cursor.at_end();) {
    synapse.read(cursor);
    synapse.row.id = ids.at(rank++);
    SynapseMesh mesh = synapse_mesh(synapse.runs, ctx.geometry().voxel_size_nm, params);
    synapse.mesh = std::move(mesh.mesh);
    synapse.row.mesh_method = static_cast<std::uint64_t>(mesh.method);
    synapse.row.mesh_area_um2 = mesh_area_um2(synapse.mesh);
    fallbacks += params.poisson && mesh.method == MeshMethod::marching_cubes;
    synapse.write(out, shard_of(synapse.row.id, shards));
    request(requests, synapse, slices);
  }
  out.close();
  requests.close();
  if (fallbacks > 0)
    ctx.note(std::to_string(fallbacks) + " of " + std::to_string(rank) +
             " meshes by marching cubes instead of poisson");
}

void synapse_gather(JobContext& ctx, const SynapsesConfig&) {
  const std::uint32_t slices = ctx.geometry().id_slices();
  RecordFileWriter out(ctx.work_output("requests"), slices, 0);
  std::vector<char> bytes;
  for (std::int64_t s = ctx.job().index; s < slices; s += ctx.job().count) {
    const RecordFile file(ctx.work_input("meshes", "requests", s));
    for (std::uint32_t slice = 0; slice < slices; ++slice) {
      bytes.clear();
      file.read(slice, bytes);
      if (!bytes.empty()) out.append(slice, bytes.data(), bytes.size());
    }
  }
  out.close();
}

void synapse_organelles(JobContext& ctx, const SynapsesConfig&) {
  const std::uint32_t slices = ctx.geometry().id_slices();
  RecordWriter<SynapseOrganelle> out(ctx.work_output("organelles"), slices);
  for (std::size_t t = 0; t < kSynapseOrganelles.size(); ++t) {
    const std::string type = kSynapseOrganelles[t];
    const fs::path file = synapse_input(ctx, type);
    if (!fs::exists(file)) {
      ctx.note("no datasets/" + type + ".h5: these organelles count as absent");
      continue;
    }
    const auto dataset = SegmentationDataset::open(file);
    if (!dataset.has_column("cell_id") || !dataset.has_part("mesh", "vertices_nm")) {
      ctx.note("datasets/" + type + ".h5 has no cells or no meshes: these organelles count as absent");
      continue;
    }
    for (auto shard = static_cast<std::uint32_t>(ctx.job().index); shard < dataset.n_shards();
         shard += static_cast<std::uint32_t>(ctx.job().count))
      send_organelles(dataset, t, shard, slices, out);
  }
  out.close();
}

void synapse_near(JobContext& ctx, const SynapsesConfig& c) {
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  const std::uint32_t shards = n_shards(ctx.geometry().voxels());
  std::vector<char> bytes;
  for (std::int64_t k = 0; k < per_shard.count(ctx.geometry()); ++k)
    RecordFile(ctx.work_input("gather", "requests", k)).read(slice, bytes);
  const std::vector<PlacedRequest> requests = index_requests(bytes);
  const std::vector<SynapseOrganelle> organelles = organelles_of_slice(ctx, slice);
  RecordWriter<SynapsePartner> out(ctx.work_output("partners"), shards);
  CellOfSynapses cell(ctx, c);
  std::size_t o = 0;
  for (std::size_t i = 0, end; i < requests.size(); i = end) {
    for (end = i; end < requests.size() && requests[end].cell == requests[i].cell;) ++end;
    while (o < organelles.size() && organelles[o].cell < requests[i].cell) ++o;
    if (o == organelles.size() || organelles[o].cell != requests[i].cell) continue;
    cell.load(std::span(requests).subspan(i, end - i), bytes);
    for (; o < organelles.size() && organelles[o].cell == requests[i].cell; ++o) cell.add(organelles[o]);
    for (const NearSynapse& s : cell.synapses()) out.append(shard_of(s.partner.synapse, shards), s.partner);
  }
  out.close();
}

}  // namespace syconn
