// SPDX-License-Identifier: GPL-3.0-or-later
#include "precomputed_shard.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "metadata.h"
#include "packing.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr int kMaxBits = 40;  ///< of minishards, of shards: beyond, no file system holds it
constexpr std::size_t kHeldEntries = std::size_t{1} << 20;  ///< of minishard indices in memory, 24 MiB
constexpr std::uint64_t kEntryBytes = 24;
constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 26;  ///< of one minishard: 1.6 GB of index

std::uint32_t mixed(std::uint32_t h) {
  h ^= h >> 16, h *= 0x85ebca6bU;
  h ^= h >> 13, h *= 0xc2b2ae35U;
  return h ^ h >> 16;
}

bool is_gzip(const Json& json, const char* key) {
  const std::string encoding = json.value(key, "raw");
  if (encoding != "raw" && encoding != "gzip")
    throw Error(Category::input, std::string("'sharding.") + key + "' is '" + encoding + "'; known: raw, gzip");
  return encoding == "gzip";
}

std::uint64_t low_bits(std::uint64_t value, int bits) { return value & ((std::uint64_t{1} << bits) - 1); }

[[noreturn]] void fail_index(const PooledFile& file, const std::string& what) {
  throw Error(Category::input, "shard '" + file.path().string() + "' is damaged: " + what);
}

}  // namespace

std::uint64_t murmur_hash(std::uint64_t key) {
  auto h1 = static_cast<std::uint32_t>(key), h2 = static_cast<std::uint32_t>(key >> 32);
  h2 = std::rotl(h2 * 0xab0e9789U, 16) * 0x38b34ae5U;
  h1 = std::rotl(h1 * 0x239b961bU, 15) * 0xab0e9789U;
  std::uint32_t h3 = 8, h4 = 8;
  h1 ^= 8, h2 ^= 8;
  h1 += h2 + h3 + h4;
  h2 += h1, h3 += h1, h4 += h1;
  h1 = mixed(h1), h2 = mixed(h2), h3 = mixed(h3), h4 = mixed(h4);
  h1 += h2 + h3 + h4;
  h2 += h1;
  return h1 | std::uint64_t{h2} << 32;
}

ShardSpec ShardSpec::parse(const Json& json) {
  if (json.value("@type", "") != "neuroglancer_uint64_sharded_v1")
    throw Error(Category::input, "'sharding' is not of type neuroglancer_uint64_sharded_v1");
  ShardSpec spec;
  spec.preshift_bits = static_cast<int>(whole_number(json.at("preshift_bits"), "sharding.preshift_bits", 0, 63));
  spec.minishard_bits =
      static_cast<int>(whole_number(json.at("minishard_bits"), "sharding.minishard_bits", 0, kMaxBits));
  spec.shard_bits = static_cast<int>(whole_number(json.at("shard_bits"), "sharding.shard_bits", 0, kMaxBits));
  if (spec.minishard_bits + spec.shard_bits > 64)
    throw Error(Category::input, "'sharding' has more than 64 bits of shard and minishard");
  const std::string hash = json.at("hash").get<std::string>();
  if (hash != "identity" && hash != "murmurhash3_x86_128")
    throw Error(Category::input, "'sharding.hash' is '" + hash + "'; known: identity, murmurhash3_x86_128");
  spec.hashed = hash != "identity";
  spec.index_gzip = is_gzip(json, "minishard_index_encoding");
  spec.data_gzip = is_gzip(json, "data_encoding");
  return spec;
}

ShardSpec::Place ShardSpec::place(std::uint64_t key) const {
  const std::uint64_t hash = hashed ? murmur_hash(key >> preshift_bits) : key >> preshift_bits;
  return {low_bits(hash >> minishard_bits, shard_bits), low_bits(hash, minishard_bits)};
}

std::string ShardSpec::file_name(std::uint64_t shard) const {
  std::string name;
  for (int digit = std::max(1, (shard_bits + 3) / 4) - 1; digit >= 0; --digit)
    name += "0123456789abcdef"[shard >> 4 * digit & 15U];
  return name + ".shard";
}

