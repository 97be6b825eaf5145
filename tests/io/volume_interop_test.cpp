// SPDX-License-Identifier: GPL-3.0-or-later
// Volumes written by the formats' own Python libraries, where they are installed.
#include <gmock/gmock.h>

#include "volume_files.h"

namespace syconn {
namespace {

constexpr const char* kZarrScript = R"(
import itertools, sys
import numcodecs, numpy, zarr
z, y, x = numpy.mgrid[:21, :38, :45]
v = (x // 7 + 10 * (y // 9) + 100 * (z // 5)).astype('u8') + 2**40
names = ['lz4', 'lz4hc', 'blosclz', 'zstd', 'zlib']
codecs = [numcodecs.Blosc(cname=n, clevel=5, shuffle=s) for n in names for s in (-1, 0, 1, 2)]
codecs += [numcodecs.Zstd(3), numcodecs.GZip(1), numcodecs.Zlib(1), None]
cases = itertools.product(codecs, ('C', 'F'), ('<u8', '>u8'))
for i, (codec, order, dtype) in enumerate(cases):
    zarr.array(v.astype(dtype), chunks=(8, 16, 20), compressor=codec, order=order, store=f'{sys.argv[1]}/{i}',
               dimension_separator='/' if i % 3 == 0 else '.', overwrite=True)
print(i + 1)
)";

TEST(VolumeInterop, ZarrOfItsPythonLibrary) {
  if (std::system("/usr/bin/python3 -c 'import zarr, numcodecs' 2>/dev/null") != 0)
    GTEST_SKIP() << "needs python3-zarr";
  const test::TempFolder folder;
  write_file_atomically(folder / "write.py", kZarrScript);
  const std::string command = "/usr/bin/python3 '" + (folder / "write.py").string() + "' '" + folder.path().string() +
                              "' >'" + (folder / "count").string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const int n = std::stoi(read_file(folder / "count"));
  ASSERT_EQ(n, 96);
  for (int i = 0; i < n; ++i) {
    const auto volume = open_volume(folder / std::to_string(i), "");
    ASSERT_EQ(volume->info().size, Vec3i(45, 38, 21));
    const Volume<Id> labels = volume->read_labels(volume->info().box());
    test::for_each_voxel(labels.box(), [&](const Vec3i& p) {
      ASSERT_EQ(labels.at(p), (Id{1} << 40) + static_cast<Id>(p.x / 7 + 10 * (p.y / 9) + 100 * (p.z / 5))) << i << p;
    });
  }
}

constexpr const char* kCubeScript = R"(
import io, os, struct, sys, zipfile
x, y, z = 0, 1, 0
size = 8 * 128**3
# Snappy: the length, a literal of 8 bytes, then copies of 64 bytes from 8 bytes before.
def varint(n):
    out = b''
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
body = varint(size) + bytes([7 << 2]) + struct.pack('<Q', 2**63 + 9)
copies, rest = divmod(size - 8, 64)
body += (bytes([63 << 2 | 2]) + struct.pack('<H', 8)) * copies + bytes([(rest - 1) << 2 | 2]) + struct.pack('<H', 8)
name = f'ds_mag1_x{x:04d}_y{y:04d}_z{z:04d}.seg.sz'
folder = f'{sys.argv[1]}/mag1/x{x:04d}/y{y:04d}/z{z:04d}'
os.makedirs(folder)
with zipfile.ZipFile(f'{folder}/{name}.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(name, body)
with open(f'{sys.argv[1]}/knossos.conf', 'w') as conf:
    conf.write('experiment name "ds";\nboundary x 128;\nboundary y 256;\nboundary z 128;\n'
               'scale x 9.0;\nscale y 9.0;\nscale z 20.0;\nmagnification 1;\n')
)";

TEST(VolumeInterop, KnossosCubeInAZipOfPython) {
  if (std::system("/usr/bin/python3 -c 'import zipfile' 2>/dev/null") != 0) GTEST_SKIP() << "needs /usr/bin/python3";
  const test::TempFolder folder;
  write_file_atomically(folder / "write.py", kCubeScript);
  const std::string command =
      "/usr/bin/python3 '" + (folder / "write.py").string() + "' '" + folder.path().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto volume = open_volume(folder.path(), "");
  EXPECT_EQ(volume->info().voxel_size_nm, Vec3d(9, 9, 20));
  for (const Vec3i& p : {Vec3i(0, 128, 0), Vec3i(127, 255, 127), Vec3i(5, 200, 60)})
    EXPECT_EQ(volume->read_labels({p, p + Vec3i(1)}).at(p), (Id{1} << 63) + 9);
  EXPECT_THAT(test::error_of([&] { volume->read_labels(Box3::of_size({1, 1, 1})); }), testing::HasSubstr("is missing"));
}

}  // namespace
}  // namespace syconn
