// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_predictions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/io/dataset_builder.h"

namespace syconn {
namespace {

using Codes = std::vector<std::uint8_t>;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

void set_common(ShardBuilder& row) {
  row.set("size_vx", std::uint64_t{1});
  for (const char* name : {"bbox_min_vx", "rep_vx"}) row.set(name, Vec3i(1));
  row.set("bbox_max_vx", Vec3i(2));
  row.set("centroid_nm", Vec3d(1));
}

struct CellRow {
  Id id;
  Codes nodes, vertices;
};
DatasetSchema schema_of(const char* type) {
  DatasetSchema s;
  s.type = type, s.voxel_size_nm = {10, 10, 25}, s.columns = common_columns();
  return s;
}

/// Cells with labels of nodes (as the skeleton's compartment, or node_comp) and vertices.
void write_cells(const fs::path& run, const std::vector<CellRow>& cells, bool truth) {
  DatasetSchema s = schema_of("ssv");
  s.fields = {{"vertex_comp", {{"values", DType::u8, 1, "offset"}}}};
  if (truth)
    s.fields.push_back(skeleton_field({{"compartment", DType::u8, 1, "node_offset"}}));
  else
    s.fields.push_back({"node_comp", {{"values", DType::u8, 1, "offset"}}});
  DatasetBuilder table(s, 2);
  for (const CellRow& c : cells) {
    ShardBuilder& row = table.begin(c.id);
    set_common(row);
    row.append<std::uint8_t>("vertex_comp", "values", c.vertices);
    row.append<std::uint8_t>(truth ? "skeleton" : "node_comp", truth ? "compartment" : "values", c.nodes);
    if (truth) {
      // A straight line of edges that are 1, 2, 3 ... um long.
      std::vector<float> nodes_nm;
      std::vector<std::uint32_t> edges;
      for (std::size_t i = 0; i < c.nodes.size(); ++i) {
        const float x = 500.0F * static_cast<float>(i * (i + 1));
        nodes_nm.insert(nodes_nm.end(), {x, 0, 0});
        if (i > 0) edges.insert(edges.end(), {static_cast<std::uint32_t>(i - 1), static_cast<std::uint32_t>(i)});
      }
      row.append<float>("skeleton", "nodes_nm", nodes_nm);
      row.append<std::uint32_t>("skeleton", "edges", edges);
      row.append<float>("skeleton", "radius_nm", std::vector<float>(c.nodes.size()));
      row.append<std::int32_t>("skeleton", "parent", std::vector<std::int32_t>(c.nodes.size()));
    }
    row.end();
  }
  table.commit(run / "datasets", "test", "00000000");
}

struct SynapseRow {
  Id id;
  std::uint8_t comp_a, comp_b;
};
void write_synapses(const fs::path& run, const std::vector<SynapseRow>& synapses) {
  DatasetSchema s = schema_of("syn_ssv");
  for (const char* name : {"comp_a", "comp_b"}) s.columns.push_back({name, DType::u8});
  DatasetBuilder table(s, 1);
  for (const SynapseRow& r : synapses) {
    ShardBuilder& row = table.begin(r.id);
    set_common(row);
    row.set("comp_a", r.comp_a), row.set("comp_b", r.comp_b);
    row.end();
  }
  table.commit(run / "datasets", "test", "00000000");
}

struct TypeRow {
  Id id;
  std::uint8_t type;
  float certainty;
};
void write_types(const fs::path& run, const std::string& names, const std::vector<TypeRow>& cells, bool certainty) {
  DatasetSchema s = schema_of("ssv");
  s.columns.push_back({"cell_type", DType::u8, 1, "", "", names});
  if (certainty) s.columns.push_back({"cell_type_certainty", DType::f32});
  DatasetBuilder table(s, 2);
  for (const TypeRow& c : cells) {
    ShardBuilder& row = table.begin(c.id);
    set_common(row);
    row.set("cell_type", c.type);
    if (certainty) row.set("cell_type_certainty", c.certainty);
    row.end();
  }
  table.commit(run / "datasets", "test", "00000000");
}

class EvaluatePredictions : public testing::Test {
 protected:
  test::TempFolder folder_;
  fs::path run_ = folder_.path() / "run", truth_ = folder_.path() / "truth";
};

TEST_F(EvaluatePredictions, CompartmentsOfAHandMadeTable) {
  // Nodes, truth to prediction: dendrite (0, 1, 2) to dendrite, dendrite, axon; axon (3, 4) to axon, unknown; soma to
  // soma; one of unknown truth. Cells 3 and 4 are only in one of the tables.
  write_cells(truth_, {{1, {0, 1, 2, 3}, {0, 1, 2}}, {2, {4, 6, 255}, {6, 255}}, {4, {0}, {0}}}, true);
  write_cells(run_, {{1, {0, 2, 5, 4}, {0, 1, 0}}, {2, {255, 6, 6}, {6, 0}}, {3, {6}, {6}}}, false);
  // Sides, truth to prediction: 0-0, 4-4, 1-1, 4-5, 1-3, 5-5; synapse 9 has no known side.
  write_synapses(truth_, {{1, 0, 4}, {2, 4, 1}, {5, 1, 5}, {9, 255, 255}});
  write_synapses(run_, {{1, 0, 4}, {2, 5, 1}, {5, 3, 5}, {9, 0, 0}});
  const CompartmentScore s = evaluate_compartments(run_, truth_);
  EXPECT_EQ(s.cells.matched, 2U);
  EXPECT_EQ(s.cells.only_run, 1U);
  EXPECT_EQ(s.cells.only_truth, 1U);
  EXPECT_EQ(s.synapses.matched, 4U);

  ASSERT_TRUE(s.nodes && s.vertices && s.sides && s.spines);
  const ConfusionMatrix& nodes = s.nodes->matrix;
  EXPECT_EQ(nodes.total(), 6U);
  EXPECT_EQ(nodes(0, 0), 2U);
  EXPECT_EQ(nodes(0, 1), 1U);
  EXPECT_EQ(nodes(1, 1), 1U);
  EXPECT_EQ(nodes(1, 3), 1U);
  EXPECT_EQ(nodes(2, 2), 1U);
  EXPECT_EQ(s.nodes->others(), 1U);
  EXPECT_DOUBLE_EQ(nodes.score(0).f1, 4.0 / 5);  // 2 hits, 1 missed
  EXPECT_DOUBLE_EQ(nodes.score(1).f1, 2.0 / 4);  // 1 hit, 1 wrong, 1 missed
  EXPECT_DOUBLE_EQ(s.nodes->macro_f1(), (0.8 + 0.5 + 1) / 3);
  EXPECT_DOUBLE_EQ(nodes.weighted_f1(), (3 * 0.8 + 2 * 0.5 + 1) / 6);
  EXPECT_DOUBLE_EQ(nodes.majority_baseline(), 0.5);
  // A node has half of its edges: 0.5, 1.5, 2.5, 1.5 um of cell 1, of which the third is wrong; 0.5, 1.5 um of cell 2,
  // of which the first is, and 1 um without truth.
  ASSERT_TRUE(s.nodes_by_length);
  EXPECT_NEAR(*s.nodes_by_length, (3.5 + 1.5) / (6 + 2), 1e-6);

  EXPECT_EQ(s.vertices->matrix.total(), 4U);
  EXPECT_EQ(s.vertices->matrix(2, 0), 1U);
  EXPECT_EQ(s.sides->matrix.total(), 6U);
  EXPECT_EQ(s.sides->matrix(4, 5), 1U);
  EXPECT_EQ(s.sides->matrix(1, 3), 1U);
  EXPECT_DOUBLE_EQ(s.sides->matrix.accuracy(), 4.0 / 6);

  // On dendrites: shaft right; one head right, one said to be none of the three.
  EXPECT_EQ(s.spines->matrix.total(), 3U);
  EXPECT_EQ(s.spines->others(), 1U);
  EXPECT_DOUBLE_EQ(s.spines->matrix.weighted_f1(), (1 + 2 * (2.0 / 3)) / 3);
  EXPECT_DOUBLE_EQ(s.spines->macro_f1(), (1 + 2.0 / 3) / 2);
}

TEST_F(EvaluatePredictions, WhatCannotBeComparedIsAnError) {
  write_cells(truth_, {{1, {0, 1}, {0}}}, true);
  write_cells(run_, {{1, {0}, {0}}}, false);
  EXPECT_THAT([&] { evaluate_compartments(run_, truth_); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("cell 1: the run has 1 skeleton nodes, the truth 2")));
  EXPECT_THAT([&] { evaluate_compartments(run_, run_); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("run and truth at once")));
  EXPECT_THAT([&] { evaluate_celltype(run_, truth_); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("no cell_type")));
  const fs::path bare = folder_.path() / "bare";
  write_types(bare, "{}", {{1, 0, 0}}, false);
  EXPECT_THAT([&] { evaluate_compartments(bare, truth_); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("nothing to compare")));
}

TEST_F(EvaluatePredictions, CellTypesByNameWithTheirCertainties) {
  const std::string true_names = R"({"0":"a","1":"b","2":"glia","255":"unknown"})";
  const std::string names = R"({"0":"b","1":"a","2":"other","255":"unknown"})";  // another order
  write_types(truth_, true_names, {{1, 0, 0}, {2, 0, 0}, {3, 1, 0}, {4, 1, 0}, {5, 2, 0}, {6, 255, 0}}, false);
  // a right, a said b, b right, b said other, glia without a type
  write_types(run_, names,
              {{1, 1, 0.9F}, {2, 0, 0.3F}, {3, 0, 0.9F}, {4, 2, 0.5F}, {5, 255, kNan}, {6, 0, 1}, {7, 0, 1}}, true);
  const CelltypeScore s = evaluate_celltype(run_, truth_);
  EXPECT_EQ(s.cells.matched, 6U);
  EXPECT_EQ(s.cells.only_run, 1U);
  EXPECT_EQ(s.unknown, 1U);
  const ConfusionMatrix& m = s.types.matrix;
  EXPECT_EQ(m.total(), 5U);
  EXPECT_EQ(m(0, 0), 1U);
  EXPECT_EQ(m(0, 1), 1U);
  EXPECT_EQ(m(1, 1), 1U);
  EXPECT_EQ(m(1, 3), 1U);
  EXPECT_EQ(m(2, 3), 1U);
  EXPECT_EQ(s.types.others(), 2U);
  EXPECT_DOUBLE_EQ(m.accuracy(), 0.4);
  EXPECT_DOUBLE_EQ(m.majority_baseline(), 0.4);
  EXPECT_DOUBLE_EQ(m.score(0).f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.score(1).f1, 0.5);
  EXPECT_DOUBLE_EQ(s.types.macro_f1(), (2.0 / 3 + 0.5 + 0) / 3);
  // Certainties 0.9 (two, right), 0.5, 0.3 and 0 (wrong).
  ASSERT_EQ(s.risk_coverage.size(), 4U);
  EXPECT_DOUBLE_EQ(s.risk_coverage[0].coverage, 0.4);
  EXPECT_DOUBLE_EQ(s.risk_coverage[0].risk, 0);
  EXPECT_DOUBLE_EQ(s.risk_coverage[3].risk, 0.6);
  EXPECT_NEAR(s.area_under_risk_coverage, 0.2 * (1.0 / 3 + 2.0 / 4 + 3.0 / 5), 1e-12);
  EXPECT_NEAR(s.calibration_error, (2 * 0.1 + 0.5 + 0.3 + 0) / 5, 1e-6);
}

TEST(LabelScore, PictureAndJson) {
  LabelScore s({"a<b", "spine_neck"}, true);
  for (int i = 0; i < 3; ++i) s.add(0, 0);
  s.add(0, 1), s.add(1, 7);
  const Json json = as_json(s);
  EXPECT_EQ(json.at("confusion"), Json::parse("[[3, 1, 0], [0, 0, 1]]"));
  EXPECT_DOUBLE_EQ(json.at("accuracy"), 0.6);
  EXPECT_EQ(json.at("classes").at("spine_neck").at("recall"), 0);
  EXPECT_EQ(json.at("classes").at("spine_neck").at("precision"), 0);
  const std::string svg = confusion_svg({{"first", s}, {"second", s}});
  for (const char* text : {"first", "second", "a&lt;b", "spine neck", "none of these", "75.0 %", "100.0 %"})
    EXPECT_THAT(svg, testing::HasSubstr(text));
  EXPECT_EQ(svg, confusion_svg({{"first", s}, {"second", s}}));
}

}  // namespace
}  // namespace syconn
