// SPDX-License-Identifier: GPL-3.0-or-later
// All voxel stages: the laws for the whole pipeline; the executable killed at random moments; and damage that a full
// check must find.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <thread>

#include "algo/label_patterns.h"
#include "stages/child_process.h"
#include "stages/organelle_balls.h"
#include "support/stage_run.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

/// What a run gives: everything but logs, markers and records of its steps.
std::map<std::string, std::string> bytes_of(const fs::path& run) {
  std::map<std::string, std::string> files;
  for (const char* part : {"datasets", "volumes", "export"})
    for (const auto& entry : fs::recursive_directory_iterator(run / part))
      if (entry.is_regular_file()) files[entry.path().lexically_relative(run).string()] = read_file(entry.path());
  files["connectome.sqlite"] = read_file(run / "connectome.sqlite");
  return files;
}

class PipelineKill : public ::testing::Test {
 protected:
  void SetUp() override {
    const Box3 box = Box3::of_size({190, 180, 70});
    Volume<Id> sv = patterns::voronoi(box, 60, 0.1, 11);
    for (std::size_t i = 0; i < sv.count(); ++i) sv.data()[i] >>= 2;  // SQLite holds ids below 2^63
    test::write_volume(temp_ / "sv.h5", "sv", sv);
    Volume<std::uint8_t> sj(box);
    const Volume<Id> blobs = patterns::voronoi(box, 40, 0.5, 12);
    for (std::size_t i = 0; i < sj.count(); ++i) sj.data()[i] = blobs.data()[i] != 0 ? 255 : 0;
    test::write_volume(temp_ / "sj.h5", "sj", sj);
    test::write_volume(temp_ / "mi.h5", "mi", test::balls(box, {56, 50, 30}, {20, 25, 12}, 180));
    test::write_volume(temp_ / "vc.h5", "vc", test::balls(box, {47, 52, 26}, {44, 4, 6}, 120));
    write_file_atomically(temp_ / "run.yml", config("[64, 64, 64]", "threads: 2, merge_fan_in: 4"));
  }
  static std::string config(const std::string& chunk_vx, const std::string& execution) {
    return "dataset:\n  {name: t, voxel_size_nm: [10, 10, 25], chunk_vx: " + chunk_vx +
           ",\n   volumes: {sv: {path: sv.h5, dataset: sv, kind: labels}, sj: {path: sj.h5, dataset: sj, kind: "
           "probability},\n             mi: {path: mi.h5, dataset: mi, kind: probability}, vc: {path: vc.h5, dataset: "
           "vc, kind: probability}}}\nstages: [watershed, contacts, sso, synapses, tables]\nexecution: {" +
           execution +
           "}\nwatershed: {types: {mi: {morphology: [opening], min_obj_vx: 50}, vc: {morphology: [], min_obj_vx: "
           "50}}}\nsynapses: {min_syn_ssv_vx: 4000}\n"
           "sso: {organelles: {mi: {min_ratio: 0.3, min_vx: 50}, vc: {min_ratio: 0.3, min_vx: 50}}}\n";
  }
  std::vector<std::string> command(const std::string& out) const {
    return {"run", "-c", (temp_ / "run.yml").string(), "-o", (temp_ / out).string()};
  }
  Json finish(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = command(out);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::syconn_json(arguments, temp_ / "stdout.json");
  }

  test::TempFolder temp_;
};

