// SPDX-License-Identifier: GPL-3.0-or-later
// Maps that `chunk-infer` makes in the run are as good as those of dataset.volumes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algo/label_patterns.h"
#include "support/stage_run.h"
#include "syconn/io/segmentation_dataset.h"
#include "volumes.h"

namespace syconn {
namespace {

const Box3 kBox = Box3::of_size({100, 90, 40});
const std::vector<std::string> kMaps{"sj", "syn_sym", "syn_asym", "myelin"};

Volume<std::uint8_t> map_of(const std::string& name) {
  const Volume<Id> blobs = patterns::voronoi(kBox, 30, 0.5, 20 + name.size());
  Volume<std::uint8_t> map(kBox);
  for (std::size_t i = 0; i < map.count(); ++i) map.data()[i] = blobs.data()[i] != 0 ? 200 : 20;
  return map;
}

/// In the place of the networks: writes the maps as they are.
void write_maps(JobContext& ctx, const AnyConfig&) {
  for (const std::string& map : kMaps) {
    const std::string name = map + "_prob";
    VolumeMeta meta;
    meta.voxel_size_nm = ctx.geometry().voxel_size_nm;
    write_volume_chunk(ctx.output("volumes" / volume_chunk_file(name, kBox)), name, map_of(map).view(), meta);
  }
}
void publish_maps(JobContext& ctx, const AnyConfig&) {
  VolumeMeta meta;
  meta.voxel_size_nm = ctx.geometry().voxel_size_nm;
  for (const std::string& map : kMaps)
    publish_volume(ctx, map + "_prob", {{kBox, volume_chunk_file(map + "_prob", kBox)}}, meta);
}

StageTable table_with_maps() {
  StageTable table = stage_table();
  for (Stage& stage : table.stages)
    if (stage.name == "chunk-infer") {
      stage.steps = {{"infer", once, write_maps, {}}, {"publish", once, publish_maps, {}}};
      stage.inputs = {};
    }
  return table;
}

class InferredMaps : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_volume(folder_ / "sv.h5", "sv", patterns::voronoi(kBox, 12, 0.1, 7, {1, 1, 2}));
    for (const std::string& map : kMaps) test::write_volume(folder_.path() / (map + ".h5"), map, map_of(map));
    write_file_atomically(folder_ / "m.pt", "no network");
  }
  static std::string volume_of(const std::string& map) {
    return ", " + map + ": {path: " + map + ".h5, dataset: " + map + ", kind: probability}";
  }
  void run(const std::string& out, const std::string& volumes, bool inferred) const {
    const StageTable table = table_with_maps();
    const std::string yaml =
        "dataset: {name: t, voxel_size_nm: [10, 10, 25], chunk_vx: [64, 64, 64], volumes: {sv: {path: sv.h5, dataset: "
        "sv, kind: labels}" +
        volumes + "}}\nexecution: {threads: 1}\ncontacts: {sj_morphology: []}\nstages: [" +
        (inferred ? "chunk-infer, " : "") + "contacts, sso]\n" +
        (inferred ? "chunk-infer: {models: {m: {model: m.pt, outputs: {sj: a, syn_sym: b, syn_asym: c, myelin: d}}}}\n"
                  : "");
    const PipelineRun run(parse_config(yaml, "test.yml", folder_.path(), {}, table.sections()), folder_.path() / out,
                          table);
    const auto progress = make_progress(std::cerr, false, true);
    run_local(run, {}, *progress);
  }
  test::TempFolder folder_;
};

std::vector<std::uint64_t> column(const SegmentationDataset& set, const std::string& name) {
  std::vector<std::uint64_t> values;
  const auto of = set.column<std::uint64_t>(name);
  for (std::uint32_t s = 0; s < set.n_shards(); ++s) set.for_each(s, [&](Id, Row row) { values.push_back(of(row)); });
  return values;
}

TEST_F(InferredMaps, GiveTheResultsOfTheSameVolumes) {
  std::string volumes;
  for (const std::string& map : kMaps) volumes += volume_of(map);
  run("given", volumes, false);
  run("inferred", "", true);
  const auto want = SegmentationDataset::open(folder_ / "given/datasets/syn.h5");
  const auto got = SegmentationDataset::open(folder_ / "inferred/datasets/syn.h5");
  ASSERT_GT(want.size(), 0U);
  for (const char* name : {"size_vx", "n_sym_vx", "n_asym_vx"})
    EXPECT_EQ(column(got, name), column(want, name)) << name;
  const auto cells = SegmentationDataset::open(folder_ / "given/datasets/ssv.h5");
  const auto inferred = SegmentationDataset::open(folder_ / "inferred/datasets/ssv.h5");
  std::size_t nodes = 0;
  for (std::uint32_t s = 0; s < cells.n_shards(); ++s)
    for (const Id id : cells.ids(s)) {
      const auto share = cells.ragged<float>("skeleton", "myelin_share", id);
      EXPECT_EQ(inferred.ragged<float>("skeleton", "myelin_share", id), share);
      nodes += share.size();
    }
  EXPECT_GT(nodes, 0U);
}

TEST_F(InferredMaps, BesideAVolumeOfThatNameAreAnError) {
  run("run", "", true);
  try {
    run("run", volume_of("sj"), false);
    ADD_FAILURE() << "two maps of sj";
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::config);
    EXPECT_THAT(e.what(), ::testing::AllOf(::testing::HasSubstr("sj_prob.json"), ::testing::HasSubstr("volumes.sj")));
  }
}

}  // namespace
}  // namespace syconn
