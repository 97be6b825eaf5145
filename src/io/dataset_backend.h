// SPDX-License-Identifier: GPL-3.0-or-later
// What a SegmentationDataset stands on: HDF5 shards, or memory.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/io/dataset_schema.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {

struct DatasetInfo {
  std::string name;      ///< for messages: path of the top file
  DatasetSchema schema;  ///< of all stages together
  bool complete = true;
  std::vector<std::uint64_t> shard_start;  ///< n_shards + 1
  std::uint32_t n_shards() const { return static_cast<std::uint32_t>(shard_start.size() - 1); }
  std::uint64_t shard_size(std::uint32_t shard) const;  ///< Error{input} if there is no such shard
};

/// Columns, fields and parts are numbered as in info().schema. Callers stay within the shard's rows; read_* throw
/// Error{input}.
class DatasetBackend {
 public:
  virtual ~DatasetBackend() = default;
  const DatasetInfo& info() const { return info_; }
  virtual std::optional<std::uint64_t> find(std::uint32_t shard, Id id) const = 0;
  virtual void read_ids(std::uint32_t shard, std::uint64_t first, std::uint64_t count, Id* out) const = 0;
  virtual void read_column(int column, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                           void* out) const = 0;
  virtual std::uint64_t part_rows(int field, int part, std::uint32_t shard) const = 0;
  virtual void read_offsets(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                            std::uint64_t* out) const = 0;
  virtual void read_part(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                         void* out) const = 0;
  /// Name of the file that holds the ids of a shard, for findings.
  virtual std::string shard_name(std::uint32_t shard) const = 0;
  /// What only this backend can see (missing files, checksums).
  virtual void verify_storage(VerifyLevel, std::vector<Finding>&) const {}

 protected:
  DatasetInfo info_;
};

/// Ids ascend, are not 0 and belong to their shard; offsets ascend from 0 to the part's size.
void verify_structure(const DatasetBackend& backend, std::vector<Finding>& findings);

/// Opens the shards behind a top file; throws as SegmentationDataset::open.
std::shared_ptr<const DatasetBackend> open_h5_backend(const fs::path& top_file,
                                                      const std::vector<std::string>& without);
/// Presence and sizes of the files of a top file.
std::vector<Finding> check_dataset_files(const fs::path& top_file);

}  // namespace syconn
