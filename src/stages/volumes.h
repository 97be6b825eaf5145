// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>

#include "syconn/exec/stage.h"
#include "syconn/io/volume_reader.h"
#include "syconn/io/volume_writer.h"

namespace syconn {

/// `dataset.box_vx`, else the whole supervoxel volume. Throws Error{input|config}.
Box3 dataset_box(const RunConfig& config);

bool has_volume(const RunConfig& config, const std::string& name);
/// Opens `dataset.volumes.<name>`; errors cite the config's line.
std::unique_ptr<VolumeReader> open_input(const RunConfig& config, const std::string& name);
/// open_input, checked to cover the dataset's box (else Error{input}) at the dataset's voxel size (else Error{config}).
std::unique_ptr<VolumeReader> open_covering(const RunConfig& config, const std::string& name, const Box3& box);
/// Adds to `inputs` what identifies the volume (kind, labels, fingerprint), or its name to `missing` if `required` and
/// absent.
void require_volume(const RunConfig& config, const Box3& box, const std::string& name, bool required,
                    StageInputs& inputs);
/// Of each volume with allow_missing the chunks in the dataset's box that were never written (HDF5: in the whole file).
Json missing_chunks(const RunConfig& config);
/// Throws Error{input} if a label is 2^63 or more and `tables` is part of the run: SQLite cannot hold it.
void require_table_ids(const RunConfig& config, const std::string& name, const Volume<Id>& labels);
/// Mask over out's box: a probability map above `threshold` (0..1), or a label volume's `foreground`.
void read_binary(const RunConfig& config, const std::string& name, const VolumeReader& volume, double threshold,
                 VolumeView<std::uint8_t> out);
/// Publishes RUN/volumes/<name>.json and, unless it has too many parts for one virtual dataset, <name>.h5.
void publish_volume(JobContext& ctx, const std::string& name, const std::vector<VolumePart>& parts,
                    const VolumeMeta& meta);

}  // namespace syconn
