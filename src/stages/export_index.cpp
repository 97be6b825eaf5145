// SPDX-License-Identifier: GPL-3.0-or-later
// What says how to look at the layers: a state of the viewer, files for other viewers, provenance.
#include <algorithm>

#include "export_steps.h"
#include "syconn/core/json.h"
#include "syconn/io/viewer_files.h"
#include "volumes.h"

namespace syconn {
namespace {

constexpr std::size_t kShownCells = 5;

/// The largest cells.
std::vector<Id> shown_cells(const SegmentationDataset& cells) {
  const std::vector<Id> ids = cells.column<Id>("id").all();
  if (!cells.has_column("size_vx"))
    return {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(kShownCells, ids.size()))};
  const auto sizes = cells.column<std::uint64_t>("size_vx").all();
  std::vector<std::pair<std::uint64_t, Id>> order;
  for (std::size_t i = 0; i < ids.size(); ++i) order.push_back({UINT64_MAX - sizes[i], ids[i]});
  const auto n = static_cast<std::ptrdiff_t>(std::min(kShownCells, order.size()));
  std::partial_sort(order.begin(), order.begin() + n, order.end());
  std::vector<Id> shown;
  for (std::ptrdiff_t i = 0; i < n; ++i) shown.push_back(order[static_cast<std::size_t>(i)].second);
  return shown;
}

void write_provenance(JobContext& ctx, const std::string& layer, const std::string& description) {
  const Json json{{"description", description},
                  {"owners", Json::array()},
                  {"processing", {{{"method", parse_json(ctx.provenance_json(), "provenance")}, {"by", "syconn"}}}},
                  {"sources", Json::array()}};
  write_output(ctx, neuroglancer_path(layer) / "provenance", json.dump(1) + "\n");
}

}  // namespace

void export_index(JobContext& ctx, const ExportConfig& c) {
  const SegmentationDataset cells = exported_cells(ctx);
  ExportedLayers layers;
  layers.name = ctx.config().dataset.name, layers.url = c.url;
  layers.box_vx = ctx.geometry().box, layers.voxel_nm = ctx.geometry().voxel_size_nm;
  layers.seg = has_volume(ctx.config(), "sv"), layers.raw = has_volume(ctx.config(), "raw");
  layers.shown = shown_cells(cells);
  for (const Id id : cells.column<Id>("id").all()) layers.largest_id = std::max(layers.largest_id, id);
  const PrecomputedPyramid pyramid = pyramid_of(ctx.geometry());
  const std::string state = neuroglancer_state(layers);
  write_output(ctx, neuroglancer_path("state.json"), state);
  write_output(ctx, neuroglancer_path("link.txt"), neuroglancer_link(state));
  write_output(ctx, neuroglancer_path("README.txt"), serving_text(layers));
  write_output(ctx, neuroglancer_path("datasource-properties.json"), webknossos_datasource(layers, pyramid));
  write_output(ctx, neuroglancer_path("knossos.k.toml"), knossos_toml(layers, pyramid));
  if (layers.seg) write_provenance(ctx, "seg", "cells");
  if (layers.raw) write_provenance(ctx, "raw", "image");
  write_provenance(ctx, "mesh", "surfaces of cells");
  write_provenance(ctx, "skeletons", "skeletons of cells");
  write_provenance(ctx, "synapses", "synapses as lines from the presynaptic to the postsynaptic cell");
  write_provenance(ctx, "segment_properties", "properties of cells");
}

}  // namespace syconn
