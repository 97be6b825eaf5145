// SPDX-License-Identifier: GPL-3.0-or-later
// What every backend of the store must do. Each test builds a dataset from a model and compares all ways to read it.
// Instantiate StoreConformance with a name and a function that turns a filled DatasetBuilder into an open dataset.
#pragma once
#include <functional>

#include "store_model.h"
#include "syconn/core/parallel.h"

namespace syconn::store_test {

struct BackendCase {
  std::string name;
  std::function<SegmentationDataset(DatasetBuilder&)> open;
};

class StoreConformance : public testing::TestWithParam<BackendCase> {
 protected:
  SegmentationDataset build(const Model& model, std::uint32_t n_shards, BuilderOptions options = {}) {
    DatasetBuilder builder(test_schema(), n_shards, options);
    add_all(builder, model);
    return GetParam().open(builder);
  }
};

TEST_P(StoreConformance, EmptyDataset) {
  const SegmentationDataset dataset = build({}, 3);
  EXPECT_EQ(dataset.size(), 0U);
  EXPECT_EQ(dataset.n_shards(), 3U);
  EXPECT_FALSE(dataset.find(1).has_value());
  EXPECT_FALSE(dataset.find(0).has_value());
  EXPECT_TRUE(dataset.column<float>("c_f32").all().empty());
  EXPECT_TRUE(dataset.verify(VerifyLevel::full).empty());
  expect_same(dataset, {});
}

TEST_P(StoreConformance, OneObject) {
  Model model;
  Rng rng(3);
  model[17] = random_object(rng);
  const SegmentationDataset dataset = build(model, 2);
  expect_same(dataset, model);
  EXPECT_FALSE(dataset.find(16).has_value());
  EXPECT_FALSE(dataset.find(18).has_value());
  EXPECT_FALSE(dataset.find(UINT64_MAX).has_value());
}

TEST_P(StoreConformance, ManyObjectsAllTypesInAnyOrder) {
  for (const std::uint32_t n_shards : {1U, 2U, 7U}) {
    const Model model = random_model(300, n_shards);
    const SegmentationDataset dataset = build(model, n_shards);
    expect_same(dataset, model);
    EXPECT_TRUE(dataset.verify(VerifyLevel::full).empty());
    for (const auto& [id, object] : model) {
      EXPECT_EQ(dataset.find(id + 1).has_value(), model.contains(id + 1));
      EXPECT_EQ(dataset.find(id - 1).has_value(), model.contains(id - 1));
    }
  }
}

TEST_P(StoreConformance, MoreShardsThanObjects) {
  const Model model = random_model(5, 9);
  expect_same(build(model, 128), model);
}

TEST_P(StoreConformance, RaggedValuesOfLengthZero) {
  Model model;
  Rng rng(4);
  for (Id id = 1; id <= 600; ++id) {
    model[id] = random_object(rng);
    model[id].vertices.clear(), model[id].faces.clear(), model[id].ids.clear(), model[id].voxels.clear();
  }
  expect_same(build(model, 2), model);
}

TEST_P(StoreConformance, SpillsAndStillSorts) {
  const Model model = random_model(400, 77);
  BuilderOptions options;
  options.memory_bytes = 400000;
  options.spill_folder = testing::TempDir();
  DatasetBuilder builder(test_schema(), 2, options);
  add_all(builder, model);
  expect_same(GetParam().open(builder), model);
}

TEST_P(StoreConformance, SchemaIsKept) {
  const SegmentationDataset dataset = build(random_model(20, 1), 2);
  EXPECT_EQ(dataset.type(), "test");
  EXPECT_EQ(dataset.voxel_size_nm(), Vec3d(10, 10, 25));
  EXPECT_TRUE(dataset.complete());
  EXPECT_EQ(dataset.provenance_json(), test_schema().provenance_json);
  EXPECT_THAT(dataset.columns(), testing::UnorderedElementsAreArray(test_schema().columns));
  ASSERT_EQ(dataset.fields().size(), 2U);
  for (const FieldSpec& field : dataset.fields()) {
    const auto schema = test_schema();
    const FieldSpec& expected = field.name == "mesh" ? schema.fields[0] : schema.fields[1];
    EXPECT_THAT(field.parts, testing::UnorderedElementsAreArray(expected.parts));
  }
  EXPECT_TRUE(dataset.has_column("id"));
  EXPECT_TRUE(dataset.has_part("mesh", "faces"));
  EXPECT_FALSE(dataset.has_column("mesh"));
  EXPECT_FALSE(dataset.has_part("mesh", "offset"));
}

TEST_P(StoreConformance, WrongNamesAndTypesSayWhatThereIs) {
  const SegmentationDataset dataset = build(random_model(20, 1), 2);
  using testing::HasSubstr;
  EXPECT_THAT(error_of(Category::input, [&] { dataset.column<float>("area"); }),
              testing::AllOf(HasSubstr("no column 'area'"), HasSubstr("c_f32"), HasSubstr("id")));
  EXPECT_THAT(error_of(Category::input, [&] { dataset.column<double>("c_f32"); }),
              testing::AllOf(HasSubstr("float32"), HasSubstr("float64")));
  EXPECT_THAT(error_of(Category::input, [&] { dataset.column<std::int64_t>("id"); }), HasSubstr("uint64"));
  EXPECT_THAT(error_of(Category::input, [&] { dataset.ragged<float>("mesh", "edges"); }),
              HasSubstr("mesh/vertices_nm"));
  EXPECT_THAT(error_of(Category::input, [&] { dataset.ragged<double>("mesh", "vertices_nm"); }), HasSubstr("float32"));
  EXPECT_THAT(error_of(Category::input, [&] { dataset.at(123456789); }), HasSubstr("no object 123456789"));
  EXPECT_THROW(dataset.column<float>("c_f32").values({0, 1000}), Error);
  EXPECT_THROW(dataset.column<float>("c_f32").values({5, 0}), Error);
  EXPECT_THROW(dataset.ragged<float>("mesh", "vertices_nm")(Row{0, 1000}), Error);
  EXPECT_THROW(dataset.shard_size(2), Error);
}

TEST_P(StoreConformance, ReadsFromSeveralThreads) {
  const Model model = random_model(200, 8);
  const SegmentationDataset dataset = build(model, 4);
  const Ragged<float> vertices = dataset.ragged<float>("mesh", "vertices_nm");
  std::vector<Id> ids;
  for (const auto& [id, object] : model) ids.push_back(id);
  std::vector<char> good(ids.size());
  parallel_for(static_cast<std::int64_t>(ids.size()), 4, [&](std::int64_t i) {
    const Id id = ids[static_cast<std::size_t>(i)];
    good[static_cast<std::size_t>(i)] = vertices(dataset.at(id)) == model.at(id).vertices &&
                                        dataset.column<double>("c_f64").values(dataset.at(id)) == model.at(id).f64;
  });
  EXPECT_THAT(good, testing::Each(1));
}

}  // namespace syconn::store_test
