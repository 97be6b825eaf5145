// SPDX-License-Identifier: GPL-3.0-or-later
// Decoders of the compressed streams that foreign volumes use. Each gives exactly `bytes` bytes in `out`; false if the
// stream is damaged or decodes to any other number of bytes (then `out` is undefined).
#pragma once
#include <cstddef>

#include "volume_cache.h"

namespace syconn {

bool zlib_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes);
/// One or more members.
bool gzip_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes);
/// DEFLATE without any header, as in ZIP archives.
bool deflate_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes);
/// Unlike zstd_decode, also frames that do not state their content's size.
bool zstd_stream_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes);
/// One Blosc frame of any of its codecs.
bool blosc_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes);
/// One raw Snappy block.
bool snappy_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes);

/// A gzip stream of unknown content: up to `max_bytes`, false if it is damaged or holds more.
bool gzip_decode(const char* in, std::size_t in_bytes, std::size_t max_bytes, BlockBuffer& out);
inline bool looks_like_gzip(const char* in, std::size_t in_bytes) {
  return in_bytes >= 2 && in[0] == '\x1f' && in[1] == '\x8b';
}

}  // namespace syconn
