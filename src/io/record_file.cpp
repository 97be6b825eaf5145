// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "pooled_file.h"
#include "syconn/core/crc32c.h"

namespace syconn {
namespace {

constexpr std::uint32_t kVersion = 1;
using Magic = std::array<char, 8>;
constexpr Magic kHeaderMagic = {'S', 'Y', 'C', 'R', 'E', 'C', '0', '1'};
constexpr Magic kTrailerMagic = {'S', 'Y', 'C', 'R', 'E', 'N', 'D', '1'};
constexpr std::uint64_t kMinBlock = 4096, kMaxBlock = std::uint64_t{1} << 20;

struct Header {
  Magic magic = kHeaderMagic;
  std::uint32_t version = kVersion;
  std::uint32_t n_slices = 0;
  std::uint32_t record_bytes = 0;
  std::uint32_t crc = 0;  ///< of the bytes before
};
struct Trailer {
  std::uint64_t footer_at = 0, footer_bytes = 0;
  std::uint32_t footer_crc = 0;
  std::uint32_t crc = 0;  ///< of the bytes before
  Magic magic = kTrailerMagic;
};
static_assert(sizeof(Header) == 24 && sizeof(Trailer) == 32);

std::uint32_t crc_of(const Header& header) { return crc32c(&header, offsetof(Header, crc)); }
std::uint32_t crc_of(const Trailer& trailer) { return crc32c(&trailer, offsetof(Trailer, crc)); }

template <class T>
void put(std::vector<char>& out, const T& value) {
  const char* const bytes = reinterpret_cast<const char*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

}  // namespace

struct RecordFileWriter::Impl {
  struct Extent {
    std::uint64_t at, bytes;
  };
  struct Slice {
    std::vector<char> buffer;
    std::vector<Extent> extents;
    std::uint64_t bytes = 0;
    std::uint32_t crc = 0;
  };
  fs::path path;
  std::uint32_t record_bytes;
  std::uint64_t block_bytes;
  int file = -1;
  std::uint64_t end = 0;
  std::vector<Slice> slices;

