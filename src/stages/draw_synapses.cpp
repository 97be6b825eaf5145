// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "draw_section.h"
#include "evaluate_trace.h"
#include "syconn/core/error.h"
#include "syconn/io/png.h"
#include "syconn/stages/draw.h"
#include "volumes.h"

namespace syconn {
namespace {

constexpr Colour kCellA{255, 150, 30}, kCellB{70, 180, 255}, kJunction{255, 240, 60}, kSynapse{255, 40, 60};
constexpr std::int64_t kGap = 6, kZoomedEdge = 480, kLine = 2;
constexpr double kSynapseTint = 0.45;

/// The n largest synapses of sufficient probability; tie: smaller id.
std::vector<Id> largest(const SegmentationDataset& synapses, std::size_t n, double prob_min) {
  std::vector<std::pair<std::uint64_t, Id>> best;
  const auto size = synapses.column<std::uint64_t>("size_vx");
  const auto prob = synapses.column<float>("prob");
  for (std::uint32_t shard = 0; shard < synapses.n_shards(); ++shard) {
    const auto ids = synapses.ids(shard);
    const auto sizes = size.shard(shard);
    const auto probs = prob.shard(shard);
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (!(static_cast<double>(probs[i]) < prob_min)) best.push_back({sizes[i], ids[i]});
    std::sort(best.begin(), best.end(), [](const auto& x, const auto& y) {
      return x.first != y.first ? x.first > y.first : x.second < y.second;
    });
    if (best.size() > n) best.resize(n);
  }
  std::vector<Id> ids;
  for (const auto& b : best) ids.push_back(b.second);
  return ids;
}

struct Shown {
  DrawnSynapse synapse;
  std::vector<Run> runs;  ///< of the whole synapse, then in the section
};

Shown look_up(const SegmentationDataset& synapses, Id id) {
  const Row row = synapses.at(id);
  Shown shown;
  DrawnSynapse& s = shown.synapse;
  s.id = id, s.cell_a = synapses.column<Id>("cell_a")(row), s.cell_b = synapses.column<Id>("cell_b")(row);
  s.prob = synapses.column<float>("prob")(row), s.area_um2 = synapses.column<float>("area_um2")(row);
  s.size_vx = synapses.column<std::uint64_t>("size_vx")(row);
  const auto values = synapses.ragged<std::int32_t>("voxels", "runs_vx")(row);
  for (std::size_t i = 0; i + 3 < values.size(); i += 4)
    shown.runs.push_back({values[i], values[i + 1], values[i + 2], values[i + 3]});
  if (shown.runs.empty()) throw Error(Category::input, "synapse " + std::to_string(id) + " has no voxels");
  return shown;
}

/// Its sections, that with most of its voxels first; tie: the lower.
std::vector<std::int32_t> sections_by_voxels(const std::vector<Run>& runs) {
  std::map<std::int32_t, std::int64_t> voxels;
  for (const Run& r : runs) voxels[r.z] += r.len;
  std::vector<std::int32_t> order;
  for (const auto& entry : voxels) order.push_back(entry.first);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t x, std::int32_t y) { return voxels[x] > voxels[y]; });
  return order;
}

/// The synapse cut to one section.
Shown in_section(Shown shown, std::int32_t z) {
  std::erase_if(shown.runs, [&](const Run& r) { return r.z != z; });
  const Box3 box = bounding_box(shown.runs);
  shown.synapse.in_section_vx = voxel_count(shown.runs);
  shown.synapse.centre_vx = {(box.min.x + box.max.x) / 2, (box.min.y + box.max.y) / 2, z};
  return shown;
}

/// One section of `box`, `edge` voxels around the centre as far as the box reaches; moved to lie inside.
Box3 window_around(const Vec3i& centre, const Vec3i& edge, const Box3& box) {
  Box3 window;
  for (int k = 0; k < 3; ++k) {
    const std::int64_t size = std::min(edge[k], box.size()[k]);
    const std::int64_t low = std::clamp(centre[k] - size / 2, box.min[k], box.max[k] - size);
    window.min[k] = low, window.max[k] = low + size;
  }
  return window;
}

/// What is seen in one window.
struct SectionView {
  Volume<std::uint8_t> grey, cell_a, cell_b, junction, synapse;
};

