// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/dtype.h"

#include <iterator>

#include "syconn/core/error.h"

namespace syconn {
namespace {
struct Row {
  const char* name;
  std::size_t bytes;
};
constexpr Row kRows[] = {{"uint8", 1}, {"int8", 1},   {"uint16", 2}, {"int16", 2},   {"uint32", 4},
                         {"int32", 4}, {"uint64", 8}, {"int64", 8},  {"float32", 4}, {"float64", 8}};
}  // namespace

std::size_t dtype_bytes(DType dtype) { return kRows[static_cast<int>(dtype)].bytes; }
const char* dtype_name(DType dtype) { return kRows[static_cast<int>(dtype)].name; }

DType dtype_from_name(const std::string& name) {
  std::string known;
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (name == kRows[i].name) return static_cast<DType>(i);
    known += std::string(i == 0 ? "" : ", ") + kRows[i].name;
  }
  throw Error(Category::input, "unknown element type '" + name + "'; known: " + known);
}

}  // namespace syconn
