// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/unet.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace syconn {
namespace {

using Kind = UNetOp::Kind;

bool is_planar(const UNetConfig& c, int level) {
  return std::find(c.planar.begin(), c.planar.end(), level) != c.planar.end();
}

void add_layer(std::vector<UNetOp>& ops, const UNetConfig& c, const UNetOp& layer, const std::string& norm) {
  ops.push_back(layer);
  if (c.normalisation != "none") ops.push_back({Kind::norm, norm, layer.out, layer.out});
  ops.push_back({Kind::activate, "", layer.out, layer.out});
}

void add_down(std::vector<UNetOp>& ops, const UNetConfig& c, int level) {
  const std::string name = "down_convs." + std::to_string(level);
  const int out = c.start_filters << level, in = level == 0 ? c.channels : out / 2;
  const Vec3i kernel{3, 3, is_planar(c, level) ? 1 : 3};
  add_layer(ops, c, {Kind::conv, name + ".conv1", in, out, kernel}, name + ".norm0");
  add_layer(ops, c, {Kind::conv, name + ".conv2", out, out, kernel}, name + ".norm1");
  if (level + 1 == c.blocks) return;
  ops.push_back({Kind::keep, "", out, out, {1, 1, 1}, level});
  ops.push_back({Kind::pool, "", out, out, {2, 2, is_planar(c, level) ? 1 : 2}});
}

void add_up(std::vector<UNetOp>& ops, const UNetConfig& c, int level) {
  const std::string name = "up_convs." + std::to_string(c.blocks - 2 - level);
  const int out = c.start_filters << level;
  const bool planar = is_planar(c, level);
  const Vec3i kernel{3, 3, planar ? 1 : 3}, factor{2, 2, planar ? 1 : 2};
  if (c.up == "transpose") {
    add_layer(ops, c, {Kind::up_conv, name + ".upconv", 2 * out, out, factor}, name + ".norm0");
  } else {
    ops.push_back({Kind::resize, "", 2 * out, 2 * out, factor});
    add_layer(ops, c, {Kind::conv, name + ".upconv.conv", 2 * out, out, kernel}, name + ".norm0");
  }
  ops.push_back({Kind::concat, "", out, 2 * out, {1, 1, 1}, level});
  add_layer(ops, c, {Kind::conv, name + ".conv1", 2 * out, out, kernel}, name + ".norm1");
  add_layer(ops, c, {Kind::conv, name + ".conv2", out, out, kernel}, name + ".norm2");
}

/// N of "group<N>", 0 for anything else.
int groups_of(const std::string& normalisation) {
  int n = 0;
  if (normalisation.rfind("group", 0) != 0) return 0;
  const char *first = normalisation.data() + 5, *last = normalisation.data() + normalisation.size();
  return std::from_chars(first, last, n).ptr == last ? n : 0;
}

[[noreturn]] void wrong(const std::string& text) { throw Error(Category::config, "U-Net: " + text); }

void add_tensors(std::vector<TensorInfo>& tensors, const UNetConfig& c, const UNetOp& op) {
  if (op.kind == Kind::conv)
    tensors.push_back({op.name + ".weight", {op.out, op.in, op.size.z, op.size.y, op.size.x}});
  else if (op.kind == Kind::up_conv)
    tensors.push_back({op.name + ".weight", {op.in, op.out, op.size.z, op.size.y, op.size.x}});
  else
    tensors.push_back({op.name + ".weight", {op.out}});
  tensors.push_back({op.name + ".bias", {op.out}});
  if (op.kind != Kind::norm || c.normalisation != "batch") return;
  tensors.push_back({op.name + ".running_mean", {op.out}, false});
  tensors.push_back({op.name + ".running_var", {op.out}, false});
}

/// Block of a tensor ("up_convs.1"), then convolutions before norms: the order of the reference's dictionary.
std::string block_of(const std::string& name) { return name.substr(0, name.find('.', name.find('.') + 1)); }

}  // namespace

UNetConfig myelin_unet() { return {}; }

