// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "h5_input.h"
#include "syconn/algo/ks.h"

namespace syconn {
namespace {

using namespace testing_input;

/// SciPy 1.10.1, ks_2samp(method="asymp"): statistic to 1e-12, p to 1e-6 of itself.
TEST(KsTest, EqualsTheReference) {
  const std::filesystem::path file = golden_folder() / "ks_2samp.h5";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "ks_2samp.h5 is not in " << golden_folder();
  for (int k = 0; k < 9; ++k) {
    const std::string name = "case_" + std::to_string(k);
    std::vector<hsize_t> shape;
    const KsTest test = ks_test(read_h5<double>(file, name + "/a", shape), read_h5<double>(file, name + "/b", shape));
    EXPECT_NEAR(test.statistic, attribute(file, name, "statistic"), 1e-12) << name;
    const double p = attribute(file, name, "pvalue");
    EXPECT_NEAR(test.p, p, p > 1e-300 ? 1e-6 * p : 1e-300) << name;
    if (test.statistic == 0) continue;
    EXPECT_EQ(test.location, attribute(file, name, "statistic_location")) << name;
    EXPECT_EQ(test.sign, attribute(file, name, "statistic_sign")) << name;
  }
}

}  // namespace
}  // namespace syconn
