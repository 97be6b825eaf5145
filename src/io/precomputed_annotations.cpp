// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/precomputed_annotations.h"

#include <cstring>

#include "byte_list.h"
#include "precomputed_dtype.h"
#include "syconn/core/json.h"

namespace syconn {
namespace {

template <class T>
void put(double value, char* out) {
  const auto typed = static_cast<T>(value);
  std::memcpy(out, &typed, sizeof typed);
}

void put(DType dtype, double value, char* out) {
  switch (dtype) {
    case DType::u8:
      return put<std::uint8_t>(value, out);
    case DType::i8:
      return put<std::int8_t>(value, out);
    case DType::u16:
      return put<std::uint16_t>(value, out);
    case DType::i16:
      return put<std::int16_t>(value, out);
    case DType::u32:
      return put<std::uint32_t>(value, out);
    case DType::i32:
      return put<std::int32_t>(value, out);
    default:
      return put<float>(value, out);
  }
}

Json triple(const Vec3i& v) { return Json::array({v.x, v.y, v.z}); }
Json triple(const Vec3d& v) { return Json::array({v.x, v.y, v.z}); }

Json property_json(const AnnotationProperty& p) {
  Json json{{"id", p.id}, {"type", precomputed_dtype(p.dtype)}, {"description", p.description}};
  for (const auto& [code, name] : p.names) {
    json["enum_values"].push_back(code);
    json["enum_labels"].push_back(name);
  }
  return json;
}

}  // namespace

LineEncoder::LineEncoder(const std::vector<AnnotationProperty>& properties) : places_(properties.size()) {
  bytes_ = 6 * sizeof(float);
  for (const AnnotationProperty& p : properties) dtypes_.push_back(p.dtype), precomputed_dtype(p.dtype);
  for (const std::size_t width : {4, 2, 1})
    for (std::size_t i = 0; i < dtypes_.size(); ++i)
      if (dtype_bytes(dtypes_[i]) == width) places_[i] = bytes_, bytes_ += width;
  bytes_ = (bytes_ + 3) / 4 * 4;
}

void LineEncoder::encode(const Vec3f& from, const Vec3f& to, std::span<const double> values, char* out) const {
  std::memset(out, 0, bytes_);
  const float ends[6] = {from.x, from.y, from.z, to.x, to.y, to.z};
  std::memcpy(out, ends, sizeof ends);
  for (std::size_t i = 0; i < places_.size(); ++i) put(dtypes_[i], values[i], out + places_[i]);
}

std::vector<char> encode_annotation(std::span<const char> line, std::span<const std::vector<Id>> related) {
  std::vector<char> bytes(line.begin(), line.end());
  ByteList list(bytes);
  for (const std::vector<Id>& ids : related) {
    list.add(static_cast<std::uint32_t>(ids.size()));
    list.add(std::span<const Id>(ids));
  }
  return bytes;
}

std::vector<char> encode_annotations(std::span<const char> lines, std::span<const Id> ids) {
  std::vector<char> bytes;
  ByteList list(bytes);
  list.add(static_cast<std::uint64_t>(ids.size()));
  list.add(lines);
  list.add(ids);
  return bytes;
}

std::string annotation_level_folder(std::size_t level) { return "spatial" + std::to_string(level); }

std::string precomputed_annotation_info(const AnnotationLayer& layer) {
  Json json{{"@type", "neuroglancer_annotations_v1"}};
  for (int axis = 0; axis < 3; ++axis)
    json["dimensions"][std::string(1, "xyz"[axis])] = Json::array({layer.voxel_nm[axis] * 1e-9, "m"});
  json["lower_bound"] = triple(layer.bounds_vx.min);
  json["upper_bound"] = triple(layer.bounds_vx.max);
  json["annotation_type"] = "line";
  json["properties"] = Json::array();
  for (const AnnotationProperty& p : layer.properties) json["properties"].push_back(property_json(p));
  const Json by_id = parse_json(layer.ids.json(), "sharding");
  json["relationships"] = Json::array();
  for (const std::string& name : layer.relationships)
    json["relationships"].push_back({{"id", name}, {"key", name}, {"sharding", by_id}});
  json["by_id"] = {{"key", "by_id"}, {"sharding", by_id}};
  json["spatial"] = Json::array();
  for (std::size_t level = 0; level < layer.levels.size(); ++level) {
    const AnnotationGridLevel& l = layer.levels[level];
    json["spatial"].push_back({{"key", annotation_level_folder(level)},
                               {"grid_shape", triple(l.grid)},
                               {"chunk_size", triple(l.cell_vx)},
                               {"limit", layer.limit},
                               {"sharding", parse_json(l.layout.json(), "sharding")}});
  }
  return json.dump(1) + "\n";
}

}  // namespace syconn
