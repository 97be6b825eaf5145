// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/exec/job.h"

/// Chunks around a box, and record files of a per_chunk step, merged in a tree where there are more than a slice job
/// may open.
namespace syconn {

/// Indices of the chunks that `box` touches, in raster order; `box` lies in the grid's.
std::vector<std::int64_t> chunks_touching(const ChunkGrid& grid, const Box3& box);

/// One job a `merge_fan_in` chunks; none where all chunks together are not more than that.
extern const FanOut per_chunk_group;

/// The job of a per_chunk_group step: joins the files `names` that step `from` wrote, slice by slice, in chunk order.
/// Memory: one slice of one file.
void gather_records(JobContext& ctx, const std::string& from, const std::vector<std::string>& names);

/// The files `name` a slice job must read, in chunk order: those of `gather`, or of `from` where nothing was gathered.
std::vector<fs::path> chunk_record_files(const JobContext& ctx, const std::string& from, const std::string& gather,
                                         const std::string& name);

}  // namespace syconn