TEST_F(PipelineKill, SameBytesForAnyChunksThreadsAndOrder) {
  std::map<std::string, std::string> want;
  Volume<Id> want_mi;
  int n = 0;
  for (const auto& [chunk, execution] : {std::pair{"[192, 192, 128]", "threads: 1"},
                                         {"[64, 64, 64]", "threads: 2, job_order_seed: 7, merge_fan_in: 2"},
                                         {"[128, 64, 192]", "threads: 2"}}) {
    const std::string out = "run" + std::to_string(n++);
    test::run_stages(config(chunk, execution), temp_.path(), out);
    auto files = bytes_of(temp_ / out);
    std::erase_if(files, [](const auto& file) { return file.first.starts_with("volumes/"); });  // their files: chunks
    const auto volume = open_volume(temp_ / out / "volumes/mi_seg.json", "mi_seg");
    Volume<Id> mi = volume->read_labels(volume->info().box());
    if (n == 1) {
      want = std::move(files), want_mi = std::move(mi);
      const auto synapses = SegmentationDataset::open(temp_ / out / "datasets/syn_ssv.h5");
      ASSERT_GT(synapses.size(), 1U);
      const auto features = synapses.column<float>("features").all();
      double organelles = 0;
      for (std::size_t i = 0; i < features.size(); ++i)
        organelles += i % 10 >= 2 ? static_cast<double>(features[i]) : 0;
      EXPECT_GT(organelles, 0) << "some near some synapse";
      RecordProperty("synapses", std::to_string(synapses.size()));
      continue;
    }
    ASSERT_EQ(files.size(), want.size());
    for (const auto& [name, bytes] : want) EXPECT_TRUE(files[name] == bytes) << out << ": " << name;
    EXPECT_TRUE(std::equal(mi.data(), mi.data() + mi.count(), want_mi.data())) << out;
  }
}

TEST_F(PipelineKill, ResumesToTheSameBytes) {
  const std::int64_t all = finish("calm").at("jobs_run").get<std::int64_t>();
  const auto want = bytes_of(temp_ / "calm");
  ASSERT_GE(want.size(), 20U);
  Rng rng(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  int kills = 0;
  for (int attempt = 0; kills < 10 && attempt < 100; ++attempt) {
    const auto delay = std::chrono::milliseconds(10 + rng.below(1991));
    std::vector<std::string> arguments = command("shot");
    arguments.push_back("--quiet");
    const pid_t child = test::start_syconn(arguments, temp_ / "stdout.txt");
    std::this_thread::sleep_for(delay);
    ::kill(child, SIGKILL);
    const int code = test::wait_for(child);
    ASSERT_TRUE(code == 0 || code == 1000 + SIGKILL) << code;
    kills += code != 0;
    if (code != 0) continue;
    EXPECT_TRUE(bytes_of(temp_ / "shot") == want) << "after " << kills << " kills";
    fs::remove_all(temp_ / "shot");  // done before it was shot: once more from the start
  }
  EXPECT_EQ(kills, 10);
  const Json rest = finish("shot");
  EXPECT_EQ(rest.at("jobs_run").get<std::int64_t>() + rest.at("jobs_skipped").get<std::int64_t>(), all);
  EXPECT_TRUE(bytes_of(temp_ / "shot") == want);
  EXPECT_EQ(finish("shot", {"--check", "full"}).at("jobs_run"), 0);
  for (const auto& entry : fs::recursive_directory_iterator(temp_ / "shot"))
    EXPECT_FALSE(is_temporary_name(entry.path())) << entry.path();
}

TEST_F(PipelineKill, AFullCheckRedoesTheDamagedShardAlone) {
  finish("run");
  const auto want = bytes_of(temp_ / "run");
  fs::path shard;
  for (const auto& [name, bytes] : want)
    if (name.starts_with("datasets/syn/") && shard.empty()) shard = temp_ / "run" / name;
  ASSERT_FALSE(shard.empty());
  std::string bytes = read_file(shard);
  bytes[bytes.size() / 2] ^= 0x10;
  std::ofstream(shard, std::ios::binary) << bytes;
  EXPECT_EQ(finish("run").at("jobs_run"), 0) << "sizes alone do not show it";
  EXPECT_EQ(finish("run", {"--check", "full"}).at("jobs_run"), 1);
  EXPECT_TRUE(bytes_of(temp_ / "run") == want);
  EXPECT_EQ(finish("run", {"--check", "full"}).at("jobs_run"), 0);
}

}  // namespace
}  // namespace syconn
