// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/stage_run.h"
#include "syconn/io/table_csv.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

const std::vector<std::string> kVolumes{"raw",      "sv",       "sj",       "mi",
                                        "vc",       "syn_type", "myelin",   "truth_cell",
                                        "truth_sj", "truth_mi", "truth_vc", "truth_compartment"};
constexpr Vec3i kSize{128, 128, 64};

void run_phantom(const fs::path& folder, const std::string& out, const std::string& chunk_vx, int threads) {
  test::run_stages(
      "dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: [128, 128, 64]}, "
      "chunk_vx: " +
          chunk_vx + ", volumes: {}}\nexecution: {threads: " + std::to_string(threads) + "}\n",
      folder, out, {"phantom"});
}

Volume<Id> read(const fs::path& file, const std::string& name) {
  const auto reader = open_volume(file, file.extension() == ".h5" ? name : "");
  EXPECT_EQ(reader->info().box(), Box3::of_size(kSize));
  return reader->read_labels(Box3::of_size(kSize));
}

bool equal(const Volume<Id>& p, const Volume<Id>& q) {
  return p.count() == q.count() && std::equal(p.data(), p.data() + p.count(), q.data());
}

std::set<Id> ids_of(const Volume<Id>& labels) {
  std::set<Id> ids(labels.data(), labels.data() + labels.count());
  ids.erase(kBackground);
  return ids;
}

std::set<Id> column(const fs::path& file, std::size_t index) {
  std::set<Id> ids;
  for (CsvReader csv(file); csv.next();) ids.insert(csv.id(index));
  return ids;
}

void expect_within(const std::set<Id>& part, const std::set<Id>& whole) {
  EXPECT_FALSE(part.empty());
  for (const Id id : part) EXPECT_TRUE(whole.contains(id)) << id;
}

TEST(PhantomStage, ChunksAndThreadsCannotShow) {
  const test::TempFolder folder;
  run_phantom(folder.path(), "whole", "[512, 512, 512]", 1);
  run_phantom(folder.path(), "by64", "[64, 64, 64]", 2);
  run_phantom(folder.path(), "by128", "[128, 64, 64]", 2);
  for (const std::string other : {"by64", "by128"}) {
    SCOPED_TRACE(other);
    for (const std::string& name : kVolumes) {
      const Volume<Id> want = read(folder.path() / "whole/volumes" / (name + ".json"), name);
      EXPECT_TRUE(equal(read(folder.path() / other / "volumes" / (name + ".json"), name), want)) << name;
      EXPECT_TRUE(equal(read(folder.path() / other / "volumes" / (name + ".h5"), name), want)) << name << ".h5";
    }
    std::size_t tables = 0;
    for (const auto& file : fs::directory_iterator(folder / "whole/truth")) {
      ++tables;
      EXPECT_EQ(read_file(folder.path() / other / "truth" / file.path().filename()), read_file(file.path()))
          << file.path();
    }
    EXPECT_EQ(tables, 9U);
  }
}

TEST(PhantomStage, VolumesAndTablesTellTheSame) {
  const test::TempFolder folder;
  run_phantom(folder.path(), "run", "[64, 64, 64]", 2);
  const fs::path volumes = folder / "run/volumes", truth = folder / "run/truth";
  const Volume<Id> sv = read(volumes / "sv.json", "sv"), cell = read(volumes / "truth_cell.json", "truth_cell");
  expect_within(ids_of(sv), column(truth / "supervoxels.csv", 1));
  expect_within(ids_of(cell), column(truth / "cells.csv", 0));
  std::map<Id, std::set<Id>> cells_of;  // of a label; several where it was merged wrongly
  for (CsvReader csv(truth / "supervoxels.csv"); csv.next();) cells_of[csv.id(1)].insert(csv.id(2));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < sv.count(); ++i)
    wrong += sv.data()[i] != kBackground && !cells_of[sv.data()[i]].contains(cell.data()[i]);
  EXPECT_EQ(wrong, 0U);
  const std::set<Id> supervoxels = column(truth / "supervoxels.csv", 0);
  for (CsvReader csv(truth / "svgraph.csv"); csv.next();)
    EXPECT_TRUE(supervoxels.contains(csv.id(0)) && supervoxels.contains(csv.id(1)));
}

}  // namespace
}  // namespace syconn
