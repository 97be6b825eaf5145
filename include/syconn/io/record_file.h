// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "syconn/core/error.h"
#include "syconn/core/files.h"

namespace syconn {

/// What a job leaves for the next step: records partitioned by slice, in one file. Internal to a run; read by the same
/// build on the same kind of machine. Layout: header (magic, version, slices, record size), extents of bytes, a footer
/// with size, CRC32C and extents of every slice, a trailer (footer's place and CRC, magic). A file without its trailer
/// is garbage.
class RecordFileWriter {
 public:
  /// Writes to `path` (the caller renames it). `record_bytes` > 0: every slice holds whole records of that size.
  /// Up to `buffer_bytes` are kept in memory over all slices; slices may be filled in any order.
  RecordFileWriter(const fs::path& path, std::uint32_t n_slices, std::uint32_t record_bytes,
                   std::uint64_t buffer_bytes = std::uint64_t{64} << 20);
  ~RecordFileWriter();
  RecordFileWriter(RecordFileWriter&&) noexcept;

  /// Throws Error{runtime}: no such slice, not whole records, disk full.
  void append(std::uint32_t slice, const void* data, std::size_t bytes);
  std::uint64_t bytes(std::uint32_t slice) const;
  /// Must be called; without it the file is garbage.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads slices of a record file. Opening reads the footer; every slice's bytes are checked against its CRC.
class RecordFile {
 public:
  /// Throws Error{input} naming the file: missing, unfinished, another version, damaged.
  explicit RecordFile(const fs::path& path);
  const fs::path& path() const { return path_; }
  std::uint32_t n_slices() const { return static_cast<std::uint32_t>(slices_.size()); }
  std::uint32_t record_bytes() const { return record_bytes_; }
  std::uint64_t bytes(std::uint32_t slice) const;
  /// Appends the slice's bytes, in the order written, to `out`.
  void read(std::uint32_t slice, std::vector<char>& out) const;

 private:
  struct Extent {
    std::uint64_t at, bytes;
  };
  struct Slice {
    std::uint64_t bytes = 0;
    std::uint32_t crc = 0;
    std::vector<Extent> extents;
  };
  void parse_footer(const std::vector<char>& footer, std::uint32_t n_slices, std::uint64_t data_end);
  const Slice& slice(std::uint32_t slice) const;
  [[noreturn]] void fail(const std::string& what) const;

  fs::path path_;
  std::uint32_t record_bytes_ = 0;
  std::vector<Slice> slices_;
};

/// Records of one trivially copyable type, without padding (its bytes go into the file as they are).
template <class T>
class RecordWriter {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  RecordWriter(const fs::path& path, std::uint32_t n_slices, std::uint64_t buffer_bytes = std::uint64_t{64} << 20)
      : file_(path, n_slices, sizeof(T), buffer_bytes) {}
  void append(std::uint32_t slice, const T& record) { file_.append(slice, &record, sizeof(T)); }
  void append(std::uint32_t slice, std::span<const T> records) {
    file_.append(slice, records.data(), records.size_bytes());
  }
  void close() { file_.close(); }

 private:
  RecordFileWriter file_;
};

/// Appends the records of one slice of `file` to `out`; throws Error{input} if it holds records of another size.
template <class T>
void read_records(const RecordFile& file, std::uint32_t slice, std::vector<T>& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (file.record_bytes() != sizeof(T))
    throw Error(Category::input, "'" + file.path().string() + "' holds records of " +
                                     std::to_string(file.record_bytes()) + " bytes, not of " +
                                     std::to_string(sizeof(T)));
  std::vector<char> bytes;
  file.read(slice, bytes);
  const std::size_t n = out.size();
  out.resize(n + bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(out.data() + n, bytes.data(), bytes.size());
}

template <class T>
std::vector<T> read_records(const RecordFile& file, std::uint32_t slice) {
  std::vector<T> out;
  read_records(file, slice, out);
  return out;
}

}  // namespace syconn
