// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of the contact-site kernel, in the order they run: scan, majority, closing and claims, collection.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/contacts.h"

namespace syconn::contacts {

/// Start of a label run in a row; it ends where the next begins, or at the row's end. Local x, dense label.
struct LabelRun {
  std::int32_t x;
  std::uint32_t label;
};

/// Label volume as x-runs of dense labels (rank of the id; 0 = background), with the boundary voxels as a bitmap.
struct ScannedLabels {
  Vec3i size;                            ///< of the read box
  std::int64_t words = 0;                ///< words of a bitmap row
  std::vector<std::uint64_t> row_first;  ///< first run of row (z*ny + y); one more entry at the end
  std::vector<LabelRun> runs;
  std::vector<Id> ids;                  ///< dense label -> id, ascending
  std::vector<std::uint64_t> boundary;  ///< [z][y][word]

  const std::uint64_t* boundary_row(std::int64_t y, std::int64_t z) const {
    return boundary.data() + (z * size.y + y) * words;
  }
};

/// Hash table (key -> dense value), open addressing, never shrinks.
class DenseMap {
 public:
  void clear();
  /// Value of `key`, or `next` after inserting it with that value. Key ~0 is not allowed.
  std::uint32_t find_or_add(std::uint64_t key, std::uint32_t next);
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t key;
    std::uint32_t value;
  };
  void grow();
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

class LabelScanner {
 public:
  /// One pass over `labels` (ids up to 2^64-1).
  void scan(VolumeView<const Id> labels, ScannedLabels& out);

 private:
  std::uint32_t dense_of(Id id, ScannedLabels& out);
  void rank_ids(ScannedLabels& out);
  DenseMap map_;
  bool has_max_id_ = false;
  std::uint32_t max_id_dense_ = 0;
  std::vector<std::uint32_t> rows_[2], rank_;  // dense labels of the current and the previous plane
};

/// x-run of contact voxels of one pair; coordinates local to the scanned box.
struct ContactRun {
  std::uint32_t pair;
  std::uint16_t x, y, z, len;
};

/// Contact voxels of a scanned box before the morphology. Pairs are numbered in the order met.
struct ContactRuns {
  std::vector<ContactRun> runs;
  std::vector<std::uint64_t> pair_key;  ///< smaller dense label << 32 | larger
};

/// Finds partners by the window majority for all boundary voxels in `core` (box local to the scanned labels).
class MajorityFilter {
 public:
  explicit MajorityFilter(const Vec3i& window);
  void run(const ScannedLabels& labels, const Box3& core, ContactRuns& out);
  std::size_t bytes() const;

 private:
  struct Entry {  // label run of the tile with its halo
    std::uint32_t row;
    std::int16_t start, end;
  };
  struct Found {
    std::uint32_t label, row;
    std::int16_t start, end;
  };
  bool has_boundary(const ScannedLabels& labels, const Box3& tile) const;
  void start_row_of_tiles(const ScannedLabels& labels, const Box3& tile);
  void process(const ScannedLabels& labels, const Box3& tile, const Box3& core, ContactRuns& out);
  bool gather(const ScannedLabels& labels, const Box3& tile);
  void sort_entries();
  void fill_own(const Box3& tile);
  template <class X, class Z, class Y>
  void vote(const ScannedLabels& labels, const Box3& tile);
  void emit(const ScannedLabels& labels, const Box3& tile, const Box3& core, ContactRuns& out);
  std::uint32_t pair_index(std::uint32_t a, std::uint32_t b, ContactRuns& out);

  Vec3i window_, half_;
  bool narrow_;  // sums fit into 8 and 15 bits
  std::vector<Found> found_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> entry_first_, local_label_;  // a tile's labels, ascending
  std::vector<std::uint32_t> local_of_;                   // dense label -> local label of the current tile, or ~0
  std::vector<std::uint16_t> own_, winner_;
  std::vector<std::uint8_t> x_sums_, z_sums_, best_;
  DenseMap pairs_;
};

/// Claim on a voxel: distance to the pair's contact voxels above the pair's rank; the smallest wins.
struct ClaimVolume {
  Box3 box;  ///< local to the scanned box
  int rank_bits = 0;
  std::vector<std::uint32_t> claims;
  static constexpr std::uint32_t kFree = ~0U;
};

/// Closes and dilates the contact voxels of one pair on bitmaps and enters its claims.
class PairCloser {
 public:
  PairCloser(int closings, int dilations);
  /// `runs`: contact runs of pair `rank` near `volume.box`, at least one.
  void claim(std::span<const ContactRun> runs, std::uint32_t rank, ClaimVolume& volume);
  std::size_t bytes() const;

 private:
  using Words = std::vector<std::uint64_t>;
  void prepare(std::span<const ContactRun> runs);
  void dilate(const std::uint64_t* in, std::uint64_t* out) const;
  void erode(const std::uint64_t* in, std::uint64_t* out) const;
  void enter(std::uint32_t rank, const std::uint64_t* covered, ClaimVolume& volume) const;
  std::int64_t column(std::int64_t z, std::int64_t w) const { return (z * words_ + w) * ny_; }

  int closings_, dilations_, reach_;
  Vec3i origin_;                                                 // voxel of bit 0, row 0, plane 0
  std::int64_t words_ = 0, ny_ = 0, nz_ = 0, volume_words_ = 0;  // bitmap [z][word][y], one empty row and plane around
  std::vector<Words> level_;                                     // contact voxels dilated 0..reach_ times
  Words work_[2], zero_;
};

}  // namespace syconn::contacts
