// SPDX-License-Identifier: GPL-3.0-or-later
#include "contacts_kernels.h"

#include <cstring>

#include "syconn/core/cpu.h"

namespace syconn::contacts {
namespace {
#include "contacts_kernels.inc"

template <class T>
std::uint64_t differ(const T* a, const T* b, std::int64_t n) {
  std::uint64_t bits = 0;
  for (std::int64_t i = 0; i < n; ++i) bits |= static_cast<std::uint64_t>(a[i] != b[i]) << i;
  return bits;
}

std::uint64_t differ_masked(const std::uint32_t* a, const std::uint32_t* b, std::uint32_t mask) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(((a[i] ^ b[i]) & mask) != 0) << i;
  return bits;
}
}  // namespace

const Kernels kPortableKernels{vote, dilate, erode, claim, differ_masked, differ<std::uint32_t>, differ<std::uint64_t>};

const Kernels& kernels() {
#ifdef SYCONN_CONTACTS_AVX2
  if (cpu_level() >= CpuLevel::avx2) return kAvx2Kernels;
#endif
  return kPortableKernels;
}

}  // namespace syconn::contacts
