// SPDX-License-Identifier: GPL-3.0-or-later
// A dataset without files: for tests of everything above the store, and for small intermediate results.
#pragma once
#include "dataset_backend.h"
#include "row_layout.h"

namespace syconn {

class MemoryBackend : public DatasetBackend {
 public:
  MemoryBackend(const DatasetSchema& schema, std::uint32_t n_shards);

  class Sink : public ShardSink {
   public:
    Sink(MemoryBackend& owner, std::uint32_t shard) : owner_(&owner), shard_(shard) {}
    void start(std::uint64_t n_rows, const std::vector<std::uint64_t>& group_rows) override;
    void row(std::span<const char> record) override;
    void finish() override {}

   private:
    MemoryBackend* owner_;
    std::uint32_t shard_;
  };
  Sink sink(std::uint32_t shard) { return {*this, shard}; }
  /// After the last row of the last shard.
  void seal();

  std::optional<std::uint64_t> find(std::uint32_t shard, Id id) const override;
  void read_ids(std::uint32_t shard, std::uint64_t first, std::uint64_t count, Id* out) const override;
  void read_column(int column, std::uint32_t shard, std::uint64_t first, std::uint64_t count, void* out) const override;
  std::uint64_t part_rows(int field, int part, std::uint32_t shard) const override;
  void read_offsets(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                    std::uint64_t* out) const override;
  void read_part(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                 void* out) const override;
  std::string shard_name(std::uint32_t shard) const override { return "memory, shard " + std::to_string(shard); }

 private:
  struct Shard {
    std::vector<Id> ids;
    std::vector<std::vector<char>> columns, parts;
    std::vector<std::vector<std::uint64_t>> offsets;
  };
  RowLayout layout_;
  std::vector<Shard> shards_;
};

}  // namespace syconn
