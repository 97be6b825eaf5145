// SPDX-License-Identifier: GPL-3.0-or-later
// Foreign volumes that are incomplete, damaged, hostile or of a kind that is not read: always an Error{input} that says
// which file, never a crash or a wrong voxel.
#include <gmock/gmock.h>

#include "support/foreign_volumes.h"
#include "volume_files.h"

namespace syconn {
namespace {

using test::error_of;
using test::Plain;
using test::TempFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Vec3i kSize{40, 20, 18};

Plain<std::uint64_t> labels(const Vec3i& size = kSize) {
  return {size, test::random_values<std::uint64_t>(size, 5, 7)};
}

std::string read_error(const fs::path& path, const VolumeOptions& options = {}, const std::string& dataset = "") {
  return error_of([&] {
    const auto volume = open_volume(path, dataset, options);
    volume->read_labels(volume->info().box());
  });
}

/// Replaces what stands at a JSON pointer of a metadata file.
void edit(const fs::path& file, const std::string& pointer, const Json& value) {
  Json json = parse_json(read_file(file), file.string());
  json[Json::json_pointer(pointer)] = value;
  test::write_text(file, json.dump());
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ForeignVolumes, MissingChunksAreNamedOrCounted) {
  const TempFolder folder;
  test::write_precomputed(folder / "p", labels(), {.offset = {100, 0, 0}});
  test::write_zarr(folder / "z", labels(), {.separator = "/", .fill = 9});
  test::write_knossos(folder / "k", labels(), {.extension = ".seg.sz", .cube = 16});
  const struct {
    const char *root, *chunk;
    Id value;
    Vec3i corner;
  } cases[] = {{"p", "fine/116-132_0-16_0-16", 0, {116, 0, 0}},
               {"z", "0/0/1", 9, {16, 0, 0}},
               {"k", "mag1/x0001/y0000/z0000/tissue_mag1_x0001_y0000_z0000.seg.sz", 0, {16, 0, 0}}};
  for (const auto& c : cases) {
    const fs::path root = folder / c.root;
    ASSERT_TRUE(fs::remove(root / c.chunk)) << c.chunk;
    EXPECT_THAT(read_error(root), AllOf(HasSubstr(c.chunk), HasSubstr("is missing"), HasSubstr("allow_missing")));
    const auto lenient = open_volume(root, "", {.allow_missing = true});
    const Volume<Id> all = lenient->read_labels(lenient->info().box());
    EXPECT_EQ(all.at(c.corner), c.value) << c.root;
    EXPECT_EQ(all.at(c.corner + Vec3i(15)), c.value) << c.root;
    const Vec3i local = c.corner + Vec3i(16, 0, 0) - lenient->info().offset_vx;
    EXPECT_EQ(all.at(c.corner + Vec3i(16, 0, 0)), labels().values[static_cast<std::size_t>(local.x)]) << c.root;
    EXPECT_EQ(lenient->count_missing(lenient->info().box()), 1) << c.root;
    EXPECT_EQ(lenient->count_missing({c.corner + Vec3i(16, 0, 0), c.corner + Vec3i(17, 1, 1)}), 0) << c.root;
    EXPECT_EQ(open_volume(root, "")->verify().size(), 1U) << c.root;
  }
}

TEST(ForeignVolumes, MissingShardsAndValues) {
  const TempFolder folder;
  test::write_precomputed(folder / "p", labels(), {.sharding = test::sharding("identity", 0, 0, 1, "raw", "raw")});
  ASSERT_TRUE(fs::remove(folder / "p/fine/1.shard"));
  EXPECT_THAT(read_error(folder / "p"), AllOf(HasSubstr("fine/1.shard"), HasSubstr("is missing")));
  const auto volume = open_volume(folder / "p", "", {.allow_missing = true});
  EXPECT_EQ(volume->count_missing(volume->info().box()), 4);  // of 3·2·2: those with an odd x
  EXPECT_EQ(volume->read_labels(volume->info().box()).at({16, 0, 0}), 0U);
}

TEST(ForeignVolumes, ADamagedChunkIsAnErrorWithItsFile) {
  const auto cut = [](const fs::path& file, std::size_t bytes) {
    test::write_text(file, read_file(file).substr(0, bytes));
  };
  const TempFolder folder;
  std::vector<std::pair<fs::path, std::string>> volumes;  // root, a chunk
  const auto precomputed = [&](const char* name, const test::PrecomputedLayout& layout, const char* chunk) {
    test::write_precomputed(folder / name, labels(), layout);
    volumes.emplace_back(folder / name, chunk);
  };
  const auto zarr = [&](const char* name, const char* packing) {
    test::write_zarr(folder / name, labels(), {.packing = packing});
    volumes.emplace_back(folder / name, "0.0.0");
  };
  precomputed("raw", {}, "fine/0-16_0-16_0-16");
  precomputed("raw gz", {.gz_files = true}, "fine/0-16_0-16_0-16.gz");
  precomputed("cseg", {.block = {8, 8, 8}}, "fine/0-16_0-16_0-16");
  precomputed("cseg gz", {.block = {8, 8, 8}, .gz_files = true}, "fine/0-16_0-16_0-16.gz");
  zarr("none", ""), zarr("gzip", "gzip"), zarr("zlib", "zlib"), zarr("zstd", "zstd"),
      zarr("stream", "zstd without size");
  zarr("lz4", "lz4"), zarr("blosclz", "blosclz");
  for (const char* extension : {".seg.sz", ".seg.sz.zip"}) {
    test::write_knossos(folder / extension, labels(), {.extension = extension, .cube = 16});
    volumes.emplace_back(folder / extension,
                         std::string("mag1/x0000/y0000/z0000/tissue_mag1_x0000_y0000_z0000") + extension);
  }
  for (const auto& [root, chunk] : volumes) {
    SCOPED_TRACE(root.string());
    const std::string whole = read_file(root / chunk);
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
      cut(root / chunk, bytes);
      EXPECT_THAT(read_error(root), HasSubstr("chunk at voxel (0,0,0)")) << bytes;
    }
    test::write_text(root / chunk, whole + whole + whole + std::string(1 << 20, 'x'));
    EXPECT_THAT(read_error(root), HasSubstr("chunk at voxel (0,0,0)"));
    fs::remove(root / chunk);
    fs::create_directory(root / chunk);
    EXPECT_THAT(read_error(root), HasSubstr("chunk at voxel (0,0,0)"));
    fs::remove(root / chunk);
    Rng rng(1);
    for (int k = 0; k < 100; ++k) {  // any bits: an error or some voxels, but nothing else
      std::string bad = whole;
      for (int i = 0; i < 3; ++i)
        bad[rng.below(k % 2 == 0 ? std::min<std::size_t>(40, bad.size()) : bad.size())] = static_cast<char>(rng.next());
      test::write_text(root / chunk, bad);
      const auto volume = open_volume(root, "");
      try {
        volume->read_labels(Box3::of_size({1, 1, 1}));
      } catch (const Error& error) {
        EXPECT_EQ(error.category(), Category::input) << error.what();
      }
    }
  }
}

TEST(ForeignVolumes, ABombIsNoChunk) {
  const TempFolder folder;
  const std::string zeros(64 << 20, '\0');
  const std::string bomb = test::gzipped(zeros);
  ASSERT_LT(bomb.size(), 80'000U);
  for (const Vec3i& block : {Vec3i(0), Vec3i(8)}) {
    test::write_precomputed(folder / "p", labels(), {.block = block});
    test::write_text(folder / "p/fine/0-16_0-16_0-16", bomb);
    EXPECT_THAT(read_error(folder / "p"), HasSubstr("is damaged"));
  }
  test::write_zarr(folder / "z", labels(), {.packing = "gzip"});
  test::write_text(folder / "z/0.0.0", bomb);
  EXPECT_THAT(read_error(folder / "z"), HasSubstr("is damaged"));
  test::write_zarr(folder / "l", labels(), {.packing = "lz4"});
  test::write_text(folder / "l/0.0.0", test::packed(zeros.substr(0, 16 << 20), {.packing = "lz4"}, 8));
  EXPECT_THAT(read_error(folder / "l"), HasSubstr("is damaged"));
  test::write_zarr(folder / "s", labels(), {.packing = "zstd"});
  test::write_text(folder / "s/0.0.0", test::packed(zeros, {.packing = "zstd"}, 8));
  EXPECT_THAT(read_error(folder / "s"), HasSubstr("is damaged"));
  test::write_knossos(folder / "k", labels(), {.extension = ".seg.sz.zip", .cube = 16});
  const fs::path cube = folder / "k/mag1/x0000/y0000/z0000/tissue_mag1_x0000_y0000_z0000.seg.sz.zip";
  test::write_text(cube, test::zipped_entry("a", zeros, true));
  EXPECT_THAT(read_error(folder / "k"), HasSubstr("is damaged"));
  test::write_text(cube, test::zipped_entry("a", test::snappy_packed(zeros), true));
  EXPECT_THAT(read_error(folder / "k"), HasSubstr("is damaged"));
}

TEST(ForeignVolumes, PrecomputedDescriptions) {
  const TempFolder folder;
  const fs::path root = folder / "p", info = root / "info";
  const auto with = [&](const std::string& pointer, const Json& value) {
    test::write_precomputed(root, labels(), {.block = {8, 8, 8}});
    edit(info, pointer, value);
    return read_error(root);
  };
  EXPECT_THAT(with("/scales/0/key", "../fine"), AllOf(HasSubstr("info"), HasSubstr("without '..'")));
  EXPECT_THAT(with("/scales/0/key", "/etc"), HasSubstr("relative path"));
  EXPECT_THAT(with("/scales/0/size", Json{1.5, 2, 3}), HasSubstr("'size' must be a whole number"));
  EXPECT_THAT(with("/scales/0/size", Json{-1, 2, 3}), HasSubstr("'size' must be a whole number"));
  EXPECT_THAT(with("/scales/0/size", Json{1e300, 2, 3}), HasSubstr("'size' must be a whole number"));
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_THAT(with("/scales/0/size", Json{huge, huge, huge}), HasSubstr("not possible"));
  EXPECT_THAT(with("/scales/0/size", "big"), HasSubstr("three numbers"));
  EXPECT_THAT(with("/scales/0/chunk_sizes", Json{{1 << 20, 1 << 20, 1 << 20}}), HasSubstr("is missing"));  // one chunk
  EXPECT_THAT(with("/scales/0/chunk_sizes", Json::array()), HasSubstr("info"));
  EXPECT_THAT(with("/scales/0/chunk_sizes", Json{{0, 1, 1}}), HasSubstr("chunk_sizes"));
  EXPECT_THAT(with("/scales/0/compressed_segmentation_block_size", Json{1 << 20, 1 << 20, 1 << 20}),
              HasSubstr("impossible"));
  EXPECT_THAT(with("/scales/0/encoding", "jpeg"), HasSubstr("'jpeg'; syconn reads raw and compressed_segmentation"));
  EXPECT_THAT(with("/scales/0/resolution", Json{0, 1, 1}), HasSubstr("above 0"));
  EXPECT_THAT(with("/data_type", "uint16"), HasSubstr("compressed_segmentation holds uint32 or uint64, not uint16"));
  EXPECT_THAT(with("/data_type", "complex64"), HasSubstr("unknown element type"));
  EXPECT_THAT(with("/num_channels", 3), HasSubstr("several channels"));
  EXPECT_THAT(with("/@type", "neuroglancer_skeletons"), HasSubstr("no volume"));
  EXPECT_THAT(with("/scales", 7), HasSubstr("info"));
  EXPECT_THAT(with("/scales/0/sharding", Json{{"@type", "x"}}), HasSubstr("neuroglancer_uint64_sharded_v1"));
  test::write_text(info, "{");
  EXPECT_THAT(read_error(root), HasSubstr("not valid JSON"));
  test::write_text(info, std::string(1 << 20, '[') + std::string(1 << 20, ']'));
  EXPECT_THAT(read_error(root), HasSubstr("info"));
  test::write_text(info, std::string(17 << 20, ' '));
  EXPECT_THAT(read_error(root), HasSubstr("too large"));
}

TEST(ForeignVolumes, ScalesByKeyAndByLevel) {
  const TempFolder folder;
  const fs::path root = folder / "p";
  test::write_precomputed(root, labels(), {});
  Json info = parse_json(read_file(root / "info"), "info");
  Json coarse = info["scales"][0], hidden = coarse;
  coarse["key"] = "coarse", coarse["resolution"] = {20, 20, 25}, hidden["key"] = "hidden", hidden["hidden"] = true;
  info["scales"].push_back(hidden), info["scales"].push_back(coarse);
  test::write_text(root / "info", info.dump());
  EXPECT_EQ(open_volume(root, "")->info().name, "fine");
  EXPECT_EQ(open_volume(root / "info", "")->info().name, "fine");
  EXPECT_EQ(open_volume(root, "", {.level = 1})->info().voxel_size_nm, Vec3d(20, 20, 25));
  EXPECT_EQ(open_volume(root, "hidden")->info().name, "hidden");
  EXPECT_THAT(read_error(root, {.level = 2}), AllOf(HasSubstr("no level 2"), HasSubstr("1 ('coarse', voxels of")));
  EXPECT_THAT(read_error(root, {}, "mip3"), AllOf(HasSubstr("no resolution 'mip3'"), HasSubstr("'fine'")));
  EXPECT_THAT(error_of([&] { open_volume(root, "coarse2", {.level = 1}); }, Category::config), HasSubstr("give one"));
}

TEST(ForeignVolumes, ZarrDescriptions) {
  const TempFolder folder;
  const fs::path root = folder / "z", array = root / ".zarray";
  const auto with = [&](const std::string& pointer, const Json& value) {
    test::write_zarr(root, labels(), {.packing = "gzip"});
    edit(array, pointer, value);
    return read_error(root);
  };
  EXPECT_THAT(with("/zarr_format", 3), HasSubstr("is not 2"));
  EXPECT_THAT(with("/shape", Json{18, 20}), HasSubstr("3 dimensions"));
  EXPECT_THAT(with("/shape", Json{2, 18, 20, 40}), HasSubstr("differ in length"));
  EXPECT_THAT(with("/shape", Json{1e30, 20, 40}), HasSubstr("'shape' must be a whole number"));
  EXPECT_THAT(with("/chunks", Json{1 << 20, 1 << 20, 1 << 20}), HasSubstr("not possible"));
  EXPECT_THAT(with("/dtype", "<f2"), HasSubstr("'<f2'"));
  EXPECT_THAT(with("/dtype", Json::array({Json::array({"a", "<u8"})})), HasSubstr("structured"));
  EXPECT_THAT(with("/order", "A"), HasSubstr("C or F"));
  EXPECT_THAT(with("/dimension_separator", "../"), HasSubstr("dimension_separator"));
  EXPECT_THAT(with("/compressor/id", "lzma"), HasSubstr("'lzma'; syconn reads blosc"));
  EXPECT_THAT(with("/filters", Json::array({Json{{"id", "delta"}}})), HasSubstr("filters"));
  EXPECT_THAT(with("/fill_value", -1), HasSubstr("does not fit into uint64"));
  EXPECT_THAT(with("/fill_value", "x"), HasSubstr("fill_value"));
  EXPECT_THAT(with("/compressor", 5), HasSubstr(".zarray"));
  fs::remove_all(root);
  test::write_zarr(root, labels(), {});
  edit(array, "/shape", Json{2, 18, 20, 40}), edit(array, "/chunks", Json{1, 16, 16, 16});
  EXPECT_THAT(read_error(root), HasSubstr("dimension 0 has length 2"));
  EXPECT_THAT(read_error(root, {}, "../z"), HasSubstr("without '..'"));
  EXPECT_THAT(error_of([&] { open_volume(root, "", {.level = 1}); }, Category::config), HasSubstr("one array"));
}

TEST(ForeignVolumes, OmeImages) {
  const TempFolder folder;
  const fs::path root = folder / "o", attributes = root / ".zattrs";
  const std::string image = "/multiscales/0";
  const auto with = [&](const std::string& pointer, const Json& value) {
    test::write_zarr(root, labels(), {.ome = true});
    edit(attributes, image + pointer, value);
    return read_error(root);
  };
  test::write_zarr(root, labels(), {.ome = true, .offset = {8, 4, 2}});
  const auto coarse = open_volume(root, "", {.level = 1});
  EXPECT_EQ(coarse->info().box(), Box3({4, 2, 1}, {24, 12, 10}));
  EXPECT_EQ(coarse->info().name, "1");
  EXPECT_EQ(open_volume(root, "1")->info().offset_vx, Vec3i(4, 2, 1));
  EXPECT_THAT(read_error(root, {.level = 2}), HasSubstr("no level 2; there are: 0 ('0', voxels of"));
  EXPECT_THAT(read_error(root, {}, "labels"), AllOf(HasSubstr("neither a Zarr array"), HasSubstr("0, 1")));
  EXPECT_THAT(with("/version", "0.5"), HasSubstr("OME-Zarr 0.5; syconn reads 0.4"));
  EXPECT_FALSE(open_volume(root / "0", "")->info().voxel_size_nm) << "its array is an array all the same";
  EXPECT_THAT(with("/datasets/0/path", "../o/0"), HasSubstr("without '..'"));
  EXPECT_THAT(with("/axes/0/name", "w"), HasSubstr("'axes' has no z"));
  EXPECT_THAT(with("/datasets/0/coordinateTransformations/0/scale", Json{1, 2}), HasSubstr("one number an axis"));
  EXPECT_THAT(with("/datasets/0/coordinateTransformations/0/scale", Json{1, -2, 1}), HasSubstr("impossible"));
  EXPECT_THAT(with("/datasets/0/coordinateTransformations/1/translation", Json{0.0, 0.003, 0.0}),
              HasSubstr("translation along y is no whole number"));
  EXPECT_THAT(with("/datasets", Json::array()), HasSubstr("there are: none"));
}

TEST(ForeignVolumes, KnossosDescriptions) {
  const TempFolder folder;
  const fs::path root = folder / "k";
  const auto grey = Plain<std::uint8_t>{kSize, test::random_values<std::uint8_t>(kSize, 3)};
  test::write_knossos(root, labels(), {.extension = ".seg.sz", .conf = "knossos.conf"});
  EXPECT_EQ(open_volume(root, "")->info().name, "seg/mag1");
  test::write_knossos(root, grey, {.extension = ".raw", .conf = "knossos.conf"});
  EXPECT_THAT(read_error(root), HasSubstr("which layer? Name it as dataset; layers: raw, seg"));
  EXPECT_EQ(open_volume(root, "raw")->info().dtype, DType::u8);
  EXPECT_EQ(open_volume(root, "seg/mag1")->info().dtype, DType::u64);
  EXPECT_EQ(open_volume(root / "knossos.conf", "raw/mag1")->info().size, kSize);
  EXPECT_THAT(read_error(root, {}, "raw/mag4"), AllOf(HasSubstr("no resolution 'mag4'"), HasSubstr("'mag1'")));
  EXPECT_THAT(read_error(root, {}, "other"), HasSubstr("no layer 'other'"));
  fs::create_directories(root / "mag4");
  const auto coarse = open_volume(root, "raw", {.level = 1});
  EXPECT_EQ(coarse->info().size, Vec3i(10, 5, 5));
  EXPECT_EQ(coarse->info().voxel_size_nm, Vec3d(40, 40, 100));
  const std::string conf = read_file(root / "knossos.conf");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = conf;
    text.replace(text.find(from), from.size(), to);
    test::write_text(root / "knossos.conf", text);
    return read_error(root, {}, "raw");
  };
  EXPECT_THAT(changed("boundary x 40", "boundary x -4"), HasSubstr("boundary x"));
  EXPECT_THAT(changed("boundary x 40", "border x 40"), HasSubstr("no line 'boundary x"));
  EXPECT_THAT(changed("scale y 10", "scale y ten"), HasSubstr("'scale y' is no number"));
  EXPECT_THAT(changed("magnification 1", "magnification 2"), HasSubstr("knossos.conf of mag1"));
  EXPECT_THAT(changed("tissue_mag1", "../t_mag1"), HasSubstr("cannot be part of a file's name"));
  const fs::path other = folder / "t", toml = other / "tissue.k.toml";
  test::write_knossos(other, grey, {.extension = ".raw", .cube = 16});
  const std::string text = read_file(toml);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bad = text;
    bad.replace(bad.find(from), from.size(), to);
    test::write_text(toml, bad);
    return read_error(other);
  };
  EXPECT_THAT(with(".raw", ".jpg"), HasSubstr("cubes of .jpg; syconn reads .raw"));
  EXPECT_THAT(with("'pyk'", "'precomputed'"), HasSubstr("ServerFormat 'precomputed'"));
  EXPECT_THAT(with("Visible = true", "NumChannels = 3"), HasSubstr("several channels"));
  EXPECT_THAT(with("Visible = true", "Visible = {a = 1}"), HasSubstr("tissue.k.toml:10: "));
  EXPECT_THAT(with("Visible = true", "Name = 'again'"), HasSubstr("'Name' is there twice"));
  EXPECT_THAT(with("Visible = true", "V = " + std::string(100'000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(with("[[Layer]]", "[Other]"), HasSubstr("no [[Layer]]"));
  EXPECT_THAT(with("CubeShape_px = [16", "CubeShape_px = [16000"), HasSubstr("CubeShape_px"));
}

TEST(ForeignVolumes, FoldersOfOtherKinds) {
  const TempFolder folder;
  EXPECT_THAT(read_error(folder.path()), AllOf(HasSubstr("is not a file"), HasSubstr("knossos.conf")));
  test::write_text(folder / "v3/zarr.json", "{}");
  EXPECT_THAT(read_error(folder / "v3"), HasSubstr("Zarr of version 3; syconn reads"));
  test::write_text(folder / "n5/attributes.json", "{}");
  EXPECT_THAT(read_error(folder / "n5"), HasSubstr("N5"));
  EXPECT_THAT(read_error(folder / "n5", {.format = "zarr"}), HasSubstr("neither a Zarr array"));
  EXPECT_THAT(read_error(folder / "n5", {.format = "precomputed"}), HasSubstr("info' is missing"));
  EXPECT_THAT(read_error(folder / "n5", {.format = "knossos"}), HasSubstr("knossos.conf"));
  test::write_precomputed(folder.path(), labels());
  EXPECT_THAT(read_error(folder / "none", {.format = "precomputed"}), HasSubstr("none/info' is missing"));
  EXPECT_THAT(read_error(folder / "none", {.format = "zarr"}), HasSubstr("none' is neither a Zarr array"));
  EXPECT_THAT(read_error(folder / "none"), HasSubstr("none' is missing"));
  EXPECT_THAT(error_of([&] { open_volume(folder.path(), "", {.format = "tiff"}); }, Category::config),
              HasSubstr("known: auto, hdf5, precomputed, zarr, knossos"));
}

TEST(ForeignVolumes, TheFingerprintShowsAChangedChunk) {
  const TempFolder folder;
  test::write_precomputed(folder / "p", labels(), {});
  test::write_zarr(folder / "z", labels(), {});
  test::write_knossos(folder / "k", labels(), {.extension = ".seg.sz", .cube = 16});
  for (const char* name : {"p", "z", "k"}) {
    const std::string before = volume_fingerprint(*open_volume(folder / name, ""));
    const std::vector<fs::path> files = files_below(folder / name);
    ASSERT_GT(files.size(), 12U);
    const fs::path& chunk = files[files.size() - 2];
    std::string bytes = read_file(chunk);
    bytes.back() ^= 1;
    test::write_text(chunk, bytes);
    EXPECT_NE(before, volume_fingerprint(*open_volume(folder / name, ""))) << name << chunk;
    EXPECT_THAT(before, HasSubstr(R"("shape_xyz":[40,20,18],"dtype":"uint64","voxel_size_nm":[10.0,10.0,25.0])"));
  }
}

}  // namespace
}  // namespace syconn
