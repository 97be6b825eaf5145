// SPDX-License-Identifier: GPL-3.0-or-later
// One volume in every format: whatever box is read, the voxels are the same.
#include <gmock/gmock.h>

#include "support/foreign_volumes.h"
#include "syconn/core/parallel.h"
#include "volume_files.h"

namespace syconn {
namespace {

using test::error_of;
using test::Plain;
using test::TempFolder;
using ::testing::HasSubstr;

const Vec3i kSize{45, 38, 21};
const Vec3d kVoxel{10, 10, 25};

/// Lumps of labels, some of them large; for maps and images grey lumps.
template <class T>
Plain<T> phantom(const Vec3i& size = kSize) {
  Plain<T> volume{size, {}};
  Rng rng(11);
  std::vector<T> lumps(40);
  for (T& v : lumps) {
    if constexpr (std::is_floating_point_v<T>)
      v = static_cast<T>(rng.uniform());
    else
      v = static_cast<T>(sizeof(T) == 8 && rng.below(2) == 0 ? (std::uint64_t{1} << 63) - rng.below(9) : rng.next());
  }
  test::for_each_voxel(Box3::of_size(size), [&](const Vec3i& p) {
    const auto lump = static_cast<std::size_t>((p.x + p.y / 3) / 7 + 5 * (p.y / 9) + 11 * (p.z / 6));
    volume.values.push_back(rng.below(50) == 0 ? lumps[rng.below(40)] : lumps[lump % 40]);
  });
  return volume;
}

/// A way to store a volume: writes it below a folder, and says how to open it.
struct Stored {
  fs::path path;
  std::string dataset = {};
  VolumeOptions options = {};
  Vec3i offset = {};
  bool knows_voxel_size = true;
};
template <class T>
struct Way {
  std::string name;
  std::function<Stored(const fs::path&, const Plain<T>&)> write;
};

template <class T>
void add_hdf5(std::vector<Way<T>>& ways) {
  ways.push_back({"hdf5", [](const fs::path& folder, const Plain<T>& v) {
                    test::write_foreign(folder / "v.h5", "seg", v.size, v.values,
                                        {.chunk = min(Vec3i(16), v.size), .gzip = 1});
                    return Stored{.path = folder / "v.h5", .knows_voxel_size = false};
                  }});
}

template <class T>
void add_precomputed(std::vector<Way<T>>& ways) {
  const auto add = [&](const std::string& name, const test::PrecomputedLayout& layout) {
    ways.push_back({"precomputed " + name, [layout](const fs::path& folder, const Plain<T>& v) {
                      test::write_precomputed(folder / "v", v, layout);
                      return Stored{.path = folder / "v", .offset = layout.offset};
                    }});
  };
  const Json two_bits = test::sharding("identity", 1, 2, 1, "gzip", "gzip"),
             hashed = test::sharding("murmurhash3_x86_128", 0, 1, 5, "raw", "raw"),
             one = test::sharding("identity", 0, 0, 0, "raw", "gzip");
  add("raw", {});
  add("raw, offset", {.chunk = {64, 7, 5}, .offset = {1000, -20, 3}});
  add("raw .gz", {.gz_files = true});
  add("raw gzip inside", {.gz_content = true});
  add("raw sharded", {.sharding = two_bits});
  add("raw sharded by hash", {.chunk = {8, 16, 9}, .offset = {5, 6, 7}, .sharding = hashed});
  if constexpr (sizeof(T) >= 4 && std::is_unsigned_v<T>) {
    add("cseg", {.block = {8, 8, 8}});
    add("cseg odd", {.chunk = {13, 11, 64}, .offset = {0, 4, 0}, .block = {8, 8, 2}});
    add("cseg .gz", {.block = {8, 8, 8}, .gz_files = true});
    add("cseg gzip inside", {.block = {8, 8, 8}, .gz_content = true});
    add("cseg sharded", {.block = {8, 8, 8}, .sharding = one});
    add("cseg sharded by hash", {.block = {4, 8, 3}, .sharding = hashed});
  }
}

template <class T>
void add_zarr(std::vector<Way<T>>& ways) {
  const auto add = [&](const std::string& name, const test::ZarrLayout& layout, const Stored& how = {}) {
    ways.push_back({"zarr " + name, [layout, how](const fs::path& folder, const Plain<T>& v) {
                      test::write_zarr(folder / "v.zarr", v, layout);
                      Stored stored = how;
                      stored.path = folder / "v.zarr" / how.path, stored.offset = layout.offset;
                      return stored;
                    }});
  };
  add("raw", {});
  add("raw F", {.fortran = true});
  add("raw xyz F", {.axes = "xyz", .fortran = true, .ome = true});
  add("raw big-endian", {.chunk = {9, 30, 7}, .big_endian = true});
  for (const char* packing : {"gzip", "zlib", "zstd", "zstd without size", "lz4", "lz4hc", "blosclz"})
    add(packing, {.packing = packing});
  add("lz4 unshuffled", {.packing = "lz4", .separator = "/", .shuffle = 0});
  add("blosc bits", {.packing = "lz4", .chunk = {32, 16, 64}, .separator = "/", .shuffle = 2, .offset = {7, 0, -2}});
  add("ome", {.packing = "lz4", .separator = "/", .ome = true, .offset = {100, 20, 3}});
  add("ome tczyx F", {.packing = "zstd", .separator = "/", .axes = "tczyx", .fortran = true, .ome = true});
  add("ome array", {.packing = "gzip", .ome = true, .offset = {4, 0, 0}}, {.path = {}, .dataset = "0"});
  add("ome array by path", {.ome = true}, {.path = "0"});
}

void add_knossos_layouts(std::vector<test::KnossosLayout>& layouts, bool labels) {
  if (labels)
    layouts = {{.extension = ".seg.sz.zip", .conf = "knossos.conf", .cube = 128},
               {.extension = ".seg.sz.zip", .cube = 16, .deflate = false},
               {.extension = ".seg.sz", .cube = 20},
               {.extension = ".seg.sz", .conf = "mag1/knossos.conf"}};
  else
    layouts = {{.extension = ".raw", .conf = "knossos.conf"},
               {.extension = ".raw", .cube = 16},
               {.extension = ".png", .cube = 24},
               {.extension = ".png", .conf = "mag1/knossos.conf"}};
}

template <class T>
void add_knossos(std::vector<Way<T>>& ways) {
  if constexpr (std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint64_t>) {
    std::vector<test::KnossosLayout> layouts;
    add_knossos_layouts(layouts, sizeof(T) == 8);
    for (const test::KnossosLayout& layout : layouts)
      ways.push_back(
          {"knossos " + layout.extension + " " + layout.conf, [layout](const fs::path& folder, const Plain<T>& v) {
             test::write_knossos(folder / "v", v, layout);
             return Stored{.path = folder / "v"};
           }});
  }
}

template <class T>
std::vector<Way<T>> all_ways() {
  std::vector<Way<T>> ways;
  add_hdf5(ways), add_precomputed(ways), add_zarr(ways), add_knossos(ways);
  return ways;
}

/// Reads `box` of the volume as the type's natural use and compares.
template <class T>
void expect_box(const VolumeReader& volume, const Plain<T>& plain, const Box3& box, const Vec3i& offset) {
  const auto at = [&](const Vec3i& p) {
    const Vec3i q = p - offset;
    return plain.values[static_cast<std::size_t>(q.x + plain.size.x * (q.y + plain.size.y * q.z))];
  };
  if constexpr (std::is_floating_point_v<T>) {
    Volume<float> out(box);
    volume.read_map(out.view());
    test::for_each_voxel(box, [&](const Vec3i& p) { ASSERT_EQ(out.at(p), at(p)) << p; });
  } else {
    const Volume<Id> out = volume.read_labels(box);
    test::for_each_voxel(box, [&](const Vec3i& p) { ASSERT_EQ(out.at(p), static_cast<Id>(at(p))) << p; });
  }
}

template <class T>
void expect_same_in_every_format() {
  const Plain<T> plain = phantom<T>();
  for (const Way<T>& way : all_ways<T>()) {
    SCOPED_TRACE(way.name);
    const TempFolder folder;
    Stored stored = way.write(folder.path(), plain);
    stored.options.cache_bytes = 100'000;
    const auto volume = open_volume(stored.path, stored.dataset, stored.options);
    ASSERT_EQ(volume->info().box(), Box3::of_size(plain.size).shifted(stored.offset));
    EXPECT_EQ(volume->info().dtype, dtype_of<T>());
    const auto voxel = volume->info().voxel_size_nm;
    ASSERT_EQ(voxel.has_value(), stored.knows_voxel_size);
    if (voxel) {
      EXPECT_LT((*voxel - kVoxel).max_element(), 1e-9);  // OME may state it in other units
      EXPECT_GT((*voxel - kVoxel).min_element(), -1e-9);
    }
    expect_box(*volume, plain, volume->info().box(), stored.offset);
    Rng rng(3);
    for (int k = 0; k < 25; ++k) expect_box(*volume, plain, test::random_box(rng, volume->info().box()), stored.offset);
    EXPECT_THAT(volume->verify(), testing::IsEmpty());
    EXPECT_EQ(volume->count_missing(volume->info().box()), 0);
    EXPECT_EQ(volume_fingerprint(*volume),
              volume_fingerprint(*open_volume(stored.path, stored.dataset, stored.options)));
    Box3 outside = volume->info().box();
    ++outside.max.z;
    EXPECT_THAT(error_of([&] { volume->read_labels(outside); }), HasSubstr("not inside"));
  }
}

TEST(VolumeConformance, Labels64) { expect_same_in_every_format<std::uint64_t>(); }
TEST(VolumeConformance, Labels32) { expect_same_in_every_format<std::uint32_t>(); }
TEST(VolumeConformance, Labels16) { expect_same_in_every_format<std::uint16_t>(); }
TEST(VolumeConformance, Grey) { expect_same_in_every_format<std::uint8_t>(); }
TEST(VolumeConformance, Floats) { expect_same_in_every_format<float>(); }

TEST(VolumeConformance, OneVoxel) {
  const Plain<std::uint64_t> plain{{1, 1, 1}, {(std::uint64_t{1} << 63) + 5}};
  for (const auto& way : all_ways<std::uint64_t>()) {
    SCOPED_TRACE(way.name);
    const TempFolder folder;
    const Stored stored = way.write(folder.path(), plain);
    const auto volume = open_volume(stored.path, stored.dataset, stored.options);
    EXPECT_EQ(volume->read_labels(volume->info().box()).data()[0], plain.values[0]);
  }
}

TEST(VolumeConformance, ManyThreadsWithASmallCache) {
  const auto plain = phantom<std::uint64_t>();
  for (const auto& way : all_ways<std::uint64_t>()) {
    SCOPED_TRACE(way.name);
    const TempFolder folder;
    Stored stored = way.write(folder.path(), plain);
    stored.options.cache_bytes = 70'000;
    const auto volume = open_volume(stored.path, stored.dataset, stored.options);
    parallel_for(16, 4, [&](std::int64_t i) {
      Rng rng(static_cast<std::uint64_t>(i));
      for (int k = 0; k < 4; ++k)
        expect_box(*volume, plain, test::random_box(rng, volume->info().box()), stored.offset);
    });
  }
}

}  // namespace
}  // namespace syconn
