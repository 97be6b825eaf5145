// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/cpu.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "syconn/core/error.h"

namespace syconn {
namespace {

/// The tests algo/kernels_* run with SYCONN_CPU, as the program reads it.
const bool kLimited = [] {
  const char* set = std::getenv("SYCONN_CPU");
  if (set != nullptr) limit_cpu_level(set);
  return set != nullptr;
}();

TEST(CpuLevel, IsAtMostTheLimit) {
  const char* set = std::getenv("SYCONN_CPU");
  EXPECT_EQ(kLimited, set != nullptr);
  if (kLimited && set == std::string("portable")) {
    EXPECT_EQ(cpu_level(), CpuLevel::portable);
  }
  if (kLimited && set == std::string("avx2")) {
    EXPECT_LE(cpu_level(), CpuLevel::avx2);
  }
  EXPECT_THROW(limit_cpu_level("mmx"), Error);
}

}  // namespace
}  // namespace syconn
