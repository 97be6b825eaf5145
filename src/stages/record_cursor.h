// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstring>
#include <span>
#include <vector>

#include "syconn/io/record_file.h"

/// Slices of record files whose records vary in size.
namespace syconn {

template <class T>
void append_bytes(RecordFileWriter& file, std::uint32_t slice, std::span<const T> values) {
  file.append(slice, values.data(), values.size_bytes());
}

/// Walks a slice's bytes (records of several types); Error{input} if it ends inside one.
class RecordCursor {
 public:
  RecordCursor(const std::vector<char>& bytes, std::size_t at = 0) : bytes_(bytes), at_(at) {}
  bool at_end() const { return at_ == bytes_.size(); }
  std::size_t position() const { return at_; }
  template <class T>
  T one() {
    T value;
    std::memcpy(&value, take(sizeof(T)), sizeof(T));
    return value;
  }
  template <class T>
  void many(std::uint64_t n, std::vector<T>& out) {
    if (n > (bytes_.size() - at_) / sizeof(T)) fail();
    const std::size_t before = out.size();
    out.resize(before + n);
    if (n > 0) std::memcpy(out.data() + before, take(n * sizeof(T)), n * sizeof(T));
  }
  template <class T>
  void skip(std::uint64_t n) {
    if (n > (bytes_.size() - at_) / sizeof(T)) fail();
    take(n * sizeof(T));
  }

 private:
  [[noreturn]] static void fail() { throw Error(Category::input, "a record file between steps ends inside a record"); }
  const char* take(std::size_t n) {
    if (n > bytes_.size() - at_) fail();
    at_ += n;
    return bytes_.data() + at_ - n;
  }
  const std::vector<char>& bytes_;
  std::size_t at_;
};

}  // namespace syconn
