// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"
#include "syconn/io/dtype.h"

namespace syconn {

struct VolumeInfo {
  std::string where;                   ///< "file:/dataset", for messages
  std::string name;                    ///< of the dataset, without leading slash
  Vec3i size;                          ///< voxels along x,y,z
  DType dtype = DType::u8;             ///< of the stored elements
  std::optional<Vec3d> voxel_size_nm;  ///< attribute `voxel_size_nm`, else `voxel_size_nm_xyz`
  Vec3i offset_vx;                     ///< dataset coordinate of the first voxel (attribute `offset_vx`, else 0)
  std::uint64_t stored_bytes = 0;      ///< encoded bytes on disk, or the sum of the file sizes; 0 of a folder of chunks

  Box3 box() const { return {offset_vx, offset_vx + size}; }
};

struct VolumeOptions {
  /// Bound of the cache of decoded blocks that requests use in part only; a larger block is decoded each time.
  std::uint64_t cache_bytes = 64ULL << 20;
  /// Voxels that were never written: false, reading them is an error; true, they have the fill value (0 by default).
  bool allow_missing = false;
  /// hdf5, precomputed, zarr or knossos; auto: whatever lies at the path.
  std::string format = "auto";
  /// Of a volume with several resolutions: 0 is the finest. Where a resolution is named as `dataset`, leave it 0.
  int level = 0;
};

/// A decoded piece of a volume: little-endian elements of info().dtype, x fastest.
struct VolumeBlock {
  const void* data = nullptr;
  Box3 box;                                 ///< dataset coordinates
  std::int64_t stride_y = 0, stride_z = 0;  ///< elements
};

/// A 3-D volume of any format. Reads may be called by many threads at once. A view says by its origin and size which
/// box it wants, in dataset coordinates; a box outside the volume, damaged data and missing voxels are Error{input}.
class VolumeReader {
 public:
  virtual ~VolumeReader() = default;
  const VolumeInfo& info() const { return info_; }

  /// Ids, exact from every integer type; a negative value or a float volume is an error.
  void read_labels(VolumeView<Id> out) const;
  /// Grey values 0..255 as they are stored; integer volumes only, a value outside is an error.
  void read_image(VolumeView<std::uint8_t> out) const;
  /// A map's values 0..1: integer maps are v/255 (a value outside 0..255 is an error), float maps as they are (a value
  /// outside 0..1 or NaN is an error).
  void read_map(VolumeView<float> out) const;
  /// The same in grey 0..255: integer maps exactly, float maps rounded.
  void read_map(VolumeView<std::uint8_t> out) const;
  /// 1 where the map's value exceeds `threshold` (0..1, else Error{config}), else 0. No rounding: integer maps
  /// v > 255·threshold, float maps v > threshold.
  void read_mask(double threshold, VolumeView<std::uint8_t> out) const;
  /// 1 where a label volume holds one of `foreground`, else 0.
  void read_foreground(std::span<const Id> foreground, VolumeView<std::uint8_t> out) const;

  Volume<Id> read_labels(const Box3& box) const;
  Volume<std::uint8_t> read_image(const Box3& box) const;
  Volume<std::uint8_t> read_mask(double threshold, const Box3& box) const;

  /// Reads everything and compares the checksums there are; returns what is wrong, one text a finding.
  virtual std::vector<std::string> verify() const;
  /// CRC32C of up to `n` evenly spaced stored (still encoded) blocks.
  virtual std::vector<std::uint32_t> sample_stored_blocks(std::int64_t n) const = 0;
  /// Encoded bytes: all of them where a file tells, else of the `n` blocks above.
  virtual std::uint64_t sampled_bytes(std::int64_t) const { return info_.stored_bytes; }
  /// Stored blocks that meet `box` and were never written, as far as a format can tell without reading voxels.
  virtual std::int64_t count_missing(const Box3&) const { return 0; }

  using UseBlock = std::function<void(const VolumeBlock&)>;
  /// Formats implement this: hands out decoded blocks which together cover `box` (inside the volume); where two do, the
  /// later one holds. A block may reach beyond `box`, and its data live until the call returns.
  virtual void for_each_block(const Box3& box, const UseBlock& use) const = 0;

 protected:
  VolumeInfo info_;

 private:
  template <class Out, class Convert>
  void read(const VolumeView<Out>& out, const Convert& convert) const;
};

/// Opens a volume for reading: an HDF5 file (3-D, contiguous, chunked with gzip, shuffle or zstd, or virtual; an empty
/// `dataset` means the only 3-D one), the manifest `<name>.json` of a derived volume, or the folder of a Neuroglancer
/// precomputed, Zarr or KNOSSOS volume (docs/formats_volumes.md; `dataset` names a resolution of it). Throws
/// Error{input}: no such file or folder, unknown format, no such dataset (those there are listed), not 3-D, unknown
/// encoding, missing parts (listed).
std::unique_ptr<VolumeReader> open_volume(const fs::path& path, const std::string& dataset,
                                          const VolumeOptions& options = {});

/// What a foreign volume is recognised by, as one line of JSON: dataset name, shape, element type, voxel size, offset,
/// stored bytes and the CRC32C over 64 evenly spaced stored blocks. Does not depend on the path.
std::string volume_fingerprint(const VolumeReader& volume);

}  // namespace syconn