std::shared_ptr<const PooledFile> ShardedStore::file(std::uint64_t shard) const {
  const fs::path path = folder_ / spec_.file_name(shard);
  const std::lock_guard lock(mutex_);
  const auto known = files_.find(shard);
  if (known != files_.end()) return known->second;
  std::error_code error;
  const bool exists = fs::is_regular_file(path, error);
  return files_[shard] = exists ? std::make_shared<const PooledFile>(path) : nullptr;
}

std::vector<ShardedStore::Entry> ShardedStore::parse_index(const PooledFile& file, const char* data,
                                                           std::size_t bytes) const {
  const std::size_t n = bytes / kEntryBytes;
  if (bytes % kEntryBytes != 0 || n > max_keys_) fail_index(file, "impossible size of a minishard index");
  const std::uint64_t data_at = 16 * spec_.minishards();
  const std::uint64_t room = file.size() - data_at;
  const auto number = [&](std::size_t row, std::size_t i) {
    std::uint64_t value;
    std::memcpy(&value, data + 8 * (row * n + i), sizeof value);
    return value;
  };
  std::vector<Entry> entries(n);
  std::uint64_t key = 0, end = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t step = number(0, i), gap = number(1, i), size = number(2, i);
    if ((i > 0 && step == 0) || key + step < key) fail_index(file, "the keys of a minishard do not ascend");
    if (gap > room - end || size > room - end - gap) fail_index(file, "a value lies beyond the end of the file");
    key += step;
    entries[i] = {key, data_at + end + gap, size};
    end += gap + size;
  }
  return entries;
}

std::shared_ptr<ShardedStore::Index> ShardedStore::read_index(const ShardSpec::Place& place) const {
  auto index = std::make_shared<Index>();
  index->file = file(place.shard);
  if (index->file == nullptr) return index;
  const PooledFile& shard = *index->file;
  const std::uint64_t data_at = 16 * spec_.minishards(), bytes = shard.size();
  if (data_at > bytes) fail_index(shard, "it is shorter than its index");
  std::uint64_t range[2];
  shard.read(16 * place.minishard, sizeof range, range);
  if (range[0] == range[1]) return index;
  if (range[0] > range[1] || range[1] > bytes - data_at) fail_index(shard, "a minishard index lies beyond its end");
  const std::uint64_t most = kEntryBytes * std::min(max_keys_, kMaxEntries), stored_bytes = range[1] - range[0];
  if (stored_bytes > most + most / 8 + 1024) fail_index(shard, "impossible size of a minishard index");
  BlockBuffer stored(stored_bytes), unpacked;
  shard.read(data_at + range[0], stored.size(), stored.data());
  if (!spec_.index_gzip)
    index->entries = parse_index(shard, stored.data(), stored.size());
  else if (gzip_decode(stored.data(), stored.size(), most, unpacked))
    index->entries = parse_index(shard, unpacked.data(), unpacked.size());
  else
    fail_index(shard, "a minishard index is no gzip stream of up to " + std::to_string(max_keys_) + " keys");
  return index;
}

std::shared_ptr<const ShardedStore::Index> ShardedStore::index(const ShardSpec::Place& place) const {
  const std::pair key(place.shard, place.minishard);
  {
    const std::lock_guard lock(mutex_);
    const auto known = indices_.find(key);
    if (known != indices_.end()) {
      recent_.splice(recent_.begin(), recent_, known->second->place);
      return known->second;
    }
  }
  const std::shared_ptr<Index> read = read_index(place);
  const std::lock_guard lock(mutex_);
  const auto [known, is_new] = indices_.emplace(key, read);
  if (!is_new) return known->second;  // another thread was faster
  recent_.push_front(key);
  read->place = recent_.begin();
  held_entries_ += read->entries.size() + 1;
  while (held_entries_ > kHeldEntries && recent_.size() > 1) {
    const auto oldest = indices_.find(recent_.back());
    held_entries_ -= oldest->second->entries.size() + 1;
    indices_.erase(oldest);
    recent_.pop_back();
  }
  return read;
}

std::optional<ShardedStore::Value> ShardedStore::find(std::uint64_t key) const {
  const std::shared_ptr<const Index> there = index(spec_.place(key));
  const auto& entries = there->entries;
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), key, [](const Entry& e, std::uint64_t k) { return e.key < k; });
  if (found == entries.end() || found->key != key) return std::nullopt;
  return Value{there->file, found->begin, found->bytes};
}

}  // namespace syconn
