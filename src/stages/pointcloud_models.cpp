// SPDX-License-Identifier: GPL-3.0-or-later
#include "pointcloud_models.h"

#include <algorithm>
#include <map>

#include "syconn/algo/label_votes.h"

namespace syconn {
namespace {

constexpr std::uint64_t kBytesPerVertex = 64;  // beside point_job_bytes(): votes, labels, search trees

using Codes = std::map<std::string, std::int32_t>;
const std::map<std::string, Codes>& known_classes() {
  static const std::map<std::string, Codes> known{
      {"pointcloud.ads", {{"dendrite", kShaft}, {"axon", kAxon}, {"soma", kSoma}}},
      {"pointcloud.abt",
       {{"axon", kAxon}, {"bouton_en_passant", kBoutonEnPassant}, {"bouton_terminal", kTerminalBouton}}},
      {"pointcloud.dnh", {{"shaft", kShaft}, {"spine_neck", kSpineNeck}, {"spine_head", kSpineHead}}},
      {"pointcloud.coarse", {{"dendrite", kShaft}, {"other", kAxon}}},
      {"pointcloud.fine", {{"shaft", kShaft}, {"spine_neck", kSpineNeck}, {"spine_head", kSpineHead}}}};
  return known;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> pointcloud_models(const PointcloudConfig& c) {
  return {{"pointcloud.ads", c.ads},       {"pointcloud.abt", c.abt},   {"pointcloud.dnh", c.dnh},
          {"pointcloud.coarse", c.coarse}, {"pointcloud.fine", c.fine}, {"pointcloud.astrocyte", c.astrocyte}};
}

std::vector<std::int32_t> pointcloud_codes(const std::string& key, const std::vector<std::string>& classes,
                                           const std::string& where) {
  std::vector<std::int32_t> codes;
  if (key == "pointcloud.astrocyte") {
    for (const std::string& name : classes) codes.push_back(name == "astrocyte");
    if (codes.size() == 2 && codes[0] != codes[1]) return codes;
    throw Error(Category::config, where + ": the model's classes are " + listed(classes) + "; " + key +
                                      " needs two, one of them astrocyte");
  }
  const Codes& known = known_classes().at(key);
  for (const std::string& name : classes) {
    const auto found = known.find(name);
    if (found != known.end()) codes.push_back(found->second);
  }
  if (codes.size() == classes.size() && codes.size() == known.size()) return codes;
  std::vector<std::string> needed;
  for (const auto& [name, code] : known) needed.push_back(name);
  throw Error(Category::config, where + ": the model's classes are " + listed(classes) + "; " + key + " needs " +
                                    listed(needed) + " (in any order)");
}

void require_pointcloud_models(const RunConfig& config, const PointcloudConfig& c, StageInputs& in) {
  const bool pair = !c.coarse.empty() || !c.fine.empty(), three = !c.ads.empty() || !c.abt.empty() || !c.dnh.empty();
  if (pair && three)
    throw Error(Category::config, config.where(c.coarse.empty() ? "pointcloud.fine" : "pointcloud.coarse") +
                                      ": give either ads, abt and dnh, or the pair of coarse and fine");
  const std::string first = pair ? "pointcloud.coarse" : "pointcloud.ads";
  for (const auto& [key, file] : pointcloud_models(c)) {
    if (file.empty() && key != first) continue;
    require_point_model(config, key, file, "points", in);
    if (!file.empty()) pointcloud_codes(key, point_card_of(config, key, file, "points").classes, config.where(key));
  }
}

std::uint64_t pointcloud_predict_bytes(const RunConfig& config, const Geometry&) {
  std::uint64_t most = 0;
  for (const auto& [key, file] : pointcloud_models(config.section<PointcloudConfig>(kPointcloudStage)))
    if (!file.empty()) most = std::max(most, point_job_bytes(point_card_of(config, key, file, "points"), 1));
  return most + kMostVertices * kBytesPerVertex;
}

std::optional<CodedNet> coded_net(const JobContext& ctx, const PointcloudConfig& c, const std::string& key) {
  for (const auto& [name, file] : pointcloud_models(c)) {
    if (name != key || file.empty()) continue;
    CodedNet net{point_net_of(ctx, file, c.device, ctx.config().where(key)), {}};
    net.codes = pointcloud_codes(key, net.net->card().classes, ctx.config().where(key));
    return net;
  }
  return std::nullopt;
}

}  // namespace syconn
