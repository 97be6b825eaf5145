// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "algo/label_patterns.h"
#include "support/stage_run.h"
#include "syconn/algo/mesh.h"
#include "syconn/exec/run_report.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {
namespace {

struct Input {
  Volume<Id> sv, mi;
};

const Input& tissue() {
  const Box3 box = Box3::of_size({150, 140, 70});
  static const Input input{patterns::voronoi(box, 36, 0.15, 7, {1, 1, 2}), patterns::voronoi(box, 40, 0.6, 8)};
  return input;
}

using Cells = std::map<Id, std::vector<Id>>;

std::vector<Id> sv_ids() {
  std::set<Id> ids(tissue().sv.data(), tissue().sv.data() + tissue().sv.count());
  ids.erase(kBackground);
  return {ids.begin(), ids.end()};
}

void write_list(const fs::path& file, const std::vector<std::pair<Id, Id>>& edges) {
  std::string text = "# edges\nsv_a,sv_b\n";
  for (const auto& [a, b] : edges) text += std::to_string(a) + "," + std::to_string(b) + "\n";
  write_file_atomically(file, text);
}

/// Supervoxels 0-1-2 and 3-4 (by rank) are cells; the merge list adds 5-6, the split list cuts 1-2.
void write_input(const fs::path& folder) {
  test::write_volume(folder / "sv.h5", "sv", tissue().sv);
  test::write_volume(folder / "mi.h5", "mi", tissue().mi);
  const std::vector<Id> ids = sv_ids();
  write_list(folder / "graph.csv", {{ids[1], ids[0]}, {ids[1], ids[2]}, {ids[4], ids[3]}});
  write_list(folder / "merges.csv", {{ids[5], ids[6]}});
  write_list(folder / "splits.csv", {{ids[1], ids[2]}});
}

Cells cells_by_hand() {
  const std::vector<Id> ids = sv_ids();
  Cells cells;
  for (const Id id : ids) cells[id] = {id};
  const auto join = [&](std::size_t a, std::size_t b) { cells[ids[a]].push_back(ids[b]), cells.erase(ids[b]); };
  join(0, 1), join(3, 4), join(5, 6);
  return cells;
}

std::string config(const std::string& chunk, const std::string& execution, const std::string& more = "",
                   const std::string& more_sso = "") {
  return "dataset: {name: t, voxel_size_nm: [10, 10, 25], chunk_vx: " + chunk +
         ", supervoxel_graph: graph.csv, merges: merges.csv, splits: splits.csv, volumes: {sv: {path: sv.h5, dataset: "
         "sv, kind: labels}, mi: {path: mi.h5, dataset: mi, kind: labels}}" +
         more + "}\nsso: {organelles: {mi: {min_ratio: 0.4, min_vx: 50}}" + more_sso +
         "}\nstages: [sso]\nexecution: {" + execution + "}\n";
}

std::map<std::string, std::string> bytes_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

Mesh mesh_of(const SegmentationDataset& cells, Id cell) {
  Mesh mesh;
  const auto xyz = cells.ragged<float>("mesh", "vertices_nm", cell);
  mesh.faces = cells.ragged<std::uint32_t>("mesh", "faces", cell);
  for (std::size_t i = 0; i < xyz.size(); i += 3) mesh.vertices_nm.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
  return mesh;
}

TEST(SsoStage, CellsEqualTheDefinition) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[64, 128, 64]", "threads: 2"), folder.path());
  const auto cells = SegmentationDataset::open(folder / "run/datasets/ssv.h5");
  const auto sv = SegmentationDataset::open(folder / "run/datasets/sv.h5");
  const Cells want = cells_by_hand();
  ASSERT_EQ(cells.size(), want.size());
  ASSERT_EQ(sv.size(), sv_ids().size());
  std::map<Id, Id> cell_of;
  for (const auto& [cell, members] : want)
    for (const Id id : members) cell_of[id] = cell;
  std::map<Id, std::uint64_t> size_vx;
  std::map<Id, Box3> box;
  std::map<Id, Vec3i> sum;
  const Box3 whole = tissue().sv.box();
  for (std::int64_t z = 0; z < whole.max.z; ++z)
    for (std::int64_t y = 0; y < whole.max.y; ++y)
      for (std::int64_t x = 0; x < whole.max.x; ++x)
        if (const Id id = tissue().sv.at({x, y, z}); id != 0) {
          const Id cell = cell_of.at(id);
          const Vec3i v{x, y, z};
          ++size_vx[cell], box[cell] = unite(box[cell], {v, v + Vec3i(1)}), sum[cell] += v;
        }
  for (const auto& [cell, members] : want) {
    SCOPED_TRACE("cell " + std::to_string(cell));
    const Row row = cells.at(cell);
    EXPECT_EQ(cells.ragged<Id>("sv_ids", "ids", cell), members);
    EXPECT_EQ(cells.column<std::uint32_t>("n_sv")(row), members.size());
    EXPECT_EQ(cells.column<std::uint64_t>("size_vx")(row), size_vx[cell]);
    const auto lo = cells.column<std::int64_t>("bbox_min_vx").values(row);
    const auto hi = cells.column<std::int64_t>("bbox_max_vx").values(row);
    EXPECT_EQ(Box3(Vec3i(lo[0], lo[1], lo[2]), Vec3i(hi[0], hi[1], hi[2])), box[cell]);
    const Vec3d extent = Vec3d(box[cell].size()) * Vec3d(10, 10, 25);
    EXPECT_EQ(cells.column<std::uint8_t>("fragment")(row), extent.dot(extent) <= 5000.0 * 5000.0);
    EXPECT_NEAR(cells.column<float>("volume_um3")(row), static_cast<double>(size_vx[cell]) * 2.5e-6, 1e-6);
    const auto centroid = cells.column<double>("centroid_nm").values(row);
    for (int a = 0; a < 3; ++a)
      EXPECT_DOUBLE_EQ(
          centroid[static_cast<std::size_t>(a)],
          (static_cast<double>(sum[cell][a]) / static_cast<double>(size_vx[cell]) + 0.5) * Vec3d(10, 10, 25)[a]);
    double nearest = 1e300;
    std::vector<std::int64_t> rep;
    for (const Id id : members) {
      const auto v = sv.column<std::int64_t>("rep_vx").values(sv.at(id));
      double d = 0;
      for (std::size_t a = 0; a < 3; ++a) {
        const double step = (static_cast<double>(v[a]) + 0.5) * Vec3d(10, 10, 25)[static_cast<int>(a)] - centroid[a];
        d += step * step;
      }
      if (d < nearest) nearest = d, rep = v;
    }
    EXPECT_EQ(cells.column<std::int64_t>("rep_vx").values(row), rep);
    EXPECT_EQ(boundary_edges(mesh_of(cells, cell)), 0U);
  }
}

