// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/box3.h"
#include "syconn/io/annotation_grid.h"
#include "syconn/io/dtype.h"
#include "syconn/io/precomputed_shard_writer.h"

/// Neuroglancer's annotations (neuroglancer_annotations_v1) of the type line.
namespace syconn {

struct AnnotationProperty {
  std::string id;
  DType dtype = DType::f32;  ///< f32 or integers of up to 4 bytes
  std::string description = {};
  std::map<std::int64_t, std::string> names = {};  ///< of codes
};

/// What stands for a line in every index: its ends, then its properties, the widest first, padded to 4 bytes.
class LineEncoder {
 public:
  explicit LineEncoder(const std::vector<AnnotationProperty>& properties);
  std::size_t bytes() const { return bytes_; }
  /// `values` in the order of the properties; `out` has room for bytes().
  void encode(const Vec3f& from, const Vec3f& to, std::span<const double> values, char* out) const;

 private:
  std::vector<DType> dtypes_;
  std::vector<std::size_t> places_;
  std::size_t bytes_ = 0;
};

/// The value of one annotation in the index by id: the line, then for each relationship its ids.
std::vector<char> encode_annotation(std::span<const char> line, std::span<const std::vector<Id>> related);
/// The value of a related object or a spatial cell: the number of lines, the lines, their ids.
std::vector<char> encode_annotations(std::span<const char> lines, std::span<const Id> ids);

struct AnnotationLayer {
  Box3 bounds_vx;
  Vec3d voxel_nm;  ///< coordinates are voxels, exact in float32 up to 2^24
  std::vector<AnnotationProperty> properties;
  std::vector<std::string> relationships;  ///< their folders have the same names
  ShardLayout ids;                         ///< of by_id and the relationships
  std::vector<AnnotationGridLevel> levels;
  std::uint64_t limit = 1;
};
/// Folder of a level of the spatial index.
std::string annotation_level_folder(std::size_t level);
/// The text of the file `info`.
std::string precomputed_annotation_info(const AnnotationLayer& layer);

}  // namespace syconn
