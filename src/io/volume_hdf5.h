// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "chunk_codec.h"
#include "h5.h"
#include "syconn/io/volume_reader.h"
#include "volume_chunks.h"

namespace syconn {

/// How a volume is opened inside another one: parts share the cache of the whole, told apart by `source`.
struct OpenContext {
  VolumeOptions options;
  std::shared_ptr<BlockCache> cache;
  std::uint64_t source = 0;
  int depth = 0;  ///< of virtual datasets in virtual datasets
};

class ReadDescriptor {
 public:
  explicit ReadDescriptor(int fd = -1) : fd_(fd) {}
  ReadDescriptor(ReadDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ReadDescriptor& operator=(ReadDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~ReadDescriptor();
  /// Reads exactly `bytes`; false at the end of the file or on an error.
  bool read_at(std::uint64_t address, void* out, std::size_t bytes) const;

 private:
  int fd_;
};

/// A 3-D HDF5 dataset in one file. Chunk addresses are read once; chunks are then read and decoded outside HDF5.
/// Where that cannot be (very many chunks, a user block, other filters), HDF5 reads, one chunk at a time.
class Hdf5Volume : public VolumeReader {
 public:
  Hdf5Volume(h5::File file, h5::Dataset dataset, const std::string& name, OpenContext context);

  std::vector<std::uint32_t> sample_stored_blocks(std::int64_t n) const override;
  std::int64_t count_missing(const Box3&) const override;  ///< in the whole volume
  void for_each_block(const Box3& box, const UseBlock& use) const override;

 private:
  struct Stored {
    std::int64_t index = 0;  ///< raster index of the chunk
    std::uint64_t address = 0, bytes = 0;
    unsigned filter_mask = 0;
  };
  enum class Layout { whole, contiguous, chunked };  ///< whole: in memory since it was opened

  void read_layout();
  void read_filters(hid_t properties);
  void read_fill_value(hid_t properties);
  void read_whole();
  void read_chunk_shape();
  void read_chunk_table();
  Stored read_chunk_entry(hid_t space, hsize_t i) const;
  void open_descriptor();

  void contiguous_blocks(const Box3& local, const UseBlock& use) const;
  void contiguous_rows(std::int64_t z, const Box3& local, BlockBuffer& buffer, const UseBlock& use) const;
  void chunked_blocks(const Box3& local, const UseBlock& use) const;
  void read_elements(std::int64_t first, std::int64_t n, char* out) const;

  std::uint64_t chunk_bytes_by_hdf5(std::int64_t index) const;  ///< stored; 0 if it was never written
  /// Encoded bytes of a chunk; false if it was never written.
  bool read_stored(std::int64_t index, BlockBuffer& stored, unsigned& filter_mask) const;
  void decode_chunk(std::int64_t index, char* out) const;
  bool decode_here(std::int64_t index, char* out) const;     ///< false if it was never written
  bool decode_by_hdf5(std::int64_t index, char* out) const;  ///< likewise
  void fill_chunk(std::int64_t index, char* out) const;
  [[noreturn]] void fail_chunk(std::int64_t index, const std::string& what) const;

  h5::File file_;
  h5::Dataset dataset_;
  h5::Handle type_;  ///< of the file's elements; reading with it converts nothing
  OpenContext context_;
  ReadDescriptor descriptor_;
  Layout layout_ = Layout::whole;
  bool swap_ = false;        ///< stored big-endian
  bool own_decode_ = false;  ///< the filters are ours
  bool has_table_ = false;
  ChunkCodec codec_;
  ChunkLayout chunks_;
  std::vector<Stored> table_;  ///< by index
  std::uint64_t address_ = HADDR_UNDEF;
  std::int64_t n_chunks_stored_ = 0;
  std::vector<char> fill_;
  BlockBuffer whole_;
};

/// See open_volume.
std::unique_ptr<VolumeReader> open_hdf5_volume(const fs::path& path, const std::string& dataset,
                                               const VolumeOptions& options);
std::unique_ptr<VolumeReader> open_hdf5_volume(const fs::path& path, const std::string& dataset, OpenContext context);

/// Attributes common to single and virtual datasets.
void read_volume_attributes(const h5::Object& dataset, VolumeInfo& info);
/// Element type and byte order of a dataset; enumerations count as their base type.
DType volume_dtype(const h5::Dataset& dataset, bool& big_endian);
/// x,y,z of a 3-D dataset.
Vec3i volume_size(const h5::Dataset& dataset);

}  // namespace syconn
