// SPDX-License-Identifier: GPL-3.0-or-later
// SWC: either an Error that names the line, or a tree whose nodes follow their parents.
#include "fuzz_target.h"
#include "syconn/core/error.h"
#include "syconn/io/swc.h"

namespace syconn::fuzz {

std::vector<std::string> seeds() {
  return {"# soma\n1 1 0 0 0 5 -1\n2 3 1 0 0 .5 1\n3 3 2 0 0 .5 2\n4 2 0 1e1 0 .25 1\n",
          "3 0 2 0 0 1 2\r\n2 0 1 0 0 1 1\r\n1 0 0 0 0 1 -1 9 9\r\n",
          "1 1 0 0 0 5 -1\n1 1 0 0 0 5 -1\n",
          "1 1 0 0 0 5 2\n2 1 0 0 0 5 1\n",
          "1 1 nan 0 0 5 -1\n",
          "1 1 0 0\n",
          ""};
}
std::vector<std::string> tokens() {
  return {"\n",         "\r",
          " ",          "\t",
          "#",          "-1",
          "1",          "2 3 1 0 0 1 1\n",
          "1e308",      "-0",
          "inf",        "0x1p3",
          "4294967297", "9223372036854775808",
          ".",          "+"};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syconn;
  try {
    const NeuronTree tree = parse_swc({reinterpret_cast<const char*>(data), size}, "x.swc", 1000, 64);
    const std::size_t n = tree.n_nodes();
    fuzz::require(n >= 1 && n <= 64, "no node, or more than allowed");
    for (std::size_t i = 0; i < n; ++i) {
      fuzz::require(tree.parent[i] >= -1 && tree.parent[i] < static_cast<int>(i), "a node before its parent");
      fuzz::require(tree.radius_nm[i] >= 0 && tree.radius_nm[i] <= 1e15, "a radius that is none");
    }
  } catch (const Error& error) {
    const std::string what = error.what();
    fuzz::require(error.category() == Category::input, "an error of another kind: " + what);
    fuzz::require(what.starts_with("x.swc"), "an error without its file: " + what);
  }
  return 0;
}