SectionView read_section(const RunGround& ground, const Shown& shown, const Box3& window) {
  SectionView section;
  section.grey = open_covering(ground.config(), "raw", ground.box())->read_image(window);
  section.junction = ground.junction_mask(window);
  const Volume<Id> cells = ground.cells(window);
  section.cell_a.reset(window, 0), section.cell_b.reset(window, 0), section.synapse.reset(window, 0);
  for (std::size_t i = 0; i < cells.count(); ++i) {
    section.cell_a.data()[i] = cells.data()[i] == shown.synapse.cell_a;
    section.cell_b.data()[i] = cells.data()[i] == shown.synapse.cell_b;
  }
  std::vector<Run> inside;
  clip_runs(shown.runs, window, inside);
  for_each_voxel(inside, [&](const Vec3i& at) { section.synapse.at(at) = 1; });
  return section;
}

std::uint64_t sum_of(const Volume<std::uint8_t>& mask) {
  return std::accumulate(mask.data(), mask.data() + mask.count(), std::uint64_t{0});
}

void count_voxels(const SectionView& section, DrawnSynapse& out) {
  out.cell_a_vx = sum_of(section.cell_a), out.cell_b_vx = sum_of(section.cell_b);
  out.junction_vx = sum_of(section.junction);
}

/// The section with most of the synapse's voxels among those that show both cells; without one, of all.
SectionView choose_section(const RunGround& ground, const Vec3i& edge, Shown& shown) {
  std::optional<SectionView> first;
  const Shown whole = shown;
  for (const std::int32_t z : sections_by_voxels(whole.runs)) {
    Shown here = in_section(whole, z);
    SectionView section = read_section(ground, here, window_around(here.synapse.centre_vx, edge, ground.box()));
    count_voxels(section, here.synapse);
    const bool both = here.synapse.cell_a_vx > 0 && here.synapse.cell_b_vx > 0;
    if (!first || both) first = std::move(section), shown = std::move(here);
    if (both) break;
  }
  return std::move(*first);
}

void draw_panels(Pixels& out, SectionFrame at, const SectionView& s, std::int64_t bar) {
  const std::int64_t height = s.grey.box().size().y * at.zoom;
  draw_grey(out, at, s.grey.view());
  draw_bar(out, at, height, bar);
  at.y += height + kGap;
  draw_grey(out, at, s.grey.view());
  draw_fill(out, at, s.synapse.view(), kSynapse, kSynapseTint);
  draw_outline(out, at, s.cell_a.view(), kCellA, kLine);
  draw_outline(out, at, s.cell_b.view(), kCellB, kLine);
  draw_outline(out, at, s.junction.view(), kJunction, kLine);
  draw_bar(out, at, height, bar);
}

}  // namespace

SynapseDrawing draw_synapses(const fs::path& run, std::vector<Id> ids, std::size_t n, double prob_min, double window_nm,
                             const fs::path& picture) {
  const RunGround ground(run);
  const auto synapses = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  if (ids.empty()) ids = largest(synapses, n, prob_min);
  if (ids.empty()) throw Error(Category::input, run.string() + ": there is no synapse to draw");
  const Vec3d voxel_nm = ground.config().dataset.voxel_size_nm;
  const auto edge = [&](double size) { return std::max<std::int64_t>(1, std::llround(window_nm / size)); };
  const Vec3i window{edge(voxel_nm.x), edge(voxel_nm.y), 1};
  const Vec3i shown_vx = window_around({}, window, ground.box()).size();
  const std::int64_t zoom = std::max<std::int64_t>(1, kZoomedEdge / std::max(shown_vx.x, shown_vx.y));
  const Vec3i panel = shown_vx * zoom;
  const auto count = static_cast<std::int64_t>(ids.size());
  Pixels out(count * panel.x + (count - 1) * kGap, 2 * panel.y + kGap, {255, 255, 255});
  SynapseDrawing drawing;
  drawing.nm_per_pixel = voxel_nm.x / static_cast<double>(zoom);
  drawing.scale_bar_nm = scale_bar_nm({panel.x, panel.y, {}, drawing.nm_per_pixel});
  const std::int64_t bar = std::llround(drawing.scale_bar_nm / drawing.nm_per_pixel);
  for (std::int64_t i = 0; i < count; ++i) {
    Shown shown = look_up(synapses, ids[static_cast<std::size_t>(i)]);
    const SectionView section = choose_section(ground, window, shown);
    draw_panels(out, {i * (panel.x + kGap), 0, zoom}, section, bar);
    drawing.synapses.push_back(shown.synapse);
  }
  write_png(picture, {out.width(), out.height(), out.rgb()});
  return drawing;
}

}  // namespace syconn
