// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace syconn {

/// Appends little-endian values to bytes (the machines we run on are little-endian).
class ByteList {
 public:
  explicit ByteList(std::vector<char>& bytes) : bytes_(bytes) {}
  template <class T>
  void add(const T& value) {
    add(std::span<const T>(&value, 1));
  }
  template <class T>
  void add(std::span<const T> values) {
    static_assert(std::is_arithmetic_v<T>);
    const auto* const data = reinterpret_cast<const char*>(values.data());
    bytes_.insert(bytes_.end(), data, data + values.size_bytes());
  }
  /// Zeros up to a multiple of `unit` bytes from `begin` on.
  void pad(std::size_t begin, std::size_t unit) {
    while ((bytes_.size() - begin) % unit != 0) bytes_.push_back(0);
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::vector<char>& bytes_;
};

}  // namespace syconn
