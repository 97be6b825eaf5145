// SPDX-License-Identifier: GPL-3.0-or-later
// The voxel path on real tissue: what becomes of the junctions that an expert marked.
#include <gtest/gtest.h>

#include <cstdlib>

#include "stages/child_process.h"
#include "support/temp_folder.h"
#include "syconn/stages/draw.h"
#include "syconn/stages/evaluate_junctions.h"

namespace syconn {
namespace {

fs::path vnc_folder() {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  return (set != nullptr ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data") / "vnc";
}

/// configs/vnc.yml with changed keys; meshes by the quicker method, which changes areas only.
JunctionScore run_vnc(const fs::path& run, const std::vector<std::string>& sets) {
  std::vector<std::string> command{"run",
                                   "-c",
                                   (fs::path(SYCONN_SOURCE_DIR) / "configs/vnc.yml").string(),
                                   "--set",
                                   "dataset.root=" + vnc_folder().string(),
                                   "--set",
                                   "execution.threads=2",
                                   "--set",
                                   "synapses.mesh=marching_cubes",
                                   "-o",
                                   run.string()};
  for (const std::string& set : sets) command.insert(command.end(), {"--set", set});
  test::syconn_json(command, run.string() + ".json");
  return evaluate_junctions(run, {vnc_folder() / "sj.h5", "sj"}, 0.5);
}

std::uint64_t lost(const JunctionScore& score, JunctionFate fate) {
  std::uint64_t n = 0;
  for (const ExpertJunction& j : score.junctions) n += j.fate == fate;
  return n;
}

TEST(EvaluateJunctionsData, VncByItsConfig) {
  if (!fs::exists(vnc_folder() / "sj.h5")) GTEST_SKIP() << "sj.h5 is not in " << vnc_folder();
  const test::TempFolder temp;
  const JunctionScore score = run_vnc(temp / "run", {});
  ASSERT_EQ(score.junctions.size(), 46U);
  EXPECT_EQ(score.outside, 0U);
  EXPECT_EQ(score.found, 46U);
  EXPECT_EQ(score.several, 35U);
  EXPECT_EQ(score.merged, 2U);
  EXPECT_EQ(score.n_synapses, 183U);
  EXPECT_EQ(score.elsewhere, 0U);
  EXPECT_EQ(score.on_junctions, 184U);
  EXPECT_EQ(score.with_main, 154U);
  for (const ExpertJunction& j : score.junctions) {
    ASSERT_FALSE(j.synapses.empty());
    std::uint64_t voxels = 0;
    for (const TracedSynapse& s : j.synapses) {
      EXPECT_TRUE(s.two_cells());
      EXPECT_LE(s.on_it_vx, s.size_vx);
      voxels += s.on_it_vx;
    }
    EXPECT_LE(voxels, j.size_vx) << "synapses of different cells share no voxel";
  }

  // Almost all are seen between their two cells in one section.
  const SynapseDrawing drawing = draw_synapses(temp / "run", {}, 183, 0.5, 300, temp / "all.png");
  std::uint64_t both = 0;
  for (const DrawnSynapse& s : drawing.synapses) both += s.cell_a_vx > 0 && s.cell_b_vx > 0;
  EXPECT_EQ(drawing.synapses.size(), 183U);
  EXPECT_EQ(both, 174U);
  EXPECT_TRUE(fs::exists(temp / "all.png"));
}

TEST(EvaluateJunctionsData, VncWithPartnersFromSevenSections) {
  if (!fs::exists(vnc_folder() / "sj.h5")) GTEST_SKIP() << "sj.h5 is not in " << vnc_folder();
  const test::TempFolder temp;
  const JunctionScore score = run_vnc(
      temp / "run", {"stages=[contacts, sso, synapses]", "contacts.window_vx=[13, 13, 7]", "contacts.dilations=2"});
  EXPECT_EQ(score.found, 44U);
  EXPECT_EQ(score.n_synapses, 151U);
  EXPECT_EQ(lost(score, JunctionFate::one_cell), 1U);
  EXPECT_EQ(lost(score, JunctionFate::small_synapse), 1U);
  for (const ExpertJunction& j : score.junctions) EXPECT_EQ(j.why.empty(), j.fate == JunctionFate::synapse) << j.why;
}

}  // namespace
}  // namespace syconn
