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

/// Throws Error{input} if another stage gives one of these columns or fields to datasets/<type>.h5, as the truth of a
/// phantom: they are not overwritten.
void refuse_foreign_columns(const JobContext& ctx, const std::string& type, const std::string& stage,
                            const std::vector<std::string>& names);

/// Whether a context of these points (drawn, not yet sampled) is to be predicted; empty: all are.
using WantedContext = std::function<bool(const std::vector<std::uint32_t>&)>;
/// Calls take(i, sample's points, outputs) for every context i that has points and is wanted, in order of i. Contexts
/// are drawn in order, then sampled and predicted by up to `threads` threads, `kContextsAtOnce` at a time. What a
/// context gives does not depend on which others are wanted.
void predict_contexts(PointNet& net, CellSamples& samples, const std::vector<std::uint32_t>& pivots, std::uint64_t seed,
                      int threads,
                      const std::function<void(std::size_t, const PointSample&, const std::vector<float>&)>& take,
                      const WantedContext& wanted = {});
inline constexpr std::size_t kContextsAtOnce = 32;
inline constexpr std::uint64_t kMostVertices = 20'000'000;  ///< of one cell, with its organelles, in memory estimates

/// What a job that predicts may hold: a cell of 20 million vertices, kContextsAtOnce samples, what runs at once.
std::uint64_t point_job_bytes(const PointModelCard& card, int threads);

}  // namespace syconn
