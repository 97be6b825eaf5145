// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/precomputed_shard_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "gzip_encode.h"
#include "morton.h"
#include "precomputed_shard.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr int kMinishardCells = 9;  // bits of the cells that share an index: 8 x 8 x 8 neighbours

ShardSpec spec_of(const ShardLayout& l) {
  return {l.preshift_bits, l.minishard_bits, l.shard_bits, l.hashed, l.index_gzip, l.data_gzip};
}

}  // namespace

ShardLayout ShardLayout::of_ids(int shard_bits, int minishard_bits) {
  return {0, minishard_bits, shard_bits, true, true, true};
}

ShardLayout ShardLayout::of_grid(const Vec3i& grid, int cells_bits) {
  const int all = morton_bits(grid), cells = std::min(cells_bits, all), preshift = std::min(cells, kMinishardCells);
  return {preshift, cells - preshift, all - cells, false, false, true};
}

std::uint64_t ShardLayout::shard_of(std::uint64_t key) const { return spec_of(*this).place(key).shard; }
std::string ShardLayout::file_name(std::uint64_t shard) const { return spec_of(*this).file_name(shard); }

std::string ShardLayout::json() const {
  const auto encoding = [](bool gzip) { return gzip ? "gzip" : "raw"; };
  return Json{{"@type", "neuroglancer_uint64_sharded_v1"},
              {"preshift_bits", preshift_bits},
              {"hash", hashed ? "murmurhash3_x86_128" : "identity"},
              {"minishard_bits", minishard_bits},
              {"shard_bits", shard_bits},
              {"minishard_index_encoding", encoding(index_gzip)},
              {"data_encoding", encoding(data_gzip)}}
      .dump();
}

std::uint64_t grid_key(const Vec3i& cell, const Vec3i& grid) { return compressed_morton(cell, grid); }

struct ShardFileWriter::Impl {
  struct Entry {
    std::uint64_t key, begin, bytes;
  };
  struct Minishard {
    std::vector<Entry> entries;                          ///< written
    std::map<std::uint64_t, std::vector<char>> waiting;  ///< of a grid, until all its cells are there
  };

  Impl(const fs::path& p, const ShardLayout& layout, std::uint64_t number)
      : path(p),
        spec(spec_of(layout)),
        shard(number),
        minishards(spec.minishards()),
        file(std::fopen(p.c_str(), "wb")) {
    if (file == nullptr) fail();
    put(std::vector<char>(16 * minishards.size(), 0));
    at = 0;
  }
  ~Impl() {
    if (file != nullptr) std::fclose(file);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[noreturn]] void fail() const {
    throw Error(Category::runtime, "cannot write '" + path.string() + "': " + std::strerror(errno));
  }
  [[noreturn]] void fail(std::uint64_t key, const std::string& what) const {
    throw Error(Category::runtime, "'" + path.string() + "': key " + std::to_string(key) + ": " + what);
  }
  void put(std::span<const char> bytes) {
    if (!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) fail();
    at += bytes.size();
  }
  void put_value(Minishard& minishard, std::uint64_t key, std::span<const char> bytes) {
    if (!minishard.entries.empty() && minishard.entries.back().key >= key) fail(key, "not in ascending order");
    minishard.entries.push_back({key, at, bytes.size()});
    put(bytes);
  }
  void flush(Minishard& minishard) {
    for (const auto& [key, bytes] : minishard.waiting) put_value(minishard, key, bytes);
    minishard.waiting.clear();
  }
  void add(std::uint64_t key, std::span<const char> value) {
    Minishard& minishard = minishards[spec.place(key).minishard];
    if (spec.hashed) return put_value(minishard, key, value);
    if (!minishard.waiting.emplace(key, std::vector<char>(value.begin(), value.end())).second)
      fail(key, "a second value");
    if (minishard.waiting.size() == std::uint64_t{1} << spec.preshift_bits) flush(minishard);
  }

  /// [3][n]: keys and starts as differences, sizes.
  std::vector<char> index_of(const std::vector<Entry>& entries) const {
    const std::size_t n = entries.size();
    std::vector<std::uint64_t> rows(3 * n);
    std::uint64_t key = 0, end = 0;
    for (std::size_t i = 0; i < n; ++i) {
      rows[i] = entries[i].key - key;
      rows[n + i] = entries[i].begin - end;
      rows[2 * n + i] = entries[i].bytes;
      key = entries[i].key, end = entries[i].begin + entries[i].bytes;
    }
    std::vector<char> bytes(8 * rows.size());
    std::memcpy(bytes.data(), rows.data(), bytes.size());
    if (!spec.index_gzip) return bytes;
    std::vector<char> stream;
    gzip_encode(bytes, stream);
    return stream;
  }

  fs::path path;
  ShardSpec spec;
  std::uint64_t shard;
  std::vector<Minishard> minishards;
  std::FILE* file;
  std::uint64_t at = 0, keys = 0;  ///< at: from the end of the shard's index
  std::vector<char> packed;
};

ShardFileWriter::ShardFileWriter(const fs::path& path, const ShardLayout& layout, std::uint64_t shard)
    : impl_(std::make_unique<Impl>(path, layout, shard)) {}
ShardFileWriter::~ShardFileWriter() = default;
ShardFileWriter::ShardFileWriter(ShardFileWriter&&) noexcept = default;

void ShardFileWriter::add(std::uint64_t key, std::span<const char> value, std::span<const char> before) {
  if (impl_->spec.place(key).shard != impl_->shard) impl_->fail(key, "belongs to another shard");
  if (!before.empty() && !impl_->spec.hashed) impl_->fail(key, "a cell of a grid has nothing before it");
  impl_->put(before);
  if (impl_->spec.data_gzip) {
    gzip_encode(value, impl_->packed);
    value = impl_->packed;
  }
  impl_->add(key, value);
  ++impl_->keys;
}

std::uint64_t ShardFileWriter::keys() const { return impl_->keys; }

void ShardFileWriter::close() {
  std::vector<std::uint64_t> ranges(2 * impl_->minishards.size(), 0);
  for (auto& minishard : impl_->minishards) impl_->flush(minishard);
  for (std::size_t m = 0; m < impl_->minishards.size(); ++m) {
    if (impl_->minishards[m].entries.empty()) continue;
    ranges[2 * m] = impl_->at;
    impl_->put(impl_->index_of(impl_->minishards[m].entries));
    ranges[2 * m + 1] = impl_->at;
  }
  if (std::fseek(impl_->file, 0, SEEK_SET) != 0) impl_->fail();
  impl_->put({reinterpret_cast<const char*>(ranges.data()), 8 * ranges.size()});
  std::FILE* file = impl_->file;
  impl_->file = nullptr;
  if (std::fclose(file) != 0) impl_->fail();
}

}  // namespace syconn
