// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/core/error.h"
#include "syconn/io/dtype.h"

namespace syconn {

/// Neuroglancer's name of the type of a skeleton's attribute or an annotation's property. Throws Error{runtime} for
/// those it does not have.
inline std::string precomputed_dtype(DType dtype) {
  if (dtype_bytes(dtype) > 4) throw Error(Category::runtime, "precomputed layers have no values of 8 bytes");
  return dtype_name(dtype);
}

}  // namespace syconn
