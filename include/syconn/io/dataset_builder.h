// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/io/dataset_top.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/shard_builder.h"

namespace syconn {

/// Builds a whole dataset in one process, on disk or in memory. Stages of a pipeline write one shard a job
/// (ShardBuilder).
class DatasetBuilder {
 public:
  /// `options.memory_bytes` is the cap over all shards; `options.shard` and `n_shards` are set here.
  DatasetBuilder(const DatasetSchema& schema, std::uint32_t n_shards, BuilderOptions options = {});

  /// The shard's builder after begin(id); fill it and call end().
  ShardBuilder& begin(Id id);
  const DatasetSchema& schema() const { return shards_[0].schema(); }
  std::uint32_t n_shards() const { return static_cast<std::uint32_t>(shards_.size()); }

  /// Commits `<folder>/<type>/<stage>-<hash8>_%04d.h5`; the set is what a top file needs.
  ShardSet commit_shards(const fs::path& folder, const std::string& stage, const std::string& hash8);
  /// commit_shards(), then `<folder>/<type>.h5` over them alone; returns its path.
  fs::path commit(const fs::path& folder, const std::string& stage, const std::string& hash8);
  /// The same content without files.
  SegmentationDataset in_memory();

 private:
  std::vector<ShardBuilder> shards_;
};

}  // namespace syconn
