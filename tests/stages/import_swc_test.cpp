// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/import_swc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <numbers>

#include "../../src/stages/cell_parts.h"
#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/exec/runner.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/stages/table.h"

namespace syconn {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A soma of 5 um, an axon of 20 um along y, a dendrite of two pieces (one apical), and one of an unknown kind; um.
constexpr const char* kNeuron =
    "# a neuron\n"
    "1 1 0 0 0 5 -1\n"
    "2 3 10 0 0 1 1\n"
    "3 2 0 20 0 0.5 1\n"
    "4 4 10 10 0 1 2\n"
    "5 0 10 10 10 3 4\n";

class ImportSwc : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    make_folder((in() / file).parent_path());
    std::ofstream(in() / file) << text;
  }
  fs::path in() const { return folder_.path() / "in"; }
  fs::path out() const { return folder_.path() / "out"; }
  SwcImport options() const {
    SwcImport o;
    o.folder = in(), o.out = out();
    return o;
  }
  SegmentationDataset cells() const { return SegmentationDataset::open(out() / "datasets/ssv.h5"); }
  /// The message of the error; empty without one.
  static std::string error(const SwcImport& o, Category category = Category::input) {
    try {
      import_swc(o);
    } catch (const Error& e) {
      EXPECT_EQ(e.category(), category) << e.what();
      return e.what();
    }
    return {};
  }
  test::TempFolder folder_;
};

double value(const SegmentationDataset& set, const std::string& column, Id id) {
  return static_cast<double>(set.column<float>(column)(set.at(id)));
}

TEST_F(ImportSwc, MeasuresOfAKnownTree) {
  write("17.swc", kNeuron);
  SwcImport o = options();
  o.surface.points_per_um2 = 10;
  const SwcImported done = import_swc(o);
  EXPECT_EQ(done.cells, 1u);
  EXPECT_EQ(done.nodes, 5u);
  EXPECT_TRUE(done.numbers_are_names);
  const SegmentationDataset set = cells();
  ASSERT_EQ(set.size(), 1u);
  EXPECT_TRUE(set.verify(VerifyLevel::full).empty());
  EXPECT_FALSE(set.has_column("cell_type"));
  constexpr double pi = std::numbers::pi;
  // A ball of 5, a cylinder of 0.5 over 20, two of 1 over 10, and a cone of 1 to 3 over 10.
  const double volume = 4 * pi * 125 / 3 + pi * 0.25 * 20 + 2 * pi * 10 + pi * 10 / 3 * 13;
  const double area = 100 * pi + 2 * pi * 0.5 * 20 + 2 * 2 * pi * 10 + 4 * pi * std::sqrt(104.0);
  EXPECT_NEAR(value(set, "volume_um3", 17), volume, 1e-3);
  EXPECT_NEAR(value(set, "area_um2", 17), area, 1e-3);
  EXPECT_FLOAT_EQ(set.column<float>("path_length_um")(set.at(17)), 50);
  EXPECT_FLOAT_EQ(set.column<float>("axon_um")(set.at(17)), 20);
  EXPECT_FLOAT_EQ(set.column<float>("dend_um")(set.at(17)), 20);
  EXPECT_FLOAT_EQ(set.column<float>("soma_um")(set.at(17)), 0);
  EXPECT_FLOAT_EQ(set.column<float>("soma_radius_nm")(set.at(17)), 5000);
  EXPECT_NEAR(static_cast<double>(set.column<std::uint64_t>("size_vx")(set.at(17))), volume * 1e6, 1);
  EXPECT_NEAR(static_cast<double>(done.points), area * 10, 5);
}

