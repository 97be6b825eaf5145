// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory_backend.h"

#include <algorithm>
#include <cstring>

#include "syconn/core/error.h"

namespace syconn {

MemoryBackend::MemoryBackend(const DatasetSchema& schema, std::uint32_t n_shards) : layout_(schema), shards_(n_shards) {
  info_.name = "in memory";
  info_.schema = schema;
}

void MemoryBackend::Sink::start(std::uint64_t n_rows, const std::vector<std::uint64_t>& group_rows) {
  Shard& shard = owner_->shards_[shard_];
  shard.ids.reserve(n_rows);
  shard.columns.resize(owner_->layout_.columns.size());
  shard.parts.resize(owner_->layout_.parts.size());
  shard.offsets.assign(group_rows.size(), {0});
}

void MemoryBackend::Sink::row(std::span<const char> record) {
  const RowLayout& layout = owner_->layout_;
  Shard& shard = owner_->shards_[shard_];
  const char* at = record.data();
  Id id;
  std::memcpy(&id, at, sizeof id);
  shard.ids.push_back(id);
  at += sizeof id;
  for (std::size_t c = 0; c < layout.columns.size(); ++c) {
    const char* const from = at + layout.columns[c].at;
    shard.columns[c].insert(shard.columns[c].end(), from, from + layout.columns[c].bytes);
  }
  at += layout.fixed_bytes;
  std::vector<std::uint64_t> counts(layout.groups.size());
  if (!counts.empty()) std::memcpy(counts.data(), at, counts.size() * sizeof counts[0]);
  at += counts.size() * sizeof counts[0];
  for (std::size_t g = 0; g < counts.size(); ++g) shard.offsets[g].push_back(shard.offsets[g].back() + counts[g]);
  for (std::size_t p = 0; p < layout.parts.size(); ++p) {
    const std::size_t bytes = counts[static_cast<std::size_t>(layout.parts[p].group)] * layout.parts[p].row_bytes;
    shard.parts[p].insert(shard.parts[p].end(), at, at + bytes);
    at += bytes;
  }
}

void MemoryBackend::seal() {
  info_.shard_start.assign(1, 0);
  for (const Shard& shard : shards_) info_.shard_start.push_back(info_.shard_start.back() + shard.ids.size());
}

std::optional<std::uint64_t> MemoryBackend::find(std::uint32_t shard, Id id) const {
  const std::vector<Id>& ids = shards_[shard].ids;
  const auto found = std::lower_bound(ids.begin(), ids.end(), id);
  if (found == ids.end() || *found != id) return std::nullopt;
  return static_cast<std::uint64_t>(found - ids.begin());
}

void MemoryBackend::read_ids(std::uint32_t shard, std::uint64_t first, std::uint64_t count, Id* out) const {
  std::copy_n(shards_[shard].ids.begin() + static_cast<std::ptrdiff_t>(first), count, out);
}

void MemoryBackend::read_column(int column, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                                void* out) const {
  const std::size_t bytes = layout_.columns[static_cast<std::size_t>(column)].bytes;
  if (count > 0)
    std::memcpy(out, shards_[shard].columns[static_cast<std::size_t>(column)].data() + first * bytes, count * bytes);
}

std::uint64_t MemoryBackend::part_rows(int field, int part, std::uint32_t shard) const {
  const std::size_t p = static_cast<std::size_t>(layout_.part_index(field, part));
  return shards_[shard].offsets[static_cast<std::size_t>(layout_.parts[p].group)].back();
}

void MemoryBackend::read_offsets(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                                 std::uint64_t* out) const {
  const std::size_t p = static_cast<std::size_t>(layout_.part_index(field, part));
  const auto& offsets = shards_[shard].offsets[static_cast<std::size_t>(layout_.parts[p].group)];
  std::copy_n(offsets.begin() + static_cast<std::ptrdiff_t>(first), count, out);
}

void MemoryBackend::read_part(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                              void* out) const {
  const std::size_t p = static_cast<std::size_t>(layout_.part_index(field, part));
  const std::size_t bytes = layout_.parts[p].row_bytes;
  std::memcpy(out, shards_[shard].parts[p].data() + first * bytes, count * bytes);
}

}  // namespace syconn
