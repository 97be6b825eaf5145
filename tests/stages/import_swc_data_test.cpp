// SPDX-License-Identifier: GPL-3.0-or-later
// Neurons of real tissue as the cells of a run.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "support/temp_folder.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/stages/import_swc.h"

namespace syconn {
namespace {

fs::path data_folder() {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  return set ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data";
}
bool unpack(const fs::path& archive, const fs::path& to) {
  make_folder(to);
  return std::system(("tar -xzf '" + archive.string() + "' -C '" + to.string() + "'").c_str()) == 0;
}

TEST(ImportSwcData, TypesOfTheMedulla) {
  const fs::path folder = data_folder() / "medulla379";
  if (!fs::exists(folder / "swc_dev_b.tar.gz")) GTEST_SKIP() << "no medulla379 in " << data_folder();
  const test::TempFolder temp;
  for (const char* part : {"swc_dev_a.tar.gz", "swc_dev_b.tar.gz"})
    ASSERT_TRUE(unpack(folder / part, temp.path() / "swc"));
  SwcImport o;
  o.folder = temp.path() / "swc", o.out = temp.path() / "run", o.types = folder / "labels_dev.csv";
  o.nm_per_unit = 50, o.compartments = false, o.min_cells_per_type = 10;
  o.exclude_types = {"Tangential", "unknown*"}, o.surface.points_per_um2 = 5, o.threads = 2;
  const SwcImported done = import_swc(o);
  EXPECT_EQ(done.files, 288u);
  EXPECT_TRUE(done.numbers_are_names);
  EXPECT_EQ(done.cells_of_type,
            (std::map<std::string, std::uint64_t>{{"L1", 12}, {"Mi1", 12}, {"T4", 19}, {"Tm3", 14}}));
  const auto cells = SegmentationDataset::open(o.out / "datasets/ssv.h5");
  EXPECT_EQ(cells.size(), 57u);
  EXPECT_TRUE(cells.verify(VerifyLevel::full).empty());
}

TEST(ImportSwcData, CompartmentsOfRatNeurons) {
  const fs::path archive = data_folder() / "rat_neocortex" / "inter_dev.tar.gz";
  if (!fs::exists(archive)) GTEST_SKIP() << archive << " is not there";
  const test::TempFolder temp;
  ASSERT_TRUE(unpack(archive, temp.path() / "swc"));
  SwcImport o;
  o.folder = temp.path() / "swc", o.out = temp.path() / "run", o.folder_types = true;
  o.surface.points_per_um2 = 0.2;
  const SwcImported done = import_swc(o);
  EXPECT_EQ(done.cells, 20u);
  EXPECT_FALSE(done.numbers_are_names);
  EXPECT_EQ(done.nodes, 60u + 128621 + 40052 + 611);  // soma, axon, dendrite, apical dendrite
  const auto cells = SegmentationDataset::open(o.out / "datasets/ssv.h5");
  const auto all = cells.column<float>("path_length_um"), axon = cells.column<float>("axon_um"),
             dendrite = cells.column<float>("dend_um"), soma = cells.column<float>("soma_um");
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard)
    cells.for_each(shard, [&](Id id, Row row) {
      EXPECT_GT(axon(row), 500) << id;
      EXPECT_GT(dendrite(row), 500) << id;
      EXPECT_LE(axon(row) + dendrite(row) + soma(row), all(row) * 1.0001F) << id;
    });
}

}  // namespace
}  // namespace syconn
