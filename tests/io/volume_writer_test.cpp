// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/volume_writer.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "syconn/core/chunk_grid.h"
#include "syconn/core/parallel.h"
#include "volume_files.h"

namespace syconn {
namespace {

using test::error_of;
using test::TempFolder;
using ::testing::HasSubstr;

const Box3 kBox{{64, 3, 10}, {64 + 201, 3 + 77, 10 + 70}};
const VolumeMeta kMeta{{10, 10, 25}, "id", "labels of a test", R"({"tool":"syconn","seed":1})", 3};

template <class T>
T value_at(const Vec3i& p) {
  const std::uint64_t v = mix64(static_cast<std::uint64_t>(p.x / 9), static_cast<std::uint64_t>(p.y / 7 + 1000 * p.z));
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(v % 1000) / T(999);
  return static_cast<T>(v);
}

template <class T>
Volume<T> part_of_volume(const Box3& box) {
  Volume<T> volume(box);
  test::for_each_voxel(box, [&](const Vec3i& p) { volume.at(p) = value_at<T>(p); });
  return volume;
}

/// Writes kBox in chunks below folder/volumes and returns the parts.
template <class T>
std::vector<VolumePart> write_parts(const fs::path& volumes, const std::string& name, const Vec3i& chunk) {
  make_folder(volumes / name);
  std::vector<VolumePart> parts;
  const ChunkGrid grid(kBox, chunk);
  for (std::int64_t i = 0; i < grid.count(); ++i) {
    const Box3 box = grid.chunk_box(i);
    const fs::path file = volume_chunk_file(name, box), temporary = temporary_name(volumes / file);
    write_volume_chunk(temporary, name, part_of_volume<T>(box).view(), kMeta);
    commit_file(temporary, volumes / file);
    parts.push_back({box, file});
  }
  return parts;
}

template <class T>
class DerivedVolume : public ::testing::Test {};
using Types = ::testing::Types<std::uint8_t, std::uint32_t, std::uint64_t, float>;
TYPED_TEST_SUITE(DerivedVolume, Types);

template <class T>
void expect_same(const VolumeReader& volume, const Box3& box) {
  if constexpr (std::is_floating_point_v<T>) {
    Volume<float> map(box);
    volume.read_map(map.view());
    test::for_each_voxel(box, [&](const Vec3i& p) { ASSERT_EQ(map.at(p), value_at<T>(p)) << p; });
  } else {
    const auto labels = volume.read_labels(box);
    test::for_each_voxel(box, [&](const Vec3i& p) { ASSERT_EQ(labels.at(p), value_at<T>(p)) << p; });
  }
}

TYPED_TEST(DerivedVolume, RoundTripThroughManifestVirtualDatasetAndChunkFile) {
  for (const Vec3i chunk : {Vec3i(64, 64, 64), Vec3i(128, 64, 192), Vec3i(512, 512, 512)}) {
    const TempFolder folder;
    auto parts = write_parts<TypeParam>(folder.path(), "mi_seg", chunk);
    std::reverse(parts.begin(), parts.end());
    finish_volume(folder.path(), "mi_seg", parts, kMeta);
    std::uint64_t file_bytes = 0;
    for (const VolumePart& part : parts) file_bytes += fs::file_size(folder.path() / part.file);
    for (const char* file : {"mi_seg.json", "mi_seg.h5"}) {
      const auto volume = open_volume(folder / file, "mi_seg");
      const VolumeInfo& info = volume->info();
      EXPECT_EQ(info.box(), kBox);
      EXPECT_EQ(info.dtype, dtype_of<TypeParam>());
      EXPECT_EQ(info.voxel_size_nm, kMeta.voxel_size_nm);
      EXPECT_EQ(info.stored_bytes, file_bytes);
      expect_same<TypeParam>(*volume, kBox);
      Rng rng(5);
      for (int i = 0; i < 20; ++i) expect_same<TypeParam>(*volume, test::random_box(rng, kBox));
      EXPECT_TRUE(volume->verify().empty());
      EXPECT_FALSE(volume_fingerprint(*volume).empty());
    }
    const auto one = open_volume(folder.path() / parts.front().file, "");
    EXPECT_EQ(one->info().box(), parts.front().box);
    EXPECT_EQ(one->info().name, "mi_seg");
    expect_same<TypeParam>(*one, one->info().box());
  }
}

TEST(VolumeWriter, SameVoxelsSameBytesAlsoFromAViewIntoALargerBuffer) {
  const TempFolder folder;
  const auto whole = part_of_volume<Id>(kBox);
  const Box3 part{{70, 10, 12}, {200, 75, 79}};
  write_volume_chunk(folder / "a.h5", "seg", part_of_volume<Id>(part).view(), kMeta);
  write_volume_chunk(folder / "b.h5", "seg", whole.view().sub(part), kMeta);
  EXPECT_EQ(read_file(folder / "a.h5"), read_file(folder / "b.h5"));
}

TEST(VolumeWriter, RefusesBadNamesAndEmptyChunks) {
  const TempFolder folder;
  const Volume<Id> one(Box3::of_size({1, 1, 1})), none(Box3{});
  for (const char* name : {"", "a/b", "a b", "..", "ä"})
    error_of([&] { write_volume_chunk(folder / "a.h5", name, one.view(), kMeta); }, Category::config);
  error_of([&] { write_volume_chunk(folder / "a.h5", "seg", none.view(), kMeta); }, Category::config);
  error_of([&] { write_volume_chunk(folder / "none/a.h5", "seg", one.view(), kMeta); }, Category::runtime);
}

TEST(VolumeWriter, FinishSaysWhatIsWrongWithTheParts) {
  const TempFolder folder;
  const auto parts = write_parts<std::uint8_t>(folder.path(), "p", {128, 64, 64});
  const auto finish = [&](const std::vector<VolumePart>& some) {
    return error_of([&] { finish_volume(folder.path(), "p", some, kMeta); });
  };
  EXPECT_THAT(finish({}), HasSubstr("no chunks"));
  auto wrong = parts;
  wrong.erase(wrong.begin() + 1);
  EXPECT_THAT(finish(wrong), HasSubstr("voxels open"));
  wrong = parts;
  wrong.push_back(parts[1]);
  EXPECT_THAT(finish(wrong), HasSubstr("overlap"));
  wrong = parts;
  std::swap(wrong[0].file, wrong[1].file);
  EXPECT_THAT(finish(wrong), HasSubstr("another box"));
  wrong = parts;
  write_volume_chunk(folder.path() / parts[2].file, "p", part_of_volume<float>(parts[2].box).view(), kMeta);
  EXPECT_THAT(finish(wrong), testing::AllOf(HasSubstr("float32"), HasSubstr("uint8")));
  fs::remove(folder.path() / parts[0].file);
  EXPECT_THAT(finish(parts), HasSubstr("is missing"));
  EXPECT_FALSE(fs::exists(folder / "p.json"));
  EXPECT_FALSE(fs::exists(folder / "p.h5"));
}

TEST(VolumeWriter, MissingResizedAndChangedFilesAreFound) {
  const TempFolder folder;
  const auto parts = write_parts<std::uint8_t>(folder.path(), "p", {128, 64, 64});
  finish_volume(folder.path(), "p", parts, kMeta);
  const fs::path file = folder.path() / parts[3].file;
  const std::string good = read_file(file);
  // A chunk with other voxels but the same size passes the check at opening, and is found by its checksum.
  Volume<std::uint8_t> other = part_of_volume<std::uint8_t>(parts[3].box);
  std::swap(*other.data(), other.data()[1]);
  std::swap(other.data()[20], *(other.data() + 30));
  write_volume_chunk(file, "p", other.view(), kMeta);
  if (fs::file_size(file) == good.size()) {
    const auto findings = open_volume(folder / "p.json", "p")->verify();
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_THAT(findings[0], HasSubstr("CRC32C"));
  }
  write_file_atomically(file, good + "x");
  EXPECT_THAT(error_of([&] { open_volume(folder / "p.json", "p"); }),
              testing::AllOf(HasSubstr("another size"), HasSubstr(file.string())));
  fs::remove(file);
  fs::remove(folder.path() / parts[1].file);
  for (const char* name : {"p.json", "p.h5"})
    EXPECT_THAT(error_of([&] { open_volume(folder / name, "p"); }),
                testing::AllOf(HasSubstr("2 of its files are missing"), HasSubstr(file.string()),
                               HasSubstr(parts[1].file.string())));
}

TEST(VolumeWriter, ManyFilesHaveAManifestOnly) {
  const TempFolder folder;
  make_folder(folder / "p");
  std::vector<VolumePart> parts;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(kMaxVirtualFiles); ++i) {
    const Box3 box{{i, 0, 0}, {i + 1, 1, 1}};
    parts.push_back({box, volume_chunk_file("p", box)});
    write_volume_chunk(folder.path() / parts.back().file, "p", part_of_volume<std::uint8_t>(box).view(), kMeta);
  }
  write_file_atomically(folder / "p.h5", "of an earlier run with larger chunks");
  finish_volume(folder.path(), "p", parts, kMeta);
  EXPECT_FALSE(fs::exists(folder / "p.h5"));
  const auto volume = open_volume(folder / "p.json", "");
  expect_same<std::uint8_t>(*volume, volume->info().box());
  parallel_for(32, 4, [&](std::int64_t i) {  // more files than are kept open
    Rng rng(static_cast<std::uint64_t>(i));
    expect_same<std::uint8_t>(*volume, test::random_box(rng, volume->info().box()));
  });
  parts.pop_back();
  finish_volume(folder.path(), "p", parts, kMeta);
  EXPECT_EQ(open_volume(folder / "p.h5", "p")->info().size.x, 512);
}

TEST(VolumeWriter, DamagedManifestsAreErrors) {
  const TempFolder folder;
  finish_volume(folder.path(), "p", write_parts<std::uint8_t>(folder.path(), "p", {128, 64, 64}), kMeta);
  const std::string good = read_file(folder / "p.json");
  EXPECT_THAT(error_of([&] { open_volume(folder / "p.json", "q"); }), HasSubstr("not 'q'"));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    write_file_atomically(folder / "q.json", text.replace(at, from.size(), to));
    return error_of([&] { open_volume(folder / "q.json", ""); });
  };
  EXPECT_THAT(with("syconn.volume", "other"), HasSubstr("'format'"));
  EXPECT_THAT(with("\"version\": 1", "\"version\": 2"), HasSubstr("newer"));
  EXPECT_THAT(with("uint8", "uint7"), HasSubstr("uint7"));
  EXPECT_THAT(with("\"p/", "\"../p/"), HasSubstr("manifest's folder"));
  EXPECT_THAT(with("\"p/", "\"/p/"), HasSubstr("manifest's folder"));
  EXPECT_THAT(with("\"bytes\":", "\"byte\":"), HasSubstr("bytes"));
  EXPECT_THAT(with("\"crc32c\":\"", "\"crc32c\":\"x"), HasSubstr("checksum"));
  for (std::size_t at = 0; at < good.size(); at += 13) {  // any byte changed: an error, or the same voxels
    std::string text = good;
    text[at] = static_cast<char>(text[at] ^ (1 + at % 7));
    write_file_atomically(folder / "q.json", text);
    try {
      const auto volume = open_volume(folder / "q.json", "");
      const Box3 both = intersect(volume->info().box(), kBox);
      if (volume->info().offset_vx == kBox.min) expect_same<std::uint8_t>(*volume, both);
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::input) << error.what();
    }
  }
}

