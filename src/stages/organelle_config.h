// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <string>
#include <vector>

#include "mesh_steps.h"
#include "syconn/algo/morphology.h"
#include "syconn/exec/config.h"

/// Keys of the section `watershed`; organelle_maps.h reads them for other stages too.
namespace syconn {

/// How the objects of one type are told from its map.
struct OrganelleTypeConfig {
  double threshold = 0.5;
  std::vector<std::string> morphology{"opening", "closing"};
  int element_max_a = 2;
  int min_seed_vx = 30, min_obj_vx = 100;
  double max_radius_nm = 1000;
  bool keep_unseeded = true;
  bool optional = true;
  MeshSettings mesh;

  void describe(Fields& f);
  /// `morphology` up to its first erosion: the mask; and from there on: what makes seeds of it (may be empty).
  std::vector<MorphologyOp> mask_ops() const;
  std::vector<MorphologyOp> seed_ops() const;
};

struct WatershedConfig {
  std::map<std::string, OrganelleTypeConfig> types;

  WatershedConfig();  ///< the paper's values of mi, vc, sj, er, golgi
  void describe(Fields& f);
};

}  // namespace syconn