TEST_F(ImportSwc, SkeletonAndLabels) {
  write("17.swc", kNeuron);
  import_swc(options());
  const SegmentationDataset set = cells();
  EXPECT_EQ(set.ragged<std::uint32_t>("skeleton", "edges", 17), (std::vector<std::uint32_t>{0, 1, 0, 2, 1, 3, 3, 4}));
  EXPECT_EQ(set.ragged<std::int32_t>("skeleton", "parent", 17), (std::vector<std::int32_t>{-1, 0, 0, 1, 3}));
  EXPECT_EQ(set.ragged<std::uint8_t>("skeleton", "compartment", 17), (std::vector<std::uint8_t>{6, 0, 3, 0, 255}));
  EXPECT_EQ(set.ragged<float>("skeleton", "radius_nm", 17), (std::vector<float>{5000, 1000, 500, 1000, 3000}));
  EXPECT_TRUE(set.ragged<std::uint32_t>("mesh", "faces", 17).empty());
  const auto xyz = set.ragged<float>("mesh", "vertices_nm", 17);
  const auto label = set.ragged<std::uint8_t>("vertex_comp", "values", 17);
  ASSERT_EQ(xyz.size(), 3 * label.size());
  std::map<int, std::size_t> count;
  for (std::size_t i = 0; i < label.size(); ++i) {
    ++count[label[i]];
    if (label[i] != 3) continue;
    const double x = static_cast<double>(xyz[3 * i]), y = static_cast<double>(xyz[3 * i + 1]),
                 z = static_cast<double>(xyz[3 * i + 2]);
    ASSERT_TRUE(y > -1 && y < 20001);
    ASSERT_NEAR(std::hypot(x, z), 500, 1);  // the axon's own radius, up to the soma's centre
  }
  for (const int code : {0, 3, 6, 255}) EXPECT_GT(count[code], 100u) << code;
  EXPECT_EQ(count.size(), 4u);
}

TEST_F(ImportSwc, WithoutCompartmentsAllIsUnknown) {
  write("17.swc", kNeuron);
  SwcImport o = options();
  o.compartments = false;
  import_swc(o);
  EXPECT_EQ(cells().ragged<std::uint8_t>("skeleton", "compartment", 17), std::vector<std::uint8_t>(5, 255));
  EXPECT_TRUE(std::isnan(value(cells(), "axon_um", 17)));
}

TEST_F(ImportSwc, CentringMovesTheMeanOfTheNodesToZero) {
  write("17.swc", kNeuron);
  SwcImport o = options();
  o.center = true;
  import_swc(o);
  const auto offset = cells().column<double>("offset_nm").values(cells().at(17));
  EXPECT_EQ(offset, (std::vector<double>{6000, 8000, 2000}));
  const auto xyz = cells().ragged<float>("skeleton", "nodes_nm", 17);
  EXPECT_FLOAT_EQ(xyz[0], -6000);
  EXPECT_FLOAT_EQ(xyz[1], -8000);
  EXPECT_FLOAT_EQ(xyz[2], -2000);
}

TEST_F(ImportSwc, TheCellsCanBeReadAsCellsOfARun) {
  write("17.swc", kNeuron);
  import_swc(options());
  const CellReader reader(out());
  const CellParts parts = reader.read(17, reader.cells().at(17));
  EXPECT_EQ(parts.nodes_nm.size(), 5u);
  EXPECT_EQ(parts.edges.size(), 4u);
  EXPECT_GT(parts.surface_nm.size(), 1000u);
  const RunConfig config = load_config(out() / "config.yml", {}, stage_table().sections());
  EXPECT_GE(config.dataset.box_vx->max.min_element(), 1000);
}

TEST_F(ImportSwc, TypesOfATableAndWhatIsLeftOut) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) write(std::string(name) + ".CNG.swc", kNeuron);
  std::ofstream(in() / "types.csv") << "cell,type\na,T4\nb,T4\nc,L1\nd,unknown Tm\ne,Tangential\nz,L1\n";
  SwcImport o = options();
  o.types = in() / "types.csv", o.exclude_types = {"unknown*", "Tangential"};
  const SwcImported done = import_swc(o);
  EXPECT_EQ(done.cells, 4u);
  EXPECT_EQ(done.left_out, 2u);
  EXPECT_EQ(done.without_type, 1u);
  EXPECT_EQ(done.unused_types, 1u);
  EXPECT_FALSE(done.numbers_are_names);
  EXPECT_EQ(done.cells_of_type, (std::map<std::string, std::uint64_t>{{"L1", 1}, {"T4", 2}}));
  EXPECT_THAT(read_file(out() / "cells.csv"), StartsWith("id,name,file,type,nodes,points\n1,a,a.CNG.swc,T4,5,"));
  const auto type = cells().column<std::uint8_t>("cell_type");
  EXPECT_EQ(type(cells().at(1)), 1);
  EXPECT_EQ(type(cells().at(3)), 0);
  EXPECT_EQ(type(cells().at(6)), 255);
  SwcImport frequent = o;
  frequent.min_cells_per_type = 2, frequent.out = folder_.path() / "frequent";
  EXPECT_EQ(import_swc(frequent).cells, 2u);
  frequent.min_cells_per_type = 3;
  EXPECT_THAT(error(frequent), HasSubstr("all cells are left out"));
}