TEST(SsoStage, OrganellesEqualTheDefinition) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[64, 64, 64]", "threads: 2"), folder.path());
  const auto cells = SegmentationDataset::open(folder / "run/datasets/ssv.h5");
  const auto mi = SegmentationDataset::open(folder / "run/datasets/mi.h5");
  std::map<Id, Id> cell_of;
  for (const auto& [cell, members] : cells_by_hand())
    for (const Id id : members) cell_of[id] = cell;
  std::map<Id, std::map<Id, std::uint64_t>> overlap, share;
  std::map<Id, std::uint64_t> size;
  for (std::size_t i = 0; i < tissue().mi.count(); ++i)
    if (const Id id = tissue().mi.data()[i]; id != 0) {
      ++size[id];
      if (const Id sv = tissue().sv.data()[i]; sv != 0) ++overlap[id][sv], ++share[id][cell_of.at(sv)];
    }
  ASSERT_EQ(mi.size(), size.size());
  std::map<Id, std::vector<Id>> owned;
  for (const auto& [id, n] : size) {
    std::uint64_t best = 0;
    Id cell = 0;
    for (const auto& [c, voxels] : share[id]) {
      if (voxels > best) best = voxels, cell = c;
      if (n > 50 && static_cast<double>(voxels) > 0.4 * static_cast<double>(n)) owned[c].push_back(id);
    }
    if (n <= 50 || static_cast<double>(best) <= 0.4 * static_cast<double>(n)) cell = 0;
    EXPECT_EQ(mi.column<Id>("cell_id")(mi.at(id)), cell);
    EXPECT_FLOAT_EQ(mi.column<float>("cell_fraction")(mi.at(id)),
                    static_cast<float>(static_cast<double>(best) / static_cast<double>(n)));
    std::vector<Id> svs;
    std::vector<std::uint64_t> voxels;
    for (const auto& [sv, m] : overlap[id]) svs.push_back(sv), voxels.push_back(m);
    EXPECT_EQ(mi.ragged<Id>("sv_overlap", "ids", id), svs);
    EXPECT_EQ(mi.ragged<std::uint64_t>("sv_overlap", "voxels", id), voxels);
  }
  for (const auto& [cell, members] : cells_by_hand()) EXPECT_EQ(cells.ragged<Id>("mi_ids", "ids", cell), owned[cell]);
}

