// SPDX-License-Identifier: GPL-3.0-or-later
// The whole stage on real segmentations, by the configs that ship.
#include <gtest/gtest.h>

#include <cstdlib>

#include "algo/contacts_oracle.h"
#include "stages/child_process.h"
#include "support/temp_folder.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

fs::path data_folder() {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  return set != nullptr ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data";
}

std::uint64_t objects(const fs::path& top_file) {
  EXPECT_TRUE(SegmentationDataset::verify(top_file, VerifyLevel::full).empty());
  return SegmentationDataset::open(top_file).size();
}

/// The largest step by far must keep what it declares by itself; others' round numbers must not hide it.
void expect_extract_within(const Json& plan, const fs::path& run) {
  const Json& step = plan.at("stages").at(0).at("steps").at(0);
  ASSERT_EQ(step.at("name"), "extract");
  const double declared = step.at("at_once").get<double>() * step.at("memory_bytes").get<double>();
  double peak = 0;
  for (const auto& marker : fs::directory_iterator(run / "work/contacts/extract/done"))
    peak = std::max(peak, parse_json(read_file(marker.path()), "marker").at("peak_rss_bytes").get<double>());
  EXPECT_GT(peak, 0);
  EXPECT_LT(peak, declared);
  std::printf("extract: peak %.0f MB, declared %.0f MB\n", 1e-6 * peak, 1e-6 * declared);
}

/// Runs configs/<name>.yml; the peak memory must stay below what the dry run declares.
void run_config(const std::string& name, const test::TempFolder& temp) {
  const std::vector<std::string> command{"run",
                                         "-c",
                                         (fs::path(SYCONN_SOURCE_DIR) / "configs" / (name + ".yml")).string(),
                                         "--set",
                                         "dataset.root=" + (data_folder() / name).string(),
                                         "--set",
                                         "execution.threads=2",
                                         "--set",
                                         "stages=[contacts]",
                                         "-o",
                                         (temp / "run").string()};
  std::vector<std::string> dry = command;
  dry.push_back("--dry-run");
  const Json plan = test::syconn_json(dry, temp / "plan.json");
  const double declared = plan.at("peak_memory_bytes").get<double>();
  EXPECT_FALSE(fs::exists(temp / "run")) << "a dry run writes nothing";
  const Json done = test::syconn_json(command, temp / "done.json");
  EXPECT_LT(done.at("peak_rss_bytes").get<double>(), declared);
  std::printf("%s: %.1f s, peak %.0f MB, declared %.0f MB\n", name.c_str(), done.at("wall_s").get<double>(),
              1e-6 * done.at("peak_rss_bytes").get<double>(), 1e-6 * declared);
  expect_extract_within(plan, temp / "run");
  EXPECT_GT(objects(temp / "run/datasets/cs.h5"), 100U);
}

TEST(ContactsStageData, Vnc) {
  if (!fs::exists(data_folder() / "vnc/sj.h5")) GTEST_SKIP() << "vnc/sj.h5 is not in " << data_folder();
  const test::TempFolder temp;
  run_config("vnc", temp);
  const std::uint64_t synapses = objects(temp / "run/datasets/syn.h5");
  EXPECT_GT(synapses, 10U);
  EXPECT_LT(synapses, objects(temp / "run/datasets/cs.h5"));
}

TEST(ContactsStageData, Pinky40) {
  if (!fs::exists(data_folder() / "pinky40/seg.h5")) GTEST_SKIP() << "pinky40/seg.h5 is not in " << data_folder();
  const test::TempFolder temp;
  run_config("pinky40", temp);
  EXPECT_FALSE(fs::exists(temp / "run/datasets/syn.h5"));
}

TEST(ContactsStageData, FibMedullaEqualsTheDefinition) {
  const fs::path file = data_folder() / "fib_medulla/supervoxels.h5";
  if (!fs::exists(file)) GTEST_SKIP() << "fib_medulla/supervoxels.h5 is not in " << data_folder();
  const test::TempFolder temp;
  run_config("fib_medulla", temp);
  const auto reader = open_volume(file, "seg");
  const Volume<Id> labels = reader->read_labels(reader->info().box());
  const ContactSet want = oracle::contact_sites(labels.view(), {});
  const SegmentationDataset cs = SegmentationDataset::open(temp / "run/datasets/cs.h5");
  const auto sv_a = cs.column<Id>("sv_a"), sv_b = cs.column<Id>("sv_b");
  const auto size_vx = cs.column<std::uint64_t>("size_vx");
  const auto runs_vx = cs.ragged<std::int32_t>("voxels", "runs_vx");
  Id id = 0;
  for (std::size_t p = 0; p < want.n_pairs(); ++p) {
    std::vector<std::int32_t> runs;
    std::uint64_t voxels = 0;
    for (const syconn::Run& r : want.runs_of(p)) {
      runs.insert(runs.end(), {r.x, r.y, r.z, r.len});
      voxels += static_cast<std::uint64_t>(r.len);
    }
    if (voxels < 10) continue;
    const Row row = cs.at(++id);
    ASSERT_EQ(sv_a(row), want.sv_a[p]);
    ASSERT_EQ(sv_b(row), want.sv_b[p]);
    ASSERT_EQ(size_vx(row), voxels);
    ASSERT_EQ(runs_vx(row), runs);
  }
  EXPECT_EQ(cs.size(), id);
}

}  // namespace
}  // namespace syconn
