// SPDX-License-Identifier: GPL-3.0-or-later
// Writes one shard file, all datasets side by side, from rows in id order. Sizes are known before the first row, so
// every plain dataset is contiguous; bulk parts are compressed here, chunk by chunk, and handed to HDF5 encoded.
#pragma once
#include <memory>
#include <vector>

#include "h5.h"
#include "row_layout.h"
#include "syconn/io/shard_builder.h"

namespace syconn {

inline constexpr const char* kDatasetFormat = "syconn.segmentation_dataset";
inline constexpr std::int64_t kDatasetVersion = 1;

/// Root attributes common to shards and top files.
void write_dataset_attributes(const h5::Object& root, const std::string& type, const Vec3d& voxel_size_nm,
                              const std::string& provenance_json);
/// units, description, and enum where given.
void write_meaning(const h5::Object& dataset, const std::string& units, const std::string& description,
                   const std::string& enum_json);

/// Appends bytes to one dataset through a buffer and sums their CRC.
class DatasetStream {
 public:
  /// Shape [rows] (width 1) or [rows, width]; bulk with rows > 0: zstd chunks.
  DatasetStream(const h5::File& file, const std::string& path, DType dtype, int width, std::uint64_t rows, bool bulk,
                int threads);
  void append(const void* data, std::size_t bytes);
  void finish();
  std::uint32_t crc() const { return crc_; }
  const h5::Dataset& dataset() const { return dataset_; }

 private:
  void flush();
  void flush_plain();
  void flush_chunks();

  h5::Dataset dataset_;
  DType dtype_;
  std::size_t row_bytes_;
  std::uint64_t width_, rows_, written_rows_ = 0;
  std::uint64_t chunk_rows_ = 0;  ///< 0: contiguous
  int threads_;
  std::vector<char> buffer_;
  std::size_t fill_ = 0;
  std::uint32_t crc_ = 0;
  std::vector<std::vector<char>> frames_;
};

class ShardWriter : public ShardSink {
 public:
  ShardWriter(const fs::path& path, const DatasetSchema& schema, const RowLayout& layout,
              const BuilderOptions& options);
  void start(std::uint64_t n_rows, const std::vector<std::uint64_t>& group_rows) override;
  void row(std::span<const char> record) override;
  void finish() override;

 private:
  void create_parts(const std::vector<std::uint64_t>& group_rows, std::uint64_t n_rows);
  void write_checksums();

  const DatasetSchema& schema_;
  const RowLayout& layout_;
  const BuilderOptions& options_;
  h5::File file_;
  struct Named {
    std::string path;
    std::unique_ptr<DatasetStream> stream;
  };
  Named ids_;
  std::vector<Named> columns_, offsets_, parts_;
  std::vector<std::uint64_t> totals_;
};

}  // namespace syconn
