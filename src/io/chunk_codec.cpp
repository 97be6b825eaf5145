// SPDX-License-Identifier: GPL-3.0-or-later
#include "chunk_codec.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "packing.h"
#include "volume_cache.h"
#include "zstd_filter.h"

namespace syconn {
namespace {

bool unpack(ChunkCodec::Packing packing, const char* in, std::size_t in_bytes, char* out, std::size_t out_bytes) {
  return packing == ChunkCodec::Packing::zstd ? zstd_decode(in, in_bytes, out, out_bytes)
                                              : zlib_decode(in, in_bytes, out, out_bytes);
}

#ifdef __SSE2__
/// Blocks of 16 elements of N bytes. Seen as one sequence of 16·N bytes, interleaving its halves rotates the bits of a
/// byte's position by one; log2(N) rotations turn "byte, element" into "element, byte". Returns the elements done.
template <int N>
std::size_t unshuffle_blocks(const char* in, std::size_t n, char* out) {
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m128i rows[N], next[N];
    for (int b = 0; b < N; ++b)
      rows[b] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + static_cast<std::size_t>(b) * n + i));
    for (int step = 1; step < N; step *= 2) {
      for (int b = 0; b < N / 2; ++b) {
        next[2 * b] = _mm_unpacklo_epi8(rows[b], rows[b + N / 2]);
        next[2 * b + 1] = _mm_unpackhi_epi8(rows[b], rows[b + N / 2]);
      }
      std::copy(next, next + N, rows);
    }
    for (int b = 0; b < N; ++b) _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i * N) + b, rows[b]);
  }
  return i;
}
#else
template <int N>
std::size_t unshuffle_blocks(const char*, std::size_t, char*) {
  return 0;
}
#endif

}  // namespace

void unshuffle(const char* in, std::size_t bytes, std::size_t element_bytes, char* out) {
  const std::size_t n = bytes / element_bytes;
  std::size_t done = 0;
  if (element_bytes == 2) done = unshuffle_blocks<2>(in, n, out);
  if (element_bytes == 4) done = unshuffle_blocks<4>(in, n, out);
  if (element_bytes == 8) done = unshuffle_blocks<8>(in, n, out);
  for (std::size_t i = done; i < n; ++i)
    for (std::size_t b = 0; b < element_bytes; ++b) out[i * element_bytes + b] = in[b * n + i];
}

void shuffle(const char* in, std::size_t bytes, std::size_t element_bytes, char* out) {
  const auto gather = [&](auto width) {
    const std::size_t n = bytes / width;
    for (std::size_t b = 0; b < width; ++b)
      for (std::size_t i = 0; i < n; ++i) out[b * n + i] = in[i * width + b];
  };
  switch (element_bytes) {  // constants, so that the compiler turns the loops into vectors
    case 4:
      return gather(std::integral_constant<std::size_t, 4>());
    case 8:
      return gather(std::integral_constant<std::size_t, 8>());
    default:
      return gather(element_bytes);
  }
}

void swap_bytes(char* data, std::size_t bytes, std::size_t element_bytes) {
  for (std::size_t i = 0; i + element_bytes <= bytes; i += element_bytes)
    std::reverse(data + i, data + i + element_bytes);
}

bool ChunkCodec::decode(const char* stored, std::size_t stored_bytes, unsigned filter_mask, char* out) const {
  const bool packed = packing != Packing::none && (filter_mask >> packing_bit & 1) == 0;
  const bool shuffle = shuffled && element_bytes > 1 && (filter_mask >> shuffle_bit & 1) == 0;
  if (!packed && stored_bytes != chunk_bytes) return false;
  if (!shuffle) {
    if (packed) return unpack(packing, stored, stored_bytes, out, chunk_bytes);
    std::memcpy(out, stored, chunk_bytes);
    return true;
  }
  thread_local BlockBuffer unpacked;
  if (packed) {
    unpacked.resize(chunk_bytes);
    if (!unpack(packing, stored, stored_bytes, unpacked.data(), chunk_bytes)) return false;
    stored = unpacked.data();
  }
  unshuffle(stored, chunk_bytes, element_bytes, out);
  return true;
}

}  // namespace syconn