TEST_F(ImportSwc, TypesOfFolders) {
  write("x/1.swc", kNeuron), write("x/2.swc", kNeuron), write("y/1.swc", kNeuron), write("9.SWC", kNeuron);
  SwcImport o = options();
  o.folder_types = true;
  const SwcImported done = import_swc(o);
  EXPECT_EQ(done.cells_of_type, (std::map<std::string, std::uint64_t>{{"x", 2}, {"y", 1}}));
  EXPECT_EQ(done.without_type, 1u);
  EXPECT_FALSE(done.numbers_are_names);  // the name 1 is there twice
}

TEST_F(ImportSwc, BrokenInputIsNamed) {
  SwcImport o = options();
  EXPECT_THAT(error(o), HasSubstr("there is no folder"));
  make_folder(in());
  EXPECT_THAT(error(o), HasSubstr("holds no .swc file"));
  write("1.swc", "1 1 0 0 0 5 -1\n2 3 1 1 1 1 9\n");
  EXPECT_THAT(error(o), HasSubstr("1.swc:2: its parent 9 is no node"));
  write("1.swc", "1 1 0 0 nan 5 -1\n");
  EXPECT_THAT(error(o), HasSubstr("1.swc:1: "));
  write("1.swc", "1 1 0 0 2e6 5 -1\n");
  EXPECT_THAT(error(o), HasSubstr("is --unit-nm"));
  write("1.swc", kNeuron);
  o.max_nodes = 4;
  EXPECT_THAT(error(o), HasSubstr("1.swc:6: more than 4 nodes"));
  write("1.swc", std::string(2 << 20, '#'));
  EXPECT_THAT(error(o), HasSubstr("--max-nodes raises the limit"));
  EXPECT_FALSE(fs::exists(out() / "datasets/ssv.h5"));
}

TEST_F(ImportSwc, BrokenTypesAndOptionsAreNamed) {
  write("1.swc", kNeuron);
  SwcImport o = options();
  o.types = in() / "types.csv";
  EXPECT_THAT(error(o), HasSubstr("types.csv"));
  std::ofstream(o.types) << "id,type\n1,a\n1,b\n";
  EXPECT_THAT(error(o), HasSubstr("types.csv:3: cell '1' has type 'a' and type 'b'"));
  std::ofstream(o.types) << "id,kind\n1,a\n";
  EXPECT_THAT(error(o), HasSubstr("no column 'type'"));
  std::ofstream(o.types) << "id,type\n1,a\n";
  write("more/1.swc", kNeuron);
  EXPECT_THAT(error(o), HasSubstr("may be '1.swc' or 'more/1.swc'"));
  o.folder_types = true;
  EXPECT_THAT(error(o, Category::config), HasSubstr("not from both"));
  o = options(), o.nm_per_unit = 0;
  EXPECT_THAT(error(o, Category::config), HasSubstr("unit"));
}

TEST_F(ImportSwc, AFolderIsNotMixed) {
  write("1.swc", kNeuron);
  EXPECT_FALSE(import_swc(options()).was_there);
  const std::string before = read_file(out() / "datasets/ssv.h5");
  EXPECT_TRUE(import_swc(options()).was_there);
  EXPECT_EQ(read_file(out() / "datasets/ssv.h5"), before);
  write("2.swc", kNeuron);
  EXPECT_THAT(error(options()), HasSubstr("holds other cells"));
}

std::map<std::string, std::string> files_of(const fs::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(run))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), run).string()] = read_file(entry.path());
  return files;
}

TEST_F(ImportSwc, SameBytesForAnyThreads) {
  for (int i = 1; i <= 120; ++i) {
    const std::string x = std::to_string(i % 7);
    write(std::to_string(i * 1000003) + ".swc", "1 1 0 0 0 2 -1\n2 2 " + x + " 3 0 1 1\n3 3 0 " + x + " 9 1 2\n");
  }
  SwcImport o = options();
  import_swc(o);
  o.threads = 3, o.out = folder_.path() / "three";
  import_swc(o);
  const auto one = files_of(out()), three = files_of(o.out);
  EXPECT_EQ(one.size(), 6u);  // 3 shards, the top file, cells.csv, config.yml
  ASSERT_EQ(one.size(), three.size());
  for (const auto& [name, bytes] : one) EXPECT_TRUE(three.contains(name) && three.at(name) == bytes) << name;
}

}  // namespace
}  // namespace syconn