  ~Impl() {
    if (file >= 0) ::close(file);
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Category::runtime, "record file '" + path.string() + "': " + what);
  }
  void write(const void* data, std::size_t bytes) {
    const char* from = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t n = ::write(file, from, bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail(std::string("cannot write: ") + std::strerror(errno));
      from += n, bytes -= static_cast<std::size_t>(n), end += static_cast<std::uint64_t>(n);
    }
  }
  void write_extent(Slice& slice, const char* data, std::size_t bytes) {
    if (bytes == 0) return;
    if (!slice.extents.empty() && slice.extents.back().at + slice.extents.back().bytes == end)
      slice.extents.back().bytes += bytes;  // slices filled one after another stay in one piece
    else
      slice.extents.push_back({end, bytes});
    write(data, bytes);
  }
};

RecordFileWriter::RecordFileWriter(const fs::path& path, std::uint32_t n_slices, std::uint32_t record_bytes,
                                   std::uint64_t buffer_bytes)
    : impl_(std::make_unique<Impl>()) {
  Impl& s = *impl_;
  s.path = path;
  s.record_bytes = record_bytes;
  s.block_bytes = std::clamp(buffer_bytes / std::max<std::uint32_t>(n_slices, 1), kMinBlock, kMaxBlock);
  s.slices.resize(n_slices);
  s.file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (s.file < 0) s.fail(std::string("cannot create: ") + std::strerror(errno));
  Header header;
  header.n_slices = n_slices;
  header.record_bytes = record_bytes;
  header.crc = crc_of(header);
  s.write(&header, sizeof header);
}
RecordFileWriter::~RecordFileWriter() = default;
RecordFileWriter::RecordFileWriter(RecordFileWriter&&) noexcept = default;

void RecordFileWriter::append(std::uint32_t slice, const void* data, std::size_t bytes) {
  Impl& s = *impl_;
  if (s.file < 0) s.fail("append after close");
  if (slice >= s.slices.size()) s.fail("no slice " + std::to_string(slice) + " of " + std::to_string(s.slices.size()));
  if (s.record_bytes > 0 && bytes % s.record_bytes != 0)
    s.fail(std::to_string(bytes) + " bytes are no whole number of records of " + std::to_string(s.record_bytes));
  if (bytes == 0) return;
  Impl::Slice& to = s.slices[slice];
  to.crc = crc32c(data, bytes, to.crc);
  to.bytes += bytes;
  const char* const from = static_cast<const char*>(data);
  if (to.buffer.size() + bytes > s.block_bytes) {
    s.write_extent(to, to.buffer.data(), to.buffer.size());
    to.buffer.clear();
  }
  if (bytes >= s.block_bytes)
    s.write_extent(to, from, bytes);
  else
    to.buffer.insert(to.buffer.end(), from, from + bytes);
}

std::uint64_t RecordFileWriter::bytes(std::uint32_t slice) const { return impl_->slices.at(slice).bytes; }

void RecordFileWriter::close() {
  Impl& s = *impl_;
  if (s.file < 0) s.fail("closed twice");
  std::vector<char> footer;
  for (Impl::Slice& slice : s.slices) s.write_extent(slice, slice.buffer.data(), slice.buffer.size());
  for (const Impl::Slice& slice : s.slices) {
    put(footer, slice.bytes), put(footer, slice.crc), put(footer, static_cast<std::uint32_t>(slice.extents.size()));
    for (const Impl::Extent& extent : slice.extents) put(footer, extent.at), put(footer, extent.bytes);
  }
  Trailer trailer;
  trailer.footer_at = s.end;
  trailer.footer_bytes = footer.size();
  trailer.footer_crc = crc32c(footer.data(), footer.size());
  trailer.crc = crc_of(trailer);
  s.write(footer.data(), footer.size());
  s.write(&trailer, sizeof trailer);
  const int closed = ::close(std::exchange(s.file, -1));
  if (closed != 0) s.fail(std::string("cannot close: ") + std::strerror(errno));
}

RecordFile::RecordFile(const fs::path& path) : path_(path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw Error(Category::input, "record file '" + path.string() + "' is missing");
  const PooledFile file(path);
  const std::uint64_t size = file.size();
  Header header;
  Trailer trailer;
  if (size < sizeof header + sizeof trailer) fail("is truncated");
  file.read(0, sizeof header, &header);
  file.read(size - sizeof trailer, sizeof trailer, &trailer);
  if (header.magic != kHeaderMagic) fail("is no record file");
  if (header.version != kVersion)
    fail("has version " + std::to_string(header.version) + ", not " + std::to_string(kVersion));
  if (header.crc != crc_of(header)) fail("has a damaged header");
  if (trailer.magic != kTrailerMagic || trailer.crc != crc_of(trailer))
    fail("was not finished, or is truncated or damaged");
  const std::uint64_t footer_end = size - sizeof trailer;
  if (trailer.footer_at > footer_end || trailer.footer_bytes != footer_end - trailer.footer_at)
    fail("has a damaged trailer");
  std::vector<char> footer(trailer.footer_bytes);
  file.read(trailer.footer_at, footer.size(), footer.data());
  if (crc32c(footer.data(), footer.size()) != trailer.footer_crc) fail("has a damaged footer");
  record_bytes_ = header.record_bytes;
  parse_footer(footer, header.n_slices, trailer.footer_at);
}

void RecordFile::parse_footer(const std::vector<char>& footer, std::uint32_t n_slices, std::uint64_t data_end) {
  std::size_t at = 0;
  const auto take = [&](auto& value) {
    if (footer.size() - at < sizeof value) fail("has a damaged footer");
    std::memcpy(&value, footer.data() + at, sizeof value);
    at += sizeof value;
  };
  if (n_slices > footer.size()) fail("has a damaged footer");
  slices_.resize(n_slices);
  for (Slice& slice : slices_) {
    std::uint32_t n_extents = 0;
    take(slice.bytes), take(slice.crc), take(n_extents);
    if (n_extents > footer.size()) fail("has a damaged footer");
    slice.extents.resize(n_extents);
    std::uint64_t sum = 0;
    for (Extent& extent : slice.extents) {
      take(extent.at), take(extent.bytes);
      if (extent.at > data_end || extent.bytes > data_end - extent.at) fail("has a damaged footer");
      sum += extent.bytes;
    }
    if (sum != slice.bytes || (record_bytes_ > 0 && sum % record_bytes_ != 0)) fail("has a damaged footer");
  }
  if (at != footer.size()) fail("has a damaged footer");
}

const RecordFile::Slice& RecordFile::slice(std::uint32_t slice) const {
  if (slice >= slices_.size()) fail("has no slice " + std::to_string(slice) + " of " + std::to_string(slices_.size()));
  return slices_[slice];
}

std::uint64_t RecordFile::bytes(std::uint32_t index) const { return slice(index).bytes; }

void RecordFile::read(std::uint32_t index, std::vector<char>& out) const {
  const Slice& from = slice(index);
  const PooledFile file(path_);
  const std::size_t begin = out.size();
  out.resize(begin + from.bytes);
  char* to = out.data() + begin;
  for (const Extent& extent : from.extents) {
    file.read(extent.at, extent.bytes, to);
    to += extent.bytes;
  }
  if (crc32c(out.data() + begin, from.bytes) != from.crc) fail("slice " + std::to_string(index) + " is damaged");
}

void RecordFile::fail(const std::string& what) const {
  throw Error(Category::input, "record file '" + path_.string() + "' " + what + "; delete it and run its step again");
}

}  // namespace syconn
