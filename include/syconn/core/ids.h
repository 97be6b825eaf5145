// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

namespace syconn {

/// Opaque object id; 0 is background. Dense in-memory indices are `*_idx`, never ids.
using Id = std::uint64_t;
inline constexpr Id kBackground = 0;

/// Bijective 64-bit mixer (splitmix64 finaliser, Steele et al. 2014): the fixed hash behind shards and slices.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix64(std::uint64_t a, std::uint64_t b) { return mix64(mix64(a) ^ b); }

/// Part of [0, n_parts) an object belongs to (shard of an id, slice of a pair hash). Never changes between versions.
constexpr std::uint32_t part_of(std::uint64_t hash, std::uint32_t n_parts) {
  return static_cast<std::uint32_t>(((hash >> 32) * n_parts) >> 32);
}
constexpr std::uint32_t shard_of(Id id, std::uint32_t n_shards) { return part_of(mix64(id), n_shards); }

}  // namespace syconn
