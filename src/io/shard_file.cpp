// SPDX-License-Identifier: GPL-3.0-or-later
#include "shard_file.h"

#include <algorithm>
#include <cstring>

#include "chunk_codec.h"
#include "row_layout.h"
#include "shard_writer.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/json.h"
#include "zstd_filter.h"

namespace syconn {
namespace {

/// Chunks of foreign files may be larger than ours, within reason.
constexpr std::uint64_t kMaxDecodedChunk = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxRows = std::uint64_t{1} << 48;
constexpr std::uint64_t kCrcBlockBytes = std::uint64_t{1} << 20;

std::string text_or_empty(const h5::Object& object, const char* name) {
  return object.has_attribute(name) ? object.string_attribute(name) : std::string();
}

/// The filters of a dataset that are decoded here: zstd, alone or after HDF5's shuffle.
enum class Filters { zstd, shuffled_zstd, other };

Filters filters_of(const h5::Dataset& dataset, std::size_t element_bytes) {
  const h5::Handle properties(H5Dget_create_plist(dataset.id()));
  const int n = properties ? H5Pget_nfilters(properties.id()) : 0;
  if (n != 1 && n != 2) return Filters::other;
  unsigned flags = 0, value = 0;
  std::size_t n_values = 1;
  const auto id = [&](int i) {
    return H5Pget_filter2(properties.id(), static_cast<unsigned>(i), &flags, &n_values, &value, 0, nullptr, nullptr);
  };
  if (n == 2 && (id(0) != H5Z_FILTER_SHUFFLE || n_values != 1 || value != element_bytes)) return Filters::other;
  n_values = 0;
  if (id(n - 1) != kZstdFilterId) return Filters::other;
  return n == 1 ? Filters::zstd : Filters::shuffled_zstd;
}

}  // namespace

ChunkCache::Bytes ChunkCache::find(const void* owner, std::uint64_t chunk) {
  const std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->owner != owner || it->chunk != chunk) continue;
    entries_.splice(entries_.begin(), entries_, it);
    return it->bytes;
  }
  return nullptr;
}

void ChunkCache::insert(const void* owner, std::uint64_t chunk, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  entries_.push_front({owner, chunk, std::move(bytes)});
  if (entries_.size() > kMaxEntries) entries_.pop_back();
}

std::map<std::string, std::string> parse_checksums(const std::string& text, const std::string& origin) {
  std::map<std::string, std::string> checksums;
  const Json json = parse_json(text, origin);
  if (!json.is_object()) throw Error(Category::input, origin + ": not a JSON object");
  for (const auto& [path, value] : json.items()) {
    if (!value.is_string()) throw Error(Category::input, origin + ": '" + path + "' is no string");
    checksums[path] = value.get<std::string>();
  }
  return checksums;
}

void check_dataset_format(const h5::File& file) {
  const std::string format = text_or_empty(file, "format");
  if (format != kDatasetFormat)
    throw Error(Category::input, "'" + file.where() + "' is no " + kDatasetFormat +
                                     (format.empty() ? ": attribute 'format' is missing" : " but '" + format + "'"));
  const auto version = file.int_attribute("version");
  if (version.size() != 1 || version[0] < 1 || version[0] > kDatasetVersion)
    throw Error(Category::input, "'" + file.where() + "' has format version " +
                                     (version.size() == 1 ? std::to_string(version[0]) : "?") +
                                     "; this program reads 1 to " + std::to_string(kDatasetVersion));
}

Vec3d read_voxel_size(const h5::File& file) {
  const auto values = file.double_attribute("voxel_size_nm");
  if (values.size() != 3) throw Error(Category::input, "'" + file.where() + "': voxel_size_nm is not 3 numbers");
  return {values[0], values[1], values[2]};
}

ShardFile::ShardFile(const fs::path& path) : file_(path) {
  const h5::File file = h5::File::open(path);
  check_dataset_format(file);
  read_attributes(file);
  add_dataset(file, "id");
  ids_ = &datasets_.at("id");
  if (ids_->dtype != DType::u64 || ids_->width != 1) fail("id", "is not a list of uint64");
  for (const std::string& name : file.list()) {
    if (name == "id") continue;
    if (file.is_group(name))
      add_group(file, name);
    else
      add_dataset(file, name);
  }
  for (const ColumnSpec& column : schema_.columns)
    if (dataset(column.name).rows != rows()) fail(column.name, "has another number of rows than 'id'");
}

void ShardFile::fail(const std::string& dataset, const std::string& what) const {
  throw Error(Category::input, "'" + path().string() + "', dataset '" + dataset + "': " + what);
}

