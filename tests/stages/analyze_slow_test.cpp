// SPDX-License-Identifier: GPL-3.0-or-later
// Whole synthetic cells with a known dependence of the synapses' sizes on mitochondria, through tables and analysis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "query_support.h"
#include "support/stage_run.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/table_csv.h"
#include "syconn/stages/analyze.h"

namespace syconn {
namespace {

/// Cells of 60 um; few voxels, since the slices of stage tables go by those.
std::string yaml(const std::string& keys) {
  return "dataset:\n  name: cells\n  voxel_size_nm: [20, 20, 50]\n  box_vx: {min: [0, 0, 0], max: [3000, 3000, "
         "1200]}\n  volumes: {}\n"
         "stages: [phantom-vector, tables]\nphantom-vector: {n_cells: 10, seed: 5, mesh_grid_nm: 250" +
         keys + "}\nexecution: {threads: 2}\n";
}

const fs::path& run_folder(bool shifted) {
  static const test::TempFolder folder;
  static const fs::path plain = [] {
    test::run_stages(yaml(", mito_shift_nm: 0"), folder.path(), "plain");
    return folder.path() / "plain";
  }();
  static const fs::path with_shift = [] {
    test::run_stages(yaml(", mito_shift_nm: 100"), folder.path(), "shifted");
    return folder.path() / "shifted";
  }();
  return shifted ? with_shift : plain;
}

/// Somata of the phantom are one node without a path, and most partners are not modelled.
KeptAnswer ask(const fs::path& run, std::size_t table = 0) {
  MitoSynapseQuestion q;
  q.min_soma_um = q.min_dendrite_um = 0, q.partner = "any", q.min_cells = 2, q.threads = 2;
  KeptAnswer answer;
  put_table(analyze_mito_synapse(run, q).tables.at(table), answer);
  return answer;
}
std::string text_of(const KeptAnswer& a, std::size_t row, const std::string& column) {
  return std::get<std::string>(a.rows.at(row).at(a.column(column)));
}

TEST(AnalyzeMito, FindsWhatWasBuiltIn) {
  const KeptAnswer found = ask(run_folder(true));
  std::map<std::string, double> truth_um;
  CsvReader csv(run_folder(true) / "truth" / "mito_shift.csv");
  while (csv.next()) {
    const double nm = csv.number(csv.column("shift_nm"));
    EXPECT_NEAR(nm, 100, 20);
    truth_um[std::string(csv.text(csv.column("type_name")))] = nm / 1000;
  }
  std::size_t types = 0;
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    if (text_of(found, i, "second") != "larger") continue;
    const double truth = truth_um.at(text_of(found, i, "type"));
    ++types;
    EXPECT_GT(found.real(i, "difference_um"), 0) << text_of(found, i, "type");
    EXPECT_GT(found.real(i, "ci_low_um"), 0);
    EXPECT_LE(found.real(i, "ci_low_um"), truth) << text_of(found, i, "type");
    EXPECT_GE(found.real(i, "ci_high_um"), truth) << text_of(found, i, "type");
    EXPECT_LT(found.real(i, "ks_p"), 1e-4);
  }
  EXPECT_GE(types, 2u);
}

TEST(AnalyzeMito, FindsNothingWhereNothingIs) {
  const KeptAnswer found = ask(run_folder(false));
  std::size_t types = 0;
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    if (text_of(found, i, "second") != "larger") continue;
    ++types;
    EXPECT_GT(found.real(i, "ks_p"), 0.01) << text_of(found, i, "type");
    EXPECT_LE(found.real(i, "ci_low_um"), 0.05);
    EXPECT_GE(found.real(i, "ci_high_um"), -0.05);
  }
  EXPECT_GE(types, 2u);
}

// The samples' distances are those of the stage tables.
TEST(AnalyzeMito, DistancesAreThoseOfTables) {
  const KeptAnswer samples = ask(run_folder(false), 2);
  const auto synapses = SegmentationDataset::open(run_folder(false) / "datasets" / "syn_ssv.h5");
  const auto nm = synapses.column<float>("mito_dist_nm");
  const auto pre = synapses.column<Id>("pre_id");
  std::size_t compared = 0;
  for (std::size_t i = 0; i < samples.rows.size(); ++i) {
    if (samples.unknown(i, "synapse")) continue;
    const Row row = synapses.at(static_cast<Id>(samples.integer(i, "synapse")));
    ASSERT_EQ(pre(row), static_cast<Id>(samples.integer(i, "cell")));
    EXPECT_EQ(samples.real(i, "distance_um"), static_cast<double>(nm(row)) / 1000);
    ++compared;
  }
  EXPECT_GT(compared, 100u);
}

// Sizes are dealt anew; nothing else of the phantom moves.
TEST(AnalyzeMito, TheShiftOnlyDealsSizes) {
  const auto plain = SegmentationDataset::open(run_folder(false) / "datasets" / "syn_ssv.h5");
  const auto shifted = SegmentationDataset::open(run_folder(true) / "datasets" / "syn_ssv.h5");
  ASSERT_EQ(plain.size(), shifted.size());
  const auto rep_a = plain.column<std::int64_t>("rep_vx"), rep_b = shifted.column<std::int64_t>("rep_vx");
  EXPECT_EQ(rep_a.all(), rep_b.all());
  auto area_a = plain.column<float>("mesh_area_um2").all(), area_b = shifted.column<float>("mesh_area_um2").all();
  EXPECT_NE(area_a, area_b);
  for (const char* table : {"cells.csv", "nodes.csv", "mi.csv", "vc.csv"})
    EXPECT_EQ(read_file(run_folder(false) / "truth" / table), read_file(run_folder(true) / "truth" / table)) << table;
}

}  // namespace
}  // namespace syconn
