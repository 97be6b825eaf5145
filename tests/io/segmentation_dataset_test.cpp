// SPDX-License-Identifier: GPL-3.0-or-later
#include "segmentation_dataset_conformance.h"
#include "store_support.h"

namespace syconn::store_test {
namespace {

SegmentationDataset on_disk(DatasetBuilder& builder) {
  return SegmentationDataset::open(builder.commit(fresh_folder() / "datasets", "watershed", "0123abcd"));
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreConformance,
                         testing::Values(BackendCase{"memory", [](DatasetBuilder& b) { return b.in_memory(); }},
                                         BackendCase{"hdf5", on_disk}),
                         [](const auto& given) { return given.param.name; });

DatasetSchema small_schema() {
  return {"mi", {4.6, 4.6, 50}, "{}", {{"size_vx", DType::u64, 1, "vx", "voxels", ""}}, {mesh_field()}};
}

void fill_small(DatasetBuilder& builder, Id n) {
  for (Id id = 1; id <= n; ++id) {
    ShardBuilder& b = builder.begin(id);
    b.set<std::uint64_t>("size_vx", id * 3);
    const std::vector<float> vertices(static_cast<std::size_t>(3 * (id % 50)), static_cast<float>(id));
    b.append("mesh", "vertices_nm", view(vertices));
    b.end();
  }
}

fs::path small_dataset(const fs::path& folder, Id n = 500, std::uint32_t n_shards = 3) {
  DatasetBuilder builder(small_schema(), n_shards);
  fill_small(builder, n);
  return builder.commit(folder, "watershed", "00000001");
}

std::map<std::string, std::string> all_files(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  return files;
}

TEST(Store, SameRowsSameBytesWhateverOrderThreadsAndSpills) {
  const Model model = random_model(300, 42);
  std::map<std::string, std::string> first;
  for (int variant = 0; variant < 3; ++variant) {
    const fs::path folder = fresh_folder("-" + std::to_string(variant));
    BuilderOptions options;
    options.threads = 1 + 2 * variant;
    if (variant == 2) options.memory_bytes = 300000, options.spill_folder = folder;
    DatasetBuilder builder(test_schema(), 2, options);
    add_all(builder, model, static_cast<std::uint64_t>(variant));
    builder.commit(folder, "test", "abcdef01");
    if (variant == 0)
      first = all_files(folder);
    else
      EXPECT_TRUE(all_files(folder) == first) << "variant " << variant;
  }
  EXPECT_EQ(first.size(), 3U);
}

TEST(Store, NumberOfShardsFollowsTheDataset) {
  EXPECT_EQ(n_shards(0), 2U);
  EXPECT_EQ(n_shards(std::int64_t{1} << 26), 2U);
  EXPECT_EQ(n_shards((std::int64_t{2} << 26) + 1), 3U);
  EXPECT_EQ(n_shards(std::int64_t{1} << 62), 128U);
  EXPECT_EQ(shard_file_name("mi", "watershed", "1f3a9c07", 5), "mi/watershed-1f3a9c07_0005.h5");
}

TEST(Store, SpillsUnderTheCapLeaveNoFiles) {
  const fs::path folder = fresh_folder();
  BuilderOptions options;
  options.memory_bytes = 100000;
  options.spill_folder = folder;
  ShardBuilder builder(small_schema(), options);
  const std::vector<float> vertices(300, 1.0F);
  for (Id id = 1000; id > 0; --id) {
    builder.begin(id);
    builder.set("size_vx", id);
    builder.append("mesh", "vertices_nm", view(vertices));
    builder.end();
  }
  EXPECT_GT(builder.spills(), 10U);
  EXPECT_TRUE(fs::is_empty(folder));
  builder.commit(folder / "x.h5");
  EXPECT_EQ(builder.size(), 0U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST(Store, WithoutASpillFolderTheCapIsAnError) {
  BuilderOptions options;
  options.memory_bytes = 1000;
  ShardBuilder builder(small_schema(), options);
  EXPECT_THAT(error_of(Category::runtime,
                       [&] {
                         for (Id id = 1; id < 1000; ++id) builder.begin(id), builder.set("size_vx", id), builder.end();
                       }),
              testing::HasSubstr("memory cap"));
}

TEST(Store, BuilderRefusesWrongRows) {
  using testing::HasSubstr;
  const auto failing = [&](const std::function<void(ShardBuilder&)>& use, BuilderOptions options = {}) {
    DatasetSchema schema = small_schema();
    schema.fields.push_back(ids_field("sv_overlap", "", {{.name = "voxels", .dtype = DType::u32}}));
    ShardBuilder builder(schema, options);
    return error_of(Category::runtime, [&] { use(builder); });
  };
  const std::vector<float> four(4);
  const std::vector<std::uint32_t> one(1);
  EXPECT_THAT(failing([](auto& b) { b.begin(0); }), HasSubstr("background"));
  EXPECT_THAT(failing([](auto& b) { b.begin(5), b.end(); }), HasSubstr("object 5: column 'size_vx' is not set"));
  EXPECT_THAT(failing([](auto& b) { b.begin(5), b.set("size", Id{1}); }), HasSubstr("columns: id, size_vx"));
  EXPECT_THAT(failing([](auto& b) { b.begin(5), b.set("size_vx", 1.0F); }), HasSubstr("uint64, given float32"));
  EXPECT_THAT(failing([](auto& b) { b.begin(5), b.set("size_vx", Vec3<std::uint64_t>(1)); }),
              HasSubstr("1 values a row"));
  EXPECT_THAT(failing([&](auto& b) { b.begin(5), b.append("mesh", "vertices_nm", view(four)); }),
              HasSubstr("4 values"));
  EXPECT_THAT(failing([&](auto& b) { b.begin(5), b.append("mesh", "vertices", view(four)); }),
              HasSubstr("mesh/vertices_nm"));
  EXPECT_THAT(failing([&](auto& b) { b.begin(5), b.append("mesh", "vertices_nm", view(one)); }), HasSubstr("float32"));
  EXPECT_THAT(failing([&](auto& b) {
                b.begin(5), b.set("size_vx", Id{1}), b.append("sv_overlap", "voxels", view(one)), b.end();
              }),
              HasSubstr("sv_overlap/voxels' has 1 rows"));
  EXPECT_THAT(failing([](auto& b) { b.begin(5), b.begin(6); }), HasSubstr("begin() before end()"));
  EXPECT_THAT(failing([](auto& b) { b.end(); }), HasSubstr("before begin"));
  EXPECT_THAT(failing([](auto& b) {
                for (int i = 0; i < 2; ++i) b.begin(5), b.set("size_vx", Id{1}), b.end();
                b.write(fresh_folder() / "x.h5");
              }),
              HasSubstr("object 5 was added twice"));
  BuilderOptions shard_one;
  shard_one.n_shards = 2;
  shard_one.shard = 1 - shard_of(5, 2);
  EXPECT_THAT(failing([](auto& b) { b.begin(5); }, shard_one), HasSubstr("belongs to shard"));
}

TEST(Store, SchemasAreChecked) {
  const auto refused = [](DatasetSchema schema) { EXPECT_THROW(check_schema(schema), Error); };
  refused({"MI", {}, "{}", {}, {}});
  refused({"mi", {}, "{}", {{"a/b"}}, {}});
  refused({"mi", {}, "{}", {{"id"}}, {}});
  refused({"mi", {}, "{}", {{"a"}, {"a"}}, {}});
  refused({"mi", {}, "{}", {{"a", DType::u8, 0}}, {}});
  refused({"mi", {}, "{}", {{"a", DType::u64, 9000}}, {}});
  refused({"mi", {}, "{}", {{"mesh"}}, {mesh_field()}});
  refused({"mi", {}, "{}", {}, {{"voxels", {}}}});
  refused({"mi", {}, "{}", {}, {{"voxels", {{.name = "offset"}}}}});
}

TEST(Store, MovedFolderOpens) {
  const fs::path folder = fresh_folder();
  small_dataset(folder / "a");
  fs::rename(folder / "a", folder / "b");
  EXPECT_EQ(SegmentationDataset::open(folder / "b/mi.h5")
                .column<std::uint64_t>("size_vx")(SegmentationDataset::open(folder / "b/mi.h5").at(7)),
            21U);
}

TEST(Store, MissingAndTruncatedShardsAreNamedAtOpen) {
  using testing::HasSubstr;
  const fs::path folder = fresh_folder();
  const fs::path top = small_dataset(folder);
  const fs::path shard = folder / "mi/watershed-00000001_0001.h5";
  const std::string bytes = read_file(shard);
  fs::remove(shard);
  const auto open = [&] { SegmentationDataset::open(top); };
  EXPECT_THAT(error_of(Category::input, open),
              testing::AllOf(HasSubstr("watershed-00000001_0001.h5"), HasSubstr("missing")));
  write_bytes(shard, bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(error_of(Category::input, open),
              testing::AllOf(HasSubstr("watershed-00000001_0001.h5"), HasSubstr("bytes")));
  const auto findings = SegmentationDataset::verify(top, VerifyLevel::files);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].file, HasSubstr("_0001.h5"));
  write_bytes(shard, bytes);
  EXPECT_TRUE(SegmentationDataset::verify(top, VerifyLevel::full).empty());
  EXPECT_THAT(error_of(Category::input, [&] { SegmentationDataset::open(folder / "vc.h5"); }), HasSubstr("missing"));
}

TEST(Store, ShardOfAnotherSizeOrPlaceIsRefused) {
  const fs::path folder = fresh_folder();
  const fs::path top = small_dataset(folder);
  fs::rename(folder / "mi/watershed-00000001_0001.h5", folder / "x");
  fs::copy_file(folder / "mi/watershed-00000001_0002.h5", folder / "mi/watershed-00000001_0001.h5");
  fs::resize_file(folder / "mi/watershed-00000001_0001.h5", fs::file_size(folder / "x"));
  EXPECT_FALSE(SegmentationDataset::verify(top, VerifyLevel::structure).empty());
  EXPECT_THROW(commit_top_file(top, {{shard_set("mi", "watershed", "00000001", 3)}, "{}", true}), Error);
  EXPECT_THROW(commit_top_file(top, {{shard_set("mi", "watershed", "00000001", 2)}, "{}", true}), Error);
}

TEST(Store, EveryFlippedByteOfStoredValuesIsFoundAndNamed) {
  const fs::path folder = fresh_folder();
  const fs::path top = small_dataset(folder, 40, 2);
  const fs::path shard = folder / "mi/watershed-00000001_0000.h5";
  const std::string bytes = read_file(shard);
  const auto sizes = SegmentationDataset::open(top).column<std::uint64_t>("size_vx").shard(0);
  const auto at = bytes.find(std::string(reinterpret_cast<const char*>(sizes.data()), sizes.size() * sizeof sizes[0]));
  ASSERT_NE(at, std::string::npos);
  std::string broken = bytes;
  broken[at] ^= 0x10;
  write_bytes(shard, broken);
  const auto findings = SegmentationDataset::verify(top, VerifyLevel::full);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].dataset, "size_vx");
  EXPECT_THAT(findings[0].file, testing::HasSubstr("_0000.h5"));
  EXPECT_TRUE(SegmentationDataset::verify(top, VerifyLevel::structure).empty());
}

fs::path add_column_stage(const fs::path& folder, Id n, const std::string& hash, float scale) {
  DatasetBuilder columns({"mi",
                          {4.6, 4.6, 50},
                          "{}",
                          {{"cell_fraction", DType::f32, 1, "", "share", ""}},
                          {ids_field("sv_overlap", "supervoxels")}},
                         3);
  for (Id id = 1; id <= n; ++id) {
    ShardBuilder& b = columns.begin(id);
    b.set("cell_fraction", scale * static_cast<float>(id));
    const std::vector<Id> ids(id % 4, id);
    b.append("sv_overlap", "ids", view(ids));
    b.end();
  }
  const ShardSet added = columns.commit_shards(folder, "sso", hash);
  commit_top_file(folder / "mi.h5", {{shard_set("mi", "watershed", "00000001", 3), added}, "{}", true});
  return folder / "mi.h5";
}

TEST(Store, LaterStagesAddColumnsAndReplaceTheirOwn) {
  const fs::path folder = fresh_folder();
  small_dataset(folder);
  const std::string before = read_file(folder / "mi/watershed-00000001_0000.h5");
  for (const float scale : {0.5F, 0.25F}) {
    const fs::path top = add_column_stage(folder, 500, scale == 0.5F ? "0000000a" : "0000000b", scale);
    const SegmentationDataset dataset = SegmentationDataset::open(top);
    EXPECT_TRUE(dataset.verify(VerifyLevel::full).empty());
    const auto fraction = dataset.column<float>("cell_fraction");
    const auto size = dataset.column<std::uint64_t>("size_vx");
    for (Id id = 1; id <= 500; ++id) {
      const Row row = dataset.at(id);
      EXPECT_EQ(fraction(row), scale * static_cast<float>(id));
      EXPECT_EQ(size(row), 3 * id);
      EXPECT_EQ(dataset.ragged<Id>("sv_overlap", "ids", id), std::vector<Id>(id % 4, id));
    }
  }
  EXPECT_EQ(read_file(folder / "mi/watershed-00000001_0000.h5"), before);
}

TEST(Store, ColumnShardsOfOtherObjectsAreRefused) {
  const fs::path folder = fresh_folder();
  small_dataset(folder);
  EXPECT_THAT(error_of(Category::input, [&] { add_column_stage(folder, 499, "0000000a", 1.0F); }),
              testing::HasSubstr("run stage 'sso' again"));
  EXPECT_TRUE(SegmentationDataset::verify(folder / "mi.h5", VerifyLevel::full).empty());
  const ShardSet base = shard_set("mi", "watershed", "00000001", 3);
  EXPECT_THAT(error_of(Category::input,
                       [&] {
                         commit_top_file(folder / "mi.h5", {{base, base}, "{}", true});
                       }),
              testing::HasSubstr("another stage gave"));
}

TEST(Store, ShardsOfOneStageMayHaveDifferentHashes) {
  const fs::path folder = fresh_folder();
  small_dataset(folder);
  fs::rename(folder / "mi/watershed-00000001_0001.h5", folder / "mi/watershed-0000000f_0001.h5");
  ShardSet set = shard_set("mi", "watershed", "00000001", 3);
  set.files[1] = "mi/watershed-0000000f_0001.h5";
  commit_top_file(folder / "mi.h5", {{set}, "{}", false});
  const SegmentationDataset dataset = SegmentationDataset::open(folder / "mi.h5");
  EXPECT_EQ(dataset.size(), 500U);
  EXPECT_FALSE(dataset.complete());
  EXPECT_TRUE(dataset.verify(VerifyLevel::full).empty());
}

/// A stage with one object in each of `n` shards and one column; written without fsync.
ShardSet one_object_a_shard(const fs::path& folder, const std::string& column, std::uint32_t n) {
  const ShardSet set = shard_set("mi", column, "00000000", n);
  for (std::uint32_t k = 0; k < n; ++k) {
    BuilderOptions options;
    options.shard = k, options.n_shards = n;
    ShardBuilder builder({"mi", {1, 1, 1}, "{}", {{column, DType::u32}}, {}}, options);
    Id id = 1;
    while (shard_of(id, n) != k) ++id;
    builder.begin(id), builder.set(column, k), builder.end();
    builder.write(folder / set.files[k]);
  }
  return set;
}

TEST(Store, TooManySourcesAreRefused) {
  const fs::path folder = fresh_folder();
  make_folder(folder / "mi");
  TopFile top;
  for (int stage = 0; stage < 7; ++stage)
    top.sets.push_back(one_object_a_shard(folder, "c" + std::to_string(stage), kMaxShards));
  write_top_file(folder / "mi.h5", top);  // 896 sources, more files than this process may hold open at once
  EXPECT_TRUE(SegmentationDataset::verify(folder / "mi.h5", VerifyLevel::full).empty());
  top.sets.push_back(one_object_a_shard(folder, "c7", kMaxShards));
  EXPECT_THAT(error_of(Category::runtime, [&] { write_top_file(folder / "mi.h5", top); }),
              testing::HasSubstr("1024 shard files"));
}

TEST(Store, LongProvenanceIsKept) {
  const fs::path folder = fresh_folder();
  DatasetSchema schema = small_schema();
  schema.provenance_json = "{\"config\":\"" + std::string(300000, 'x') + "\"}";
  DatasetBuilder builder(schema, 2);
  fill_small(builder, 10);
  EXPECT_EQ(SegmentationDataset::open(builder.commit(folder, "watershed", "00000001")).provenance_json(),
            schema.provenance_json);
}

TEST(Store, DiskFullIsAnErrorAndLeavesTheTargetAlone) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  DatasetBuilder builder(small_schema(), 1);
  fill_small(builder, 10);
  ShardBuilder& b = builder.begin(1000);
  b.set("size_vx", Id{1}), b.end();
  EXPECT_THROW(b.write("/dev/full"), Error);
  EXPECT_THROW(DatasetBuilder(small_schema(), 1).commit("/proc/nowhere", "s", "00000000"), Error);
}

}  // namespace
}  // namespace syconn::store_test
