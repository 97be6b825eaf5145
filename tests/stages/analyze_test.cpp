// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/analyze.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "query_support.h"
#include "support/temp_folder.h"
#include "syconn/algo/sample_statistics.h"
#include "syconn/core/error.h"
#include "syconn/io/dataset_builder.h"

namespace syconn {
namespace {

using testing::HasSubstr;

DatasetSchema schema_of(const char* type) {
  DatasetSchema s;
  s.type = type, s.voxel_size_nm = {10, 10, 10}, s.columns = common_columns();
  return s;
}
void set_common(ShardBuilder& row, const Vec3i& rep) {
  row.set("size_vx", std::uint64_t{1});
  row.set("bbox_min_vx", Vec3i(0));
  row.set("rep_vx", rep);
  row.set("bbox_max_vx", Vec3i(2));
  row.set("centroid_nm", Vec3d(1));
}
const std::vector<float>& triangle() {
  static const std::vector<float> corners{0, 0, 0, 1, 0, 0, 0, 1, 0};
  return corners;
}

/// A skeleton along x: two nodes of soma 10 um apart, three of dendrite, six of axon, 50 um an edge.
struct Line {
  std::vector<float> nodes;
  std::vector<std::uint32_t> edges;
  std::vector<std::int32_t> parent;
  std::vector<std::uint8_t> comp, myelin;

