// SPDX-License-Identifier: GPL-3.0-or-later
// The real volumes, compared with what HDF5 itself reads.
#include <cstdlib>

#include "syconn/core/parallel.h"
#include "volume_files.h"

namespace syconn {
namespace {

fs::path data_folder() {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  return set != nullptr ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR).parent_path() / "shared" / "data";
}

struct Real {
  const char* file;
  const char* dataset;
  Vec3i size;
  Vec3d voxel_size_nm;
  DType dtype;
};

std::ostream& operator<<(std::ostream& os, const Real& real) { return os << real.file; }

class RealVolume : public ::testing::TestWithParam<Real> {};

TEST_P(RealVolume, EqualsWhatHdf5Reads) {
  const Real& real = GetParam();
  const fs::path path = data_folder() / real.file;
  if (!fs::exists(path)) GTEST_SKIP() << path << " is not there (SYCONN_DATA_DIR)";
  const auto volume = open_volume(path, real.dataset);
  EXPECT_EQ(volume->info().size, real.size);
  EXPECT_EQ(volume->info().voxel_size_nm, real.voxel_size_nm);
  EXPECT_EQ(volume->info().dtype, real.dtype);
  const h5::File file = h5::File::open(path);
  const h5::Dataset dataset = h5::Dataset::open(file, real.dataset);
  parallel_for(12, 2, [&](std::int64_t i) {
    Rng rng(static_cast<std::uint64_t>(i));
    Box3 box = test::random_box(rng, volume->info().box());
    for (int axis = 0; axis < 3; ++axis) box.max[axis] = std::min(box.max[axis], box.min[axis] + 200);
    const auto labels = volume->read_labels(box);
    std::vector<std::uint64_t> expected(labels.count());
    dataset.read(DType::u64, test::zyx(box.min), test::zyx(box.size()), expected.data());
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), labels.data())) << box;
  });
  EXPECT_EQ(volume_fingerprint(*volume), volume_fingerprint(*open_volume(path, "")));
}

const Vec3d kVnc{4.6, 4.6, 50}, kFib{10, 10, 10}, kPinky{16, 16, 40};
const Vec3i kVncSize{1024, 1024, 14}, kFibSize{250, 250, 150}, kPinkySize{512, 512, 320};
INSTANTIATE_TEST_SUITE_P(Files, RealVolume,
                         ::testing::Values(Real{"vnc/raw.h5", "raw", kVncSize, kVnc, DType::u8},
                                           Real{"vnc/mi.h5", "mi", kVncSize, kVnc, DType::u8},
                                           Real{"vnc/sj.h5", "sj", kVncSize, kVnc, DType::u8},
                                           Real{"vnc/supervoxels.h5", "seg", kVncSize, kVnc, DType::u64},
                                           Real{"fib_medulla/raw.h5", "raw", kFibSize, kFib, DType::u8},
                                           Real{"fib_medulla/supervoxels.h5", "seg", kFibSize, kFib, DType::u64},
                                           Real{"fib_medulla/truth.h5", "seg", kFibSize, kFib, DType::u64},
                                           Real{"fib_medulla/ffn.h5", "seg", kFibSize, kFib, DType::u64},
                                           Real{"pinky40/seg.h5", "seg", kPinkySize, kPinky, DType::u64}));

}  // namespace
}  // namespace syconn