void ShardFile::read_attributes(const h5::File& file) {
  const auto one = [&](const char* name) {
    const auto values = file.int_attribute(name);
    if (values.size() != 1)
      throw Error(Category::input, "'" + file.where() + "': attribute '" + name + "' is not one number");
    return values[0];
  };
  schema_.type = file.string_attribute("type");
  schema_.voxel_size_nm = read_voxel_size(file);
  schema_.provenance_json = file.string_attribute("provenance");
  shard_ = one("shard");
  n_shards_ = one("n_shards");
  if (n_shards_ < 1 || shard_ < 0 || shard_ >= n_shards_)
    throw Error(Category::input,
                "'" + file.where() + "': shard " + std::to_string(shard_) + " of " + std::to_string(n_shards_));
  checksums_ = parse_checksums(file.string_attribute("checksums"), "'" + file.where() + "', attribute 'checksums'");
}

void ShardFile::add_dataset(const h5::File& file, const std::string& path) {
  const h5::Dataset dataset = h5::Dataset::open(file, path);
  Stored& stored = datasets_[path];
  stored.path = path;
  stored.dtype = dataset.dtype();
  const auto shape = dataset.shape();
  if (shape.empty() || shape.size() > 2)
    fail(path, "has " + std::to_string(shape.size()) + " axes; 1 or 2 are possible");
  stored.rows = shape[0];
  stored.width = shape.size() == 2 ? shape[1] : 1;
  if (stored.rows > kMaxRows || stored.width < 1 || stored.width > kMaxChunkBytes)
    fail(path, "has an impossible shape");
  locate(dataset, stored);
  if (path.find('/') == std::string::npos && path != "id")
    schema_.columns.push_back({path, stored.dtype, static_cast<int>(stored.width), text_or_empty(dataset, "units"),
                               text_or_empty(dataset, "description"), text_or_empty(dataset, "enum")});
}

void ShardFile::add_group(const h5::File& file, const std::string& name) {
  FieldSpec field{name, {}};
  for (const std::string& member : file.list(name)) {
    const std::string path = name + "/" + member;
    add_dataset(file, path);
    const h5::Dataset dataset = h5::Dataset::open(file, path);
    if (!dataset.has_attribute("offset")) continue;
    const Stored& stored = datasets_.at(path);
    const std::string offset = dataset.string_attribute("offset");
    if (!offset.starts_with(name + "/"))
      fail(path, "its offset dataset '" + offset + "' lies outside of '" + name + "'");
    field.parts.push_back({member, stored.dtype, static_cast<int>(stored.width), offset.substr(name.size() + 1),
                           stored.layout != Stored::Layout::contiguous, text_or_empty(dataset, "units"),
                           text_or_empty(dataset, "description"), text_or_empty(dataset, "enum")});
  }
  for (const PartSpec& part : field.parts) {
    const Stored& offsets = dataset(name + "/" + part.offset);
    if (offsets.dtype != DType::u64 || offsets.width != 1 || offsets.rows != rows() + 1)
      fail(offsets.path, "is not a list of " + std::to_string(rows() + 1) + " uint64");
  }
  schema_.fields.push_back(std::move(field));
}

void ShardFile::locate(const h5::Dataset& dataset, Stored& stored) const {
  if (stored.rows > UINT64_MAX / stored.row_bytes()) fail(stored.path, "has an impossible shape");
  const bool raw = dataset.is_native_order();
  const auto chunk = dataset.chunk();
  if (!chunk.empty()) {
    const bool whole_rows = chunk.size() == 1 || chunk[1] == stored.width;
    const Filters filters = filters_of(dataset, dtype_bytes(stored.dtype));
    if (!raw || !whole_rows || chunk[0] < 1 || filters == Filters::other) return;
    if (chunk[0] > kMaxDecodedChunk / stored.row_bytes()) fail(stored.path, "has chunks above 64 MiB");
    stored.layout = Stored::Layout::zstd;
    stored.chunk_rows = chunk[0];
    stored.shuffled = filters == Filters::shuffled_zstd;
    return;
  }
  const haddr_t address = H5Dget_offset(dataset.id());
  if (!raw || (address == HADDR_UNDEF && stored.rows > 0)) return;
  stored.layout = Stored::Layout::contiguous;
  stored.address = stored.rows == 0 ? 0 : address;
  const std::uint64_t bytes = stored.rows * stored.row_bytes();
  if (stored.address > file_.size() || bytes > file_.size() - stored.address)
    fail(stored.path, "lies beyond the end of the file");
}

const ShardFile::Stored& ShardFile::dataset(const std::string& path) const {
  const auto found = datasets_.find(path);
  if (found != datasets_.end()) return found->second;
  std::string there;
  for (const auto& [name, stored] : datasets_) there += (there.empty() ? "" : ", ") + name;
  throw Error(Category::input, "'" + file_.path().string() + "' has no dataset '" + path + "'; it holds: " + there);
}

const std::string& ShardFile::id_checksum() const {
  const auto found = checksums_.find("id");
  if (found == checksums_.end()) fail("id", "has no checksum");
  return found->second;
}

