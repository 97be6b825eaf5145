// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_synapse_forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"
#include "syconn/io/forest_file.h"

namespace syconn {
namespace {

constexpr Vec3d kSize_nm{10, 10, 25};

struct Object {
  Id id;
  Vec3i rep;
  std::vector<Vec3i> voxels;
  bool synapse;
};

/// 60 objects in a small box, so that more than 20 are about anywhere; ids near 2^63.
std::vector<Object> objects() {
  Rng rng(3);
  std::vector<Object> list;
  for (int i = 0; i < 60; ++i) {
    const auto at = [&](std::uint64_t n) { return static_cast<std::int64_t>(rng.below(n)); };
    const Vec3i corner{at(400), at(400), at(120)};
    Object o{(Id{1} << 63) + 7 * static_cast<Id>(i), {}, {}, i % 3 == 0};
    const Vec3i extent{1 + at(60), 1 + at(3), 1 + at(5)};
    for (std::int64_t z = 0; z < extent.z; ++z)
      for (std::int64_t y = 0; y < extent.y; ++y)
        for (std::int64_t x = 0; x < extent.x; ++x) o.voxels.push_back(corner + Vec3i{x, y, z});
    o.rep = o.voxels[o.voxels.size() / 2];
    list.push_back(std::move(o));
  }
  return list;
}

/// `poisson`: objects with a Poisson mesh, from the first on; kUntold: a run without the column.
constexpr int kUntold = -1;
void write_run(const fs::path& run, int poisson = kUntold) {
  std::vector<ColumnSpec> columns{{"rep_vx", DType::i64, 3}, {"features", DType::f32, 10}};
  if (poisson != kUntold) columns.push_back({"mesh_method", DType::u8});
  DatasetBuilder builder({"syn_ssv", kSize_nm, "{}", columns, {{"voxels", {{"runs_vx", DType::i32, 4}}}}}, 3);
  Rng rng(4);
  int written = 0;
  for (const Object& o : objects()) {
    ShardBuilder& row = builder.begin(o.id);
    row.set("rep_vx", o.rep);
    if (poisson != kUntold) row.set("mesh_method", static_cast<std::uint8_t>(written++ < poisson));
    std::vector<float> features;
    for (int f = 0; f < 10; ++f) features.push_back(static_cast<float>(rng.normal(o.synapse && f == 1 ? 3 : 0, 1)));
    row.set("features", std::span<const float>(features));
    std::vector<std::int32_t> runs;
    for (const Vec3i& v : o.voxels)
      runs.insert(runs.end(),
                  {static_cast<std::int32_t>(v.x), static_cast<std::int32_t>(v.y), static_cast<std::int32_t>(v.z), 1});
    row.append<std::int32_t>("voxels", "runs_vx", runs);
    row.end();
  }
  builder.commit(run / "datasets", "synapses", "00000000");
}

/// The rule, object by object and voxel by voxel.
std::optional<Id> object_at(const Vec3i& v) {
  std::vector<std::pair<double, const Object*>> near;
  const std::vector<Object> all = objects();
  for (const Object& o : all) {
    const Vec3d d = Vec3d(o.rep - v) * kSize_nm;
    near.emplace_back(d.dot(d), &o);
  }
  std::sort(near.begin(), near.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->id < b.second->id;
  });
  for (std::size_t i = 0; i < 20; ++i)
    for (const Vec3i& w : near[i].second->voxels)
      if (std::abs(w.x - v.x) + std::abs(w.y - v.y) + std::abs(w.z - v.z) < 20) return near[i].second->id;
  return std::nullopt;
}

std::string line(const Vec3i& v, const std::string& label) {
  return std::to_string(v.x) + "," + std::to_string(v.y) + "," + std::to_string(v.z) + "," + label + "\n";
}

TEST(Annotations, CoordinatesNameTheObjectOfTheRule) {
  const test::TempFolder folder;
  write_run(folder.path());
  std::string text = "x,y,z,label\n";
  std::vector<std::optional<Id>> want;
  Rng rng(5);
  for (int i = 0; i < 200; ++i) {
    const auto at = [&](std::uint64_t n) { return static_cast<std::int64_t>(rng.below(n)) - 20; };
    const Vec3i v{at(480), at(440), at(160)};
    text += line(v, "synaptic");
    want.push_back(object_at(v));
  }
  const Object first = objects()[0];
  text += line(first.rep, "1");
  want.push_back(first.id);
  write_file_atomically(folder / "a.csv", text);
  const SynapseAnnotations found = match_annotations(folder.path(), folder / "a.csv");
  std::vector<std::uint64_t> unmatched;
  std::map<Id, std::vector<std::uint64_t>> lines;
  for (std::size_t i = 0; i < want.size(); ++i) want[i] ? lines[*want[i]].push_back(i + 2) : unmatched.push_back(i + 2);
  ASSERT_GT(unmatched.size(), 20U);
  ASSERT_GT(lines.size(), 10U);
  EXPECT_EQ(found.n_coordinates, want.size());
  EXPECT_EQ(found.n_exact, 1U);
  EXPECT_EQ(found.n_near, want.size() - 1 - unmatched.size());
  ASSERT_EQ(found.unmatched.size(), unmatched.size());
  for (std::size_t i = 0; i < unmatched.size(); ++i) EXPECT_EQ(found.unmatched[i].line, unmatched[i]);
  ASSERT_EQ(found.objects.size(), lines.size());
  std::size_t at = 0, again = 0;
  for (const auto& [id, of] : lines) {
    EXPECT_EQ(found.objects[at++].object, id);
    if (of.size() < 2) continue;
    EXPECT_EQ(found.repeated.at(again).object, id);
    EXPECT_EQ(found.repeated.at(again).lines, of);
    EXPECT_FALSE(found.repeated.at(again++).contradicting);
  }
  EXPECT_EQ(found.repeated.size(), again);
}

TEST(Annotations, NanometresAndBothLabels) {
  const test::TempFolder folder;
  write_run(folder.path());
  const std::vector<Object> all = objects();
  const auto nm = [](const Vec3i& v) {
    return std::to_string(v.x * 10 + 9) + ".5," + std::to_string(v.y * 10) + "," + std::to_string(v.z * 25 + 24);
  };
  write_file_atomically(folder / "a.csv", "# marked by hand\nlabel,x_nm,y_nm,z_nm\nnot," + nm(all[4].rep) +
                                              "\nsynaptic," + nm(all[5].rep) + "\n0," + nm(all[5].rep) + "\n");
  const SynapseAnnotations found = match_annotations(folder.path(), folder / "a.csv");
  EXPECT_EQ(found.n_exact, 3U);
  ASSERT_EQ(found.objects.size(), 1U);
  EXPECT_EQ(found.objects[0].object, all[4].id);
  EXPECT_FALSE(found.objects[0].synaptic);
  ASSERT_EQ(found.repeated.size(), 1U);
  EXPECT_TRUE(found.repeated[0].contradicting);
  EXPECT_EQ(found.repeated[0].lines, (std::vector<std::uint64_t>{4, 5}));
}

TEST(Annotations, ErrorsNameFileAndLine) {
  const test::TempFolder folder;
  write_run(folder.path());
  const auto error = [&](const std::string& text) -> std::string {
    write_file_atomically(folder / "a.csv", text);
    try {
      match_annotations(folder.path(), folder / "a.csv");
    } catch (const Error& e) {
      EXPECT_EQ(e.category(), Category::input);
      return e.what();
    }
    return "no error";
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(error("x,y,z,label\n1,2,3,1\n1,2,3,maybe\n"), HasSubstr("a.csv:3: label 'maybe' is none of"));
  EXPECT_THAT(error("x,y,z,label\n1,2.5,3,1\n"), HasSubstr("a.csv:2:3: column 'y'"));
  EXPECT_THAT(error("x_nm,y_nm,z_nm,label\n1,,3,1\n"), HasSubstr("a.csv:2: a coordinate"));
  EXPECT_THAT(error("x,y,label\n1,2,1\n"), HasSubstr("has no coordinates"));
  EXPECT_THAT(error("x,y,z,x_nm,y_nm,z_nm,label\n"), HasSubstr("keep one of them"));
  EXPECT_THAT(error("x,y,z\n1,2,3\n"), HasSubstr("label"));
}

TEST(TrainSynapseForest, AnnotationsInAnyOrderGiveTheSameBytes) {
  const test::TempFolder folder;
  write_run(folder.path());
  std::vector<std::string> lines;
  for (const Object& o : objects()) lines.push_back(line(o.rep, o.synapse ? "synaptic" : "not"));
  const auto train = [&](const std::string& name) {
    std::string text = "x,y,z,label\n";
    for (const std::string& l : lines) text += l;
    write_file_atomically(folder / "a.csv", text);
    return train_synapse_forest({{folder.path(), {}, folder / "a.csv"}}, 20, 1, 1, folder / name);
  };
  const ForestTraining t = train("a.h5");
  EXPECT_EQ(t.n_rows, 60U);
  EXPECT_EQ(t.n_synapses, 20U);
  EXPECT_GT(t.auc, 0.9);
  ASSERT_EQ(t.annotations.size(), 1U);
  EXPECT_EQ(t.annotations[0].n_exact, 60U);
  std::reverse(lines.begin(), lines.end());
  train("b.h5");
  EXPECT_TRUE(read_file(folder / "a.h5") == read_file(folder / "b.h5"));
  EXPECT_THROW(train_synapse_forest({}, 20, 1, 1, folder / "c.h5"), Error);
  EXPECT_THROW(train_synapse_forest({{folder.path(), {}, {}}}, 20, 1, 1, folder / "c.h5"), Error);
}

// Marching cubes is what Poisson falls back to, so one Poisson mesh tells; runs of two methods do not go together.
TEST(TrainSynapseForest, FileSaysWhichMeshesItLearnedFrom) {
  const test::TempFolder folder;
  std::string text = "x,y,z,label\n";
  for (const Object& o : objects()) text += line(o.rep, o.synapse ? "synaptic" : "not");
  write_file_atomically(folder / "a.csv", text);
  write_run(folder / "unknown"), write_run(folder / "cubes", 0), write_run(folder / "poisson", 1);
  const auto train = [&](const std::vector<std::string>& runs) {
    std::vector<ForestSource> sources;
    for (const std::string& run : runs) sources.push_back({folder / run, {}, folder / "a.csv"});
    train_synapse_forest(sources, 5, 1, 1, folder / "f.h5");
    return read_forest(folder / "f.h5").synapse_mesh;
  };
  EXPECT_EQ(train({"unknown"}), "");
  EXPECT_EQ(train({"cubes", "cubes"}), "marching_cubes");
  EXPECT_EQ(train({"poisson"}), "poisson");
  EXPECT_THROW(train({"cubes", "poisson"}), Error);
  EXPECT_THROW(train({"cubes", "unknown"}), Error);
}

}  // namespace
}  // namespace syconn
