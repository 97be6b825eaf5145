// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "point_predict.h"
#include "pointcloud_steps.h"

namespace syconn {

/// Files of the config in the order ads, abt, dnh, coarse, fine, astrocyte, with their keys (pointcloud.ads, ...);
/// empty: not given.
std::vector<std::pair<std::string, std::string>> pointcloud_models(const PointcloudConfig& c);
/// Code of each class of the network of a key, told by the classes' names in any order; of `astrocyte` 1, of what is
/// none 0. Throws Error{config} that names `where`, what the model has and what it should have.
std::vector<std::int32_t> pointcloud_codes(const std::string& key, const std::vector<std::string>& classes,
                                           const std::string& where);
/// Adds the models to the stage's inputs; checks heads, inputs and classes of all that are given, and that they are
/// those of one way (ads, abt, dnh; or coarse, fine).
void require_pointcloud_models(const RunConfig& config, const PointcloudConfig& c, StageInputs& in);
/// The largest of what the given networks need.
std::uint64_t pointcloud_predict_bytes(const RunConfig& config, const Geometry& geometry);

/// A network with what its classes stand for.
struct CodedNet {
  std::shared_ptr<PointNet> net;
  std::vector<std::int32_t> codes;
};
std::optional<CodedNet> coded_net(const JobContext& ctx, const PointcloudConfig& c, const std::string& key);

}  // namespace syconn