TEST(SsoStage, SameBytesForAnyChunksThreadsAndOrder) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[192, 192, 192]", "threads: 1"), folder.path(), "whole");
  const auto want = bytes_of(folder / "whole/datasets");
  ASSERT_GE(want.size(), 9U);
  int n = 0;
  for (const auto& [chunk, execution] : {std::pair{"[64, 64, 64]", "threads: 2, job_order_seed: 7, merge_fan_in: 2"},
                                         {"[128, 64, 192]", "threads: 1"}}) {
    const std::string out = "run" + std::to_string(n++);
    test::run_stages(config(chunk, execution), folder.path(), out);
    EXPECT_TRUE(bytes_of(folder.path() / out / "datasets") == want) << chunk;
  }
}

std::string error_of(const fs::path& folder) {
  try {
    test::run_stages(config("[192, 192, 192]", "threads: 1"), folder);
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::input);
    return e.what();
  }
  return "no error";
}

TEST(SsoStage, WrongListsAreErrorsThatSayWhatIsWrong) {
  const test::TempFolder folder;
  write_input(folder.path());
  const std::vector<Id> ids = sv_ids();
  write_list(folder / "splits.csv", {{ids[0], ids[2]}});
  EXPECT_THAT(error_of(folder.path()),
              ::testing::HasSubstr(std::to_string(ids[0]) + " - " + std::to_string(ids[1]) + " - "));
  write_list(folder / "splits.csv", {});
  write_list(folder / "merges.csv", {{ids[0], 123456789012345}});
  EXPECT_THAT(error_of(folder.path()), ::testing::HasSubstr("123456789012345"));
}

TEST(SsoStage, RefusesIdsThatTablesCannotHold) {
  const test::TempFolder folder;
  test::write_volume(folder / "sv.h5", "sv", Volume<Id>(Box3::of_size({20, 10, 3}), Id{1} << 63));
  const std::string yaml =
      "dataset: {name: t, voxel_size_nm: [10, 10, 25], volumes: {sv: {path: sv.h5, dataset: sv, kind: labels}}}\n"
      "execution: {threads: 1}\nstages: ";
  for (const char* first : {"contacts", "sso"}) {
    try {
      test::run_stages(yaml + "[" + first + ", tables]\n", folder.path());
      ADD_FAILURE() << first;
    } catch (const Error& e) {
      EXPECT_EQ(e.category(), Category::input);
      EXPECT_THAT(e.what(), ::testing::AllOf(::testing::HasSubstr("sv.h5"), ::testing::HasSubstr("9223372036854775808"),
                                             ::testing::HasSubstr("Renumber"), ::testing::HasSubstr(first)));
    }
  }
  test::run_stages(yaml + "[sso]\n", folder.path());
}

/// Every file the top files name, and the top files.
std::map<std::string, std::string> published(const fs::path& run) {
  std::map<std::string, std::string> files;
  for (const char* type : {"sv", "ssv", "mi"}) {
    const std::string top = std::string(type) + ".h5";
    files[top] = read_file(run / "datasets" / top);
    for (const ShardSet& set : read_top_file(run / "datasets" / top).sets)
      for (const std::string& name : set.files) files[name] = read_file(run / "datasets" / name);
  }
  return files;
}

