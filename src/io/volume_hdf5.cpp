// SPDX-License-Identifier: GPL-3.0-or-later
// Reading blocks of an open HDF5 volume.
#include "volume_hdf5.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "syconn/core/crc32c.h"

namespace syconn {
namespace {

/// A contiguous volume is read in pieces of about this size.
constexpr std::int64_t kPieceBytes = 4 << 20;
/// Stored block of a contiguous volume, for fingerprints.
constexpr std::int64_t kBlockBytes = 64 << 10;

std::string text_of(const Vec3i& v) {
  std::ostringstream text;
  text << v;
  return text.str();
}

std::array<hsize_t, 3> zyx(const Vec3i& v) {
  return {static_cast<hsize_t>(v.z), static_cast<hsize_t>(v.y), static_cast<hsize_t>(v.x)};
}

}  // namespace

ReadDescriptor::~ReadDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

bool ReadDescriptor::read_at(std::uint64_t address, void* out, std::size_t bytes) const {
  auto* to = static_cast<char*>(out);
  while (bytes > 0) {
    const ssize_t got = ::pread(fd_, to, std::min<std::size_t>(bytes, 1U << 30), static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got, address += static_cast<std::uint64_t>(got), bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

void Hdf5Volume::for_each_block(const Box3& box, const UseBlock& use) const {
  if (box.empty()) return;
  h5::prepare();
  const Box3 local = box.shifted(-info_.offset_vx);
  if (layout_ == Layout::whole) return use({whole_.data(), info_.box(), info_.size.x, info_.size.x * info_.size.y});
  if (layout_ == Layout::contiguous) return contiguous_blocks(local, use);
  chunked_blocks(local, use);
}

void Hdf5Volume::read_elements(std::int64_t first, std::int64_t n, char* out) const {
  const std::size_t element = fill_.size(), bytes = static_cast<std::size_t>(n) * element;
  if (address_ == HADDR_UNDEF) {
    if (!context_.options.allow_missing)
      throw Error(Category::input, "'" + info_.where + "': none of its voxels were ever written");
    for (std::size_t i = 0; i < bytes; i += element) std::memcpy(out + i, fill_.data(), element);
    return;
  }
  const std::uint64_t at = address_ + static_cast<std::uint64_t>(first) * element;
  if (!descriptor_.read_at(at, out, bytes))
    throw Error(Category::input, "'" + info_.where + "': " + std::to_string(bytes) + " bytes at " + std::to_string(at) +
                                     " cannot be read; is the file complete?");
  if (swap_) swap_bytes(out, bytes, element);
}

void Hdf5Volume::contiguous_blocks(const Box3& local, const UseBlock& use) const {
  BlockBuffer buffer;
  for (std::int64_t z = local.min.z; z < local.max.z; ++z) contiguous_rows(z, local, buffer, use);
}

/// Rows of one plane, several at a time; whole rows where at least half of each is wanted.
void Hdf5Volume::contiguous_rows(std::int64_t z, const Box3& local, BlockBuffer& buffer, const UseBlock& use) const {
  const std::int64_t width = info_.size.x, element = static_cast<std::int64_t>(fill_.size());
  const bool whole_rows = local.size().x * 2 >= width;
  const std::int64_t step = whole_rows ? std::max<std::int64_t>(1, kPieceBytes / (width * element)) : 1;
  for (std::int64_t y = local.min.y; y < local.max.y; y += step) {
    Box3 piece{{local.min.x, y, z}, {local.max.x, std::min(y + step, local.max.y), z + 1}};
    if (whole_rows) piece.min.x = 0, piece.max.x = width;
    const std::int64_t n = piece.voxels();
    buffer.resize(static_cast<std::size_t>(n * element));
    read_elements(piece.min.x + width * (y + info_.size.y * z), n, buffer.data());
    use({buffer.data(), piece.shifted(info_.offset_vx), piece.size().x, n});
  }
}

void Hdf5Volume::chunked_blocks(const Box3& local, const UseBlock& use) const {
  BlockBuffer buffer;
  chunks_.for_each(local, [&](const Vec3i& at) {
    const std::int64_t index = chunks_.index(at);
    const Box3 box = chunks_.box(at);
    use_chunk(
        {nullptr, box.shifted(info_.offset_vx), chunks_.chunk.x, chunks_.chunk.x * chunks_.chunk.y},
        local.contains(box), codec_.chunk_bytes, *context_.cache, {context_.source, static_cast<std::uint64_t>(index)},
        buffer, [&](char* out) { decode_chunk(index, out); }, use);
  });
}

std::int64_t Hdf5Volume::count_missing(const Box3&) const {
  if (layout_ == Layout::chunked) return chunks_.grid.product() - n_chunks_stored_;
  return layout_ == Layout::contiguous && address_ == HADDR_UNDEF ? 1 : 0;
}

/// Versions of HDF5 differ on a chunk that was never written: size 0, or an error with this text.
std::uint64_t Hdf5Volume::chunk_bytes_by_hdf5(std::int64_t index) const {
  const auto at = zyx(chunks_.position(index) * chunks_.chunk);
  hsize_t bytes = 0;
  if (H5Dget_chunk_storage_size(dataset_.id(), at.data(), &bytes) >= 0) return bytes;
  const std::string text = h5::error_text();
  if (text.find("chunk storage is not allocated") == std::string::npos) fail_chunk(index, text);
  return 0;
}

bool Hdf5Volume::read_stored(std::int64_t index, BlockBuffer& stored, unsigned& filter_mask) const {
  if (has_table_) {
    const auto found = std::lower_bound(table_.begin(), table_.end(), index,
                                        [](const Stored& entry, std::int64_t i) { return entry.index < i; });
    if (found == table_.end() || found->index != index) return false;
    if (found->bytes > info_.stored_bytes) fail_chunk(index, "is damaged (impossible size)");
    stored.resize(found->bytes);
    filter_mask = found->filter_mask;
    if (!descriptor_.read_at(found->address, stored.data(), found->bytes))
      fail_chunk(index, "cannot be read; is the file complete?");
    return true;
  }
  const auto at = zyx(chunks_.position(index) * chunks_.chunk);
  const std::uint64_t bytes = chunk_bytes_by_hdf5(index);
  if (bytes == 0) return false;
  if (bytes > info_.stored_bytes) fail_chunk(index, "is damaged (impossible size)");
  stored.resize(bytes);
  if (H5Dread_chunk(dataset_.id(), H5P_DEFAULT, at.data(), &filter_mask, stored.data()) < 0)
    fail_chunk(index, h5::error_text());
  return true;
}

void Hdf5Volume::decode_chunk(std::int64_t index, char* out) const {
  if (!(own_decode_ ? decode_here(index, out) : decode_by_hdf5(index, out))) return fill_chunk(index, out);
  if (swap_) swap_bytes(out, codec_.chunk_bytes, fill_.size());
}

bool Hdf5Volume::decode_here(std::int64_t index, char* out) const {
  thread_local BlockBuffer stored;
  unsigned filter_mask = 0;
  if (!read_stored(index, stored, filter_mask)) return false;
  if (!codec_.decode(stored.data(), stored.size(), filter_mask, out))
    fail_chunk(index, "is damaged (does not decode to " + std::to_string(codec_.chunk_bytes) + " bytes)");
  return true;
}

bool Hdf5Volume::decode_by_hdf5(std::int64_t index, char* out) const {
  const Box3 box = chunks_.box(chunks_.position(index));
  const auto start = zyx(box.min), count = zyx(box.size()), memory = zyx(chunks_.chunk), zero = zyx({});
  if (chunk_bytes_by_hdf5(index) == 0) return false;
  std::memset(out, 0, codec_.chunk_bytes);
  const h5::Handle file_space(H5Dget_space(dataset_.id())), memory_space(H5Screate_simple(3, memory.data(), nullptr));
  if (H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Sselect_hyperslab(memory_space.id(), H5S_SELECT_SET, zero.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Dread(dataset_.id(), type_.id(), memory_space.id(), file_space.id(), H5P_DEFAULT, out) < 0)
    fail_chunk(index, h5::error_text());
  return true;
}

void Hdf5Volume::fill_chunk(std::int64_t index, char* out) const {
  if (!context_.options.allow_missing)
    fail_chunk(index, "was never written (" + std::to_string(count_missing({})) + " of " +
                          std::to_string(chunks_.grid.product()) +
                          " chunks are missing); allow_missing reads fill values");
  for (std::size_t i = 0; i < codec_.chunk_bytes; i += fill_.size()) std::memcpy(out + i, fill_.data(), fill_.size());
}

void Hdf5Volume::fail_chunk(std::int64_t index, const std::string& what) const {
  throw Error(Category::input, "volume '" + info_.where + "': the chunk at voxel " +
                                   text_of(chunks_.position(index) * chunks_.chunk + info_.offset_vx) + " " + what);
}

std::vector<std::uint32_t> Hdf5Volume::sample_stored_blocks(std::int64_t n) const {
  h5::prepare();
  std::vector<std::uint32_t> sums;
  BlockBuffer buffer;
  const std::int64_t bytes = info_.size.product() * static_cast<std::int64_t>(fill_.size());
  const std::int64_t count =
      layout_ == Layout::chunked ? chunks_.grid.product() : (bytes + kBlockBytes - 1) / kBlockBytes;
  n = std::min(n, count);
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t block = spread_evenly(k, n, count);
    const std::int64_t first = block * kBlockBytes, length = std::min(kBlockBytes, bytes - first);
    unsigned filter_mask = 0;
    if (layout_ == Layout::chunked) {
      sums.push_back(read_stored(block, buffer, filter_mask) ? crc32c(buffer.data(), buffer.size()) : 0);
    } else if (layout_ == Layout::whole) {
      sums.push_back(crc32c(whole_.data() + first, static_cast<std::size_t>(length)));
    } else if (address_ != HADDR_UNDEF) {
      buffer.resize(static_cast<std::size_t>(length));
      if (!descriptor_.read_at(address_ + static_cast<std::uint64_t>(first), buffer.data(), buffer.size()))
        throw Error(Category::input, "'" + info_.where + "' cannot be read; is the file complete?");
      sums.push_back(crc32c(buffer.data(), buffer.size()));
    }
  }
  return sums;
}

}  // namespace syconn
