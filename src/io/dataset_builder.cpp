// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/dataset_builder.h"

#include "memory_backend.h"

namespace syconn {

DatasetBuilder::DatasetBuilder(const DatasetSchema& schema, std::uint32_t n_shards, BuilderOptions options) {
  options.n_shards = n_shards;
  options.memory_bytes /= n_shards;
  for (options.shard = 0; options.shard < n_shards; ++options.shard) shards_.emplace_back(schema, options);
}

ShardBuilder& DatasetBuilder::begin(Id id) {
  ShardBuilder& shard = shards_[shard_of(id, n_shards())];
  shard.begin(id);
  return shard;
}

ShardSet DatasetBuilder::commit_shards(const fs::path& folder, const std::string& stage, const std::string& hash8) {
  ShardSet set = shard_set(schema().type, stage, hash8, n_shards());
  make_folder(folder / schema().type);
  for (std::size_t k = 0; k < shards_.size(); ++k) shards_[k].commit(folder / set.files[k]);
  return set;
}

fs::path DatasetBuilder::commit(const fs::path& folder, const std::string& stage, const std::string& hash8) {
  const fs::path path = folder / (schema().type + ".h5");
  commit_top_file(path, {{commit_shards(folder, stage, hash8)}, schema().provenance_json, true});
  return path;
}

SegmentationDataset DatasetBuilder::in_memory() {
  auto backend = std::make_shared<MemoryBackend>(schema(), n_shards());
  for (std::size_t k = 0; k < shards_.size(); ++k) {
    MemoryBackend::Sink sink = backend->sink(static_cast<std::uint32_t>(k));
    shards_[k].drain(sink);
  }
  backend->seal();
  return SegmentationDataset(std::move(backend));
}

}  // namespace syconn
