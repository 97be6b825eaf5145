// SPDX-License-Identifier: GPL-3.0-or-later
// What every backend of the store must do. Each test builds a dataset from a model kept in std::map and compares all
// ways to read it. Instantiate StoreConformance with a name and a function that turns a filled DatasetBuilder into an
// open dataset.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"

namespace syconn::store_test {

struct BackendCase {
  std::string name;
  std::function<SegmentationDataset(DatasetBuilder&)> open;
};

/// One object of the model.
struct Object {
  std::vector<std::uint8_t> u8;       // width 1
  std::vector<std::int8_t> i8;        // width 2
  std::vector<std::uint16_t> u16;     // width 3
  std::vector<std::int16_t> i16;      // width 1
  std::vector<std::uint32_t> u32;     // width 5
  std::vector<std::int32_t> i32;      // width 1
  std::vector<std::uint64_t> u64;     // width 2
  std::vector<std::int64_t> i64;      // width 3
  std::vector<float> f32;             // width 10
  std::vector<double> f64;            // width 3
  std::vector<float> vertices;        // ragged, width 3
  std::vector<std::uint32_t> faces;   // ragged, width 3, its own offsets
  std::vector<std::uint64_t> ids;     // ragged, contiguous
  std::vector<std::uint32_t> voxels;  // ragged, shares the offsets of `ids`
};
using Model = std::map<Id, Object>;

inline DatasetSchema test_schema() {
  DatasetSchema schema{"test", {10, 10, 25}, R"({"stage":"test","seed":1})", {}, {}};
  const auto add = [&](const char* name, DType dtype, int width) {
    schema.columns.push_back({name, dtype, width, "vx", std::string("column ") + name, ""});
  };
  add("c_u8", DType::u8, 1), add("c_i8", DType::i8, 2), add("c_u16", DType::u16, 3), add("c_i16", DType::i16, 1);
  add("c_u32", DType::u32, 5), add("c_i32", DType::i32, 1), add("c_u64", DType::u64, 2), add("c_i64", DType::i64, 3);
  add("c_f32", DType::f32, 10), add("c_f64", DType::f64, 3);
  schema.columns[0].enum_json = R"({"0":"no","1":"yes"})";
  schema.fields = {mesh_field(), ids_field("mi_overlap", "ids", {{.name = "voxels", .dtype = DType::u32}})};
  return schema;
}

template <class T>
std::vector<T> random_values(Rng& rng, std::size_t n) {
  std::vector<T> values(n);
  for (T& value : values) {
    if constexpr (std::is_floating_point_v<T>)
      value = static_cast<T>(rng.normal());
    else
      value = static_cast<T>(rng.next());
  }
  return values;
}

/// Lengths 0, 1 and, now and then, more than one 64 KiB chunk.
inline std::size_t random_length(Rng& rng) {
  const std::uint64_t kind = rng.below(20);
  return kind < 5 ? 0 : kind < 8 ? 1 : kind == 19 ? 6000 + rng.below(9000) : rng.below(60);
}

inline Object random_object(Rng& rng) {
  const std::size_t n_overlap = random_length(rng);
  return {random_values<std::uint8_t>(rng, 1),
          random_values<std::int8_t>(rng, 2),
          random_values<std::uint16_t>(rng, 3),
          random_values<std::int16_t>(rng, 1),
          random_values<std::uint32_t>(rng, 5),
          random_values<std::int32_t>(rng, 1),
          random_values<std::uint64_t>(rng, 2),
          random_values<std::int64_t>(rng, 3),
          random_values<float>(rng, 10),
          random_values<double>(rng, 3),
          random_values<float>(rng, 3 * random_length(rng)),
          random_values<std::uint32_t>(rng, 3 * random_length(rng)),
          random_values<std::uint64_t>(rng, n_overlap),
          random_values<std::uint32_t>(rng, n_overlap)};
}

/// Small ids, ids around 2^32 and 2^63, and the largest id.
inline Model random_model(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  Model model;
  const Id bases[] = {1, (Id{1} << 32) - 7, (Id{1} << 63) - 9};
  if (n > 3) model[UINT64_MAX] = random_object(rng);
  while (model.size() < n) {
    const Id id = rng.below(2) == 0 ? bases[rng.below(3)] + rng.below(4 * n) : rng.next();
    if (id != kBackground) model[id] = random_object(rng);
  }
  return model;
}

template <class T>
std::span<const T> view(const std::vector<T>& values) {
  return values;
}

inline void add_object(DatasetBuilder& builder, Id id, const Object& o) {
  ShardBuilder& b = builder.begin(id);
  b.set("c_u8", view(o.u8)), b.set("c_i8", view(o.i8)), b.set("c_u16", view(o.u16)), b.set("c_i16", view(o.i16));
  b.set("c_u32", view(o.u32)), b.set("c_i32", view(o.i32)), b.set("c_u64", view(o.u64)), b.set("c_i64", view(o.i64));
  b.set("c_f32", view(o.f32)), b.set("c_f64", view(o.f64));
  b.append("mesh", "vertices_nm", view(o.vertices));
  b.append("mesh", "faces", view(o.faces));
  b.append("mi_overlap", "voxels", view(o.voxels));
  b.append("mi_overlap", "ids", view(o.ids));
  b.end();
}

/// Adds all objects in a pseudo-random order.
inline void add_all(DatasetBuilder& builder, const Model& model, std::uint64_t order = 5) {
  std::vector<std::pair<std::uint64_t, Id>> ids;
  for (const auto& [id, object] : model) ids.push_back({mix64(order, id), id});
  std::sort(ids.begin(), ids.end());
  for (const auto& [key, id] : ids) add_object(builder, id, model.at(id));
}

template <class T>
void expect_column(const SegmentationDataset& dataset, const Model& model, const char* name,
                   std::vector<T> Object::*member) {
  const Column<T> column = dataset.column<T>(name);
  std::vector<T> all;
  for (std::uint32_t k = 0; k < dataset.n_shards(); ++k) {
    for (const Id id : dataset.ids(k)) {
      const std::vector<T>& expected = model.at(id).*member;
      EXPECT_EQ(column.values(dataset.at(id)), expected) << name << " of " << id;
      EXPECT_EQ(column(dataset.at(id)), expected[0]);
      all.insert(all.end(), expected.begin(), expected.end());
    }
  }
  EXPECT_EQ(column.all(), all) << name;
}

template <class T>
void expect_ragged(const SegmentationDataset& dataset, const Model& model, const char* field, const char* part,
                   std::vector<T> Object::*member) {
  const Ragged<T> ragged = dataset.ragged<T>(field, part);
  for (std::uint32_t k = 0; k < dataset.n_shards(); ++k) {
    const std::vector<Id> ids = dataset.ids(k);
    const RaggedBlock<T> block = ragged.block({k, 0}, ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::vector<T>& expected = model.at(ids[i]).*member;
      ASSERT_EQ(ragged(Row{k, i}), expected) << field << '/' << part << " of " << ids[i];
      ASSERT_EQ(ragged.rows(Row{k, i}) * ragged.width(), expected.size());
      ASSERT_TRUE(std::equal(block[i].begin(), block[i].end(), expected.begin(), expected.end()));
    }
  }
}

inline void expect_same(const SegmentationDataset& dataset, const Model& model) {
  ASSERT_EQ(dataset.size(), model.size());
  std::size_t seen = 0;
  for (std::uint32_t k = 0; k < dataset.n_shards(); ++k) {
    Id previous = 0;
    dataset.for_each(k, [&](Id id, Row row) {
      EXPECT_GT(id, previous);
      EXPECT_TRUE(model.contains(id));
      EXPECT_EQ(dataset.find(id), row);
      EXPECT_EQ(dataset.position(row), seen++);
      previous = id;
    });
  }
  EXPECT_EQ(seen, model.size());
  expect_column(dataset, model, "c_u8", &Object::u8), expect_column(dataset, model, "c_i8", &Object::i8);
  expect_column(dataset, model, "c_u16", &Object::u16), expect_column(dataset, model, "c_i16", &Object::i16);
  expect_column(dataset, model, "c_u32", &Object::u32), expect_column(dataset, model, "c_i32", &Object::i32);
  expect_column(dataset, model, "c_u64", &Object::u64), expect_column(dataset, model, "c_i64", &Object::i64);
  expect_column(dataset, model, "c_f32", &Object::f32), expect_column(dataset, model, "c_f64", &Object::f64);
  expect_ragged(dataset, model, "mesh", "vertices_nm", &Object::vertices);
  expect_ragged(dataset, model, "mesh", "faces", &Object::faces);
  expect_ragged(dataset, model, "mi_overlap", "ids", &Object::ids);
  expect_ragged(dataset, model, "mi_overlap", "voxels", &Object::voxels);
}

/// The message of the Error that fn throws; its category must be `category`.
template <class F>
std::string error_of(Category category, F&& fn) {
  try {
    fn();
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), category) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return "";
}

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
