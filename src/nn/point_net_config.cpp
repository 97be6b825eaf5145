// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/point_net_config.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace syconn {
namespace {

constexpr std::int64_t kKernelElements = 16;

[[noreturn]] void wrong(const std::string& text) { throw Error(Category::config, "point network: " + text); }

std::int64_t mlp_width(const PointNetConfig& c) { return c.convolution == "mean" ? 32 : 16; }

/// Channels a layer hands on.
int handed_on(const PointNetConfig& c, const PointLayer& layer) {
  return layer.out + (layer.skip < 0 ? 0 : c.layers[static_cast<std::size_t>(layer.skip)].out);
}

void check_layer(const PointNetConfig& c, std::size_t i) {
  const PointLayer& layer = c.layers[i];
  const auto name = "layer " + std::to_string(i);
  const auto levels = static_cast<int>(c.levels.size());
  if (layer.from < 0 || layer.from >= levels || layer.to < 0 || layer.to >= levels) wrong(name + " has no such level");
  if (layer.from != (i == 0 ? 0 : c.layers[i - 1].to)) wrong(name + " does not start where the one before ends");
  if (layer.in != (i == 0 ? c.inputs : handed_on(c, c.layers[i - 1])))
    wrong(name + " takes " + std::to_string(layer.in) + " channels, which is not what comes");
  if (layer.out < 1 || layer.out > 4096) wrong(name + " must have 1..4096 output channels");
  if (layer.activate && layer.out % 2 != 0) wrong(name + " needs an even number of channels for its groups of two");
  if (layer.neighbours < 1 || layer.neighbours > 1024) wrong(name + " must have 1..1024 neighbours");
  if (layer.skip < 0) return;
  if (layer.skip >= static_cast<int>(i)) wrong(name + " appends a layer that comes later");
  if (c.layers[static_cast<std::size_t>(layer.skip)].to != layer.to) wrong(name + " appends a layer of another level");
}

void add_layer_tensors(std::vector<TensorInfo>& all, const PointNetConfig& c, const PointLayer& layer, std::size_t i) {
  const std::string name = "layers." + std::to_string(i) + ".";
  const std::int64_t k = kKernelElements, first = mlp_width(c);
  if (c.convolution == "mean")
    all.push_back({name + "weight", {layer.in, k, layer.out}});
  else
    all.push_back({name + "weight", {layer.out, layer.in, k}});
  all.push_back({name + "bias", {layer.out}});
  all.push_back({name + "centers", {3, k}});
  all.push_back({name + "mlp.0.weight", {first, 3 * k}});
  all.push_back({name + "mlp.0.bias", {first}});
  all.push_back({name + "mlp.1.weight", {k, first}});
  all.push_back({name + "mlp.1.bias", {k}});
  all.push_back({name + "mlp.2.weight", {k, k}});
  all.push_back({name + "mlp.2.bias", {k}});
  if (!layer.activate) return;
  all.push_back({name + "norm.weight", {layer.out}});
  all.push_back({name + "norm.bias", {layer.out}});
}

PointNetConfig global_net(int inputs, int outputs, double dropout) {
  PointNetConfig c;
  c.convolution = "mean", c.unit_neighbourhoods = false, c.activation = "swish", c.picking = "heuristic";
  c.inputs = inputs, c.outputs = outputs, c.head = "mean", c.dropout = dropout;
  c.levels = {PointNetConfig::kInput, 4096, 1024, 512, 256, 128};
  c.layers = {
      {inputs, 64, 0, 1, 32}, {64, 128, 1, 2, 32}, {128, 256, 2, 3, 16}, {256, 256, 3, 4, 16}, {256, 512, 4, 5, 16}};
  return c;
}

std::int64_t size_of(const TensorInfo& t) {
  return std::accumulate(t.shape.begin(), t.shape.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace

PointNetConfig segmentation_net(int inputs, int classes, int n_points, int width) {
  PointNetConfig c;
  c.inputs = inputs, c.outputs = classes;
  if (n_points > 2048)
    c.levels = {PointNetConfig::kInput, 2048, 1024, 256, 64, 16, 8};
  else if (n_points > 1024)
    c.levels = {PointNetConfig::kInput, 1024, 512, 256, 64, 16, 8};
  else if (n_points > 512)
    c.levels = {PointNetConfig::kInput, 512, 256, 64, 16, 8};
  else
    c.levels = {PointNetConfig::kInput, 256, 64, 16, 8};
  const int levels = static_cast<int>(c.levels.size()), narrow = width, wide = 2 * width;
  c.layers.push_back({inputs, narrow, 0, 0, 32, -1, false});
  for (int level = 1; level < levels; ++level) {
    const int deep = levels - level;  // 1 for the coarsest
    c.layers.push_back({c.layers.back().out, deep <= 3 ? wide : narrow, level - 1, level, deep >= 3 ? 32 : 8 * deep});
  }
  for (int level = levels - 2; level >= 0; --level) {
    const int deep = levels - 1 - level;  // 1 for the first step up
    const int k = deep <= 2 ? 4 : deep == 3 ? 8 : 16;
    c.layers.push_back({handed_on(c, c.layers.back()), deep <= 2 ? wide : narrow, level + 1, level, k, level});
  }
  c.check();
  return c;
}

PointNetConfig cell_type_net(int inputs, int classes) { return global_net(inputs, classes, 0.3); }

PointNetConfig embedding_net(int inputs, int dimensions) { return global_net(inputs, dimensions, 0); }

PointNetConfig astrocyte_net(int inputs, int classes) {
  PointNetConfig c;
  c.convolution = "mean", c.unit_neighbourhoods = false, c.picking = "heuristic";
  c.inputs = inputs, c.outputs = classes;
  c.levels = {PointNetConfig::kInput, 2048, 512, 128, 32, 8, PointNetConfig::kTargets};
  c.layers = {{inputs, 64, 0, 1, 16}, {64, 64, 1, 2, 16},     {64, 128, 2, 3, 8},     {128, 128, 3, 4, 8},
              {128, 128, 4, 5, 4},    {128, 128, 5, 4, 4, 3}, {256, 128, 4, 3, 4, 2}, {256, 64, 3, 2, 4, 1},
              {128, 64, 2, 1, 8, 0},  {128, 64, 1, 6, 8},     {64, 64, 6, 6, 8}};
  c.check();
  return c;
}

int PointNetConfig::last_channels() const { return handed_on(*this, layers.back()); }

void PointNetConfig::check() const {
  if (convolution != "sum" && convolution != "mean") wrong("convolution must be sum or mean");
  if (activation != "relu" && activation != "swish") wrong("activation must be relu or swish");
  if (picking != "quantised" && picking != "heuristic") wrong("picking must be quantised or heuristic");
  if (head != "points" && head != "mean" && head != "none") wrong("head must be points, mean or none");
  if (inputs < 1 || inputs > 1024) wrong("inputs must be 1..1024");
  if (outputs < 1 || outputs > 1024) wrong("outputs must be 1..1024");
  if (hidden < 1 || hidden > 65536) wrong("hidden must be 1..65536");
  if (!(dropout >= 0 && dropout < 1)) wrong("dropout must be at least 0 and less than 1");
  if (levels.empty() || levels.front() != kInput) wrong("the first level must be the input (0)");
  for (std::size_t i = 1; i < levels.size(); ++i)
    if ((levels[i] < 1 || levels[i] > (1 << 20)) && !(levels[i] == kTargets && i + 1 == levels.size()))
      wrong("levels must have 1..2^20 points; only the last one may be the targets (-1)");
  if (layers.empty() || layers.size() > 256) wrong("there must be 1..256 layers");
  for (std::size_t i = 0; i < layers.size(); ++i) check_layer(*this, i);
  if (head == "none" && outputs != last_channels()) wrong("outputs must be the last layer's channels without a head");
}

Json PointNetConfig::to_json() const {
  Json list = Json::array();
  for (const PointLayer& l : layers)
    list.push_back({{"in", l.in},
                    {"out", l.out},
                    {"from", l.from},
                    {"to", l.to},
                    {"neighbours", l.neighbours},
                    {"skip", l.skip},
                    {"activate", l.activate}});
  return {{"kind", "points"},
          {"convolution", convolution},
          {"unit_neighbourhoods", unit_neighbourhoods},
          {"activation", activation},
          {"picking", picking},
          {"inputs", inputs},
          {"outputs", outputs},
          {"levels", levels},
          {"layers", list},
          {"head", head},
          {"hidden", hidden},
          {"dropout", dropout}};
}

PointNetConfig PointNetConfig::from_json(const Json& json, const std::string& origin) {
  PointNetConfig c;
  try {
    if (json.at("kind") != "points") wrong("kind must be points");
    c.convolution = json.at("convolution"), c.unit_neighbourhoods = json.at("unit_neighbourhoods");
    c.activation = json.at("activation"), c.picking = json.at("picking");
    c.inputs = json.at("inputs"), c.outputs = json.at("outputs");
    c.levels = json.at("levels").get<std::vector<int>>();
    for (const Json& l : json.at("layers"))
      c.layers.push_back(
          {l.at("in"), l.at("out"), l.at("from"), l.at("to"), l.at("neighbours"), l.at("skip"), l.at("activate")});
    c.head = json.at("head"), c.hidden = json.at("hidden"), c.dropout = json.at("dropout");
    c.check();
  } catch (const std::exception& e) {
    throw Error(Category::input, origin + ": no valid architecture of a point network: " + e.what());
  }
  return c;
}

std::vector<TensorInfo> point_net_tensors(const PointNetConfig& c) {
  c.check();
  std::vector<TensorInfo> all;
  for (std::size_t i = 0; i < c.layers.size(); ++i) add_layer_tensors(all, c, c.layers[i], i);
  std::int64_t in = c.last_channels();
  if (c.head == "mean") {
    all.push_back({"head.hidden.weight", {c.hidden, in}});
    all.push_back({"head.hidden.bias", {c.hidden}});
    in = c.hidden;
  }
  if (c.head == "none") return all;
  all.push_back({"head.weight", {c.outputs, in}});
  all.push_back({"head.bias", {c.outputs}});
  return all;
}

std::int64_t point_net_parameters(const PointNetConfig& config) {
  std::int64_t n = 0;
  for (const TensorInfo& t : point_net_tensors(config)) n += size_of(t);
  return n;
}

std::uint64_t point_net_bytes(const PointNetConfig& c, int n_points) {
  // every layer's output (kept for skips), its copy with what is appended, coordinates, neighbours; a tile of work
  std::uint64_t bytes = 32U << 20;
  for (const PointLayer& l : c.layers) {
    const int level = c.levels[static_cast<std::size_t>(l.to)];
    const auto points = static_cast<std::uint64_t>(level > 0 ? level : n_points);
    bytes += points * 4U * static_cast<std::uint64_t>(3 * l.out + handed_on(c, l) + 2 * l.neighbours + 6);
  }
  return bytes + 4U * static_cast<std::uint64_t>(n_points) * static_cast<std::uint64_t>(2 * c.inputs);
}

}  // namespace syconn