void UNetConfig::check() const {
  if (channels < 1 || channels > 64) wrong("channels must be 1..64");
  if (classes < 2 || classes > 255) wrong("classes must be 2..255, background included");
  if (blocks < 2 || blocks > 8) wrong("blocks must be 2..8");
  if (start_filters < 1 || start_filters > 512) wrong("start_filters must be 1..512");
  for (const int level : planar)
    if (level < 0 || level >= blocks)
      wrong("planar holds level " + std::to_string(level) + " of a net of " + std::to_string(blocks) + " blocks");
  if (normalisation != "batch" && normalisation != "none") {
    const int n = groups_of(normalisation);
    if (n < 1 || start_filters % n != 0)
      wrong(
          "normalisation must be batch, none or group<N>, N a divisor of "
          "start_filters; it is '" +
          normalisation + "'");
  }
  if (activation != "relu" && activation != "leaky") wrong("activation must be relu or leaky");
  if (up != "transpose" && up != "resize") wrong("up must be transpose or resize");
}

Json UNetConfig::to_json() const {
  return {{"channels", channels}, {"classes", classes}, {"blocks", blocks},         {"start_filters", start_filters},
          {"planar", planar},     {"up", up},           {"activation", activation}, {"normalisation", normalisation}};
}

UNetConfig UNetConfig::from_json(const Json& json, const std::string& origin) {
  UNetConfig c;
  try {
    c.channels = json.at("channels"), c.classes = json.at("classes"), c.blocks = json.at("blocks");
    c.start_filters = json.at("start_filters"), c.planar = json.at("planar").get<std::vector<int>>();
    c.normalisation = json.at("normalisation"), c.activation = json.at("activation"), c.up = json.at("up");
    c.check();
  } catch (const std::exception& e) {
    throw Error(Category::input, origin + ": no valid U-Net architecture: " + e.what());
  }
  return c;
}

std::vector<UNetOp> unet_ops(const UNetConfig& c) {
  c.check();
  std::vector<UNetOp> ops;
  for (int level = 0; level < c.blocks; ++level) add_down(ops, c, level);
  for (int level = c.blocks - 2; level >= 0; --level) add_up(ops, c, level);
  ops.push_back({Kind::conv, "conv_final", c.start_filters, c.classes});
  return ops;
}

std::vector<TensorInfo> unet_tensors(const UNetConfig& c) {
  std::vector<UNetOp> ops;
  for (UNetOp& op : unet_ops(c))
    if (!op.name.empty()) ops.push_back(std::move(op));
  std::vector<TensorInfo> tensors;
  for (auto first = ops.begin(); first != ops.end();) {
    const std::string block = block_of(first->name);
    const auto last = std::find_if(first, ops.end(), [&](const UNetOp& op) { return block_of(op.name) != block; });
    for (const bool norms : {false, true})
      for (auto op = first; op != last; ++op)
        if ((op->kind == Kind::norm) == norms) add_tensors(tensors, c, *op);
    first = last;
  }
  return tensors;
}

std::int64_t unet_parameters(const UNetConfig& config) {
  std::int64_t n = 0;
  for (const TensorInfo& t : unet_tensors(config))
    if (t.trainable) n += std::accumulate(t.shape.begin(), t.shape.end(), std::int64_t{1}, std::multiplies<>());
  return n;
}

Vec3i unet_stride(const UNetConfig& config) {
  Vec3i stride(1);
  for (const UNetOp& op : unet_ops(config))
    if (op.kind == Kind::pool) stride = stride * op.size;
  return stride;
}

Vec3i unet_reach(const UNetConfig& config) {
  Vec3i reach(0), jump(1);  // of the cell of input voxels that one voxel of the current level stands for
  for (const UNetOp& op : unet_ops(config)) {
    if (op.kind == Kind::conv) reach += (op.size - Vec3i(1)) / 2 * jump;
    if (op.kind == Kind::pool) jump = jump * op.size;
    if (op.kind == Kind::resize) reach += (min(op.size, Vec3i(2)) - Vec3i(1)) * jump;  // the neighbour's cell
    if (op.kind != Kind::up_conv && op.kind != Kind::resize) continue;
    jump = jump / op.size;
    reach += (op.size - Vec3i(1)) * jump;  // the coarse cell sticks out of the fine one
  }
  return reach;
}

std::uint64_t unet_bytes_per_voxel(const UNetConfig& c) {
  // Level 0 of the decoder: skip, what came up, both concatenated, a convolution's result, and copies in the blocked
  // layout of the convolution library; deeper levels are smaller by more than their doubled channels.
  return static_cast<std::uint64_t>(4 * (10 * c.start_filters + 2 * c.classes + 2 * c.channels));
}

}  // namespace syconn
