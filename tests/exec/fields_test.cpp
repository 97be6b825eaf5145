// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/fields.h"

#include <gtest/gtest.h>

#include "syconn/exec/config.h"

namespace syconn {
namespace {

TEST(Fields, HandlesAndUnits) {
  double gap_nm = 1, ratio = 2;
  std::string path;
  std::int64_t size_vx = 3;
  Fields f;
  f.add("gap_nm", gap_nm, "a gap", Range{0}).required();
  f.add("ratio", ratio, "a ratio").units("voxels/nm").no_effect_on_results();
  f.add("path", path, "a path").file_path();
  f.add("size_vx", size_vx, "a size").check([] { return std::string("wrong"); }).example("5");
  ASSERT_EQ(f.list().size(), 4u);
  EXPECT_EQ(f.list()[0].units, "nm");
  EXPECT_TRUE(f.list()[0].required && f.list()[0].changes_results);
  EXPECT_EQ(f.list()[1].units, "voxels/nm");
  EXPECT_FALSE(f.list()[1].changes_results);
  EXPECT_FALSE(f.list()[2].changes_results);
  EXPECT_TRUE(f.list()[2].is_file_path);
  EXPECT_EQ(f.list()[3].units, "voxels");
  EXPECT_EQ(f.list()[3].check(), "wrong");
  EXPECT_EQ(std::get<double*>(f.list()[0].slot.value), &gap_nm);
  EXPECT_THROW(f.add("ratio", ratio, "again"), std::logic_error);
}

/// A section with a key that an older version did not have.
struct Grown final : AnyConfig {
  bool has_new_key = true;
  std::int64_t old_key = 1;
  std::optional<double> new_key, other_key;

  std::unique_ptr<AnyConfig> clone() const override { return std::make_unique<Grown>(*this); }
  void describe(Fields& f) override {
    f.add("old_key", old_key, "there before");
    f.add("other_key", other_key, "there before");
    if (has_new_key) f.add("new_key", new_key, "new").not_hashed_while_unset();
  }
};

TEST(Fields, ANewKeyLeavesOldHashesAsLongAsItIsUnset) {
  Grown before, now;
  before.has_new_key = false;
  EXPECT_EQ(config_hash(result_keys(before)), config_hash(result_keys(now)));
  now.new_key = 0;
  EXPECT_NE(config_hash(result_keys(before)), config_hash(result_keys(now)));
}

TEST(Fields, SlotsReachIntoContainers) {
  std::vector<std::map<std::string, std::optional<Vec3i>>> member;
  const auto list = std::get<std::shared_ptr<ListSlot>>(make_slot(member).value);
  const auto map = std::get<std::shared_ptr<MapSlot>>(list->append().value);
  const auto optional = std::get<std::shared_ptr<OptionalSlot>>(map->put("a").value);
  EXPECT_FALSE(optional->has_value());
  *std::get<Vec3i*>(optional->get().value) = {1, 2, 3};
  map->put("b");
  EXPECT_EQ(member.at(0).at("a"), Vec3i(1, 2, 3));
  EXPECT_EQ(map->keys(), (std::vector<std::string>{"a", "b"}));
  map->keep_only({"b", "c"});
  EXPECT_EQ(map->keys(), std::vector<std::string>{"b"});
  std::get<Vec3i*>(
      std::get<std::shared_ptr<OptionalSlot>>(std::get<std::shared_ptr<MapSlot>>(list->sample().value)->sample().value)
          ->get()
          .value)
      ->x = 9;
  EXPECT_EQ(member.size(), 1u);
  list->clear();
  EXPECT_EQ(list->size(), 0u);
}

}  // namespace
}  // namespace syconn
