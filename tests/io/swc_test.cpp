// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/swc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using testing::ElementsAre;

TEST(Swc, ReadsInAnyOrderWithCommentsAndWindowsLines) {
  const NeuronTree t =
      parse_swc("# header\r\n 3 2 1 2 3 0.5 9\r\n\r\n9 1 0 0 0 2.0 -1 extra\r\n4 3.0 1e1 0 0 .25 3", "a.swc");
  EXPECT_THAT(t.parent, ElementsAre(-1, 0, 1));
  EXPECT_THAT(t.type, ElementsAre(1, 2, 3));
  EXPECT_THAT(t.radius_nm, ElementsAre(2000, 500, 250));
  EXPECT_THAT(t.nodes_nm, ElementsAre(Vec3d{0, 0, 0}, Vec3d{1000, 2000, 3000}, Vec3d{10000, 0, 0}));
}

TEST(Swc, SeveralRootsAndOtherUnits) {
  const NeuronTree t = parse_swc("1 2 1 0 0 1 -1\n2 2 2 0 0 0 -1\n", "a.swc", 10);
  EXPECT_THAT(t.parent, ElementsAre(-1, -1));
  EXPECT_EQ(t.nodes_nm[1].x, 20);
}

std::string refusal(std::string_view text, std::size_t max_nodes = 100) {
  try {
    parse_swc(text, "a.swc", 1000, max_nodes);
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::input);
    return e.what();
  }
  return "accepted";
}

TEST(Swc, TrustsNothing) {
  EXPECT_EQ(refusal(""), "a.swc:1: no node");
  EXPECT_EQ(refusal("# only\n"), "a.swc:1: no node");
  EXPECT_EQ(refusal("1 2 0 0 0 1\n"), "a.swc:1: no parent; a line is 'id type x y z radius parent'");
  EXPECT_EQ(refusal("\n1 2 0 nan 0 1 -1\n"), "a.swc:2: y 'nan' is not a finite number");
  EXPECT_EQ(refusal("1 2 0 0 1e999 1 -1\n"), "a.swc:1: z '1e999' is not a finite number");
  EXPECT_EQ(refusal("1.5 2 0 0 0 1 -1\n"), "a.swc:1: id is not an integer");
  EXPECT_EQ(refusal("1 2 0 0 0 -1 -1\n"), "a.swc:1: the radius is negative");
  EXPECT_EQ(refusal("1 2 0 0 0 1 -1\n1 2 0 0 0 1 -1\n"), "a.swc:2: node 1 is defined twice");
  EXPECT_EQ(refusal("1 2 0 0 0 1 7\n"), "a.swc:1: its parent 7 is no node");
  EXPECT_EQ(refusal("1 2 0 0 0 1 1\n"), "a.swc:1: node 1 is its own ancestor");
  EXPECT_EQ(refusal("1 2 0 0 0 1 2\n2 2 0 0 0 1 3\n3 2 0 0 0 1 1\n"), "a.swc:1: node 1 is its own ancestor");
  EXPECT_EQ(refusal("1 2 0 0 0 1 -1\n2 2 0 0 0 1 1\n", 1), "a.swc:2: more than 1 nodes");
  EXPECT_EQ(refusal("1 2 0 0 0 1 -1\n", 1), "accepted");
}

TEST(Swc, DamagedBytesAreRefusedOrRead) {
  const std::string good = "1 2 1.5 2 3 1 -1\n2 2 2.5 2 3 1 1\n3 2 3.5 2 3 1 2\n4 3 2 2 9 1 2\n";
  Rng rng(8);
  for (int i = 0; i < 3000; ++i) {
    std::string text = good;
    for (int k = 0; k < 3; ++k) text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    try {
      const NeuronTree t = parse_swc(text, "a.swc");
      for (std::size_t n = 0; n < t.n_nodes(); ++n) ASSERT_LT(t.parent[n], static_cast<std::int32_t>(n));
    } catch (const Error& e) {
      ASSERT_EQ(e.category(), Category::input);
    }
  }
}

}  // namespace
}  // namespace syconn
