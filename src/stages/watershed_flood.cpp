// SPDX-License-Identifier: GPL-3.0-or-later
// Step `flood`: divides the components that hold several seeds.
#include <algorithm>
#include <map>
#include <set>

#include "chunk_records.h"
#include "organelle_maps.h"
#include "syconn/algo/edt.h"
#include "syconn/algo/watershed.h"
#include "watershed_records.h"
#include "watershed_steps.h"

namespace syconn {
namespace {

/// What of the components is in sight: runs of the mask, and of the seeds with their objects.
struct OpenComponent {
  std::vector<Run> mask;
  std::vector<LabelRun> seeds;
};
using OpenComponents = std::map<Id, OpenComponent>;

void clip_into(const Run& run, const Box3& box, std::vector<Run>& out) { clip_runs(std::span(&run, 1), box, out); }

class FloodJob {
 public:
  FloodJob(JobContext& ctx, std::string name, const OrganelleTypeConfig& type)
      : ctx_(ctx),
        name_(std::move(name)),
        scale_(EdtScale::of(ctx.geometry().voxel_size_nm, type.max_radius_nm)),
        write_(ctx.job().box),
        read_(intersect(write_.grown(scale_.reach_vx()), ctx.geometry().box)) {}

  void run() {
    OpenComponents open = collect();
    for (auto& [number, component] : open) divide(component);
    std::sort(out_.begin(), out_.end(), [](const LabelRun& a, const LabelRun& b) { return raster_less(a.run, b.run); });
    write();
  }

 private:
  OpenComponents collect() const {
    OpenComponents open;
    const RecordFile joined(ctx_.work_input("join", name_, 0));
    for (const Id label : read_chunk_labels(joined, ctx_.job().index).mask)
      if (label >= kOpenLabel) open[label];
    if (open.empty()) return open;
    for (const std::int64_t chunk : chunks_touching(ctx_.geometry().grid(), read_)) add_chunk(joined, chunk, open);
    return open;
  }
  void add_chunk(const RecordFile& joined, std::int64_t chunk, OpenComponents& open) const {
    const ChunkLabels labels = read_chunk_labels(joined, chunk);
    std::vector<OpenComponent*> of(labels.mask.size(), nullptr);
    bool any = false;
    for (std::size_t m = 0; m < of.size(); ++m) {
      const auto found = open.find(labels.mask[m]);
      if (found != open.end()) of[m] = &found->second, any = true;
    }
    if (!any) return;
    const RecordFile file(ctx_.work_input("mask", name_, chunk));
    for (const ComponentRun& r : read_slice<ComponentRun>(file, kMaskRuns))
      if (of.at(r.component) != nullptr) clip_into(r.run, read_, of[r.component]->mask);
    const std::vector<SeedComponent> seeds = read_slice<SeedComponent>(file, kSeedComponents);
    std::vector<Run> clipped;
    for (const ComponentRun& r : read_slice<ComponentRun>(file, kSeedRuns)) {
      OpenComponent* const component = of.at(seeds.at(r.component).mask_component);
      if (component == nullptr || labels.seeds.at(r.component) == kBackground) continue;
      clipped.clear();
      clip_into(r.run, read_, clipped);
      for (const Run& run : clipped) component->seeds.push_back({run, labels.seeds[r.component]});
    }
  }

  // A component's pieces in sight, each by itself.
  void divide(OpenComponent& component) {
    sort_and_merge(component.mask);
    const RunComponents parts = run_components(component.mask, Connectivity::face6);
    std::vector<std::vector<Run>> pieces(parts.n_parts);
    for (std::size_t i = 0; i < component.mask.size(); ++i) pieces[parts.part[i]].push_back(component.mask[i]);
    component.mask = {};
    for (const std::vector<Run>& piece : pieces) {
      std::vector<Run> own;
      clip_runs(piece, write_, own);
      if (own.empty()) continue;
      const std::vector<LabelRun> seeds = seeds_in(piece, component.seeds);
      std::set<Id> ids;
      for (const LabelRun& s : seeds) ids.insert(s.label);
      if (ids.size() > 1) {
        flood(piece, seeds, {ids.begin(), ids.end()});
        continue;
      }
      const Id label = ids.size() == 1 ? *ids.begin() : provisional();
      for (const Run& run : own) out_.push_back({run, label});
    }
  }
  static std::vector<LabelRun> seeds_in(const std::vector<Run>& piece, const std::vector<LabelRun>& seeds) {
    std::vector<LabelRun> in;
    for (const LabelRun& s : seeds) {
      const auto after = std::upper_bound(piece.begin(), piece.end(), s.run,
                                          [](const Run& a, const Run& b) { return raster_less(a, b); });
      if (after == piece.begin()) continue;
      const Run& run = *(after - 1);
      if (run.z == s.run.z && run.y == s.run.y && s.run.x < run.end()) in.push_back(s);
    }
    return in;
  }
  Id provisional() { return kOpenLabel | static_cast<Id>(ctx_.job().index) << 32 | n_provisional_++; }

