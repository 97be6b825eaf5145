// SPDX-License-Identifier: GPL-3.0-or-later
#include "packing.h"

#include <blosc.h>
#include <libdeflate.h>
#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "syconn/core/error.h"

namespace syconn {
namespace {

struct Free {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

libdeflate_decompressor* decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, Free> own(libdeflate_alloc_decompressor());
  if (own == nullptr) throw Error(Category::runtime, "libdeflate: out of memory");
  return own.get();
}

/// All members, into at most `room` bytes; `used` is what they hold.
libdeflate_result gunzip(const char* in, std::size_t in_bytes, char* out, std::size_t room, std::size_t& used) {
  used = 0;
  do {
    std::size_t read = 0, written = 0;
    const libdeflate_result result =
        libdeflate_gzip_decompress_ex(decompressor(), in, in_bytes, out + used, room - used, &read, &written);
    if (result != LIBDEFLATE_SUCCESS) return result;
    in += read, in_bytes -= read, used += written;
  } while (in_bytes > 0);
  return LIBDEFLATE_SUCCESS;
}

}  // namespace

bool zlib_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes) {
  return libdeflate_zlib_decompress(decompressor(), in, in_bytes, out, bytes, nullptr) == LIBDEFLATE_SUCCESS;
}

bool deflate_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes) {
  return libdeflate_deflate_decompress(decompressor(), in, in_bytes, out, bytes, nullptr) == LIBDEFLATE_SUCCESS;
}

bool gzip_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes) {
  std::size_t used = 0;
  return gunzip(in, in_bytes, out, bytes, used) == LIBDEFLATE_SUCCESS && used == bytes;
}

bool gzip_decode(const char* in, std::size_t in_bytes, std::size_t max_bytes, BlockBuffer& out) {
  for (std::size_t room = std::min(max_bytes, 4 * in_bytes + 1024);; room = std::min(max_bytes, 4 * room)) {
    out.resize(room);
    std::size_t used = 0;
    const libdeflate_result result = gunzip(in, in_bytes, out.data(), room, used);
    if (result == LIBDEFLATE_SUCCESS) return out.resize(used), true;
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room == max_bytes) return false;
  }
}

bool zstd_stream_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes) {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (context == nullptr) throw Error(Category::runtime, "zstd: out of memory");
  const std::size_t used = ZSTD_decompressDCtx(context.get(), out, bytes, in, in_bytes);
  return ZSTD_isError(used) == 0 && used == bytes;
}

bool blosc_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes) {
  std::size_t decoded = 0;
  if (blosc_cbuffer_validate(in, in_bytes, &decoded) != 0 || decoded != bytes) return false;
  const int used = blosc_decompress_ctx(in, out, bytes, 1);
  return used >= 0 && static_cast<std::size_t>(used) == bytes;
}

bool snappy_decode(const char* in, std::size_t in_bytes, char* out, std::size_t bytes) {
  std::size_t decoded = 0;
  return snappy::GetUncompressedLength(in, in_bytes, &decoded) && decoded == bytes &&
         snappy::RawUncompress(in, in_bytes, out);
}

}  // namespace syconn
