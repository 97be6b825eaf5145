// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_kill.h"

namespace syconn::store_test {
namespace {

TEST(StoreKill, DISABLED_Child) {
  if (std::getenv(kKillFolder) == nullptr) GTEST_SKIP() << "run by the other test";
  write_generations();
}

TEST(StoreKill, NothingCommittedIsLostInTenKills) { kill_and_check(10, 1, "StoreKill.DISABLED_Child"); }

}  // namespace
}  // namespace syconn::store_test
