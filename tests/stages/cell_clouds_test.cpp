// SPDX-License-Identifier: GPL-3.0-or-later
#include "cell_clouds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shards.h"
#include "support/stage_run.h"
#include "syconn/algo/point_contexts.h"
#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"

namespace syconn {
namespace {

constexpr Id kLargeId = (Id{1} << 63) + 9;
constexpr std::int64_t kVoxels = 200 * 100 * 40;

std::vector<float> vertices(std::uint64_t seed, int n) {
  Rng rng(seed);
  std::vector<float> xyz;
  for (int i = 0; i < 3 * n; ++i) xyz.push_back(static_cast<float>(rng.uniform(0, 1500)));
  return xyz;
}

DatasetBuilder dataset(const std::string& type, std::vector<ColumnSpec> columns, std::vector<FieldSpec> fields) {
  DatasetSchema schema;
  schema.type = type, schema.voxel_size_nm = {10, 10, 25};
  schema.columns = std::move(columns), schema.fields = std::move(fields);
  return {schema, n_shards(kVoxels)};
}

/// Cell 5: a mesh, two nodes of which the second is myelinated, organelles and synapses. Cell 6 has no mesh. The large
/// id has no lists.
void write_run(const fs::path& folder) {
  const PartSpec myelin{"myelin", DType::u8, 1, "node_offset", true};
  DatasetBuilder cells = dataset("ssv", {{"n_sv", DType::u32}},
                                 {mesh_field(), skeleton_field({myelin}), ids_field("mi_ids", ""),
                                  ids_field("vc_ids", ""), ids_field("syn_ids", "")});
  for (const Id id : {Id{5}, Id{6}, kLargeId}) {
    ShardBuilder& row = cells.begin(id);
    row.set("n_sv", std::uint32_t{1});
    if (id != 6) row.append<float>("mesh", "vertices_nm", vertices(id, 800));
    row.append<float>("skeleton", "nodes_nm", std::vector<float>{200, 750, 750, 1300, 750, 750});
    row.append<float>("skeleton", "radius_nm", std::vector<float>{1, 1});
    row.append<std::int32_t>("skeleton", "parent", std::vector<std::int32_t>{-1, 0});
    row.append<std::uint8_t>("skeleton", "myelin", std::vector<std::uint8_t>{0, 1});
    if (id == 5) {
      row.append<Id>("mi_ids", "ids", std::vector<Id>{3, 4});
      row.append<Id>("vc_ids", "ids", std::vector<Id>{7});
      row.append<Id>("syn_ids", "ids", std::vector<Id>{1, 2, 3});
    }
    row.end();
  }
  cells.commit(folder, "sso", "00000000");
  for (const char* type : {"mi", "vc"}) {
    DatasetBuilder set = dataset(type, {{"size_vx", DType::u64}}, {mesh_field()});
    for (const Id id : {Id{3}, Id{4}, Id{7}}) {
      ShardBuilder& row = set.begin(id);
      row.set("size_vx", std::uint64_t{1});
      row.append<float>("mesh", "vertices_nm", vertices(100 + id, 90));
      row.end();
    }
    set.commit(folder, "watershed", "00000000");
  }
  DatasetBuilder synapses = dataset("syn_ssv", {{"sign", DType::i8}}, {mesh_field()});
  for (const Id id : {Id{1}, Id{2}, Id{3}}) {
    ShardBuilder& row = synapses.begin(id);
    row.set("sign", static_cast<std::int8_t>(static_cast<int>(id) - 2));  // -1, 0, 1
    row.append<float>("mesh", "vertices_nm", vertices(200 + id, 70));
    row.end();
  }
  synapses.commit(folder, "synapses", "00000000");
}

std::vector<Vec3f> points(std::initializer_list<std::vector<float>> parts) {
  std::vector<Vec3f> all;
  for (const auto& xyz : parts)
    for (std::size_t i = 0; i < xyz.size(); i += 3) all.emplace_back(xyz[i], xyz[i + 1], xyz[i + 2]);
  return all;
}

TEST(CellClouds, EveryClassDownSampledByItself) {
  const test::TempFolder folder;
  write_run(folder.path());
  const CellCloudReader reader(folder.path());
  const CellCloud cloud = reader.read(reader.cells().at(5), {});
  const std::vector<std::pair<std::vector<Vec3f>, double>> parts{{points({vertices(5, 800)}), 80},
                                                                 {points({vertices(103, 90), vertices(104, 90)}), 100},
                                                                 {points({vertices(107, 90)}), 100},
                                                                 {points({vertices(201, 70), vertices(202, 70)}), 100},
                                                                 {points({vertices(203, 70)}), 100}};
  std::size_t i = 0, myelinated = 0;
  for (std::uint8_t part = 0; part < 5; ++part)
    for (const std::uint32_t v : one_per_voxel(std::span(parts[part].first), parts[part].second)) {
      ASSERT_LT(i, cloud.points_nm.size());
      EXPECT_EQ(cloud.points_nm[i], parts[part].first[v]);
      EXPECT_EQ(cloud.vertex[i], part == 0 ? v : CellCloud::kNoVertex);
      const bool second = cloud.points_nm[i].x > 750;
      EXPECT_EQ(cloud.node[i], second ? 1U : 0U);
      EXPECT_EQ(cloud.feature[i], part == 0 && second ? std::uint8_t{kMyelinatedSurface} : part);
      myelinated += cloud.feature[i] == kMyelinatedSurface;
      ++i;
    }
  EXPECT_EQ(i, cloud.points_nm.size());
  EXPECT_GT(myelinated, 100U);
  EXPECT_TRUE(reader.read(reader.cells().at(6), {}).points_nm.empty());
  EXPECT_GT(reader.read(reader.cells().at(kLargeId), {}).points_nm.size(), 300U);
}

void shard_step(JobContext& ctx, const CloudVoxels& voxels) { cell_clouds_shard(ctx, voxels, "pointcloud"); }
void publish_step(JobContext& ctx, const CloudVoxels&) { cell_clouds_publish(ctx, "pointcloud"); }

TEST(CellClouds, AsStepsOfAStage) {
  const test::TempFolder folder;
  write_run(folder / "run/datasets");
  StageTable table;
  table.dataset_box = stage_table().dataset_box;
  Stage stage = make_stage<CloudVoxels>("Clouds", {{"clouds", per_shard, shard_step, {.mem_gb = 1}},
                                                   {"publish_clouds", once, publish_step, {.mem_gb = 1}}});
  stage.name = stage.section.name = "pointcloud";
  table.stages.push_back(stage);
  const PipelineRun run(parse_config("dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: "
                                     "[200, 100, 40]}, volumes: {}}\nstages: [pointcloud]\npointcloud: "
                                     "{cell_voxel_nm: 300}\nexecution: {threads: 2}\n",
                                     "test.yml", folder.path(), {}, table.sections()),
                        folder / "run", table);
  const auto progress = make_progress(std::cerr, false, true);
  run_local(run, {}, *progress);
  const auto clouds = SegmentationDataset::open(folder / "run/datasets/cell_cloud.h5");
  EXPECT_TRUE(clouds.verify(VerifyLevel::full).empty());
  const CellCloudReader reader(folder / "run/datasets");
  for (const Id id : {Id{5}, Id{6}, kLargeId}) {
    const CellCloud want = reader.read(reader.cells().at(id), {.cell_nm = 300});
    EXPECT_EQ(clouds.column<std::uint64_t>("n_points")(clouds.at(id)), want.points_nm.size());
    EXPECT_EQ(points({clouds.ragged<float>("cloud", "points_nm", id)}), want.points_nm);
    EXPECT_EQ(clouds.ragged<std::uint8_t>("cloud", "feature", id), want.feature);
    EXPECT_EQ(clouds.ragged<std::uint32_t>("cloud", "vertex", id), want.vertex);
    EXPECT_EQ(clouds.ragged<std::uint32_t>("cloud", "node", id), want.node);
  }
}

}  // namespace
}  // namespace syconn
