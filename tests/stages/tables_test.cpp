// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/stage_run.h"
#include "syconn/io/dataset_builder.h"
#include "syconn/io/sqlite_reader.h"
#include "tables_columns.h"

namespace syconn {
namespace {

TEST(Tables, PreIsTheOnlyAxonElseTheVesicleSide) {
  EXPECT_EQ(pre_side(3, 0, -1, 0.2), PreSide::a);
  EXPECT_EQ(pre_side(6, 5, 1, 0.2), PreSide::b);
  EXPECT_EQ(pre_side(3, 4, 0.2, 0.2), PreSide::a);
  EXPECT_EQ(pre_side(255, 255, -0.2, 0.2), PreSide::b);
  EXPECT_EQ(pre_side(255, 255, 0.19, 0.2), PreSide::unknown);
  EXPECT_EQ(pre_side(0, 0, std::nan(""), 0.2), PreSide::unknown);
}

// Synapses 1 (a to b by vesicles), 2 (b to a), 3 (undirected), 4 (below prob_min), all between cells 5 and 9.
fs::path make_run(const test::TempFolder& folder, int threads) {
  DatasetSchema schema;
  schema.type = "syn_ssv", schema.voxel_size_nm = {10, 10, 25};
  schema.columns = common_columns();
  for (const char* id : {"cell_a", "cell_b"}) schema.columns.push_back({id, DType::u64});
  for (const char* real : {"area_um2", "prob", "direction_vc"}) schema.columns.push_back({real, DType::f32});
  DatasetBuilder syn(schema, 2);
  const float direction[] = {1, -1, 0, 1}, prob[] = {0.9F, std::numeric_limits<float>::quiet_NaN(), 0.5F, 0.4F};
  for (Id id = 1; id <= 4; ++id) {
    ShardBuilder& row = syn.begin(id);
    row.set("size_vx", std::uint64_t{100});
    for (const char* name : {"bbox_min_vx", "rep_vx"}) row.set(name, Vec3i(1));
    row.set("bbox_max_vx", Vec3i(2));
    row.set("centroid_nm", Vec3d(1));
    row.set("cell_a", Id{5});
    row.set("cell_b", Id{9});
    row.set("area_um2", 0.5F);
    row.set("prob", prob[id - 1]);
    row.set("direction_vc", direction[id - 1]);
    row.end();
  }
  syn.commit(folder / "run" / "datasets", "synapses", "00000000");
  test::run_stages(
      "dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: [64, 64, 64]}, "
      "volumes: {}}\nstages: [tables]\nexecution: {threads: " +
          std::to_string(threads) + "}\n",
      folder.path());
  return folder / "run";
}

TEST(Tables, SynapsesAndEdges) {
  const test::TempFolder folder;
  const fs::path run = make_run(folder, 1);
  SqliteQuery synapses(run / "connectome.sqlite", "SELECT id, pre_id, post_id FROM synapses ORDER BY id");
  const std::int64_t pre[] = {5, 9, 0}, post[] = {9, 5, 0};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(synapses.next());
    EXPECT_EQ(synapses.integer(0), i + 1);
    EXPECT_EQ(synapses.integer(1), pre[i]);
    EXPECT_EQ(synapses.integer(2), post[i]);
    EXPECT_EQ(synapses.is_null(1), i == 2);
  }
  EXPECT_FALSE(synapses.next());
  SqliteQuery edges(run / "connectome.sqlite", "SELECT count(*), sum(n_syn), sum(area_sum_um2) FROM edges");
  ASSERT_TRUE(edges.next());
  EXPECT_EQ(edges.integer(0), 2);
  EXPECT_EQ(edges.integer(1), 2);
  EXPECT_EQ(edges.number(2), 1.0);
}

TEST(Tables, SameBytesForAnyThreads) {
  const test::TempFolder one, two;
  const fs::path a = make_run(one, 1), b = make_run(two, 2);
  for (const char* file : {"connectome.sqlite", "export/csv/synapses.csv", "datasets/syn_ssv.h5"})
    EXPECT_EQ(read_file(a / file), read_file(b / file)) << file;
}

}  // namespace
}  // namespace syconn
