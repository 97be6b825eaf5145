// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/export_files.h"

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "stages/export_fixture.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/swc.h"
#include "syconn/io/table_csv.h"
#include "syconn/stages/import_synapses.h"

namespace syconn {
namespace {

class ExportFiles : public ::testing::Test {
 protected:
  ExportFiles() : run_(Box3::of_size({60, 50, 40})) {
    run_.write();
    options_.run = run_.run(), options_.out = run_.temp / "out";
  }
  SegmentationDataset cells() const { return SegmentationDataset::open(run_.run() / "datasets/ssv.h5"); }

  test::ExportRun run_;
  FileExport options_;
};

TEST_F(ExportFiles, SwcHasTheStoredSkeleton) {
  for (const double unit : {1.0, 1000.0}) {
    options_.nm_per_unit = unit;
    EXPECT_EQ(export_swc(options_), run_.meshes.size());
    for (const auto& [id, mesh] : run_.meshes) {
      const NeuronTree tree = read_swc(options_.out / (std::to_string(id) + ".swc"), unit);
      const auto nodes = cells().ragged<float>("skeleton", "nodes_nm", id);
      const auto radius = cells().ragged<float>("skeleton", "radius_nm", id);
      const auto parent = cells().ragged<std::int32_t>("skeleton", "parent", id);
      const auto compartment = cells().ragged<std::uint8_t>("skeleton", "compartment", id);
      ASSERT_EQ(tree.n_nodes(), parent.size());
      const std::map<int, int> types{{0, 3}, {1, 3}, {2, 3}, {3, 2}, {4, 2}, {5, 2}, {6, 1}, {255, 0}};
      for (std::size_t i = 0; i < parent.size(); ++i) {
        EXPECT_NEAR(tree.nodes_nm[i].x, static_cast<double>(nodes[3 * i]), 2e-4);
        EXPECT_NEAR(tree.radius_nm[i], static_cast<double>(radius[i]), 2e-4);
        EXPECT_EQ(tree.parent[i], parent[i]);
        EXPECT_EQ(tree.type[i], types.at(compartment[i]));
      }
    }
  }
}

TEST_F(ExportFiles, PlyAndObjHaveTheStoredMesh) {
  EXPECT_EQ(export_ply(options_), run_.meshes.size());
  EXPECT_EQ(export_obj(options_), run_.meshes.size());
  for (const auto& [id, mesh] : run_.meshes) {
    const std::string ply = read_file(options_.out / (std::to_string(id) + ".ply"));
    const std::string end = "end_header\n";
    const std::size_t at = ply.find(end) + end.size();
    EXPECT_NE(ply.find("element vertex " + std::to_string(mesh.vertices_nm.size()) + "\n"), std::string::npos);
    ASSERT_EQ(ply.size(), at + 12 * mesh.vertices_nm.size() + 13 * mesh.n_faces());
    EXPECT_EQ(std::memcmp(ply.data() + at, mesh.vertices_nm.data(), 12 * mesh.vertices_nm.size()), 0);
    for (std::size_t f = 0; f < mesh.n_faces(); ++f) {
      const char* face = ply.data() + at + 12 * mesh.vertices_nm.size() + 13 * f;
      EXPECT_EQ(face[0], 3);
      EXPECT_EQ(std::memcmp(face + 1, &mesh.faces[3 * f], 12), 0);
    }
    std::istringstream obj(read_file(options_.out / (std::to_string(id) + ".obj")));
    Mesh read;
    for (std::string line; std::getline(obj, line);) {
      std::istringstream words(line);
      std::string kind;
      words >> kind;
      std::string a, b, c;
      words >> a >> b >> c;
      if (kind == "v") read.vertices_nm.push_back({std::stof(a), std::stof(b), std::stof(c)});
      if (kind == "f")
        for (const std::string& v : {a, b, c}) read.faces.push_back(static_cast<std::uint32_t>(std::stoul(v) - 1));
    }
    EXPECT_EQ(read, mesh);
  }
}

TEST_F(ExportFiles, SomeCellsAndWrongOnes) {
  options_.cells = {run_.meshes.rbegin()->first};
  EXPECT_EQ(export_ply(options_), 1U);
  options_.cells.push_back(424242);
  options_.out = run_.temp / "none";
  EXPECT_THROW(export_ply(options_), Error);
  EXPECT_TRUE(fs::is_empty(options_.out));
  options_.run = run_.temp / "nothing";
  EXPECT_THROW(export_swc(options_), Error);
  EXPECT_THROW(export_csv(options_), Error);
}

/// Three cells: 1 gives twice to 2, once to 3; 3 gives to nobody known.
class ExportTables : public ::testing::Test {
 protected:
  ExportTables() {
    write_file_atomically(folder_ / "s.csv", "id,pre,post,area\n1,1,2,0.5\n2,1,2,0.25\n3,1,3,0.125\n4,3,-1,1\n");
    SynapseImport import{folder_ / "s.csv", folder_ / "connectome.sqlite", "a < b", {}, {"-1"}};
    import.map = {"id=id", "pre_id=pre", "post_id=post", "area_um2=area"};
    import_synapses(import);
    options_.run = folder_.path();
  }
  test::TempFolder folder_;
  FileExport options_;
};

TEST_F(ExportTables, GraphMl) {
  options_.out = folder_ / "g" / "t.graphml";
  EXPECT_EQ(export_graphml(options_), 1U);
  const std::string all = read_file(options_.out);
  EXPECT_NE(all.find("edgedefault=\"directed\""), std::string::npos);
  EXPECT_NE(all.find("<node id=\"n1\"><data key=\"id\">1</data>"), std::string::npos);
  EXPECT_NE(all.find("<edge source=\"n1\" target=\"n2\">"), std::string::npos);
  EXPECT_NE(all.find("<edge source=\"n1\" target=\"n3\">"), std::string::npos);
  const std::size_t key = all.find("for=\"edge\" attr.name=\"n_syn\" attr.type=\"long\"");
  ASSERT_NE(key, std::string::npos);
  const std::size_t id = all.rfind("id=\"", key) + 4;
  EXPECT_NE(all.find("<data key=\"" + all.substr(id, all.find('"', id) - id) + "\">2</data>"), std::string::npos);
  options_.cells = {3, 1};
  export_graphml(options_);
  const std::string some = read_file(options_.out);
  EXPECT_EQ(some.find("<node id=\"n2\""), std::string::npos);
  EXPECT_NE(some.find("<edge source=\"n1\" target=\"n3\">"), std::string::npos);
}

TEST_F(ExportTables, Csv) {
  options_.out = folder_ / "csv";
  EXPECT_EQ(export_csv(options_), 3U);
  const auto rows = [&](const std::string& table) {
    CsvReader csv(options_.out / (table + ".csv"));
    std::size_t n = 0;
    while (csv.next()) ++n;
    return n;
  };
  EXPECT_EQ(rows("cells"), 3U);
  EXPECT_EQ(rows("synapses"), 4U);
  EXPECT_EQ(rows("edges"), 2U);
  options_.cells = {1, 2};
  export_csv(options_);
  EXPECT_EQ(rows("cells"), 2U);
  EXPECT_EQ(rows("synapses"), 2U);
  EXPECT_EQ(rows("edges"), 1U);
  CsvReader edges(options_.out / "edges.csv");
  ASSERT_TRUE(edges.next());
  EXPECT_EQ(edges.id(edges.column("n_syn")), 2U);
  EXPECT_EQ(edges.number(edges.column("area_sum_um2")), 0.75);
  options_.cells = {9};
  EXPECT_THROW(export_csv(options_), Error);
}

}  // namespace
}  // namespace syconn