  // Beyond the piece's box is background, except where the piece may go on out of sight.
  Box3 world_of(const Box3& box) const {
    const Box3 dataset = ctx_.geometry().box;
    Box3 world = box;
    for (int k = 0; k < 3; ++k) {
      if (box.min[k] == read_.min[k] && read_.min[k] != dataset.min[k]) --world.min[k];
      if (box.max[k] == read_.max[k] && read_.max[k] != dataset.max[k]) ++world.max[k];
    }
    return world;
  }
  template <class Distance>
  void levels(const Volume<std::uint8_t>& mask, Volume<std::uint32_t>& level) const {
    Volume<Distance> squared(mask.box());
    squared_edt(mask.view(), world_of(mask.box()), scale_, squared.view());
    const VolumeView<const Distance> in = squared.view();
    levels_of_distances(in, mask.view(), level.view());
  }
  void flood(const std::vector<Run>& piece, const std::vector<LabelRun>& seeds, const std::vector<Id>& ids) {
    const Box3 box = bounding_box(piece);
    Volume<std::uint8_t> mask(box);
    for (const Run& r : piece) std::fill_n(&mask.at(r.first()), r.len, std::uint8_t{1});
    Volume<std::uint32_t> labels(box), level(box);
    for (const LabelRun& s : seeds) {
      const auto at = std::lower_bound(ids.begin(), ids.end(), s.label) - ids.begin();
      std::fill_n(&labels.at(s.run.first()), s.run.len, static_cast<std::uint32_t>(at + 1));
    }
    if (has_wide_cap(scale_))
      levels<std::uint64_t>(mask, level);
    else
      levels<std::uint32_t>(mask, level);
    const Volume<std::uint8_t>& inside = mask;
    const Volume<std::uint32_t>& heights = level;
    Watershed().run(heights.view(), inside.view(), labels.view());
    emit(labels, ids);
  }
  void emit(const Volume<std::uint32_t>& labels, const std::vector<Id>& ids) {
    const Box3 own = intersect(labels.box(), write_);
    for (std::int64_t z = own.min.z; z < own.max.z; ++z)
      for (std::int64_t y = own.min.y; y < own.max.y; ++y) {
        const std::uint32_t* const row = &labels.at({own.min.x, y, z});
        const std::int64_t n = own.size().x;
        for (std::int64_t x = 0, end; x < n; x = end) {
          for (end = x + 1; end < n && row[end] == row[x];) ++end;
          if (row[x] == 0) continue;
          const Run run{static_cast<std::int32_t>(own.min.x + x), static_cast<std::int32_t>(y),
                        static_cast<std::int32_t>(z), static_cast<std::int32_t>(end - x)};
          out_.push_back({run, ids[row[x] - 1]});
        }
      }
  }
  void write() {
    RecordFileWriter file(ctx_.work_output(name_), kFloodSlices, 0);
    std::map<Id, std::uint64_t> sizes;
    ChunkFaces faces;
    for (const LabelRun& r : out_) {
      sizes[r.label] += static_cast<std::uint64_t>(r.run.len);
      add_to_faces(write_, r.run, r.label, faces);
    }
    append_bytes<LabelRun>(file, kLabelRuns, out_);
    for (const auto& [label, size_vx] : sizes) {
      const LabelSize record{label, size_vx};
      file.append(kLabelSizes, &record, sizeof record);
    }
    for (std::uint32_t f = 0; f < 6; ++f) append_bytes<FaceRun>(file, kLabelFaces + f, faces[f]);
    file.close();
  }

  JobContext& ctx_;
  std::string name_;
  EdtScale scale_;
  Box3 write_, read_;
  std::vector<LabelRun> out_;
  Id n_provisional_ = 0;
};

}  // namespace

void watershed_flood(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& name : watershed_types(ctx.config())) FloodJob(ctx, name, config.types.at(name)).run();
}

// A piece may fill what is read: mask, distances, levels, labels, open voxels, and 16 bytes a voxel of the mask (a quarter).
std::uint64_t watershed_flood_memory(const RunConfig& config, const Geometry& g) {
  const Vec3i chunk = min(g.chunk_vx, g.box.size());
  std::uint64_t most = 0;
  for (const std::string& name : watershed_types(config)) {
    const auto& type = config.section<WatershedConfig>("watershed").types.at(name);
    if (type.seed_ops().empty()) continue;
    const EdtScale scale = EdtScale::of(g.voxel_size_nm, type.max_radius_nm);
    const Vec3i read = min(chunk + 2 * scale.reach_vx(), g.box.size());
    most = std::max(most, static_cast<std::uint64_t>(read.product()) * (has_wide_cap(scale) ? 22U : 18U));
  }
  return most + (std::uint64_t{256} << 20);
}

}  // namespace syconn