/// What a dry run says of the cells that the lists change.
std::string preview(const fs::path& folder) {
  const PipelineRun run(
      parse_config(config("[64, 64, 64]", "threads: 2"), "test.yml", folder, {}, stage_table().sections()),
      folder / "run", stage_table());
  const std::string text = dry_run_text(dry_run_json(run, CheckLevel::sizes));
  const auto at = text.find("cells to be made");
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST(SsoStage, AnUpdateOfTheListsGivesTheBytesOfAFreshRun) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[64, 64, 64]", "threads: 2"), folder.path(), "run");
  const auto scanned = fs::last_write_time(folder / "run/work/sso/scan/done/0.json");
  const std::vector<Id> ids = sv_ids();
  write_list(folder / "merges.csv", {{ids[5], ids[6]}, {ids[0], ids[7]}});
  EXPECT_EQ(preview(folder.path()), "cells to be made again: 1 (" + std::to_string(ids[0]) + ")");
  test::run_stages(config("[64, 64, 64]", "threads: 2"), folder.path(), "run");
  EXPECT_EQ(fs::last_write_time(folder / "run/work/sso/scan/done/0.json"), scanned) << "scan must not be done again";
  test::run_stages(config("[128, 128, 128]", "threads: 1"), folder.path(), "fresh");
  EXPECT_TRUE(bytes_of(folder / "run/datasets") == bytes_of(folder / "fresh/datasets")) << "no shard of before is left";
  EXPECT_EQ(preview(folder.path()), "") << "nothing changed";
  write_list(folder / "merges.csv", {{ids[5], ids[6]}});  // and back
  EXPECT_EQ(preview(folder.path()),
            "cells to be made again: 2 (" + std::to_string(ids[0]) + ", " + std::to_string(ids[7]) + ")");
  test::run_stages(config("[64, 64, 64]", "threads: 2"), folder.path(), "run");
  test::run_stages(config("[64, 64, 64]", "threads: 2"), folder.path(), "before");
  EXPECT_TRUE(published(folder / "run") == published(folder / "before"));
}

constexpr Id kCorner = 987654321;

void fill(Volume<Id>& volume, const Box3& box, Id id) {
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) volume.at({x, y, z}) = id;
}

/// The first supervoxel from `at` on along x.
Id first_from(const Volume<Id>& volume, Vec3i at) {
  while (volume.at(at) == kBackground) ++at.x;
  return volume.at(at);
}

/// Cells far smaller than a chunk, so that most of its tiles hold no changed one.
TEST(SsoStage, AnUpdateReadsTheTilesOfChangedCellsOnly) {
  Volume<Id> small = patterns::voronoi(tissue().sv.box(), 300, 0.15, 11, {1, 1, 2});
  fill(small, {{48, 48, 56}, {90, 90, 70}}, kBackground);
  fill(small, {{64, 64, 64}, {80, 76, 69}}, kCorner);  // its surface begins in the tiles before its own
  for (const char* box : {"", ", box_vx: {min: [63, 5, 3], max: [150, 139, 68]}"}) {
    SCOPED_TRACE(box);
    const test::TempFolder folder;
    write_input(folder.path());
    for (const char* list : {"graph.csv", "splits.csv", "merges.csv"}) write_list(folder.path() / list, {});
    fs::remove(folder / "sv.h5");
    test::write_volume(folder / "sv.h5", "sv", small);
    const auto yaml = [&](const std::string& chunk) {
      return config(chunk, "threads: 1", box, *box == 0 ? "" : ", mesh_factor_vx: [3, 5, 2]");
    };
    test::run_stages(yaml("[192, 128, 64]"), folder.path(), "run");
    write_list(folder / "merges.csv", {{kCorner, first_from(small, {100, 60, 60})},
                                       {first_from(small, {130, 10, 5}), first_from(small, {120, 120, 60})}});
    test::run_stages(yaml("[192, 128, 64]"), folder.path(), "run");
    test::run_stages(yaml("[192, 192, 192]"), folder.path(), "fresh");
    EXPECT_TRUE(published(folder / "run") == published(folder / "fresh"));
  }
}

TEST(SsoStage, AllBackground) {
  const test::TempFolder folder;
  test::write_volume(folder / "sv.h5", "sv", Volume<Id>(Box3::of_size({70, 65, 3})));
  test::run_stages(
      "dataset: {name: t, voxel_size_nm: [10, 10, 25], volumes: {sv: {path: sv.h5, dataset: sv, kind: labels}}}\n"
      "stages: [sso]\nexecution: {threads: 1}\n",
      folder.path());
  EXPECT_EQ(SegmentationDataset::open(folder / "run/datasets/ssv.h5").size(), 0U);
}

}  // namespace
}  // namespace syconn
