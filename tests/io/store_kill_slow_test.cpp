// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_kill.h"

namespace syconn::store_test {
namespace {

TEST(StoreKillSlow, DISABLED_Child) {
  if (std::getenv(kKillFolder) == nullptr) GTEST_SKIP() << "run by the other test";
  write_generations();
}

TEST(StoreKillSlow, NothingCommittedIsLostInAHundredKills) { kill_and_check(100, 2, "StoreKillSlow.DISABLED_Child"); }

}  // namespace
}  // namespace syconn::store_test
