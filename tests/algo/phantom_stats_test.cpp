// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/phantom/stats.h"

#include <gtest/gtest.h>

#include <iostream>

namespace syconn {
namespace {

TEST(PhantomStats, BoundaryAndRunsByHand) {
  // two rows: 1 1 1 2 2 0 and the same again
  const std::vector<std::uint64_t> data{1, 1, 1, 2, 2, 0, 1, 1, 1, 2, 2, 0};
  const VolumeView<const std::uint64_t> v(data.data(), {6, 2, 1});
  EXPECT_DOUBLE_EQ(boundary_fraction(v), 4.0 / 6);
  EXPECT_DOUBLE_EQ(mean_run_x(v), 2 * 5.0 / 3);  // a row has 5 voxels and 3 ends: 1|2, 1|2, 2|0
  EXPECT_EQ(boundary_fraction(VolumeView<const std::uint64_t>()), 0);
}

class PhantomTissue : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(PhantomTissue, MeasuresLikeRealTissue) {
  PhantomParams p = phantom_params();
  p.seed = GetParam();
  for (const PhantomStat& s : phantom_stats(make_phantom_model(p), {}, 2))
    EXPECT_TRUE(s.accepted()) << s.name << ": " << s.value << ' ' << s.unit << ", accepted " << s.accept_min << " to "
                              << s.accept_max;
}
INSTANTIATE_TEST_SUITE_P(Seeds, PhantomTissue, ::testing::Values(1, 2));

// The shifted preset is judged by models, not by the table: a report only.
TEST(PhantomStats, ShiftedPresetReport) {
  PhantomParams p = phantom_params(PhantomPreset::shifted);
  p.box_nm = {4500, 4500, 4500};
  for (const PhantomStat& s : phantom_stats(make_phantom_model(p), {}, 2))
    RecordProperty(s.name, std::to_string(s.value) + " " + s.unit + (s.accepted() ? "" : " (outside)"));
}

TEST(PhantomParams, ShiftedChangesEveryMorphologyParameter) {
  const PhantomParams a = phantom_params(), b = phantom_params(PhantomPreset::shifted);
  const auto expect_moved = [](double x, double y, const char* what) {
    if (x != 0) {
      EXPECT_NE(x, y) << what;
    }
  };
  for (std::size_t k = 0; k < kPhantomTypes; ++k) {
    const auto &s = a.types[k], &t = b.types[k];
    expect_moved(s.soma_radius_nm, t.soma_radius_nm, "soma_radius_nm"),
        expect_moved(s.n_dendrites, t.n_dendrites, "n_dendrites");
    expect_moved(s.dendrite_radius_nm, t.dendrite_radius_nm, "dendrite_radius_nm"),
        expect_moved(s.dendrite_tip_radius_nm, t.dendrite_tip_radius_nm, "tip");
    expect_moved(s.dendrite_length_um, t.dendrite_length_um, "dendrite_length_um"),
        expect_moved(s.dendrite_branch_um, t.dendrite_branch_um, "branch");
    expect_moved(s.spines_per_um, t.spines_per_um, "spines"), expect_moved(s.neck_width_nm, t.neck_width_nm, "neck"),
        expect_moved(s.head_width_nm, t.head_width_nm, "head");
    expect_moved(s.axon_radius_nm, t.axon_radius_nm, "axon_radius_nm"),
        expect_moved(s.bouton_spacing_um, t.bouton_spacing_um, "spacing");
    expect_moved(s.bouton_radius_nm, t.bouton_radius_nm, "bouton"), expect_moved(s.mito_axon, t.mito_axon, "mito"),
        expect_moved(s.myelin_nm, t.myelin_nm, "myelin");
    EXPECT_EQ(s.sign, t.sign);
  }
}

}  // namespace
}  // namespace syconn
