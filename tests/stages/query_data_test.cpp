// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "query_support.h"
#include "support/temp_folder.h"
#include "syconn/io/table_csv.h"
#include "syconn/stages/import_synapses.h"

namespace syconn {
namespace {

/// 1,700 synapses that Kasthuri et al. (2015) annotated by hand, imported and asked, against counts made straight from
/// the CSV.
TEST(KasthuriSynapses, QueriesEqualTheCsv) {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  const fs::path data = set != nullptr ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data";
  const fs::path csv = data / "kasthuri2015_synapses" / "synapses.csv";
  if (!fs::exists(csv)) GTEST_SKIP() << csv << " is not there";
  const test::TempFolder folder;
  import_synapses({csv,
                   folder / "k.sqlite",
                   "kasthuri2015",
                   {"id=synapse_no", "pre_id=axon_no", "post_id=dendrite_no", "x_nm=psd_x_um*1000",
                    "y_nm=psd_y_um*1000", "z_nm=psd_z_um*1000", "size_vx=psd_size_px",
                    "post_comp=spine_synapse:0=shaft:1=spine_head", "pre_type=axon_type:0=exc:1=inh:2=myelinated",
                    "post_type=dendrite_type:0=spiny:1=smooth", "vesicles=vesicle_count", "bouton=bouton_no"},
                   {"-1"}});
  const Connectome c(folder / "k.sqlite");

  std::map<std::int64_t, std::int64_t> by_comp;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> by_pair;
  std::int64_t rows = 0, many_vesicles = 0;
  CsvReader in(csv);
  while (in.next()) {
    ++rows;
    ++by_comp[in.integer(in.column("spine_synapse"))];
    const std::int64_t a = in.integer(in.column("axon_no")), d = in.integer(in.column("dendrite_no"));
    if (a >= 0 && d >= 0) ++by_pair[{a, d}];
    many_vesicles += in.number(in.column("vesicle_count")) >= 100;
  }
  KeptAnswer comps;
  RowsQuestion q;
  q.group_by = {"post_comp"}, q.where = "post_comp is not null";
  ask_rows(c, q, comps);
  ASSERT_EQ(comps.rows.size(), 2U);
  EXPECT_EQ(comps.integer(0, "n"), by_comp[0]);
  EXPECT_EQ(comps.integer(1, "n"), by_comp[1]);
  EXPECT_EQ(comps.integer(1, "n"), 1424);
  EXPECT_EQ(comps.integer(0, "n") + comps.integer(1, "n"), 1699);
  EXPECT_EQ(comps.about.rows, static_cast<std::uint64_t>(rows));

  KeptAnswer vesicles;
  q = {};
  q.where = "vesicles >= 100";
  ask_rows(c, q, vesicles);
  EXPECT_EQ(static_cast<std::int64_t>(vesicles.rows.size()), many_vesicles);

  const Matrix m = ask_matrix(c, {});
  ASSERT_EQ(m.entries.size(), by_pair.size());
  auto expected = by_pair.begin();
  std::map<std::int64_t, int> pairs_of_n, expected_of_n;
  for (const MatrixEntry& e : m.entries) {
    EXPECT_EQ(std::pair(e.pre, e.post), expected->first);
    EXPECT_EQ(e.n, expected->second);
    ++pairs_of_n[e.n], ++expected_of_n[(expected++)->second];
  }
  EXPECT_EQ(pairs_of_n, expected_of_n);
}

}  // namespace
}  // namespace syconn
