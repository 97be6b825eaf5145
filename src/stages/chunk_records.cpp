// SPDX-License-Identifier: GPL-3.0-or-later
#include "chunk_records.h"

#include <algorithm>

#include "syconn/io/record_file.h"

namespace syconn {
namespace {

std::int64_t groups(const Geometry& g) {
  const std::int64_t chunks = g.grid().count();
  return chunks > g.merge_fan_in ? ceil_div(chunks, g.merge_fan_in) : 0;
}

}  // namespace

const FanOut per_chunk_group{"per_chunk_group", groups};

std::vector<std::int64_t> chunks_touching(const ChunkGrid& grid, const Box3& box) {
  const Vec3i edge = grid.chunk();
  const auto next = [](std::int64_t v, std::int64_t e) { return (floor_div(v, e) + 1) * e; };
  std::vector<std::int64_t> chunks;
  for (std::int64_t z = box.min.z; z < box.max.z; z = next(z, edge.z))
    for (std::int64_t y = box.min.y; y < box.max.y; y = next(y, edge.y))
      for (std::int64_t x = box.min.x; x < box.max.x; x = next(x, edge.x)) chunks.push_back(grid.index_of({x, y, z}));
  return chunks;
}

void gather_records(JobContext& ctx, const std::string& from, const std::vector<std::string>& names) {
  const std::int64_t fan_in = ctx.geometry().merge_fan_in, chunks = ctx.geometry().grid().count();
  const std::int64_t first = ctx.job().index * fan_in, last = std::min(chunks, first + fan_in);
  for (const std::string& name : names) {
    std::vector<RecordFile> inputs;
    for (std::int64_t i = first; i < last; ++i) inputs.emplace_back(ctx.work_input(from, name, i));
    const std::uint32_t slices = inputs.front().n_slices();
    RecordFileWriter out(ctx.work_output(name), slices, inputs.front().record_bytes());
    std::vector<char> bytes;
    for (std::uint32_t s = 0; s < slices; ++s)
      for (const RecordFile& input : inputs) {
        bytes.clear();
        input.read(s, bytes);
        out.append(s, bytes.data(), bytes.size());
      }
    out.close();
  }
}

std::vector<fs::path> chunk_record_files(const JobContext& ctx, const std::string& from, const std::string& gather,
                                         const std::string& name) {
  const std::int64_t gathered = groups(ctx.geometry()), n = gathered > 0 ? gathered : ctx.geometry().grid().count();
  std::vector<fs::path> files;
  for (std::int64_t i = 0; i < n; ++i) files.push_back(ctx.work_input(gathered > 0 ? gather : from, name, i));
  return files;
}

}  // namespace syconn
