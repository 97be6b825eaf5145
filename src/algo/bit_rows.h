// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a mask to bits and back, eight at a time. Little-endian words, as everywhere in the project.
#pragma once
#include <cstdint>
#include <cstring>

namespace syconn {

/// Bit i = (byte i of `word` is not 0).
inline std::uint64_t bits_of_bytes(std::uint64_t word) {
  constexpr std::uint64_t kLow = 0x7f7f7f7f7f7f7f7fULL;
  const std::uint64_t set = ((((word & kLow) + kLow) | word) >> 7) & 0x0101010101010101ULL;
  return set * 0x0102040810204080ULL >> 56;
}
/// Byte i = bit i of the eight.
inline std::uint64_t bytes_of_bits(std::uint64_t eight) {
  const std::uint64_t spread = eight * 0x0101010101010101ULL & 0x8040201008040201ULL;
  return (spread + 0x7f7f7f7f7f7f7f7fULL) >> 7 & 0x0101010101010101ULL;
}
inline std::uint64_t word_at(const std::uint8_t* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, 8);
  return word;
}

/// Sets the bits from `first` on where the row's bytes are not 0; the bits were 0.
inline void pack_row(const std::uint8_t* row, std::int64_t n, std::uint64_t* bits, std::int64_t first) {
  std::int64_t x = 0;
  for (; x + 8 <= n; x += 8) {
    const std::uint64_t word = word_at(row + x);
    if (word == 0) continue;
    const std::uint64_t eight = bits_of_bytes(word);
    const std::int64_t b = first + x, shift = b % 64;
    bits[b / 64] |= eight << shift;
    if (shift > 56) bits[b / 64 + 1] |= eight >> (64 - shift);
  }
  for (; x < n; ++x) bits[(first + x) / 64] |= static_cast<std::uint64_t>(row[x] != 0) << ((first + x) % 64);
}

/// Bytes 0 and 1 of the row from the bits.
inline void unpack_row(const std::uint64_t* bits, std::int64_t first, std::int64_t n, std::uint8_t* row) {
  std::int64_t x = 0;
  for (; x + 8 <= n; x += 8) {
    const std::int64_t b = first + x, shift = b % 64;
    std::uint64_t eight = bits[b / 64] >> shift;
    if (shift > 56) eight |= bits[b / 64 + 1] << (64 - shift);
    const std::uint64_t word = bytes_of_bits(eight & 255);
    std::memcpy(row + x, &word, 8);
  }
  for (; x < n; ++x) row[x] = static_cast<std::uint8_t>(bits[(first + x) / 64] >> ((first + x) % 64) & 1);
}

}  // namespace syconn
