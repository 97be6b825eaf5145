// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/fields.h"

#include <stdexcept>
#include <utility>

namespace syconn {
namespace {

/// Units told by a key's suffix, longest suffix first.
std::string units_of_key(const std::string& key) {
  static const std::pair<const char*, const char*> kSuffixes[] = {
      {"_um3", "µm³"}, {"_um2", "µm²"},     {"_um", "µm"}, {"_nm", "nm"},   {"_vx", "voxels"},
      {"_gb", "GB"},   {"_bytes", "bytes"}, {"_mb", "MB"}, {"_h", "hours"}, {"_s", "s"}};
  for (const auto& [suffix, units] : kSuffixes)
    if (key.ends_with(suffix)) return units;
  return "";
}

}  // namespace

FieldHandle Fields::add_slot(std::string key, Slot slot, std::string doc) {
  for (const Field& field : list_)
    if (field.key == key) throw std::logic_error("config key '" + key + "' is described twice");
  Field& field = list_.emplace_back();
  field.units = units_of_key(key);
  field.key = std::move(key);
  field.doc = std::move(doc);
  field.slot = std::move(slot);
  return FieldHandle(field);
}

namespace slots {

void describe_box(Box3& box, Fields& f) {
  constexpr Range kCoordinates{0, 2e6};  // the voxels of the largest box still fit in 64 bits
  f.add("min", box.min, "first voxel inside", kCoordinates).required().units("voxels");
  f.add("max", box.max, "first voxel outside, above min on each axis", kCoordinates)
      .required()
      .units("voxels")
      .check([&box] { return box.empty() ? std::string("must be above min on each axis") : std::string(); });
}

}  // namespace slots
}  // namespace syconn
