// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "point_samples.h"
#include "syconn/exec/job.h"

namespace syconn {

/// The model of a config key, loaded once a process and job hash. `where` is its place in the config, for errors.
std::shared_ptr<PointNet> point_net_of(const JobContext& ctx, const std::string& model, const std::string& device,
                                       const std::string& where);
/// Its card without LibTorch, checked for what the stage can use it for: `head` points or mean, so many classes at
/// least. Throws Error{config} with the place and the reason.
PointModelCard point_card_of(const RunConfig& config, const std::string& key, const std::string& model,
                             const std::string& head);
/// Adds the model to the stage's inputs; an empty path is "a model in <key>".
void require_point_model(const RunConfig& config, const std::string& key, const std::string& model,
                         const std::string& head, StageInputs& in);

/// Columns (and ragged fields) of datasets/<type>.h5 that another stage wrote, as the truth of a phantom, are not
/// overwritten: Error{input} names the column, that stage and what to do.
void refuse_columns_of_others(const JobContext& ctx, const std::string& type, const std::vector<std::string>& names,
                              const std::string& stage);

/// Calls take(i, sample's points, outputs) for every context i that has points, in order of i. Contexts are drawn in
/// order, then sampled and predicted by up to `threads` threads, `kContextsAtOnce` at a time.
void predict_contexts(PointNet& net, CellSamples& samples, const std::vector<std::uint32_t>& pivots, std::uint64_t seed,
                      int threads,
                      const std::function<void(std::size_t, const PointSample&, const std::vector<float>&)>& take);
inline constexpr std::size_t kContextsAtOnce = 32;

/// What a job that predicts may hold: a cell of 20 million vertices, kContextsAtOnce samples, what runs at once.
std::uint64_t point_job_bytes(const PointModelCard& card, int threads);

}  // namespace syconn
