// SPDX-License-Identifier: GPL-3.0-or-later
#include "point_predict.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "syconn/core/parallel.h"
#include "syconn/io/dataset_top.h"
#include "syconn/nn/room.h"

namespace syconn {
std::shared_ptr<PointNet> point_net_of(const JobContext& ctx, const std::string& model, const std::string& device,
                                       const std::string& where) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<PointNet>> loaded;
  const std::lock_guard lock(mutex);
  auto& net = loaded[ctx.hash() + device + model];
  if (net != nullptr) return net;
  if (loaded.size() > 16) loaded.clear();
  try {
    return loaded[ctx.hash() + device + model] = PointNet::load(model, {device, false, 1});
  } catch (const Error& e) {
    throw e.with_context(where);
  }
}

PointModelCard point_card_of(const RunConfig& config, const std::string& key, const std::string& model,
                             const std::string& head) {
  const std::string where = config.where(key) + ": ";
  if (!fs::is_regular_file(model)) throw Error(Category::input, where + "there is no file '" + model + "'");
  PointModelCard card;
  try {
    card = read_point_model_card(model);
  } catch (const Error& e) {
    throw e.with_context(config.where(key));
  }
  const PointNetConfig& net = card.architecture;
  if (net.head != head)
    throw Error(Category::config, where + "'" + model + "' gives one answer a " +
                                      (net.head == "mean" ? "sample" : "point") + "; this needs one a " +
                                      (head == "mean" ? "sample" : "point"));
  if (card.kinds() != 1 && card.kinds() != 4 && card.kinds() != 5 && card.kinds() != 6)
    throw Error(Category::config, where + "'" + model + "' takes " + std::to_string(card.kinds()) +
                                      " inputs; there are 1 (surface), 4 (and organelles, synapses), 5 (synapses by "
                                      "sign) and 6 (and myelin)");
  return card;
}

void require_point_model(const RunConfig& config, const std::string& key, const std::string& model,
                         const std::string& head, StageInputs& in) {
  if (model.empty()) {
    in.missing.push_back("a model in " + key);
    return;
  }
  in.fingerprints[key] = {{"card", point_card_of(config, key, model, head).to_json()},
                          {"bytes", fs::file_size(model)},
                          {"crc32c", file_crc32c(model)}};
}

void refuse_foreign_columns(const JobContext& ctx, const std::string& type, const std::string& stage,
                            const std::vector<std::string>& names) {
  const std::string file = "datasets/" + type + ".h5";
  for (const ShardSet& set : read_top_file(ctx.in_run(file)).sets) {
    if (set.stage == stage) continue;
    for (const std::string& name : names)
      if (std::count(set.columns.begin(), set.columns.end(), name) +
              std::count(set.fields.begin(), set.fields.end(), name) >
          0)
        throw Error(Category::input, file + " has " + name + " from stage '" + set.stage + "' already; run stage '" + stage +
                                         "' where there is none yet");
  }
}

void predict_contexts(PointNet& net, CellSamples& samples, const std::vector<std::uint32_t>& pivots, std::uint64_t seed,
                      int threads,
                      const std::function<void(std::size_t, const PointSample&, const std::vector<float>&)>& take,
                      const WantedContext& wanted) {
  for (std::size_t next = 0; next < pivots.size();) {
    std::vector<std::size_t> context;
    std::vector<std::vector<std::uint32_t>> drawn;
    for (; next < pivots.size() && context.size() < kContextsAtOnce; ++next) {
      std::vector<std::uint32_t> points = samples.points(pivots[next], seed, static_cast<std::uint32_t>(next));
      if (points.empty() || (wanted && !wanted(points))) continue;
      context.push_back(next), drawn.push_back(std::move(points));
    }
    std::vector<PointSample> made(context.size());
    std::vector<std::vector<float>> outputs(context.size());
    parallel_for(static_cast<std::int64_t>(context.size()), threads, [&](std::int64_t k) {
      const auto i = static_cast<std::size_t>(k);
      made[i] = samples.sample(std::move(drawn[i]), mix64(mix64(seed, pivots[context[i]]), context[i]));
      outputs[i] = net.predict({std::span(&made[i].pyramid, 1), made[i].features});
    });
    for (std::size_t i = 0; i < context.size(); ++i) take(context[i], made[i], outputs[i]);
  }
}

std::uint64_t point_job_bytes(const PointModelCard& card, int threads) {
  const std::uint64_t sample = static_cast<std::uint64_t>(card.n_points) * 1024;
  return kMostVertices * 48 + kContextsAtOnce * sample +
         static_cast<std::uint64_t>(std::max(1, threads)) * point_net_bytes(card.architecture, card.n_points) +
         (std::uint64_t{512} << 20);
}

}  // namespace syconn
