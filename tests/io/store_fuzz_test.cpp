// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fuzz.h"

namespace syconn::store_test {
namespace {

TEST(StoreFuzz, EveryFewBytesFlippedOrCutOff) { fuzz(97); }

}  // namespace
}  // namespace syconn::store_test
