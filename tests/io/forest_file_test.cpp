// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/forest_file.h"

#include <gmock/gmock.h>

#include <cmath>

#include "support/temp_folder.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

/// Two trees: one split, one leaf.
ForestFile small_forest() {
  ForestFile file;
  file.forest.n_features = 2, file.forest.n_classes = 2;
  file.forest.tree_offset = {0, 3, 4};
  file.forest.feature = {1, -1, -1, -1};
  file.forest.threshold = {0.5, 0, 0, 0};
  file.forest.left = {1, 0, 0, 0}, file.forest.right = {2, 0, 0, 0};
  file.forest.fraction = {0, 0, 1, 0, 0.25, 0.75, 0.5, 0.5};
  file.feature_names = {"size_vx", "mesh_area_um2"};
  file.class_names = {"not synaptic", "synaptic"};
  file.provenance_json = R"({"seed":1})";
  return file;
}

TEST(ForestFileIo, ComesBackAsItWas) {
  const test::TempFolder temp;
  const fs::path path = temp.path() / "forest.h5";
  const ForestFile file = small_forest();
  write_forest(path, file);
  const ForestFile back = read_forest(path);
  EXPECT_TRUE(back.forest == file.forest);
  EXPECT_EQ(back.feature_names, file.feature_names);
  EXPECT_EQ(back.class_names, file.class_names);
  EXPECT_EQ(back.provenance_json, file.provenance_json);
  EXPECT_EQ(back.synapse_mesh, "");
  write_forest(temp.path() / "again.h5", file);
  EXPECT_EQ(read_file(path), read_file(temp.path() / "again.h5"));
}

TEST(ForestFileIo, SaysWhichMeshesItKnows) {
  const test::TempFolder temp;
  ForestFile file = small_forest();
  file.synapse_mesh = "marching_cubes";
  write_forest(temp / "forest.h5", file);
  EXPECT_EQ(read_forest(temp / "forest.h5").synapse_mesh, "marching_cubes");
}

TEST(ForestFileIo, EveryDamagedByteIsRefusedOrHarmless) {
  const test::TempFolder temp;
  const fs::path path = temp.path() / "forest.h5";
  write_forest(path, small_forest());
  const std::string good = read_file(path);
  const ForestFile want = read_forest(path);
  for (std::size_t at = 0; at < good.size(); at += 127) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x5a);
    write_file_atomically(path, bad);
    try {
      EXPECT_TRUE(read_forest(path).forest == want.forest) << "byte " << at;
    } catch (const Error& e) {
      EXPECT_EQ(e.category(), Category::input);
    }
  }
}

TEST(ForestFileIo, OtherFilesAreRefused) {
  const test::TempFolder temp;
  EXPECT_THROW(read_forest(temp.path() / "none.h5"), Error);
  write_file_atomically(temp.path() / "text.h5", "no HDF5");
  EXPECT_THROW(read_forest(temp.path() / "text.h5"), Error);
}

}  // namespace
}  // namespace syconn
