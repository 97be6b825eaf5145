// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the snippets of docs/formats.md with the system's Python against a dataset made here.
#include <gmock/gmock.h>

#include <cstdlib>

#include "store_model.h"
#include "store_support.h"

namespace syconn::store_test {
namespace {

struct Snippet {
  std::string title, code;
};

std::vector<Snippet> snippets_of(const fs::path& page) {
  std::istringstream in(read_file(page));
  std::vector<Snippet> snippets;
  std::string title;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```python run";
      if (inside) snippets.push_back({title, ""});
    } else if (inside) {
      snippets.back().code += line + "\n";
    } else if (line.starts_with("#")) {
      title = line.substr(line.find(' ') + 1);
    }
  }
  return snippets;
}

struct Outcome {
  int status;
  std::string text;
};

/// Runs a command with the plugin's folder set; stdout and stderr together.
Outcome run(const fs::path& folder, const std::string& command) {
  const fs::path log = folder / "log";
  const std::string line = "cd '" + folder.string() +
                           "' && HDF5_PLUGIN_PATH='" SYCONN_BINARY_DIR "/lib/hdf5_plugins' " + command + " > '" +
                           log.string() + "' 2>&1";
  const int status = std::system(line.c_str());
  return {status, read_file(log)};
}

void set_common(ShardBuilder& b, std::uint64_t size) {
  b.set("size_vx", size);
  b.set("bbox_min_vx", Vec3i(1, 2, 3)), b.set("bbox_max_vx", Vec3i(4, 5, 6)), b.set("rep_vx", Vec3i(2, 3, 4));
  b.set("centroid_nm", Vec3d(25, 35, 112.5));
}

DatasetSchema schema_of(const char* type, std::vector<FieldSpec> fields) {
  return {type, {10, 10, 25}, "{}", common_columns(), std::move(fields)};
}

void make_cs(const fs::path& folder) {
  DatasetBuilder builder(schema_of("cs", {voxels_field()}), 3);
  for (Id id = 1; id <= 20; ++id) {
    ShardBuilder& b = builder.begin(id);
    set_common(b, 100 * id);
    const std::int32_t x = static_cast<std::int32_t>(id);
    b.append<std::int32_t>("voxels", "runs_vx", std::vector<std::int32_t>{x, 5, 6, 2, x + 1, 6, 6, 1});
    b.end();
  }
  builder.commit(folder, "contacts", "00000001");
}

void make_mi(const fs::path& folder) {
  DatasetBuilder builder(
      schema_of("mi", {mesh_field(), ids_field("sv_overlap", "", {{.name = "voxels", .bulk = false}})}), 4);
  for (Id id = 1; id <= 20; ++id) {
    ShardBuilder& b = builder.begin(id);
    set_common(b, id);
    const float x = static_cast<float>(id);
    b.append<float>("mesh", "vertices_nm", std::vector<float>{x, 0, 0, x, 1, 0, x, 0, 1, x + 0.5F, 1, 1});
    b.append<std::uint32_t>("mesh", "faces", std::vector<std::uint32_t>{0, 1, 2, 1, 3, 2});
    b.append<Id>("sv_overlap", "ids", std::vector<Id>{id, UINT64_MAX - id});
    b.append<std::uint64_t>("sv_overlap", "voxels", std::vector<std::uint64_t>{10, id});
    b.end();
  }
  builder.commit(folder, "watershed", "00000002");
}

void make_ssv(const fs::path& folder) {
  DatasetBuilder builder(schema_of("ssv", {skeleton_field({{.name = "axon", .dtype = DType::u8}})}), 2);
  for (Id id = 1; id <= 5; ++id) {
    ShardBuilder& b = builder.begin(id);
    set_common(b, id);
    b.append<float>("skeleton", "nodes_nm", std::vector<float>{1, 2, 3, 4, 5, 6.5F, 7, 8, 9});
    b.append<float>("skeleton", "radius_nm", std::vector<float>{100, 200, 300});
    b.append<std::int32_t>("skeleton", "parent", std::vector<std::int32_t>{1, -1, 1});
    b.append<std::uint8_t>("skeleton", "axon", std::vector<std::uint8_t>{0, 1, 2});
    b.append<std::uint32_t>("skeleton", "edges", std::vector<std::uint32_t>{0, 1, 2, 1});
    b.end();
  }
  ShardSet set = builder.commit_shards(folder, "sso", "00000003");
  fs::rename(folder / set.files[1], folder / "ssv/sso-00000004_0001.h5");  // each shard with a hash of its own
  set.files[1] = "ssv/sso-00000004_0001.h5";
  commit_top_file(folder / "ssv.h5", {{set}, "{}", true});
}

TEST(Docs, SnippetsOfFormatsRun) {
  const fs::path folder = fresh_folder();
  if (run(folder, "/usr/bin/python3 -c 'import h5py, pandas'").status != 0)
    GTEST_SKIP() << "/usr/bin/python3 has no h5py and pandas (packages python3-h5py, python3-pandas)";
  make_cs(folder / "datasets"), make_mi(folder / "datasets"), make_ssv(folder / "datasets");
  std::map<std::string, std::string> printed;
  for (const Snippet& snippet : snippets_of(SYCONN_SOURCE_DIR "/docs/formats.md")) {
    EXPECT_LE(std::count(snippet.code.begin(), snippet.code.end(), '\n'), 6) << snippet.title;
    write_bytes(folder / "snippet.py", snippet.code);
    const Outcome outcome = run(folder, "/usr/bin/python3 snippet.py");
    EXPECT_EQ(outcome.status, 0) << snippet.title << "\n" << outcome.text;
    printed[snippet.title] = outcome.text;
  }
  EXPECT_THAT(printed["A table into pandas"], testing::ContainsRegex("id *\n18 *1800\n19 *1900\n20 *2000"));
  EXPECT_EQ(printed["One ragged value"], "[(7, 10), (18446744073709551608, 7)]\n");
  EXPECT_EQ(printed["One voxel set"], "[(3, 5, 6), (4, 5, 6), (4, 6, 6)]\n");
  EXPECT_THAT(read_file(folder / "mi_7.ply"),
              testing::EndsWith("end_header\n7 0 0\n7 1 0\n7 0 1\n7.5 1 1\n3 0 1 2\n3 1 3 2\n"));
  EXPECT_THAT(read_file(folder / "ssv_1.swc"),
              testing::EndsWith("\n1 0 1 2 3 100 2\n2 0 4 5 6.5 200 -1\n3 0 7 8 9 300 2\n"));
  EXPECT_EQ(printed.size(), 5U);
}

TEST(Docs, ForeignProgramsReadCompressedPartsThroughThePlugin) {
  const fs::path folder = fresh_folder();
  make_mi(folder / "datasets");
  const std::string shard = "datasets/mi/watershed-00000002_0000.h5";
  if (run(folder, "h5dump --version").status != 0) GTEST_SKIP() << "no h5dump (package hdf5-tools)";
  const Outcome dump = run(folder, "h5dump -p -d /mesh/faces " + shard);
  EXPECT_EQ(dump.status, 0) << dump.text;
  EXPECT_THAT(dump.text, testing::AllOf(testing::HasSubstr("32015"), testing::HasSubstr("(1,0): 1, 3, 2")));
}

/// And the other way round: a column that a user gzipped, and a mesh chunked by HDF5 itself, are read by us.
TEST(Docs, FilesRepackedByOthersAreRead) {
  const fs::path folder = fresh_folder();
  make_mi(folder / "datasets");
  if (run(folder, "h5repack --version").status != 0) GTEST_SKIP() << "no h5repack (package hdf5-tools)";
  ShardSet set = shard_set("mi", "watershed", "00000002", 4);
  for (const std::string& name : set.files) {
    const std::string path = (folder / "datasets" / name).string();
    const Outcome outcome =
        run(folder, "h5repack -l size_vx:CHUNK=2 -f size_vx:SHUF -f size_vx:GZIP=4 -f mesh/faces:NONE '" + path +
                        "' '" + path + ".new'");
    ASSERT_EQ(outcome.status, 0) << outcome.text;
    fs::rename(path + ".new", path);
  }
  commit_top_file(folder / "datasets/mi.h5", {{set}, "{}", true});
  const SegmentationDataset dataset = SegmentationDataset::open(folder / "datasets/mi.h5");
  EXPECT_TRUE(dataset.verify(VerifyLevel::full).empty());
  for (Id id = 1; id <= 20; ++id) {
    EXPECT_EQ(dataset.column<std::uint64_t>("size_vx")(dataset.at(id)), id);
    EXPECT_EQ(dataset.ragged<std::uint32_t>("mesh", "faces", id), (std::vector<std::uint32_t>{0, 1, 2, 1, 3, 2}));
  }
}

}  // namespace
}  // namespace syconn::store_test