TEST(VolumeWriter, OpensInPythonFromAnotherFolderAfterAMove) {
  if (std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) GTEST_SKIP() << "needs python3-h5py";
  const TempFolder folder;
  const auto parts = write_parts<Id>(folder / "run/volumes", "sv_seg", {128, 64, 64});
  finish_volume(folder / "run/volumes", "sv_seg", parts, kMeta);
  fs::rename(folder / "run", folder / "moved");
  make_folder(folder / "elsewhere");
  const Vec3i p{180, 60, 50}, q = p - kBox.min;
  const std::string script =
      "import h5py\n"
      "v = h5py.File('../moved/volumes/sv_seg.h5')['sv_seg']\n"
      "assert v.shape == (70, 77, 201) and v.dtype == 'uint64', v\n"
      "assert list(v.attrs['offset_vx']) == [64, 3, 10] and list(v.attrs['voxel_size_nm']) == [10, 10, 25]\n"
      "assert v.attrs['units'] in ('id', b'id') and v.is_virtual\n"
      "print(int(v[" +
      std::to_string(q.z) + "," + std::to_string(q.y) + "," + std::to_string(q.x) + "]), end='')\n";
  write_file_atomically(folder / "read.py", script);
  const std::string command = "cd '" + (folder / "elsewhere").string() +
                              "' && HDF5_PLUGIN_PATH='" SYCONN_BINARY_DIR
                              "/lib/hdf5_plugins' /usr/bin/python3 ../read.py > out.txt";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_file(folder / "elsewhere/out.txt"), std::to_string(value_at<Id>(p)));
}

}  // namespace
}  // namespace syconn
