// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <list>
#include <map>
#include <mutex>
#include <optional>

#include "volume_hdf5.h"

namespace syconn {

/// A box of a volume that lies in a dataset of another file.
struct SourcePart {
  Box3 box;            ///< of the whole, dataset coordinates
  fs::path file = {};  ///< as it can be opened
  std::string dataset = {};
  Vec3i from = {};                           ///< voxel of the source's array that is box.min
  bool whole = false;                        ///< box is all of the source
  std::optional<std::uint64_t> bytes = {};   ///< the file must have this size
  std::optional<std::uint32_t> crc32c = {};  ///< of the decoded box, little-endian, C order
};

/// A volume put together from boxes of other files, which are opened when first needed.
class PartedVolume : public VolumeReader {
 public:
  /// The parts must tile the volume's box (gaps only with allow_missing) and their files exist with the stated sizes;
  /// throws Error{input} that lists what does not. `info` is complete but for stored_bytes.
  PartedVolume(VolumeInfo info, std::vector<SourcePart> parts, OpenContext context);

  std::vector<std::string> verify() const override;
  std::vector<std::uint32_t> sample_stored_blocks(std::int64_t n) const override;
  void for_each_block(const Box3& box, const UseBlock& use) const override;

 private:
  using Source = std::shared_ptr<const VolumeReader>;
  void check_files();
  Source source(std::size_t part) const;
  Source open_source(std::size_t part) const;
  void part_blocks(std::size_t part, const Box3& box, const UseBlock& use) const;
  void fill_gaps(const Box3& box, const UseBlock& use) const;
  std::uint32_t decoded_crc32c(std::size_t part) const;

  std::vector<SourcePart> parts_;
  OpenContext context_;
  bool complete_ = true;
  mutable std::mutex mutex_;
  mutable std::map<std::size_t, Source> open_;
  mutable std::list<std::size_t> recent_;  ///< open parts, newest first
};

/// "a, b, c and 4 more".
std::string shortened_list(const std::vector<std::string>& items);
/// What keeps `boxes` from tiling `whole`: overlaps, boxes outside, or the number of voxels not covered.
struct VolumeTiling {
  std::vector<std::string> wrong;
  std::int64_t uncovered_vx = 0;
};
VolumeTiling check_volume_tiling(const std::vector<Box3>& boxes, const Box3& whole);

}  // namespace syconn
