// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fuzz.h"

namespace syconn::store_test {
namespace {

TEST(StoreFuzzSlow, EveryFifthByteFlippedOrCutOff) { fuzz(5); }

}  // namespace
}  // namespace syconn::store_test
