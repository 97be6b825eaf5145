// SPDX-License-Identifier: GPL-3.0-or-later
// The registered HDF5 filter 32015: a chunk is one raw zstd frame that states its content size; cd_values[0] = level.
#pragma once
#include <cstddef>
#include <vector>

namespace syconn {

inline constexpr int kZstdFilterId = 32015;
inline constexpr int kZstdLevel = 3;

/// Makes the filter known to HDF5 in this process; throws Error{runtime} if HDF5 refuses. Harmless when repeated.
void register_zstd_filter();

/// Replaces `frame` by one zstd frame with content size and checksum of `bytes` bytes. Same input, same bytes.
void zstd_encode(const void* data, std::size_t bytes, int level, std::vector<char>& frame);
/// Decodes a frame that must hold exactly `bytes` bytes; false if it does not or is damaged (`out` is then undefined).
bool zstd_decode(const void* frame, std::size_t frame_bytes, void* out, std::size_t bytes);

}  // namespace syconn
