// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/model_card.h"

#include <cmath>
#include <set>
#include <sstream>

#include "zip_entry.h"

namespace syconn {
namespace {

template <class T>
Json triple(const Vec3<T>& v) {
  return Json::array({v.x, v.y, v.z});
}

template <class T>
Vec3<T> triple_of(const Json& json) {
  if (!json.is_array() || json.size() != 3) throw Error(Category::input, "not three numbers");
  return {json[0].get<T>(), json[1].get<T>(), json[2].get<T>()};
}

[[noreturn]] void wrong(const std::string& origin, const std::string& key, const std::string& what) {
  throw Error(Category::input, origin + ": model card: '" + key + "' " + what);
}

void check_tiles(const ModelCard& card, const std::string& origin) {
  for (int k = 0; k < 3; ++k) {
    if (card.stride_vx[k] < 1) wrong(origin, "stride_vx", "must be at least 1");
    if (card.tile_vx[k] < 1 || card.tile_vx[k] > 4096 || card.tile_vx[k] % card.stride_vx[k] != 0)
      wrong(origin, "tile_vx", "must be 1..4096 and a multiple of stride_vx");
    if (card.halo_vx[k] < 0 || card.halo_vx[k] > 4096 || card.halo_vx[k] % card.stride_vx[k] != 0)
      wrong(origin, "halo_vx", "must be 0..4096 and a multiple of stride_vx");
    if (!(card.voxel_size_nm[k] > 0) || card.voxel_size_nm[k] > 1e6) wrong(origin, "voxel_size_nm", "must be positive");
  }
}

void check_card(const ModelCard& card, const std::string& origin) {
  if (card.classes.size() < 2 || card.classes.size() > 255)
    wrong(origin, "classes", "must name 2..255 classes, the background first");
  if (std::set<std::string>(card.classes.begin(), card.classes.end()).size() != card.classes.size())
    wrong(origin, "classes", "names a class twice");
  if (card.channels < 1 || card.channels > 64) wrong(origin, "channels", "must be 1..64");
  if (!std::isfinite(card.scale) || !std::isfinite(card.offset)) wrong(origin, "scale, offset", "must be finite");
  if (card.bytes_per_voxel == 0 || card.bytes_per_voxel > (1U << 24))
    wrong(origin, "bytes_per_voxel", "must be 1..2^24");
  check_tiles(card, origin);
  if (!card.unet) return;
  if (static_cast<int>(card.classes.size()) != card.unet->classes)
    wrong(origin, "classes", "and architecture.classes differ in number");
  if (card.channels != card.unet->channels) wrong(origin, "channels", "and architecture.channels differ");
}

ModelCard parse(const Json& json, const std::string& origin) {
  ModelCard card;
  card.name = json.value("name", ""), card.description = json.value("description", "");
  if (json.contains("architecture")) card.unet = UNetConfig::from_json(json.at("architecture"), origin);
  card.channels = json.value("channels", 1);
  card.scale = json.value("scale", card.scale), card.offset = json.value("offset", 0.0);
  card.softmax = json.value("softmax", true);
  card.classes = json.at("classes").get<std::vector<std::string>>();
  card.voxel_size_nm = triple_of<double>(json.at("voxel_size_nm"));
  card.tile_vx = triple_of<std::int64_t>(json.at("tile_vx"));
  card.halo_vx = triple_of<std::int64_t>(json.at("halo_vx"));
  if (json.contains("stride_vx")) card.stride_vx = triple_of<std::int64_t>(json.at("stride_vx"));
  card.bytes_per_voxel = json.value("bytes_per_voxel", card.bytes_per_voxel);
  card.training_data_hash = json.value("training_data_hash", "");
  card.training = json.value("training", Json::object()), card.quality = json.value("quality", Json::object());
  return card;
}

}  // namespace

Json ModelCard::to_json() const {
  Json json = {{"name", name}, {"description", description}};
  if (unet) json["architecture"] = unet->to_json();
  json.update({{"channels", channels},
               {"scale", scale},
               {"offset", offset},
               {"softmax", softmax},
               {"classes", classes},
               {"voxel_size_nm", triple(voxel_size_nm)},
               {"tile_vx", triple(tile_vx)},
               {"halo_vx", triple(halo_vx)},
               {"stride_vx", triple(stride_vx)},
               {"bytes_per_voxel", bytes_per_voxel},
               {"training_data_hash", training_data_hash},
               {"training", training},
               {"quality", quality}});
  return json;
}

ModelCard ModelCard::from_json(const Json& json, const std::string& origin) {
  try {
    ModelCard card = parse(json, origin);
    check_card(card, origin);
    return card;
  } catch (const nlohmann::json::exception& e) {
    throw Error(Category::input, origin + ": model card: " + e.what());
  }
}

std::size_t ModelCard::class_index(const std::string& class_name) const {
  std::string all;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] == class_name) return i;
    all += (i == 0 ? "" : ", ") + classes[i];
  }
  throw Error(Category::config, "the model has no class '" + class_name + "'; it has " + all);
}

ModelCard read_model_card(const fs::path& archive) {
  const std::optional<std::string> inside = zip_entry(archive, "extra/model.json");
  if (inside) return ModelCard::from_json(parse_json(*inside, archive.string()), archive.string());
  const fs::path beside = archive.parent_path() / "model.json";
  if (!fs::exists(beside))
    throw Error(Category::input, archive.string() +
                                     ": no model card: neither the archive nor its folder has a "
                                     "model.json; write one as docs/stages/chunk-infer.md tells");
  return ModelCard::from_json(parse_json(read_file(beside), beside.string()), beside.string());
}

Vec3i model_mag(const ModelCard& card, const Vec3d& dataset_voxel_nm, double tolerance, const std::string& model) {
  if (card.channels != 1)
    throw Error(Category::config,
                model + ": the model takes " + std::to_string(card.channels) + " channels, an image volume has one");
  Vec3i mag;
  for (int k = 0; k < 3; ++k) {
    const double ratio = card.voxel_size_nm[k] / dataset_voxel_nm[k];
    mag[k] = std::max<std::int64_t>(1, std::llround(ratio));
    if (std::abs(ratio - static_cast<double>(mag[k])) <= tolerance * static_cast<double>(mag[k])) continue;
    std::ostringstream text;
    text << model << ": the model was made for voxels of " << card.voxel_size_nm << " nm, the dataset has "
         << dataset_voxel_nm << " nm, which makes no whole ratio within " << 100 * tolerance
         << " %; take a model for these voxels, or raise voxel_size_tolerance";
    throw Error(Category::config, text.str());
  }
  return mag;
}

}  // namespace syconn
