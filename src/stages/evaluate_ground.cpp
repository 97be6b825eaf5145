// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "evaluate_trace.h"
#include "organelle_maps.h"
#include "syconn/exec/stage.h"
#include "syconn/stages/table.h"
#include "volumes.h"

namespace syconn {
namespace {

using CellPair = std::pair<Id, Id>;

std::uint64_t largest(const std::map<CellPair, std::uint64_t>& counts) {
  std::uint64_t most = 0;
  for (const auto& count : counts) most = std::max(most, count.second);
  return most;
}

/// The junction's voxels as a mask of `block`.
Volume<std::uint8_t> mask_of(std::span<const Run> runs, const Box3& block) {
  std::vector<Run> inside;
  clip_runs(runs, block, inside);
  Volume<std::uint8_t> mask(block);
  std::fill(mask.data(), mask.data() + mask.count(), std::uint8_t{0});
  for (const Run& r : inside) std::fill_n(&mask.at(r.first()), r.len, std::uint8_t{1});
  return mask;
}

}  // namespace

RunGround::RunGround(const fs::path& run)
    : RunGround(run, load_config(run / "config.yml", {}, stage_table().sections())) {}

std::optional<RunGround> RunGround::where_possible(const fs::path& run) {
  if (!fs::exists(run / "config.yml")) return std::nullopt;
  RunConfig config = load_config(run / "config.yml", {}, stage_table().sections());
  for (const char* name : {"sv", "sj"}) {
    const bool inferred = std::string(name) == "sj" && !inferred_map(config, run, name).empty();
    if (!inferred && (!has_volume(config, name) || !fs::exists(config.resolve(config.dataset.volumes.at(name).path))))
      return std::nullopt;
  }
  return RunGround(run, std::move(config));
}

RunGround::RunGround(const fs::path& run, RunConfig config)
    : run_(run), config_(std::move(config)), box_(dataset_box(config_)), cells_(cells_of_supervoxels(run)) {
  const Json contacts = result_keys(*config_.sections.at("contacts")),
             synapses = result_keys(*config_.sections.at("synapses"));
  const Json& window = contacts.at("window_vx");
  for (int k = 0; k < 3; ++k) contacts_.window_vx[k] = window.at(static_cast<std::size_t>(k)).get<std::int64_t>();
  contacts_.closings = contacts.at("closings").get<int>(), contacts_.dilations = contacts.at("dilations").get<int>();
  junctions_.sj_threshold = contacts.at("sj_threshold").get<double>();
  junctions_.sj_morphology = contacts.at("sj_morphology").get<std::vector<std::string>>();
  type_threshold_ = contacts.at("type_threshold").get<int>();
  limits_ = {contacts.at("min_cs_vx").get<std::uint64_t>(), contacts.at("min_syn_vx").get<std::uint64_t>(),
             synapses.at("min_syn_ssv_vx").get<std::uint64_t>()};
}

Volume<std::uint8_t> RunGround::junction_mask(const Box3& box) const {
  const Volume<std::uint8_t> with_halo =
      std::move(junction_masks(config_, run_, junctions_, type_threshold_, box_, box).junction);
  Volume<std::uint8_t> mask(box);
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      std::copy_n(&with_halo.at({box.min.x, y, z}), box.size().x, &mask.at({box.min.x, y, z}));
  return mask;
}

Volume<Id> RunGround::cells(const Box3& box) const {
  Volume<Id> cells = open_covering(config_, "sv", box_)->read_labels(box);
  for (std::size_t i = 0; i < cells.count(); ++i) cells.data()[i] = cell_of(cells_, cells.data()[i]);
  return cells;
}

void RunGround::look_at_block(std::span<const Run> runs, const Box3& block, JunctionGround& out,
                              std::map<Id, std::uint64_t>& cells, std::map<CellPair, std::uint64_t>& contact,
                              std::map<CellPair, std::uint64_t>& mapped) const {
  const Volume<std::uint8_t> junction = mask_of(runs, block);
  const auto sv = open_covering(config_, "sv", box_);
  const Volume<Id> labels = sv->read_labels(intersect(block.grown(contact_halo(contacts_)), box_));
  const Volume<std::uint8_t> map = junction_mask(block);
  std::vector<Run> inside;
  clip_runs(runs, block, inside);
  for_each_voxel(inside, [&](const Vec3i& at) {
    const Id cell = cell_of(cells_, labels.at(at));
    ++out.size_vx, out.in_map_vx += map.at(at);
    if (labels.at(at) == kBackground)
      ++out.background_vx;
    else
      ++cells[cell];
  });
  ContactSet set;
  ContactExtractor(contacts_).extract(labels.view(), box_, block, set);
  for (std::size_t p = 0; p < set.n_pairs(); ++p) {
    const CellPair pair = std::minmax({cell_of(cells_, set.sv_a[p]), cell_of(cells_, set.sv_b[p])});
    if (pair.first == pair.second || pair.first == kBackground) continue;
    for_each_voxel(set.runs_of(p), [&](const Vec3i& at) {
      if (junction.at(at) == 0) return;
      ++contact[pair];
      if (map.at(at) != 0) ++mapped[pair];
    });
  }
}

JunctionGround RunGround::look(std::span<const Run> runs) const {
  JunctionGround out;
  std::map<Id, std::uint64_t> cells;
  std::map<CellPair, std::uint64_t> contact, mapped;
  for (const Box3& block : evaluation_blocks(intersect(bounding_box(runs), box_)))
    look_at_block(runs, block, out, cells, contact, mapped);
  out.contact_vx = largest(contact), out.mapped_contact_vx = largest(mapped);
  out.cells.assign(cells.begin(), cells.end());
  std::stable_sort(out.cells.begin(), out.cells.end(),
                   [](const auto& x, const auto& y) { return x.second > y.second; });
  return out;
}

}  // namespace syconn
