// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "draw_pictures.h"
#include "syconn/algo/mesh_picture.h"
#include "syconn/core/error.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {
namespace {

struct Paint {
  const char* name;
  Colour colour;
};
constexpr Paint kPaints[] = {{"orange", {240, 165, 60}}, {"green", {110, 190, 110}}, {"violet", {175, 140, 215}},
                             {"yellow", {230, 215, 90}}, {"pink", {240, 150, 180}},  {"teal", {90, 190, 190}}};
constexpr Colour kExcitatory{225, 30, 30}, kInhibitory{30, 60, 225}, kUnknown{90, 90, 90};
constexpr double kSmallestBall_nm = 40;

struct Synapse {
  Id cell_a = 0, cell_b = 0;
  Vec3d at_nm;
  double area_um2 = 0;
  int sign = 0;
};

/// Calls fn(synapse) for the kept ones.
template <class F>
void for_each_synapse(const SegmentationDataset& synapses, double prob_min, F&& fn) {
  const auto a = synapses.column<Id>("cell_a"), b = synapses.column<Id>("cell_b");
  const auto centre = synapses.column<double>("centroid_nm");
  const auto area = synapses.column<float>("area_um2"), prob = synapses.column<float>("prob");
  const auto sign = synapses.column<std::int8_t>("sign");
  for (std::uint32_t shard = 0; shard < synapses.n_shards(); ++shard) {
    const std::vector<Id> cell_a = a.shard(shard), cell_b = b.shard(shard);
    const std::vector<double> at = centre.shard(shard);
    const std::vector<float> areas = area.shard(shard), probs = prob.shard(shard);
    const std::vector<std::int8_t> signs = sign.shard(shard);
    for (std::size_t i = 0; i < cell_a.size(); ++i)
      if (!(static_cast<double>(probs[i]) < prob_min))
        fn(Synapse{
            cell_a[i], cell_b[i], {at[3 * i], at[3 * i + 1], at[3 * i + 2]}, static_cast<double>(areas[i]), signs[i]});
  }
}

/// The n cells with most synapses, then the largest; tie: smaller id.
std::vector<Id> choose(const SegmentationDataset& cells, const std::map<Id, std::uint64_t>& n_synapses, std::size_t n) {
  using Rank = std::pair<std::pair<std::uint64_t, std::uint64_t>, Id>;
  std::vector<Rank> best;
  const auto before = [](const Rank& x, const Rank& y) {
    return x.first != y.first ? x.first > y.first : x.second < y.second;
  };
  const auto size = cells.column<std::uint64_t>("size_vx");
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard) {
    const std::vector<Id> ids = cells.ids(shard);
    const std::vector<std::uint64_t> sizes = size.shard(shard);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto found = n_synapses.find(ids[i]);
      best.push_back({{found == n_synapses.end() ? 0 : found->second, sizes[i]}, ids[i]});
    }
    std::sort(best.begin(), best.end(), before);
    if (best.size() > n) best.resize(n);
  }
  std::vector<Id> chosen;
  for (const Rank& r : best) chosen.push_back(r.second);
  return chosen;
}

Mesh mesh_of(const SegmentationDataset& cells, Id id) {
  Mesh mesh;
  const std::vector<float> xyz = cells.ragged<float>("mesh", "vertices_nm", id);
  for (std::size_t i = 0; i + 2 < xyz.size(); i += 3) mesh.vertices_nm.emplace_back(xyz[i], xyz[i + 1], xyz[i + 2]);
  mesh.faces = cells.ragged<std::uint32_t>("mesh", "faces", id);
  for (const std::uint32_t v : mesh.faces)
    if (v >= mesh.vertices_nm.size())
      throw Error(Category::input, "cell " + std::to_string(id) + ": its mesh names a vertex that it does not have");
  mesh.faces.resize(mesh.faces.size() / 3 * 3);
  return mesh;
}

PictureBall ball_of(const Synapse& s) {
  const double radius_nm = 500 * std::sqrt(std::max(s.area_um2, 0.0) / 3.141592653589793);
  return {s.at_nm, std::max(radius_nm, kSmallestBall_nm),
          s.sign > 0   ? kExcitatory
          : s.sign < 0 ? kInhibitory
                       : kUnknown};
}

}  // namespace

CellPicture picture_of_cells(const fs::path& run, std::vector<Id> cells, std::size_t n, double prob_min,
                             std::int64_t width, std::int64_t height) {
  const SegmentationDataset ssv = SegmentationDataset::open(run / "datasets/ssv.h5");
  const fs::path synapse_file = run / "datasets/syn_ssv.h5";
  std::map<Id, std::uint64_t> n_synapses;
  std::vector<PictureBall> balls;
  CellPicture out;
  CellDrawing& drawing = out.drawing;
  if (fs::exists(synapse_file)) {
    const SegmentationDataset synapses = SegmentationDataset::open(synapse_file);
    for (const Id id : cells) n_synapses[id] = 0;  // then of these only
    const bool of_all = cells.empty();
    for_each_synapse(synapses, prob_min, [&](const Synapse& s) {
      for (const Id id : {s.cell_a, s.cell_b})
        if (of_all || n_synapses.contains(id)) ++n_synapses[id];
    });
    if (cells.empty()) cells = choose(ssv, n_synapses, n);
    for_each_synapse(synapses, prob_min, [&](const Synapse& s) {
      const auto drawn = [&](Id id) { return std::find(cells.begin(), cells.end(), id) != cells.end(); };
      if (!drawn(s.cell_a) && !drawn(s.cell_b)) return;
      balls.push_back(ball_of(s));
      ++(s.sign > 0 ? drawing.n_excitatory : s.sign < 0 ? drawing.n_inhibitory : drawing.n_unknown);
    });
  }
  if (cells.empty()) cells = choose(ssv, n_synapses, n);
  std::vector<Mesh> meshes;
  for (const Id id : cells) meshes.push_back(mesh_of(ssv, id));
  std::vector<PictureMesh> items;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Paint& paint = kPaints[i % std::size(kPaints)];
    items.push_back({&meshes[i], paint.colour});
    drawing.cells.push_back({cells[i], paint.name, n_synapses[cells[i]]});
  }
  PictureView view;
  view.width = width, view.height = height;
  Picture image = draw_meshes(items, balls, view);
  drawing.scale_bar_nm = scale_bar_nm(image);
  out.image = {image.width, image.height, std::move(image.rgb)};
  return out;
}

CellDrawing draw_cells(const fs::path& run, std::vector<Id> cells, std::size_t n, double prob_min,
                       const fs::path& picture) {
  const CellPicture drawn = picture_of_cells(run, std::move(cells), n, prob_min, 1200, 900);
  write_png(picture, drawn.image);
  return drawn.drawing;
}

}  // namespace syconn
