// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_chunks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "metadata.h"
#include "syconn/core/crc32c.h"

namespace syconn {
namespace {

constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{1} << 30;

struct OpenFile {
  int fd = -1;
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
};

std::string text_of(const Vec3i& v) {
  std::ostringstream text;
  text << v;
  return text.str();
}

[[noreturn]] void fail_file(const fs::path& path, int error) {
  throw Error(Category::input, "cannot read '" + path.string() + "': " + std::strerror(error));
}

}  // namespace

void ChunkedVolume::set_chunks(const Vec3i& chunk) {
  std::uint64_t bytes = dtype_bytes(info_.dtype), volume = bytes;
  for (int axis = 0; axis < 3; ++axis) {
    if (chunk[axis] <= 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(chunk[axis]), &bytes) ||
        bytes > kMaxChunkBytes)
      throw Error(Category::input, "'" + info_.where + "': chunks of " + text_of(chunk) +
                                       " voxels are not possible: 1 byte to 1 GiB each");
    if (info_.size[axis] <= 0 || info_.size[axis] > kMaxCoordinate ||
        __builtin_mul_overflow(volume, static_cast<std::uint64_t>(info_.size[axis]), &volume) || volume > INT64_MAX)
      throw Error(Category::input,
                  "'" + info_.where + "': a size of " + text_of(info_.size) + " voxels is not possible");
  }
  chunks_ = ChunkLayout(info_.size, chunk);
  chunk_bytes_ = bytes;
  fill_.assign(dtype_bytes(info_.dtype), 0);
}

void ChunkedVolume::for_each_block(const Box3& box, const UseBlock& use) const {
  if (box.empty()) return;
  const Box3 local = box.shifted(-info_.offset_vx);
  BlockBuffer buffer;
  chunks_.for_each(local, [&](const Vec3i& at) {
    const Box3 there = chunks_.box(at);
    const Vec3i n = shape(at);
    use_chunk(
        {nullptr, there.shifted(info_.offset_vx), n.x, n.x * n.y}, local.contains(there),
        static_cast<std::size_t>(n.product()) * fill_.size(), *cache_,
        {0, static_cast<std::uint64_t>(chunks_.index(at))}, buffer, [&](char* out) { decode_chunk(at, out); }, use);
  });
}

void ChunkedVolume::decode_chunk(const Vec3i& position, char* out) const {
  thread_local BlockBuffer stored;
  bool found = false;
  try {
    found = read_stored(position, stored);
  } catch (const Error& error) {
    fail_chunk(position, std::string("cannot be read: ") + error.what());
  }
  const Vec3i n = shape(position);
  if (found) {
    if (!decode(position, stored, out))
      fail_chunk(position,
                 "is damaged (does not decode to " + text_of(n) + " voxels of " + dtype_name(info_.dtype) + ")");
    return;
  }
  if (!options_.allow_missing)
    fail_chunk(position, "is missing; where such chunks are empty, set allow_missing of the volume");
  const std::size_t bytes = static_cast<std::size_t>(n.product()) * fill_.size();
  for (std::size_t i = 0; i < bytes; i += fill_.size()) std::memcpy(out + i, fill_.data(), fill_.size());
}

void ChunkedVolume::fail_chunk(const Vec3i& position, const std::string& what) const {
  throw Error(Category::input, "volume '" + info_.where + "': the chunk at voxel " +
                                   text_of(position * chunks_.chunk + info_.offset_vx) + ", '" +
                                   file_of(position).string() + "', " + what);
}

std::vector<std::uint32_t> ChunkedVolume::sample_stored_blocks(std::int64_t n) const {
  std::vector<std::uint32_t> sums;
  BlockBuffer stored;
  const std::int64_t count = chunks_.grid.product();
  n = std::min(n, count);
  for (std::int64_t k = 0; k < n; ++k)
    sums.push_back(
        read_stored(chunks_.position(spread_evenly(k, n, count)), stored) ? crc32c(stored.data(), stored.size()) : 0);
  return sums;
}

std::uint64_t ChunkedVolume::sampled_bytes(std::int64_t n) const {
  std::uint64_t bytes = 0;
  const std::int64_t count = chunks_.grid.product();
  n = std::min(n, count);
  for (std::int64_t k = 0; k < n; ++k) bytes += stored_size(chunks_.position(spread_evenly(k, n, count))).value_or(0);
  return bytes;
}

std::int64_t ChunkedVolume::count_missing(const Box3& box) const {
  const Box3 local = intersect(box, info_.box()).shifted(-info_.offset_vx);
  std::int64_t missing = 0;
  if (!local.empty()) chunks_.for_each(local, [&](const Vec3i& at) { missing += !stored_size(at); });
  return missing;
}

bool read_chunk_file(const fs::path& path, std::uint64_t max_bytes, BlockBuffer& out) {
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    fail_file(path, errno);
  }
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) fail_file(path, errno);
  if (!S_ISREG(status.st_mode)) throw Error(Category::input, "'" + path.string() + "' is not a file");
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (bytes > max_bytes)
    throw Error(Category::input, "'" + path.string() + "' has " + std::to_string(bytes) +
                                     " bytes; a chunk has at most " + std::to_string(max_bytes));
  out.resize(bytes);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t got = ::read(file.fd, out.data() + done, bytes - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_file(path, errno);
    if (got == 0) throw Error(Category::input, "'" + path.string() + "' became shorter while it was read");
    done += static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<std::uint64_t> chunk_file_size(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_file(path, errno);
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace syconn
