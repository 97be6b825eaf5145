// SPDX-License-Identifier: GPL-3.0-or-later
// The two inner loops of the contact step, compiled for several instruction sets and chosen at run time. All of them
// give the same integers.
#pragma once
#include <cstdint>

namespace syconn::contacts {

inline constexpr std::int64_t kTileX = 64, kLanes = 32;
inline constexpr std::uint32_t kVoteLabels = 31;  ///< labels a vote can hold: 5 bits under an 11-bit count
inline constexpr std::int64_t kVoteWindow = 2047;

/// Label run of a tile with its halo: row = z * halo_y + y, x counted from the halo's first voxel.
struct TileEntry {
  std::uint32_t row;
  std::int16_t start, end;
};

/// Majority vote of one tile of 64 x n_y x n_z voxels over a group of at most kVoteLabels labels.
struct Vote {
  std::int64_t n_y, n_z;         ///< of the tile
  std::int64_t wx, wy, wz;       ///< window
  std::uint32_t base, n_labels;  ///< labels base .. base + n_labels
  const std::uint32_t* first;    ///< entries of label base + l: first[l] .. first[l+1], in raster order
  const TileEntry* entries;
  const std::uint64_t* boundary;  ///< a word a row of the tile
  const std::uint16_t* own;       ///< [z][y][64] label of each voxel
  std::uint16_t* best;            ///< scratch, [z][y][64]: count << 5 | (31 - l) of the group's leader
  std::uint16_t* count;           ///< in and out, [z][y][64]: the winner's count, 0 for none
  std::uint16_t* winner;          ///< in and out: the label with the largest count, the smallest of equal ones
  std::uint8_t* x_sums;           ///< scratch, (n_z+wz-1) * (n_y+wy-1) * 32
  std::uint8_t* z_sums;           ///< scratch, (n_y+wy-1) * 32
  const std::uint8_t* zeros;      ///< as large as z_sums
};

/// Rows of a bitmap column that may hold anything.
struct ColumnRange {
  std::int32_t lo, hi;
};

/// One step of the 6-connected cross on a bitmap [z][word][y], in planes z0..z1 and rows y0..y1 of a column's range.
struct CrossStep {
  const std::uint64_t* in;
  std::uint64_t* out;
  const ColumnRange* range;  ///< [z][word]
  std::int64_t words, n_y;
  std::int64_t z0, z1;
  std::int32_t y0, y1;
  const std::uint64_t* zeros;  ///< a column
};

/// Claims of one pair on up to 64 voxels of a row.
struct ClaimWord {
  std::uint64_t covered;               ///< the voxels claimed
  const std::uint64_t* const* levels;  ///< contact voxels dilated 0, 1, 2 ... times; the last level holds all covered
  std::int64_t at;                     ///< word in each level
  std::uint32_t rank, step;            ///< claim = rank + step * distance; the smaller claim wins
  std::uint32_t* row;                  ///< of bit 0; 64 elements may be read and written back
};

struct Kernels {
  void (*vote)(const Vote&);
  void (*dilate)(const CrossStep&);
  void (*erode)(const CrossStep&);
  void (*claim)(const ClaimWord&);
  /// Bit i = ((a[i] ^ b[i]) & mask) != 0, without the mask a[i] != b[i], for 64 elements.
  std::uint64_t (*differ_masked)(const std::uint32_t* a, const std::uint32_t* b, std::uint32_t mask);
  /// The same for n <= 64 elements.
  std::uint64_t (*differ32)(const std::uint32_t* a, const std::uint32_t* b, std::int64_t n);
  std::uint64_t (*differ64)(const std::uint64_t* a, const std::uint64_t* b, std::int64_t n);
};

/// The fastest set this processor has.
const Kernels& kernels();
extern const Kernels kPortableKernels;
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SYCONN_CONTACTS_AVX2 1
extern const Kernels kAvx2Kernels;
#endif

}  // namespace syconn::contacts
