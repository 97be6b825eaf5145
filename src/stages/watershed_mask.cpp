// SPDX-License-Identifier: GPL-3.0-or-later
// Step `mask`: mask and seeds of a chunk, and their components in it.
#include <algorithm>

#include "organelle_maps.h"
#include "syconn/algo/run_components.h"
#include "watershed_records.h"
#include "watershed_steps.h"

namespace syconn {
namespace {

int element_of(const RunConfig& config, const OrganelleTypeConfig& type) {
  return morphology_element(config.dataset.voxel_size_nm, type.element_max_a);
}

Vec3i halo_of(const RunConfig& config, const OrganelleTypeConfig& type) {
  const int a = element_of(config, type);
  return morphology_halo(type.mask_ops(), a) + morphology_halo(type.seed_ops(), a);
}

struct Found {
  std::vector<Run> mask, seeds;  // in the write box
};

Found find(const JobContext& ctx, const std::string& name, const OrganelleTypeConfig& type) {
  const Box3 write = ctx.job().box, read = intersect(write.grown(halo_of(ctx.config(), type)), ctx.geometry().box);
  Volume<std::uint8_t> mask(read);
  read_organelle_mask(ctx.config(), name, *open_organelle_map(ctx, name), type.threshold, mask.view());
  const int a = element_of(ctx.config(), type);
  Morphology morphology;
  if (!type.mask_ops().empty()) morphology.apply(type.mask_ops(), a, mask.view());
  const VolumeView<const std::uint8_t> inside = mask.view();
  Found found{runs_of_mask(inside.sub(write)), {}};
  if (type.seed_ops().empty()) return found;
  Volume<std::uint8_t> seeds = mask;
  morphology.apply(type.seed_ops(), a, seeds.view());
  for (std::size_t i = 0; i < seeds.count(); ++i) seeds.data()[i] &= mask.data()[i];
  const VolumeView<const std::uint8_t> all = seeds.view();
  found.seeds = runs_of_mask(all.sub(write));
  return found;
}

/// Components of raster-sorted runs: their runs and faces into the file; returns size and place of each.
std::vector<MaskComponent> write_components(const JobContext& ctx, const std::vector<Run>& runs,
                                            const RunComponents& parts, std::uint32_t run_slice,
                                            std::uint32_t face_slice, RecordFileWriter& file) {
  const Box3 dataset = ctx.geometry().box;
  std::vector<MaskComponent> components(parts.n_parts, {0, 0});
  std::vector<ComponentRun> records;
  ChunkFaces faces;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    MaskComponent& c = components[parts.part[i]];
    if (c.size_vx == 0) {
      const Vec3i v = runs[i].first() - dataset.min;
      c.first = static_cast<std::uint64_t>((v.z * dataset.size().y + v.y) * dataset.size().x + v.x);
    }
    c.size_vx += static_cast<std::uint64_t>(runs[i].len);
    records.push_back({runs[i], parts.part[i]});
    add_to_faces(ctx.job().box, runs[i], parts.part[i], faces);
  }
  append_bytes<ComponentRun>(file, run_slice, records);
  for (std::uint32_t f = 0; f < 6; ++f) append_bytes<FaceRun>(file, face_slice + f, faces[f]);
  return components;
}

/// For each component of the seeds the component of the mask that holds it.
std::vector<std::uint64_t> holders(const Found& found, const RunComponents& mask, const RunComponents& seeds) {
  std::vector<std::uint64_t> holder(seeds.n_parts, 0);
  for (std::size_t i = 0; i < found.seeds.size(); ++i) {
    const auto after = std::upper_bound(found.mask.begin(), found.mask.end(), found.seeds[i],
                                        [](const Run& a, const Run& b) { return raster_less(a, b); });
    holder[seeds.part[i]] = mask.part[static_cast<std::size_t>(after - found.mask.begin()) - 1];
  }
  return holder;
}

}  // namespace

void watershed_mask(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& name : watershed_types(ctx.config())) {
    const Found found = ctx.is_left_out() ? Found{} : find(ctx, name, config.types.at(name));
    const RunComponents mask = run_components(found.mask, Connectivity::face6),
                        seeds = run_components(found.seeds, Connectivity::face6);
    RecordFileWriter file(ctx.work_output(name), kMaskSlices, 0);
    const auto components = write_components(ctx, found.mask, mask, kMaskRuns, kMaskFaces, file);
    append_bytes<MaskComponent>(file, kMaskComponents, components);
    const std::vector<std::uint64_t> holder = holders(found, mask, seeds);
    std::vector<SeedComponent> records;
    for (const MaskComponent& c : write_components(ctx, found.seeds, seeds, kSeedRuns, kSeedFaces, file))
      records.push_back({c.size_vx, c.first, holder[records.size()]});
    append_bytes<SeedComponent>(file, kSeedComponents, records);
    file.close();
  }
}

// Mask, seeds and the morphology's bits; runs, faces and components: a run in 12 voxels, 60 bytes each.
std::uint64_t watershed_mask_memory(const RunConfig& config, const Geometry& g) {
  const Vec3i chunk = min(g.chunk_vx, g.box.size());
  std::uint64_t most = 0;
  for (const std::string& name : watershed_types(config)) {
    const auto& type = config.section<WatershedConfig>("watershed").types.at(name);
    const Vec3i read = min(chunk + 2 * halo_of(config, type), g.box.size());
    most = std::max(most, static_cast<std::uint64_t>(read.product()) * 3);
  }
  return most + static_cast<std::uint64_t>(chunk.product()) * 5 + (std::uint64_t{256} << 20);
}

}  // namespace syconn
