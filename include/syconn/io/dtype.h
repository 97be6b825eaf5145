// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace syconn {

/// Element types of files, little-endian on disk.
enum class DType { u8, i8, u16, i16, u32, i32, u64, i64, f32, f64 };

std::size_t dtype_bytes(DType dtype);
/// NumPy's name: "uint8", "float32", …
const char* dtype_name(DType dtype);
/// Inverse of dtype_name; throws Error{input} that lists the names.
DType dtype_from_name(const std::string& name);

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  if constexpr (std::is_same_v<T, double>) return DType::f64;
  if constexpr (std::is_integral_v<T>) {
    static_assert(sizeof(T) <= 8 && !std::is_same_v<T, bool>, "no such type in files");
    constexpr DType kSigned[] = {DType::i8, DType::i16, DType::i32, DType::i64};
    constexpr DType kUnsigned[] = {DType::u8, DType::u16, DType::u32, DType::u64};
    constexpr int log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return std::is_signed_v<T> ? kSigned[log2] : kUnsigned[log2];
  }
  static_assert(std::is_arithmetic_v<T>, "no such type in files");
}

}  // namespace syconn
