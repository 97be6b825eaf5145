// SPDX-License-Identifier: GPL-3.0-or-later
#include "gzip_encode.h"

#include <libdeflate.h>

#include <memory>

#include "syconn/core/error.h"

namespace syconn {

void gzip_encode(std::span<const char> bytes, std::vector<char>& out) {
  constexpr int kLevel = 4;  // packing is most of the export's time
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  thread_local const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(kLevel));
  if (compressor == nullptr) throw Error(Category::runtime, "no memory to compress");
  out.resize(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()));
  out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
}

}  // namespace syconn
