// SPDX-License-Identifier: GPL-3.0-or-later
#include "row_sorter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <queue>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::size_t kMinRunBuffer = std::size_t{64} << 10;

[[noreturn]] void fail(const char* what, const fs::path& folder) {
  const int error = errno;
  throw Error(Category::runtime, std::string(what) + " a spill file in '" + folder.string() +
                                     "': " + std::strerror(error) +
                                     (error == ENOSPC ? " (free space there, then run again)" : ""));
}

/// Open and already unlinked: it vanishes with the process, however that ends.
int open_unnamed(const fs::path& folder) {
  const fs::path name = temporary_name(folder / "spill");
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) fail("cannot create", folder);
  ::unlink(name.c_str());
  return file;
}

void write_all(int file, const char* data, std::size_t bytes, std::uint64_t at, const fs::path& folder) {
  while (bytes > 0) {
    const ssize_t n = ::pwrite(file, data, bytes, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("cannot write", folder);
    data += n, bytes -= static_cast<std::size_t>(n), at += static_cast<std::uint64_t>(n);
  }
}

}  // namespace

/// Reads one sorted run front to back through its own buffer.
class RowSorter::RunReader {
 public:
  RunReader(int file, Run run, std::size_t buffer_bytes, const fs::path& folder)
      : file_(file), run_(run), buffer_(buffer_bytes), folder_(&folder) {}
  bool next() {
    if (run_.begin == run_.end && begin_ == end_) return false;
    const char* header = need(kHeader);
    std::memcpy(&id_, header, sizeof id_);
    std::memcpy(&bytes_, header + sizeof id_, sizeof bytes_);
    record_ = need(kHeader + bytes_) + kHeader;
    begin_ += kHeader + bytes_;
    return true;
  }
  Id id() const { return id_; }
  std::span<const char> record() const { return {record_, bytes_}; }
  static constexpr std::size_t kHeader = 16;

 private:
  const char* need(std::size_t bytes) {
    if (end_ - begin_ >= bytes) return buffer_.data() + begin_;
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_, begin_ = 0;
    if (buffer_.size() < bytes) buffer_.resize(bytes);
    while (end_ < bytes) {
      const std::size_t wanted = std::min<std::uint64_t>(buffer_.size() - end_, run_.end - run_.begin);
      const ssize_t n = ::pread(file_, buffer_.data() + end_, wanted, static_cast<off_t>(run_.begin));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("cannot read", *folder_);
      end_ += static_cast<std::size_t>(n), run_.begin += static_cast<std::uint64_t>(n);
    }
    return buffer_.data();
  }

  int file_;
  Run run_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  Id id_ = 0;
  std::uint64_t bytes_ = 0;
  const char* record_ = nullptr;
  const fs::path* folder_;
};

RowSorter::RowSorter(std::uint64_t memory_bytes, fs::path spill_folder)
    : memory_bytes_(memory_bytes), spill_folder_(std::move(spill_folder)) {}

RowSorter::~RowSorter() {
  if (spill_file_ >= 0) ::close(spill_file_);
}

char* RowSorter::add(Id id, std::size_t bytes) {
  const std::uint64_t cost = bytes + sizeof(Entry);
  if (!entries_.empty() && used_bytes_ + cost > memory_bytes_) spill();
  if (bytes > block_left_) {
    const std::size_t block = std::max(bytes, std::min<std::size_t>(kBlockBytes, memory_bytes_ / 4));
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    block_at_ = blocks_.back().get();
    block_left_ = block;
  }
  char* const place = block_at_;
  block_at_ += bytes, block_left_ -= bytes;
  entries_.push_back({id, place, bytes});
  used_bytes_ += cost;
  ++size_;
  return place;
}

void RowSorter::sort_entries() {
  const auto less = [](const Entry& a, const Entry& b) { return a.id < b.id; };
  if (!std::is_sorted(entries_.begin(), entries_.end(), less)) std::stable_sort(entries_.begin(), entries_.end(), less);
}

void RowSorter::clear_memory() {
  entries_.clear();
  blocks_.clear();
  block_at_ = nullptr;
  block_left_ = used_bytes_ = 0;
}

void RowSorter::spill() {
  if (spill_folder_.empty())
    throw Error(Category::runtime,
                "rows exceed the memory cap of " + std::to_string(memory_bytes_) + " bytes and no spill folder is set");
  if (spill_file_ < 0) spill_file_ = open_unnamed(spill_folder_);
  sort_entries();
  const std::uint64_t begin = spill_end_;
  std::vector<char> buffer;
  buffer.reserve(kBlockBytes);
  const auto flush = [&] {
    write_all(spill_file_, buffer.data(), buffer.size(), spill_end_, spill_folder_);
    spill_end_ += buffer.size();
    buffer.clear();
  };
  for (const Entry& entry : entries_) {
    if (buffer.size() + RunReader::kHeader + entry.bytes > kBlockBytes) flush();
    const std::uint64_t header[2] = {entry.id, entry.bytes};
    buffer.insert(buffer.end(), reinterpret_cast<const char*>(header), reinterpret_cast<const char*>(header + 2));
    buffer.insert(buffer.end(), entry.data, entry.data + entry.bytes);
  }
  flush();
  runs_.push_back({begin, spill_end_});
  clear_memory();
}

void RowSorter::merge_runs(const std::function<void(Id, std::span<const char>)>& fn) {
  const std::size_t buffer = std::max<std::size_t>(kMinRunBuffer, memory_bytes_ / runs_.size());
  std::vector<RunReader> readers;
  for (const Run& run : runs_)
    readers.emplace_back(spill_file_, run, std::min<std::uint64_t>(buffer, run.end - run.begin), spill_folder_);
  using Head = std::pair<Id, std::size_t>;  // equal ids: the earlier run first
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  for (std::size_t i = 0; i < readers.size(); ++i)
    if (readers[i].next()) heads.push({readers[i].id(), i});
  while (!heads.empty()) {
    const std::size_t i = heads.top().second;
    heads.pop();
    fn(readers[i].id(), readers[i].record());
    if (readers[i].next()) heads.push({readers[i].id(), i});
  }
}

void RowSorter::drain(const std::function<void(Id, std::span<const char>)>& fn) {
  if (runs_.empty()) {
    sort_entries();
    for (const Entry& entry : entries_) fn(entry.id, {entry.data, entry.bytes});
  } else {
    if (!entries_.empty()) spill();
    merge_runs(fn);
    ::close(spill_file_);
    spill_file_ = -1;
    runs_.clear();
    spill_end_ = 0;
  }
  clear_memory();
  size_ = 0;
}

}  // namespace syconn
