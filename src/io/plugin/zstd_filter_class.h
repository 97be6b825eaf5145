// SPDX-License-Identifier: GPL-3.0-or-later
// The filter's code, once: the library registers it in-process, the plugin exports it to h5dump and h5py.
#pragma once
#include <hdf5.h>
#include <zstd.h>

#include <cstdlib>

namespace syconn::zstd_filter {

inline constexpr H5Z_filter_t kId = 32015;
inline constexpr int kDefaultLevel = 3;
/// Frames that claim to be larger are refused: HDF5's chunks end at 4 GiB.
inline constexpr unsigned long long kMaxChunkBytes = 1ULL << 32;

inline std::size_t swap_buffer(void** buffer, std::size_t* buffer_bytes, void* fresh, std::size_t capacity,
                               std::size_t used) {
  std::free(*buffer);
  *buffer = fresh;
  *buffer_bytes = capacity;
  return used;
}

/// HDF5's filter function: returns the bytes in *buffer, 0 on failure.
inline std::size_t apply(unsigned flags, std::size_t n_values, const unsigned values[], std::size_t bytes,
                         std::size_t* buffer_bytes, void** buffer) {
  const bool decode = (flags & H5Z_FLAG_REVERSE) != 0;
  const unsigned long long content = decode ? ZSTD_getFrameContentSize(*buffer, bytes) : 0;
  if (decode && (content == ZSTD_CONTENTSIZE_ERROR || content == ZSTD_CONTENTSIZE_UNKNOWN || content > kMaxChunkBytes))
    return 0;
  const std::size_t capacity = decode ? static_cast<std::size_t>(content) : ZSTD_compressBound(bytes);
  void* fresh = std::malloc(capacity == 0 ? 1 : capacity);
  if (fresh == nullptr) return 0;
  const int level = n_values > 0 ? static_cast<int>(values[0]) : kDefaultLevel;
  const std::size_t used =
      decode ? ZSTD_decompress(fresh, capacity, *buffer, bytes) : ZSTD_compress(fresh, capacity, *buffer, bytes, level);
  if (ZSTD_isError(used) || (decode && used != capacity)) {
    std::free(fresh);
    return 0;
  }
  return swap_buffer(buffer, buffer_bytes, fresh, capacity, used);
}

inline constexpr H5Z_class2_t kClass = {H5Z_CLASS_T_VERS, kId,     1,     1, "zstd (https://facebook.github.io/zstd)",
                                        nullptr,          nullptr, &apply};

}  // namespace syconn::zstd_filter
