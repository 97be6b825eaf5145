// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "syconn/nn/point_net.h"
#include "zip_entry.h"

namespace syconn {
namespace {

[[noreturn]] void wrong_key(const std::string& origin, const std::string& key, const std::string& what) {
  throw Error(Category::input, origin + ": model card: '" + key + "' " + what);
}

void check_point_card(const PointModelCard& card, const std::string& origin) {
  const PointNetConfig& net = card.architecture;
  if (static_cast<int>(card.inputs.size()) != net.inputs) wrong_key(origin, "inputs", "and architecture.inputs differ");
  if (!card.classes.empty() && static_cast<int>(card.classes.size()) != net.outputs)
    wrong_key(origin, "classes", "and architecture.outputs differ in number");
  if (!(card.context_nm > 0) || card.context_nm > 1e9) wrong_key(origin, "context_nm", "must be positive");
  if (card.n_points < 1 || card.n_points > (1 << 24)) wrong_key(origin, "n_points", "must be 1..2^24");
  if (card.normalisation != "unit sphere" && card.normalisation != "divide" && card.normalisation != "place")
    wrong_key(origin, "normalisation", "must be 'unit sphere', 'divide' or 'place'");
  if (card.kinds() < 1) wrong_key(origin, "place", "needs three inputs beside those of the points' kinds");
  if (card.metric != "path" && card.metric != "euclidean") wrong_key(origin, "metric", "must be path or euclidean");
  for (const auto& [key, value] : {std::pair("pivot_nm", card.pivot_nm),
                                   {"surface_voxel_nm", card.surface_voxel_nm},
                                   {"organelle_voxel_nm", card.organelle_voxel_nm},
                                   {"synapse_voxel_nm", card.synapse_voxel_nm}})
    if (!(value > 0) || value > 1e6) wrong_key(origin, key, "must be positive");
  if (!(card.scale_nm > 0) || !std::isfinite(card.scale_nm)) wrong_key(origin, "scale_nm", "must be positive");
}

}  // namespace

Json PointModelCard::to_json() const {
  Json json{{"name", name},
            {"description", description},
            {"architecture", architecture.to_json()},
            {"inputs", inputs},
            {"classes", classes},
            {"context_nm", context_nm},
            {"n_points", n_points},
            {"normalisation", normalisation},
            {"scale_nm", scale_nm},
            {"metric", metric},
            {"pivot_nm", pivot_nm},
            {"surface_voxel_nm", surface_voxel_nm},
            {"organelle_voxel_nm", organelle_voxel_nm},
            {"synapse_voxel_nm", synapse_voxel_nm},
            {"training_data_hash", training_data_hash},
            {"training", training},
            {"quality", quality}};
  if (place) json["place"] = true;  // most have no such inputs; their cards stay as they were
  return json;
}

PointModelCard PointModelCard::from_json(const Json& json, const std::string& origin) {
  try {
    PointModelCard card;
    card.name = json.value("name", ""), card.description = json.value("description", "");
    card.architecture = PointNetConfig::from_json(json.at("architecture"), origin);
    card.inputs = json.at("inputs").get<std::vector<std::string>>();
    card.classes = json.at("classes").get<std::vector<std::string>>();
    card.context_nm = json.at("context_nm"), card.n_points = json.at("n_points");
    card.normalisation = json.at("normalisation"), card.scale_nm = json.at("scale_nm");
    card.metric = json.value("metric", card.metric), card.pivot_nm = json.value("pivot_nm", card.pivot_nm);
    card.place = json.value("place", false);
    card.surface_voxel_nm = json.value("surface_voxel_nm", card.surface_voxel_nm);
    card.organelle_voxel_nm = json.value("organelle_voxel_nm", card.organelle_voxel_nm);
    card.synapse_voxel_nm = json.value("synapse_voxel_nm", card.synapse_voxel_nm);
    card.training_data_hash = json.value("training_data_hash", "");
    card.training = json.value("training", Json::object()), card.quality = json.value("quality", Json::object());
    check_point_card(card, origin);
    return card;
  } catch (const nlohmann::json::exception& e) {
    throw Error(Category::input, origin + ": card of a point network: " + e.what());
  }
}

PointModelCard read_point_model_card(const fs::path& archive) {
  const std::optional<std::string> inside = zip_entry(archive, "extra/model.json");
  if (!inside) throw Error(Category::input, archive.string() + ": no model card (model.json) in the archive");
  return PointModelCard::from_json(parse_json(*inside, archive.string()), archive.string());
}

}  // namespace syconn