  Line() {
    float x = 0;
    const std::uint8_t comps[] = {6, 6, 0, 1, 0, 3, 3, 4, 3, 3, 5}, sheath[] = {0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0};
    for (std::uint32_t i = 0; i < std::size(comps); ++i) {
      nodes.insert(nodes.end(), {x, 0, 0}), comp.push_back(comps[i]), myelin.push_back(sheath[i]);
      parent.push_back(static_cast<std::int32_t>(i) - 1);
      if (i > 0) edges.insert(edges.end(), {i, i - 1});
      x += i == 0 ? 10000.0F : 50000.0F;
    }
  }
};

struct CellRow {
  Id id;
  std::uint8_t type;
  float certainty;
  std::vector<Id> mi, syn;
};

struct Made {
  bool types = true, compartments = true, myelin = true;
};

void write_cells(const fs::path& run, const std::vector<CellRow>& cells, const Made& made) {
  DatasetSchema s = schema_of("ssv");
  if (made.types)
    s.columns.insert(s.columns.end(), {{"cell_type", DType::u8, 1, "", "", R"({"0":"MSN","1":"GP","255":"unknown"})"},
                                       {"cell_type_certainty", DType::f32}});
  std::vector<PartSpec> labels;
  if (made.compartments) labels.push_back({"compartment", DType::u8, 1, "node_offset"});
  if (made.myelin) labels.push_back({"myelin", DType::u8, 1, "node_offset"});
  s.fields = {mesh_field(), skeleton_field(labels), ids_field("mi_ids", ""), ids_field("syn_ids", "")};
  DatasetBuilder table(s, 1);
  const Line line;
  for (const CellRow& c : cells) {
    ShardBuilder& row = table.begin(c.id);
    set_common(row, Vec3i(1));
    if (made.types) row.set("cell_type", c.type), row.set("cell_type_certainty", c.certainty);
    // The surface: a vertex at each node, and one far beyond the last, whose nearest node is that one.
    std::vector<float> vertices = line.nodes;
    row.append<float>("mesh", "vertices_nm", vertices);
    row.append<std::uint32_t>("mesh", "faces", std::vector<std::uint32_t>{0, 1, 2});
    row.append<float>("skeleton", "nodes_nm", line.nodes);
    row.append<float>("skeleton", "radius_nm", std::vector<float>(line.comp.size(), 100));
    row.append<std::int32_t>("skeleton", "parent", line.parent);
    if (made.compartments) row.append<std::uint8_t>("skeleton", "compartment", line.comp);
    if (made.myelin) row.append<std::uint8_t>("skeleton", "myelin", line.myelin);
    row.append<std::uint32_t>("skeleton", "edges", line.edges);
    row.append<Id>("mi_ids", "ids", c.mi);
    row.append<Id>("syn_ids", "ids", c.syn);
    row.end();
  }
  table.commit(run / "datasets", "test", "00000000");
}

/// Each cell has one mitochondrion, near x = 300 um.
void write_mitos(const fs::path& run, const std::vector<Id>& ids) {
  DatasetSchema s = schema_of("mi");
  s.fields = {mesh_field()};
  DatasetBuilder table(s, 1);
  for (const Id id : ids) {
    ShardBuilder& row = table.begin(id);
    set_common(row, Vec3i(1));
    std::vector<float> corners = triangle();
    for (std::size_t i = 0; i < corners.size(); i += 3) corners[i] += 300000;
    row.append<float>("mesh", "vertices_nm", corners);
    row.append<std::uint32_t>("mesh", "faces", std::vector<std::uint32_t>{0, 1, 2});
    row.end();
  }
  table.commit(run / "datasets", "test", "00000000");
}

struct SynapseRow {
  Id id, cell_a, cell_b;
  std::uint8_t comp_a, comp_b;
  float area, prob;
  std::int64_t x_vx;
};
void write_synapses(const fs::path& run, const std::vector<SynapseRow>& synapses) {
  DatasetSchema s = schema_of("syn_ssv");
  s.columns.insert(s.columns.end(), {{"cell_a", DType::u64},
                                     {"cell_b", DType::u64},
                                     {"comp_a", DType::u8},
                                     {"comp_b", DType::u8},
                                     {"mesh_area_um2", DType::f32},
                                     {"prob", DType::f32}});
  DatasetBuilder table(s, 1);
  for (const SynapseRow& r : synapses) {
    ShardBuilder& row = table.begin(r.id);
    set_common(row, {r.x_vx, 0, 0});
    row.set("cell_a", r.cell_a), row.set("cell_b", r.cell_b);
    row.set("comp_a", r.comp_a), row.set("comp_b", r.comp_b);
    row.set("mesh_area_um2", r.area), row.set("prob", r.prob);
    row.end();
  }
  table.commit(run / "datasets", "test", "00000000");
}

KeptAnswer kept(const AnalysisTable& table) {
  KeptAnswer answer;
  put_table(table, answer);
  return answer;
}
std::string text_of(const QueryValue& v) { return std::get<std::string>(v); }

/// Cells 1 and 2 are whole MSN, 3 is uncertain; of their synapses one each fails by prob, own side and partner.
void write_run(const fs::path& run, const Made& made = {}) {
  write_cells(run,
              {{1, 0, 0.9F, {11}, {101, 102, 103, 104}},
               {2, 0, 0.8F, {12}, {103, 105, 106, 107}},
               {3, 0, 0.5F, {11}, {101}},
               {4, 1, 0.9F, {}, {}}},
              made);
  write_mitos(run, {11, 12});
  write_synapses(run, {{101, 1, 9, 4, 0, 1.0F, 0.9F, 29000},     // 10 um of the mitochondrion
                       {102, 1, 9, 3, 1, 0.5F, 0.9F, 28000},     // 20 um
                       {103, 1, 2, 0, 5, 0.25F, 0.9F, 27000},    // of cell 2, 30 um
                       {104, 1, 9, 4, 0, 2.0F, 0.5F, 29000},     // improbable
                       {105, 2, 9, 5, 2, 1.5F, 0.95F, 29500},    // 5 um
                       {106, 2, 9, 3, 6, 9.0F, 0.95F, 29500},    // on a soma
                       {107, 2, 9, 0, 0, 9.0F, 0.95F, 29500}});  // of its dendrite
}

MitoSynapseQuestion question() {
  MitoSynapseQuestion q;
  q.min_cells = 2, q.bootstrap = 100;
  return q;
}

TEST(Analyze, MitoSynapseByHand) {
  const test::TempFolder run;
  write_run(run.path());
  const Analysis a = analyze_mito_synapse(run.path(), question());
  const KeptAnswer pairs = kept(a.tables[0]), filters = kept(a.tables[1]), samples = kept(a.tables[2]);
  ASSERT_EQ(pairs.rows.size(), 3u);
  EXPECT_EQ(text_of(pairs.rows[0][0]), "MSN");
  // Areas 1, 0.5, 0.25, 1.5 are split at 0.75: 20 and 30 um against 10 and 5.
  EXPECT_NEAR(pairs.real(0, "median_first_um"), 25, 0.01);
  EXPECT_NEAR(pairs.real(0, "median_second_um"), 7.5, 0.01);
  EXPECT_NEAR(pairs.real(0, "difference_um"), 17.5, 0.02);
  EXPECT_DOUBLE_EQ(pairs.real(0, "ks_d"), 1);
  EXPECT_EQ(pairs.integer(0, "n_first"), 2);
  EXPECT_EQ(pairs.integer(1, "n_second"), 12);  // a vertex at each of six axon nodes, twice
  ASSERT_EQ(filters.rows.size(), 1u);
  const std::vector<std::pair<const char*, std::int64_t>> counts{
      {"cells_seen", 3},       {"removed_certainty", 1}, {"cells", 2},    {"synapses_seen", 8}, {"removed_prob", 1},
      {"removed_own_side", 2}, {"removed_partner", 1},   {"synapses", 4}, {"control", 12}};
  for (const auto& [name, n] : counts) EXPECT_EQ(filters.integer(0, name), n) << name;
  EXPECT_DOUBLE_EQ(filters.real(0, "median_area_um2"), 0.75);
  EXPECT_EQ(samples.rows.size(), 16u);
  EXPECT_THAT(a.figure.svg(), HasSubstr("larger synapses"));
  EXPECT_THAT(testing::PrintToString(pairs.about.lines()), HasSubstr("GP: 0 of 1 cells"));
}

TEST(Analyze, MitoSynapseIsTheSameForAnyThreadsAndAsksForWhatIsMissing) {
  const test::TempFolder run, bare;
  write_run(run.path());
  MitoSynapseQuestion q = question();
  const KeptAnswer one = kept(analyze_mito_synapse(run.path(), q).tables[0]);
  q.threads = 3;
  EXPECT_EQ(one.rows, kept(analyze_mito_synapse(run.path(), q).tables[0]).rows);
  const auto message = [&](const Made& made, const MitoSynapseQuestion& asked) {
    const test::TempFolder other;
    write_run(other.path(), made);
    try {
      analyze_mito_synapse(other.path(), asked);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(message({.types = false}, question()), HasSubstr("run stage celltype first"));
  EXPECT_THAT(message({.compartments = false}, question()), HasSubstr("run stage pointcloud first"));
  q.types = {"MNS"};
  EXPECT_THAT(message({}, q), HasSubstr("Did you mean 'MSN'?"));
  q = question(), q.partner = "dendrit";
  EXPECT_THAT(message({}, q), HasSubstr("Did you mean 'dendrite'?"));
  q = question(), q.min_soma_um = 20;
  EXPECT_THAT(message({}, q), HasSubstr("MSN: 0 of 3 cells with 0 synapses (removed: 1 by certainty, 0 by axon, 0 by "
                                        "dendrite, 2 by soma)"));
  q = question(), q.types = {"any"};
  EXPECT_EQ(message({.types = false}, q), "");
  EXPECT_THROW(analyze_mito_synapse(bare.path(), question()), Error);
}

TEST(Analyze, PathLengthCountsEachEdgeOnce) {
  const test::TempFolder run;
  write_run(run.path());
  const Analysis a = analyze_path_length(run.path(), {});
  const KeptAnswer cells = kept(a.tables[1]), types = kept(a.tables[0]);
  ASSERT_EQ(cells.rows.size(), 4u);
  // Edges by their node away from the root: soma 10, dendrite 50 + 50 + 50, axon 6 x 50.
  EXPECT_DOUBLE_EQ(cells.real(0, "path_um"), 460);
  EXPECT_DOUBLE_EQ(cells.real(0, "soma_um"), 10);
  EXPECT_DOUBLE_EQ(cells.real(0, "dendrite_um"), 150);
  EXPECT_DOUBLE_EQ(cells.real(0, "spine_head_um"), 50);
  EXPECT_DOUBLE_EQ(cells.real(0, "any_axon_um"), 300);
  EXPECT_DOUBLE_EQ(cells.real(0, "bouton_terminal_um"), 50);
  EXPECT_EQ(text_of(types.rows[0][0]), "MSN");
  EXPECT_EQ(types.integer(0, "cells"), 3);
  EXPECT_DOUBLE_EQ(types.real(0, "sum_um"), 3 * 460);
  EXPECT_THAT(types.about.run, HasSubstr("test-00000000"));
  const test::TempFolder without;
  write_run(without.path(), {.compartments = false});
  EXPECT_THROW(analyze_path_length(without.path(), {}), Error);
}

TEST(Analyze, MyelinByHand) {
  const test::TempFolder run;
  write_run(run.path());
  MyelinQuestion q;
  q.max_node_um = 60;
  const Analysis a = analyze_myelin(run.path(), q);
  const KeptAnswer types = kept(a.tables[0]), cells = kept(a.tables[1]), nodes = kept(a.tables[2]);
  // Nodes 6, 7 and 9 are sheathed, so are the edges to them: 100 and 50 um with 50 um between.
  EXPECT_DOUBLE_EQ(cells.real(0, "myelin_um"), 150);
  EXPECT_EQ(cells.integer(0, "n_stretches"), 2);
  EXPECT_DOUBLE_EQ(cells.real(0, "longest_um"), 100);
  EXPECT_EQ(cells.integer(0, "n_ranvier"), 1);
  EXPECT_DOUBLE_EQ(types.real(0, "myelin_share"), 150.0 / 460);
  EXPECT_EQ(types.integer(0, "cells_with_myelin"), 3);
  ASSERT_EQ(nodes.rows.size(), 4u);
  EXPECT_DOUBLE_EQ(nodes.real(0, "gap_um"), 50);
  q.max_node_um = 10;
  EXPECT_EQ(kept(analyze_myelin(run.path(), q).tables[2]).rows.size(), 0u);
  const test::TempFolder without;
  write_run(without.path(), {.myelin = false});
  EXPECT_THROW(analyze_myelin(without.path(), q), Error);
}

TEST(Analyze, FilesAreWrittenWithWhatTheyAreOf) {
  const test::TempFolder run;
  write_run(run.path());
  const auto files = write_analysis(analyze_path_length(run.path(), {}), run.path() / "out");
  ASSERT_EQ(files.size(), 5u);
  for (const fs::path& file : files) EXPECT_THAT(read_file(file), HasSubstr("test-00000000")) << file;
}

}  // namespace
}  // namespace syconn
