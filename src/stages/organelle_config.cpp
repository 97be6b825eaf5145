// SPDX-License-Identifier: GPL-3.0-or-later
#include "organelle_config.h"

#include <algorithm>
#include <cctype>

namespace syconn {
namespace {

/// Names become files, datasets and columns.
bool is_type_name(const std::string& name) {
  return !name.empty() && std::islower(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_'; });
}

std::vector<MorphologyOp> ops_of(const std::vector<std::string>& names, bool before_erosion) {
  const auto first = std::find(names.begin(), names.end(), "erosion");
  std::vector<MorphologyOp> ops;
  for (auto i = before_erosion ? names.begin() : first; i != (before_erosion ? first : names.end()); ++i)
    ops.push_back(morphology_op(*i));
  return ops;
}

OrganelleTypeConfig paper(double threshold, std::vector<std::string> morphology, int min_seed_vx, int min_obj_vx) {
  OrganelleTypeConfig type;
  type.threshold = threshold, type.morphology = std::move(morphology);
  type.min_seed_vx = min_seed_vx, type.min_obj_vx = min_obj_vx;
  return type;
}

}  // namespace

void OrganelleTypeConfig::describe(Fields& f) {
  f.add("threshold", threshold, "a voxel belongs to the mask where the map exceeds this", Range{0, 1});
  f.add(
      "morphology", morphology,
      "operations on the mask, in this order; from the first erosion on they only make the seeds of the watershed; [] "
      "for expert labels",
      Choices{"erosion", "dilation", "opening", "closing"});
  f.add("element_max_a", element_max_a, "upper limit of the element's reach in x and y, floor(voxel z / voxel x)",
        Range{1, 16});
  f.add("min_seed_vx", min_seed_vx, "smaller seeds are ignored", Range{1});
  f.add("min_obj_vx", min_obj_vx, "smaller objects are removed", Range{1});
  f.add("max_radius_nm", max_radius_nm, "distances to the background are not followed beyond this", Range{1, 1e5});
  f.add("keep_unseeded", keep_unseeded, "parts of the mask without a seed are objects; false: they are dropped");
  mesh.describe(f);
  f.add("optional", optional,
        "skipped with a note where the dataset has no such map; a type listed in the file without this key is required")
      .no_effect_on_results();
}

std::vector<MorphologyOp> OrganelleTypeConfig::mask_ops() const { return ops_of(morphology, true); }
std::vector<MorphologyOp> OrganelleTypeConfig::seed_ops() const { return ops_of(morphology, false); }

WatershedConfig::WatershedConfig() {
  types["mi"] = paper(0.428571429, {"opening", "closing", "erosion", "erosion", "erosion"}, 50, 500);
  types["vc"] = paper(0.285714286, {"opening", "closing", "erosion"}, 10, 100);
  types["sj"] = paper(0.19047619, {"opening", "closing"}, 10, 100);
  const std::vector<std::string> sheets{"dilation", "dilation", "dilation", "erosion", "erosion", "erosion"};
  types["er"] = paper(0.5, sheets, 30, 100);
  types["golgi"] = paper(0.5, sheets, 30, 100);
  for (const char* fine : {"sj", "er", "golgi"}) types[fine].mesh.factor_vx = {2, 2, 1};
}

void WatershedConfig::describe(Fields& f) {
  f.add("types", types, "how to find the objects of each organelle, by name of its map").check([this] {
    for (const auto& [name, type] : types)
      if (!is_type_name(name))
        return "has the name '" + name + "'; names are made of lower-case letters, digits and '_'";
    return std::string();
  });
}

}  // namespace syconn
