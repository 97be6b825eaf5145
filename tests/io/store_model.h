// SPDX-License-Identifier: GPL-3.0-or-later
// A dataset kept in std::map, to be built and compared with the store by every way to read it.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"

namespace syconn::store_test {

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

}  // namespace syconn::store_test
