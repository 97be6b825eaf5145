// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_manifest.h"

#include <charconv>

#include "syconn/core/crc32c.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "volume_parts.h"

namespace syconn {
namespace {

Json array_of(const Vec3i& v) { return Json(v.array()); }

Vec3i vector_of(const Json& json) {
  const auto v = json.get<std::array<std::int64_t, 3>>();
  constexpr std::int64_t kMax = std::int64_t{1} << 48;
  for (const std::int64_t c : v)
    if (c < -kMax || c > kMax) throw Error(Category::input, "coordinate " + std::to_string(c) + " is impossible");
  return {v[0], v[1], v[2]};
}

VolumeManifest::File file_of(const Json& json) {
  VolumeManifest::File file;
  file.file = json.at("file").get<std::string>();
  const fs::path path(file.file);
  bool inside = !path.empty() && path.is_relative();
  for (const fs::path& step : path) inside = inside && step != "..";
  if (!inside) throw Error(Category::input, "file name '" + file.file + "' does not lie in the manifest's folder");
  file.box = {vector_of(json.at("min_vx")), vector_of(json.at("max_vx"))};
  file.bytes = json.at("bytes").get<std::uint64_t>();
  file.crc32c = parse_hex8(json.at("crc32c").get<std::string>());
  return file;
}

VolumeManifest manifest_of(const Json& json) {
  if (json.at("format") != kVolumeFormat)
    throw Error(Category::input, std::string("'format' is not \"") + kVolumeFormat + "\"");
  const int version = json.at("version").get<int>();
  if (version < 1 || version > kVolumeVersion)
    throw Error(Category::input, "version " + std::to_string(version) + " is newer than this program knows");
  VolumeManifest manifest;
  manifest.name = json.at("name").get<std::string>();
  manifest.dtype = dtype_from_name(json.at("dtype").get<std::string>());
  const Vec3i size = vector_of(json.at("size_vx")), offset = vector_of(json.at("offset_vx"));
  if (size.min_element() <= 0) throw Error(Category::input, "'size_vx' must be positive");
  std::int64_t bytes = 8;
  for (int axis = 0; axis < 3; ++axis)
    if (__builtin_mul_overflow(bytes, size[axis], &bytes)) throw Error(Category::input, "'size_vx' is impossible");
  manifest.box = {offset, offset + size};
  const auto voxel = json.at("voxel_size_nm").get<std::array<double, 3>>();
  manifest.voxel_size_nm = {voxel[0], voxel[1], voxel[2]};
  if (!(manifest.voxel_size_nm.min_element() > 0)) throw Error(Category::input, "'voxel_size_nm' must be positive");
  manifest.units = json.at("units").get<std::string>();
  manifest.description = json.at("description").get<std::string>();
  manifest.provenance = json.at("provenance").dump();
  for (const Json& file : json.at("files")) manifest.files.push_back(file_of(file));
  return manifest;
}

}  // namespace

std::uint32_t parse_hex8(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 8 || error != std::errc{} || end != text.data() + text.size())
    throw Error(Category::input, "'" + text + "' is no checksum");
  return value;
}

std::string VolumeManifest::text() const {
  Json json;
  json["format"] = kVolumeFormat;
  json["version"] = kVolumeVersion;
  json["name"] = name;
  json["description"] = description;
  json["dtype"] = dtype_name(dtype);
  json["size_vx"] = array_of(box.size());
  json["offset_vx"] = array_of(box.min);
  json["voxel_size_nm"] = voxel_size_nm.array();
  json["units"] = units;
  json["provenance"] = provenance.empty() ? Json::object() : parse_json(provenance, "provenance of volume " + name);
  json["files"] = Json::array();
  std::string text = json.dump(2), list;
  for (const File& file : files) {  // one line a file
    Json row;
    row["file"] = file.file;
    row["min_vx"] = array_of(file.box.min);
    row["max_vx"] = array_of(file.box.max);
    row["bytes"] = file.bytes;
    row["crc32c"] = hex8(file.crc32c);
    list += (list.empty() ? "\n    " : ",\n    ") + row.dump();
  }
  text.insert(text.rfind(']'), list + "\n  ");
  return text + "\n";
}

VolumeManifest VolumeManifest::parse(const std::string& text, const std::string& origin) {
  try {
    return manifest_of(parse_json(text, origin));
  } catch (const Json::exception& error) {
    throw Error(Category::input, "volume manifest '" + origin + "': " + error.what());
  } catch (const Error& error) {
    throw error.with_context("volume manifest '" + origin + "'");
  }
}

std::unique_ptr<VolumeReader> open_derived_volume(const fs::path& path, const std::string& dataset,
                                                  const VolumeOptions& options) {
  const VolumeManifest manifest = VolumeManifest::parse(read_file(path), path.string());
  if (!dataset.empty() && dataset != manifest.name && dataset != "/" + manifest.name)
    throw Error(Category::input,
                "'" + path.string() + "' describes the volume '" + manifest.name + "', not '" + dataset + "'");
  VolumeInfo info;
  info.where = path.string();
  info.name = manifest.name;
  info.size = manifest.box.size();
  info.offset_vx = manifest.box.min;
  info.dtype = manifest.dtype;
  info.voxel_size_nm = manifest.voxel_size_nm;
  std::vector<SourcePart> parts;
  for (const VolumeManifest::File& file : manifest.files)
    parts.push_back({.box = file.box,
                     .file = path.parent_path() / file.file,
                     .dataset = manifest.name,
                     .whole = true,
                     .bytes = file.bytes,
                     .crc32c = file.crc32c});
  return std::make_unique<PartedVolume>(std::move(info), std::move(parts), OpenContext{options, nullptr, 0, 0});
}

}  // namespace syconn
