// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
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

/// Calls use(T{}) with the element type; returns what it returns.
template <class Use>
auto with_dtype(DType dtype, Use&& use) {
  switch (dtype) {
    case DType::u8:
      return use(std::uint8_t{});
    case DType::i8:
      return use(std::int8_t{});
    case DType::u16:
      return use(std::uint16_t{});
    case DType::i16:
      return use(std::int16_t{});
    case DType::u32:
      return use(std::uint32_t{});
    case DType::i32:
      return use(std::int32_t{});
    case DType::u64:
      return use(std::uint64_t{});
    case DType::i64:
      return use(std::int64_t{});
    case DType::f32:
      return use(float{});
    case DType::f64:
      return use(double{});
  }
  throw std::logic_error("no such element type");
}

}  // namespace syconn
