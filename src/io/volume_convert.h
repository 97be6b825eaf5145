// SPDX-License-Identifier: GPL-3.0-or-later
// Row conversions from stored elements to what stages want. Each takes n elements and returns the index of the first
// one that is not allowed, or -1; `bad` says what is wrong with it. The checks are folded into one flag a row, so that
// the good case stays vectorised.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "syconn/core/ids.h"

namespace syconn::convert {

template <class In, class Test>
std::int64_t find_first(const In* in, std::int64_t n, const Test& test) {
  for (std::int64_t i = 0; i < n; ++i)
    if (test(in[i])) return i;
  return -1;
}

/// v in 0..255 for integers, 0..1 for floats; NaN is not.
template <class In>
bool out_of_map_range(In v) {
  if constexpr (std::is_floating_point_v<In>)
    return !(v >= In(0) && v <= In(1));
  else if constexpr (sizeof(In) == 1 && std::is_unsigned_v<In>)
    return false;
  else
    return static_cast<std::make_unsigned_t<In>>(v) > 255 || (std::is_signed_v<In> && v < In(0));
}

template <class In, class Out, class Value>
std::int64_t checked_row(const In* in, std::int64_t n, Out* out, const Value& value) {
  bool bad = false;
  for (std::int64_t i = 0; i < n; ++i) {
    bad |= out_of_map_range(in[i]);
    out[i] = value(in[i]);
  }
  return bad ? find_first(in, n, [](In v) { return out_of_map_range(v); }) : -1;
}

struct Labels {
  static constexpr const char* kBad = "a label must not be negative";
  static constexpr bool kIntegersOnly = true;
  template <class In>
  std::int64_t operator()(const In* in, std::int64_t n, Id* out) const {
    if constexpr (std::is_same_v<In, Id>) {
      std::memcpy(out, in, static_cast<std::size_t>(n) * sizeof(Id));
      return -1;
    }
    In all = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      all |= in[i];
      out[i] = static_cast<Id>(in[i]);
    }
    if (std::is_unsigned_v<In> || all >= In(0)) return -1;
    return find_first(in, n, [](In v) { return v < In(0); });
  }
};

struct Grey {
  static constexpr const char* kBad = "a grey value must lie in 0..255";
  static constexpr bool kIntegersOnly = true;
  template <class In>
  std::int64_t operator()(const In* in, std::int64_t n, std::uint8_t* out) const {
    return checked_row(in, n, out, [](In v) { return static_cast<std::uint8_t>(v); });
  }
};

struct MapBase {
  static constexpr const char* kBad = "a map's value must lie in 0..255 (integers) or 0..1 (floating point)";
  static constexpr bool kIntegersOnly = false;
};

struct MapFloat : MapBase {
  template <class In>
  std::int64_t operator()(const In* in, std::int64_t n, float* out) const {
    return checked_row(in, n, out, [](In v) {
      return std::is_floating_point_v<In> ? static_cast<float>(v) : static_cast<float>(v) / 255.0F;
    });
  }
};

struct MapGrey : MapBase {
  template <class In>
  std::int64_t operator()(const In* in, std::int64_t n, std::uint8_t* out) const {
    return checked_row(in, n, out, [](In v) {
      if constexpr (std::is_floating_point_v<In>)
        return static_cast<std::uint8_t>(out_of_map_range(v) ? 0.0 : std::floor(255.0 * static_cast<double>(v) + 0.5));
      else
        return static_cast<std::uint8_t>(v);
    });
  }
};

/// For integers v > 255·t is the same as v > floor(255·t), and 255·t is exact in 64 bits of mantissa.
struct Mask : MapBase {
  double threshold;
  std::int64_t limit;
  explicit Mask(double t) : threshold(t), limit(static_cast<std::int64_t>(std::floor(255.0L * t))) {}
  template <class In>
  std::int64_t operator()(const In* in, std::int64_t n, std::uint8_t* out) const {
    return checked_row(in, n, out, [this](In v) -> std::uint8_t {
      if constexpr (std::is_floating_point_v<In>)
        return static_cast<double>(v) > threshold;
      else
        return static_cast<std::int64_t>(v) > limit;
    });
  }
};

struct Foreground {
  static constexpr const char* kBad = Labels::kBad;
  static constexpr bool kIntegersOnly = true;
  std::span<const Id> sorted;
  template <class In>
  std::int64_t operator()(const In* in, std::int64_t n, std::uint8_t* out) const {
    In last = 0;
    std::uint8_t member = std::binary_search(sorted.begin(), sorted.end(), Id{0});
    for (std::int64_t i = 0; i < n; ++i) {
      if (in[i] != last) {
        last = in[i];
        if (std::is_signed_v<In> && last < In(0)) return i;
        member = std::binary_search(sorted.begin(), sorted.end(), static_cast<Id>(last));
      }
      out[i] = member;
    }
    return -1;
  }
};

}  // namespace syconn::convert
