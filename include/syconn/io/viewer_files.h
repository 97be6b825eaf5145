// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/io/precomputed_volume_writer.h"

/// Small files that point viewers at a tree of precomputed layers: seg, raw, mesh, skeletons, synapses,
/// segment_properties.
namespace syconn {

struct ExportedLayers {
  std::string name, url;  ///< url: of the folder that holds the layers
  Box3 box_vx;
  Vec3d voxel_nm;
  bool seg = false, raw = false;
  std::vector<Id> shown;  ///< cells to begin with
  Id largest_id = 0;
};

/// Neuroglancer's state, JSON: image, cells with meshes and skeletons, synapses of the cells that are selected.
std::string neuroglancer_state(const ExportedLayers& layers);
/// The same as a link to Neuroglancer's public page.
std::string neuroglancer_link(const std::string& state);
/// WEBKNOSSOS: datasource-properties.json.
std::string webknossos_datasource(const ExportedLayers& layers, const PrecomputedPyramid& pyramid);
/// KNOSSOS: a .k.toml.
std::string knossos_toml(const ExportedLayers& layers, const PrecomputedPyramid& pyramid);
/// README.txt: how to serve the folder.
std::string serving_text(const ExportedLayers& layers);

}  // namespace syconn
