// SPDX-License-Identifier: GPL-3.0-or-later
// Files of every version are read for ever. A new version adds its own folder under tests/io/data and keeps these.
#include <gmock/gmock.h>

#include "store_model.h"
#include "store_support.h"

namespace syconn::store_test {
namespace {

const fs::path kData = fs::path(SYCONN_SOURCE_DIR) / "tests/io/data";

/// How tests/io/data/store_v1 was made (columns by two stages).
void write_version_1(const fs::path& folder) {
  DatasetBuilder base({"mi",
                       {10, 10, 25},
                       R"({"stage":"watershed"})",
                       {{"size_vx", DType::u64, 1, "vx", "number of voxels"}},
                       {mesh_field()}},
                      2);
  DatasetBuilder more(
      {"mi",
       {10, 10, 25},
       R"({"stage":"sso"})",
       {{"cell_id", DType::u64}, {"cell_fraction", DType::f32}},
       {ids_field("sv_overlap", "supervoxels", {{.name = "voxels", .dtype = DType::u64, .bulk = false}})}},
      2);
  for (const Id id : {Id{1}, Id{2}, Id{5}, (Id{1} << 63) + 1, UINT64_MAX}) {
    ShardBuilder& b = base.begin(id);
    b.set("size_vx", id / 2);
    b.append<float>("mesh", "vertices_nm", std::vector<float>(static_cast<std::size_t>(3 * (id % 4)), 0.5F));
    b.end();
    ShardBuilder& m = more.begin(id);
    m.set("cell_id", id + 100), m.set("cell_fraction", 0.75F);
    m.append<Id>("sv_overlap", "ids", std::vector<Id>{id, 7}),
        m.append<Id>("sv_overlap", "voxels", std::vector<Id>{3, 4});
    m.end();
  }
  const ShardSet first = base.commit_shards(folder, "watershed", "00000001"),
                 second = more.commit_shards(folder, "sso", "00000002");
  commit_top_file(folder / "mi.h5", {{first, second}, R"({"stage":"sso"})", true});
}

TEST(OldFiles, DISABLED_WriteVersion1) { write_version_1(kData / "store_v1"); }

TEST(OldFiles, StoreVersion1) {
  const fs::path top = kData / "store_v1/mi.h5";
  EXPECT_TRUE(SegmentationDataset::verify(top, VerifyLevel::full).empty());
  const SegmentationDataset dataset = SegmentationDataset::open(top);
  EXPECT_EQ(dataset.size(), 5U);
  EXPECT_EQ(dataset.voxel_size_nm(), Vec3d(10, 10, 25));
  for (const Id id : {Id{1}, Id{2}, Id{5}, (Id{1} << 63) + 1, UINT64_MAX}) {
    EXPECT_EQ(dataset.column<std::uint64_t>("size_vx")(dataset.at(id)), id / 2);
    EXPECT_EQ(dataset.column<std::uint64_t>("cell_id")(dataset.at(id)), id + 100);
    EXPECT_EQ(dataset.column<float>("cell_fraction")(dataset.at(id)), 0.75F);
    EXPECT_EQ(dataset.ragged<float>("mesh", "vertices_nm", id),
              std::vector<float>(static_cast<std::size_t>(3 * (id % 4)), 0.5F));
    EXPECT_EQ(dataset.ragged<Id>("sv_overlap", "ids", id), (std::vector<Id>{id, 7}));
    EXPECT_EQ(dataset.ragged<Id>("sv_overlap", "voxels", id), (std::vector<Id>{3, 4}));
  }
}

}  // namespace
}  // namespace syconn::store_test
