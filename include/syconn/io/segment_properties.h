// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <string>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/io/dtype.h"

namespace syconn {

/// Neuroglancer's inline segment properties, one property after the other. All values in the order of the ids.
class SegmentProperties {
 public:
  explicit SegmentProperties(const std::vector<Id>& ids);
  void add_labels(const std::string& description, const std::vector<std::string>& values);
  /// One tag a segment or none (-1). Spaces in names become '_', leading '#' go; names that then differ in upper and
  /// lower case only are one tag.
  void add_tags(const std::vector<std::string>& names, const std::vector<int>& tag_of);
  /// f32 or integers of up to 4 bytes (others are f32); values that are not finite are written as 0, since JSON has
  /// none.
  void add_numbers(const std::string& id, DType dtype, const std::string& description, std::span<const double> values);
  /// The text of the file `info`.
  std::string info() const;

 private:
  void begin(const std::string& json_without_end);
  std::size_t n_;
  std::string text_;
  bool any_ = false;
};

}  // namespace syconn
