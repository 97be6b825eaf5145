// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "organelle_config.h"
#include "syconn/exec/job.h"

/// The steps of `watershed` that make labels; watershed.cpp has what makes objects of them.
namespace syconn {

void watershed_mask(JobContext& ctx, const WatershedConfig& config);     ///< per_chunk
void watershed_join(JobContext& ctx, const WatershedConfig& config);     ///< once
void watershed_flood(JobContext& ctx, const WatershedConfig& config);    ///< per_chunk
void watershed_resolve(JobContext& ctx, const WatershedConfig& config);  ///< once

std::uint64_t watershed_mask_memory(const RunConfig& config, const Geometry& geometry);
std::uint64_t watershed_join_memory(const RunConfig& config, const Geometry& geometry);
std::uint64_t watershed_flood_memory(const RunConfig& config, const Geometry& geometry);

}  // namespace syconn
