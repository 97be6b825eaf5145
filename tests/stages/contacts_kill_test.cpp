// SPDX-License-Identifier: GPL-3.0-or-later
// The executable killed at random moments, and damage that a full check must find.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <thread>

#include "algo/label_patterns.h"
#include "stages/child_process.h"
#include "support/stage_run.h"

namespace syconn {
namespace {

std::map<std::string, std::string> bytes_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

class ContactsKill : public ::testing::Test {
 protected:
  void SetUp() override {
    const Box3 box = Box3::of_size({190, 180, 70});
    test::write_volume(temp_ / "sv.h5", "sv", patterns::voronoi(box, 60, 0.1, 11));
    Volume<std::uint8_t> sj(box);
    const Volume<Id> blobs = patterns::voronoi(box, 40, 0.5, 12);
    for (std::size_t i = 0; i < sj.count(); ++i) sj.data()[i] = blobs.data()[i] != 0 ? 255 : 0;
    test::write_volume(temp_ / "sj.h5", "sj", sj);
    write_file_atomically(
        temp_ / "run.yml",
        "dataset: {name: t, voxel_size_nm: [10, 10, 25], chunk_vx: [64, 64, 64], volumes: {sv: {path: "
        "sv.h5, dataset: sv, kind: labels}, sj: {path: sj.h5, dataset: sj, kind: probability}}}\n"
        "stages: [contacts]\nexecution: {threads: 2, merge_fan_in: 4}\n");
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

TEST_F(ContactsKill, ResumesToTheSameBytes) {
  const std::int64_t all = finish("calm").at("jobs_run").get<std::int64_t>();
  const auto want = bytes_of(temp_ / "calm/datasets");
  ASSERT_GE(want.size(), 4U);
  Rng rng(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  int kills = 0;
  for (int attempt = 0; kills < 10 && attempt < 100; ++attempt) {
    const auto delay = std::chrono::milliseconds(10 + rng.below(391));
    std::vector<std::string> arguments = command("shot");
    arguments.push_back("--quiet");
    const pid_t child = test::start_syconn(arguments, temp_ / "stdout.txt");
    std::this_thread::sleep_for(delay);
    ::kill(child, SIGKILL);
    const int code = test::wait_for(child);
    ASSERT_TRUE(code == 0 || code == 1000 + SIGKILL) << code;
    kills += code != 0;
    if (code != 0) continue;
    EXPECT_TRUE(bytes_of(temp_ / "shot/datasets") == want) << "after " << kills << " kills";
    fs::remove_all(temp_ / "shot");  // done before it was shot: once more from the start
  }
  EXPECT_EQ(kills, 10);
  const Json rest = finish("shot");
  EXPECT_EQ(rest.at("jobs_run").get<std::int64_t>() + rest.at("jobs_skipped").get<std::int64_t>(), all);
  EXPECT_TRUE(bytes_of(temp_ / "shot/datasets") == want);
  EXPECT_EQ(finish("shot", {"--check", "full"}).at("jobs_run"), 0);
  for (const auto& entry : fs::recursive_directory_iterator(temp_ / "shot"))
    EXPECT_FALSE(is_temporary_name(entry.path())) << entry.path();
}

TEST_F(ContactsKill, AFullCheckRedoesTheDamagedShardAlone) {
  finish("run");
  const auto want = bytes_of(temp_ / "run/datasets");
  fs::path shard;
  for (const auto& [name, bytes] : want)
    if (name.starts_with("syn/") && shard.empty()) shard = temp_ / "run/datasets" / name;
  ASSERT_FALSE(shard.empty());
  std::string bytes = read_file(shard);
  bytes[bytes.size() / 2] ^= 0x10;
  std::ofstream(shard, std::ios::binary) << bytes;
  EXPECT_EQ(finish("run").at("jobs_run"), 0) << "sizes alone do not show it";
  EXPECT_EQ(finish("run", {"--check", "full"}).at("jobs_run"), 1);
  EXPECT_TRUE(bytes_of(temp_ / "run/datasets") == want);
  EXPECT_EQ(finish("run", {"--check", "full"}).at("jobs_run"), 0);
}

}  // namespace
}  // namespace syconn
