// SPDX-License-Identifier: GPL-3.0-or-later
// A writer process killed at random moments. The child is this program again (exec: HDF5 must not be forked with open
// files), running one disabled test that writes generation after generation of a dataset into the folder named by an
// environment variable, and one line a commit into a journal after the commit.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "store_support.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"

namespace syconn::store_test {

constexpr std::uint32_t kKillShards = 4;
constexpr const char* kKillFolder = "SYCONN_TEST_KILL_FOLDER";
constexpr const char* kKillGeneration = "SYCONN_TEST_KILL_GENERATION";

inline ShardSet kill_shards(std::uint32_t generation) { return shard_set("mi", "w", hex8(generation), kKillShards); }

inline void write_kill_shard(const fs::path& folder, std::uint32_t generation, std::uint32_t k) {
  BuilderOptions options;
  options.shard = k, options.n_shards = kKillShards;
  options.memory_bytes = 1 << 16, options.spill_folder = folder / "mi";
  ShardBuilder b({"mi", {10, 10, 25}, "{}", {{"generation", DType::u32}}, {mesh_field()}}, options);
  for (Id id = 1; id <= 1200; ++id) {
    if (shard_of(id, kKillShards) != k) continue;
    b.begin(id);
    b.set("generation", generation);
    const std::vector<float> vertices(static_cast<std::size_t>(3 * (id % 100)), static_cast<float>(id + generation));
    b.append<float>("mesh", "vertices_nm", vertices);
    b.end();
  }
  b.commit(folder / kill_shards(generation).files[k]);
}

/// Body of the child: never returns by itself.
[[noreturn]] inline void write_generations() {
  const fs::path folder = std::getenv(kKillFolder);
  const int journal = ::open((folder / "journal").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const auto note = [&](const std::string& line) {
    if (::write(journal, line.data(), line.size()) < 0) ::_exit(1);
  };
  for (std::uint32_t g = static_cast<std::uint32_t>(std::atoi(std::getenv(kKillGeneration)));; ++g) {
    note("begin " + std::to_string(g) + "\n");
    for (std::uint32_t k = 0; k < kKillShards; ++k) {
      write_kill_shard(folder, g, k);
      note("shard " + std::to_string(g) + " " + std::to_string(k) + "\n");
    }
    commit_top_file(folder / "mi.h5", {{kill_shards(g)}, "{}", true});
    note("top " + std::to_string(g) + "\n");
  }
}

/// Starts the child, waits for `lines` lines in its journal, kills it after `delay`: some moment of any phase, on any
/// machine.
inline void run_and_kill(const fs::path& folder, std::uint32_t generation, std::ptrdiff_t lines,
                         std::chrono::microseconds delay, const char* child_test) {
  const auto count = [&]() -> std::ptrdiff_t {
    std::ifstream journal(folder / "journal");
    return std::count(std::istreambuf_iterator<char>(journal), {}, '\n');
  };
  const std::ptrdiff_t before = count();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::setenv(kKillFolder, folder.c_str(), 1);
    ::setenv(kKillGeneration, std::to_string(generation).c_str(), 1);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 1);
    const std::string filter = std::string("--gtest_filter=") + child_test;
    ::execl("/proc/self/exe", "kill_child", filter.c_str(), "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(127);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (count() < before + lines && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  std::this_thread::sleep_for(delay);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << status;
  ASSERT_GT(count(), before) << "the writer never began";
}

/// Generations after a kill: the last one begun, and the one the top file shows (0: none).
struct Generations {
  std::uint32_t begun = 0, shown = 0;
};

inline std::uint32_t check_top_file(const fs::path& folder, std::uint32_t noted, std::uint32_t begun) {
  if (!fs::exists(folder / "mi.h5")) {
    EXPECT_EQ(noted, 0U) << "the top file is lost";
    return 0;
  }
  const SegmentationDataset dataset = SegmentationDataset::open(folder / "mi.h5");
  EXPECT_TRUE(dataset.verify(VerifyLevel::full).empty());
  EXPECT_EQ(dataset.size(), 1200U);
  const std::uint32_t shown = dataset.column<std::uint32_t>("generation")(dataset.at(7));
  EXPECT_TRUE(shown == noted || shown == begun) << shown << " after " << noted;
  return shown;
}

/// Every committed shard is there; every visible shard is whole; the top file shows the generation noted last or the
/// one under way; what is unfinished can be swept.
inline Generations check_after_kill(const fs::path& folder) {
  std::ifstream journal(folder / "journal");
  std::uint32_t noted = 0, shard = 0;
  Generations found;
  for (std::string word; journal >> word >> found.begun;) {
    if (word == "top") noted = found.begun;
    if (word != "shard") continue;
    journal >> shard;
    EXPECT_TRUE(fs::exists(folder / kill_shards(found.begun).files[shard])) << "lost: " << found.begun << ' ' << shard;
  }
  for (const auto& entry : fs::directory_iterator(folder / "mi")) {
    if (is_temporary_name(entry.path())) continue;
    const auto findings = verify_shard_file(entry.path());
    EXPECT_TRUE(findings.empty()) << entry.path() << ": " << findings[0].what;
  }
  found.shown = check_top_file(folder, noted, found.begun);
  for (const fs::path& place : {folder, folder / "mi"}) {
    sweep_temporaries(place);
    for (const auto& entry : fs::directory_iterator(place))
      EXPECT_FALSE(is_temporary_name(entry.path())) << entry.path();
  }
  return found;
}

/// Removes the shards of generations before the one shown, and their lines in the journal.
inline void forget_before(const fs::path& folder, std::uint32_t shown) {
  const std::string oldest = fs::path(kill_shards(shown).files[0]).filename().string();
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(folder / "mi"))
    if (entry.path().filename().string() < oldest) old.push_back(entry.path());
  for (const fs::path& path : old) fs::remove(path);
  write_bytes(folder / "journal", shown == 0 ? "" : "top " + std::to_string(shown) + "\n");
}

inline void kill_and_check(int kills, std::uint64_t seed, const char* child_test) {
  const fs::path folder = fresh_folder();
  make_folder(folder / "mi");
  Rng rng(seed);
  Generations found;
  for (int i = 0; i < kills && !testing::Test::HasFailure(); ++i) {
    run_and_kill(folder, found.begun + 1, 1 + static_cast<std::ptrdiff_t>(rng.below(9)),
                 std::chrono::microseconds(rng.below(20000)), child_test);
    found = check_after_kill(folder);
    forget_before(folder, found.shown);
  }
  EXPECT_GT(found.shown, 0U) << "no generation was ever finished: the test has seen nothing";
}

}  // namespace syconn::store_test
