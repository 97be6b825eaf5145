// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "export_steps.h"
#include "shards.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/json.h"
#include "volumes.h"

/// The results of a run for Neuroglancer and what reads its formats: docs/stages/export.md.
namespace syconn {

void ExportConfig::describe(Fields& f) {
  f.add("raw_encoding", raw_encoding, "of the image's chunks, both without loss; raw ones are gzip streams",
        Choices{"raw", "png"});
  f.add("annotation_limit", annotation_limit, "synapses that one cell of the spatial index shows, about",
        Range{1, 1'000'000});
  f.add("line_reach_nm", line_reach_nm, "a synapse's line joins what both cells have within this of its middle",
        Range{1, 5000});
  f.add("url", url, "where the folder export/neuroglancer will be served; for the viewer's state")
      .no_effect_on_results();
}

namespace {

int bits_for(std::int64_t files) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < files) ++bits;
  return bits;
}

StageInputs inputs(const RunConfig& config, const Geometry& geometry) {
  StageInputs found;
  for (const char* name : {"sv", "raw"}) require_volume(config, geometry.box, name, false, found);
  // Where the layers will be served stands in the small files of the last step only.
  found.late_fingerprints["url"] = config.section<ExportConfig>("export").url;
  return found;
}

std::uint64_t volumes_memory(const RunConfig&, const Geometry& g) {
  // Pieces of labels, the cubes of all levels; chunks that wait for their neighbours in Morton order.
  const PrecomputedPyramid pyramid = pyramid_of(g);
  const auto voxels = static_cast<std::uint64_t>(pyramid.cube(std::min(2, pyramid.block_level()), {}).voxels());
  return (std::uint64_t{400} << 20) + 9 * voxels;
}

}  // namespace

const FanOut per_volume_block{"per_volume_block", [](const Geometry& g) { return pyramid_of(g).block_count(); }};
const FanOut per_id_file{"per_id_file", [](const Geometry& g) { return std::int64_t{1} << id_shard_bits(g); }};

int id_shard_bits(const Geometry& g) {
  return bits_for(std::min<std::int64_t>(ceil_div(g.voxels(), std::int64_t{1} << 31), kMaxShards));
}
ShardLayout id_layout(const Geometry& g) { return ShardLayout::of_ids(id_shard_bits(g), 6); }

void write_output(JobContext& ctx, const fs::path& relative, const std::string& text) {
  write_file_atomically(ctx.output(relative), text);
}

std::optional<SegmentationDataset> dataset_of(const JobContext& ctx, const std::string& type) {
  const fs::path file = ctx.in_run("datasets/" + type + ".h5");
  if (!fs::exists(file)) return std::nullopt;
  return SegmentationDataset::open(file);
}

SegmentationDataset exported_cells(const JobContext& ctx) {
  auto cells = dataset_of(ctx, "ssv");
  if (!cells) throw Error(Category::input, "the run has no cells (datasets/ssv.h5); run stage sso first");
  return *cells;
}

std::vector<ExportedCell> cells_of_file(const SegmentationDataset& cells, const ShardLayout& layout,
                                        std::uint64_t file) {
  std::vector<ExportedCell> list;
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard)
    cells.for_each(shard, [&](Id id, Row row) {
      if (layout.shard_of(id) == file) list.push_back({id, row});
    });
  std::sort(list.begin(), list.end(), [](const ExportedCell& a, const ExportedCell& b) { return a.id < b.id; });
  return list;
}

Stage export_stage() {
  Stage stage =
      make_stage<ExportConfig>("Results for Neuroglancer, WEBKNOSSOS and KNOSSOS",
                               {
                                   {"volumes", per_volume_block, export_volumes, {}, volumes_memory, true},
                                   {"scales", once, export_scales, {.mem_gb = 1}, {}, true},
                                   {"meshes", per_id_file, export_meshes, {.mem_gb = 4}, {}, true},
                                   {"skeletons", per_id_file, export_skeletons, {.mem_gb = 1}, {}, true},
                                   {"spread", per_shard, export_spread, {.mem_gb = 1}, {}, true},
                                   {"ends", per_volume_block, export_ends, {.mem_gb = 1}, {}, true},
                                   {"levels", once, export_levels, {.mem_gb = 0.5}, {}, true},
                                   {"sort", per_annotation_group, export_sort, {.mem_gb = 0.5}, {}, true},
                                   {"annotations", per_annotation_file, export_annotations, {.mem_gb = 2}, {}, true},
                                   {"properties", once, export_properties, {.mem_gb = 1}, {}, true},
                                   {"index", once, export_index, {.mem_gb = 0.5}},
                               });
  stage.in_run = false;
  return stage
      .reading(inputs, {"DIR/datasets/ssv.h5, sv.h5, syn_ssv.h5; optional: dataset.volumes.sv, dataset.volumes.raw"})
      .using_results_of(stages_before("export"))
      .writing(
          {"DIR/export/neuroglancer: seg, raw, mesh, skeletons, synapses, segment_properties, state.json, link.txt, "
           "README.txt, datasource-properties.json, knossos.k.toml"});
}

}  // namespace syconn