void ShardFile::load_chunks(const Stored& stored) const {
  const h5::File file = h5::File::open(path());
  const h5::Dataset dataset = h5::Dataset::open(file, stored.path);
  const std::uint64_t n_chunks = (stored.rows + stored.chunk_rows - 1) / stored.chunk_rows;
  if (n_chunks > file_.size()) fail(stored.path, "has more chunks than the file has bytes");
  std::vector<Chunk> chunks(n_chunks);
  for (std::uint64_t c = 0; c < n_chunks; ++c) {
    const hsize_t start[2] = {c * stored.chunk_rows, 0};
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    if (H5Dget_chunk_info_by_coord(dataset.id(), start, &mask, &address, &bytes) < 0)
      h5::fail(Category::input, "cannot locate a chunk of", dataset.where());
    if (address == HADDR_UNDEF || mask != 0) fail(stored.path, "chunk " + std::to_string(c) + " is missing");
    if (address > file_.size() || bytes > file_.size() - address)
      fail(stored.path, "chunk " + std::to_string(c) + " lies beyond the end of the file");
    chunks[c] = {address, bytes};
  }
  stored.chunks = std::move(chunks);
}

void ShardFile::load_whole(const Stored& stored) const {
  const h5::File file = h5::File::open(path());
  std::vector<char> whole(stored.rows * stored.row_bytes());
  if (!whole.empty()) h5::Dataset::open(file, stored.path).read(stored.dtype, whole.data());
  stored.whole = std::move(whole);
}

void ShardFile::decode(const Stored& stored, std::uint64_t chunk, void* out) const {
  thread_local std::vector<char> frame;
  const Chunk& place = stored.chunks[chunk];
  const std::uint64_t decoded = stored.chunk_rows * stored.row_bytes();
  if (place.bytes > 2 * decoded + 4096) fail(stored.path, "chunk " + std::to_string(chunk) + " has an impossible size");
  frame.resize(place.bytes);
  file_.read(place.address, place.bytes, frame.data());
  thread_local std::vector<char> grouped;
  if (stored.shuffled) grouped.resize(decoded);
  if (!zstd_decode(frame.data(), frame.size(), stored.shuffled ? grouped.data() : out, decoded))
    fail(stored.path, "chunk " + std::to_string(chunk) + " is damaged");
  if (stored.shuffled) unshuffle(grouped.data(), decoded, dtype_bytes(stored.dtype), static_cast<char*>(out));
}

void ShardFile::read_chunks(const Stored& stored, std::uint64_t first, std::uint64_t count, char* out,
                            ChunkCache* cache) const {
  const std::uint64_t row_bytes = stored.row_bytes();
  while (count > 0) {
    const std::uint64_t chunk = first / stored.chunk_rows, skip = first % stored.chunk_rows;
    const std::uint64_t n = std::min(count, stored.chunk_rows - skip);
    if (n == stored.chunk_rows) {
      decode(stored, chunk, out);
    } else {
      ChunkCache::Bytes bytes = cache != nullptr ? cache->find(&stored, chunk) : nullptr;
      if (bytes == nullptr) {
        auto fresh = std::make_shared<std::vector<char>>(stored.chunk_rows * row_bytes);
        decode(stored, chunk, fresh->data());
        bytes = std::move(fresh);
        if (cache != nullptr) cache->insert(&stored, chunk, bytes);
      }
      std::memcpy(out, bytes->data() + skip * row_bytes, n * row_bytes);
    }
    first += n, count -= n, out += n * row_bytes;
  }
}

void ShardFile::read(const Stored& stored, std::uint64_t first, std::uint64_t count, void* out,
                     ChunkCache* cache) const {
  if (first > stored.rows || count > stored.rows - first)
    fail(stored.path, "has no rows " + std::to_string(first) + " to " + std::to_string(first + count));
  if (count == 0) return;
  const std::uint64_t row_bytes = stored.row_bytes();
  switch (stored.layout) {
    case Stored::Layout::contiguous:
      file_.read(stored.address + first * row_bytes, count * row_bytes, out);
      return;
    case Stored::Layout::zstd:
      std::call_once(stored.loaded, [&] { load_chunks(stored); });
      read_chunks(stored, first, count, static_cast<char*>(out), cache);
      return;
    case Stored::Layout::other:
      std::call_once(stored.loaded, [&] { load_whole(stored); });
      std::memcpy(out, stored.whole.data() + first * row_bytes, count * row_bytes);
      return;
  }
}

std::uint32_t ShardFile::crc(const Stored& stored) const {
  const std::uint64_t row_bytes = stored.row_bytes();
  std::uint64_t block_rows = std::max<std::uint64_t>(1, kCrcBlockBytes / row_bytes);
  if (stored.layout == Stored::Layout::zstd)
    block_rows = std::max<std::uint64_t>(1, block_rows / stored.chunk_rows) * stored.chunk_rows;
  block_rows = std::min(block_rows, stored.rows);
  std::vector<char> block(block_rows * row_bytes);
  std::uint32_t sum = 0;
  for (std::uint64_t first = 0; first < stored.rows; first += block_rows) {
    const std::uint64_t n = std::min(block_rows, stored.rows - first);
    read(stored, first, n, block.data(), nullptr);
    sum = crc32c(block.data(), n * row_bytes, sum);
  }
  return sum;
}

}  // namespace syconn
