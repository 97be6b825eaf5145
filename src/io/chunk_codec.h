// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace syconn {

/// The inverse of an HDF5 filter pipeline made of shuffle and one of gzip or zstd, run outside HDF5 and its lock.
struct ChunkCodec {
  enum class Packing { none, deflate, zstd };
  Packing packing = Packing::none;
  bool shuffled = false;
  unsigned packing_bit = 0, shuffle_bit = 0;  ///< of a chunk's filter mask: set where the filter was skipped
  std::size_t element_bytes = 1;
  std::size_t chunk_bytes = 0;  ///< decoded

  /// False if the stored bytes are damaged (then `out`, chunk_bytes long, is undefined).
  bool decode(const char* stored, std::size_t stored_bytes, unsigned filter_mask, char* out) const;
};

/// HDF5's shuffle: bytes grouped by their place in the element; `bytes` is a multiple of `element_bytes`.
void shuffle(const char* in, std::size_t bytes, std::size_t element_bytes, char* out);
/// Bytes grouped by significance back to elements; `bytes` is a multiple of `element_bytes`.
void unshuffle(const char* in, std::size_t bytes, std::size_t element_bytes, char* out);
void swap_bytes(char* data, std::size_t bytes, std::size_t element_bytes);

}  // namespace syconn
