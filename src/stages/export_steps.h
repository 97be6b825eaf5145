// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/io/precomputed_volume_writer.h"
#include "syconn/io/segmentation_dataset.h"

/// Jobs of the steps of `export`, in the order they run: docs/stages/export.md.
namespace syconn {

struct ExportConfig {
  std::string raw_encoding = "raw", url = "http://localhost:8080";
  std::int64_t annotation_limit = 5000;
  double line_reach_nm = 200;

  void describe(Fields& f);
};

// How the layers split into jobs: functions of the geometry alone.
extern const FanOut per_volume_block, per_id_file, per_annotation_group, per_annotation_file;
inline PrecomputedPyramid pyramid_of(const Geometry& g) { return {g.box, g.voxel_size_nm}; }
/// Files of layers keyed by ids: 2^bits, one a 2^31 voxels of the dataset, at most 128.
int id_shard_bits(const Geometry& g);
ShardLayout id_layout(const Geometry& g);

void export_volumes(JobContext& ctx, const ExportConfig& c);
void export_scales(JobContext& ctx, const ExportConfig& c);
void export_meshes(JobContext& ctx, const ExportConfig& c);
void export_skeletons(JobContext& ctx, const ExportConfig& c);
void export_spread(JobContext& ctx, const ExportConfig& c);
void export_ends(JobContext& ctx, const ExportConfig& c);
void export_levels(JobContext& ctx, const ExportConfig& c);
void export_sort(JobContext& ctx, const ExportConfig& c);
void export_annotations(JobContext& ctx, const ExportConfig& c);
void export_properties(JobContext& ctx, const ExportConfig& c);
void export_index(JobContext& ctx, const ExportConfig& c);

/// `relative` in the export's folder, relative to the run folder.
inline fs::path neuroglancer_path(const fs::path& relative) { return fs::path("export/neuroglancer") / relative; }
/// Writes a text as an output of the job.
void write_output(JobContext& ctx, const fs::path& relative, const std::string& text);
/// datasets/<type>.h5 of the run, if it has one.
std::optional<SegmentationDataset> dataset_of(const JobContext& ctx, const std::string& type);
/// The cells; Error{input} where the run has none.
SegmentationDataset exported_cells(const JobContext& ctx);
/// The ids of a shard's cells, ascending, with their rows.
struct ExportedCell {
  Id id;
  Row row;
};
std::vector<ExportedCell> cells_of_file(const SegmentationDataset& cells, const ShardLayout& layout,
                                        std::uint64_t file);

/// Encoding of the image layer.
PrecomputedEncoding raw_encoding(const ExportConfig& c);

}  // namespace syconn
