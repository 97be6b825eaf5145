// SPDX-License-Identifier: GPL-3.0-or-later
#include "zstd_filter.h"

#include <memory>
#include <mutex>

#include "plugin/zstd_filter_class.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

void register_zstd_filter() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (H5Zregister(&zstd_filter::kClass) < 0)
      throw Error(Category::runtime, "HDF5 refuses the zstd filter (id 32015): is this build of HDF5 complete?");
  });
}

void zstd_encode(const void* data, std::size_t bytes, int level, std::vector<char>& frame) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (context == nullptr) throw Error(Category::runtime, "zstd: out of memory");
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  frame.resize(ZSTD_compressBound(bytes));
  const std::size_t used = ZSTD_compress2(context.get(), frame.data(), frame.size(), data, bytes);
  if (ZSTD_isError(used)) throw Error(Category::runtime, std::string("zstd: ") + ZSTD_getErrorName(used));
  frame.resize(used);
}

bool zstd_decode(const void* frame, std::size_t frame_bytes, void* out, std::size_t bytes) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (context == nullptr) throw Error(Category::runtime, "zstd: out of memory");
  if (ZSTD_getFrameContentSize(frame, frame_bytes) != bytes) return false;
  const std::size_t used = ZSTD_decompressDCtx(context.get(), out, bytes, frame, frame_bytes);
  return !ZSTD_isError(used) && used == bytes;
}

}  // namespace syconn
