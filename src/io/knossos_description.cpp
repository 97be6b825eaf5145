// SPDX-License-Identifier: GPL-3.0-or-later
#include "knossos_description.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "metadata.h"
#include "syconn/core/error.h"
#include "toml.h"

namespace syconn {
namespace {

constexpr std::int64_t kMaxCube = 1024;
constexpr int kMaxMag = 1 << 20;

[[noreturn]] void refuse(const std::string& what) { throw Error(Category::input, what); }

/// Lines `boundary x 1000;` as "boundary x" -> "1000".
std::map<std::string, std::string> read_lines(const std::string& text) {
  std::map<std::string, std::string> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::erase(line, '\r'), std::erase(line, ';'), std::erase(line, '"');
    std::istringstream words(line);
    std::vector<std::string> list;
    for (std::string word; words >> word;) list.push_back(word);
    if (list.size() < 2) continue;
    std::string key = list[0];
    for (std::size_t i = 1; i + 1 < list.size(); ++i) key += " " + list[i];
    values[key] = list.back();
  }
  return values;
}

Json number(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  if (found == values.end()) refuse("there is no line '" + key + " …;'");
  double value = 0;
  const char* last = found->second.data() + found->second.size();
  const auto [end, error] = std::from_chars(found->second.data(), last, value);
  if (error != std::errc{} || end != last) refuse("'" + key + "' is no number");
  return value;
}

/// The experiment's name without _mag<number>.
std::string without_mag(const std::string& name) {
  const std::size_t at = name.rfind("_mag");
  return at != std::string::npos && mag_number(name.substr(at + 1)) ? name.substr(0, at) : name;
}

std::vector<KnossosLayer> layers_of_conf(const std::string& text) {
  const auto values = read_lines(text);
  if (values.contains("magnification") && number(values, "magnification") != 1)
    refuse("it describes magnification " + values.at("magnification") + "; give the knossos.conf of mag1");
  KnossosLayer layer;
  const auto name = values.find("experiment name");
  if (name == values.end()) refuse("there is no line 'experiment name \"…\";'");
  layer.prefix = without_mag(name->second);
  Vec3d scale;
  for (int axis = 0; axis < 3; ++axis) {
    const std::string letter(1, "xyz"[axis]);
    layer.extent[axis] = whole_number(number(values, "boundary " + letter), "boundary " + letter, 1, kMaxCoordinate);
    scale[axis] = positive_number(number(values, "scale " + letter), "scale " + letter);
  }
  layer.voxel_size_nm = {scale};
  KnossosLayer raw = layer, seg = layer;
  raw.name = "raw", raw.extensions = {".raw", ".png"};
  seg.name = "seg", seg.extensions = {".seg.sz.zip", ".seg.sz"};
  return {raw, seg};
}

std::vector<std::string> texts(const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  return value.get<std::vector<std::string>>();
}

KnossosLayer layer_of_toml(const Json& json) {
  KnossosLayer layer;
  layer.name = json.at("Name").get<std::string>();
  layer.prefix = layer.name;
  const std::string server = json.value("ServerFormat", "knossos");
  if (server != "knossos" && server != "pyk")
    refuse("layer '" + layer.name + "' is of ServerFormat '" + server +
           "'; only cubes (knossos, pyk) are read. For precomputed let the path end at the folder of its info");
  layer.ordinal_mags = server == "pyk";
  if (whole_number(json.value("NumChannels", Json(1)), "NumChannels", 1, 1 << 16) != 1)
    refuse("layer '" + layer.name + "' has several channels; only layers with one can be read");
  layer.extensions = texts(json.at("FileExtension"));
  layer.extent = whole_triple(json.at("Extent_px"), "Extent_px", 1, kMaxCoordinate);
  if (json.contains("CubeShape_px")) layer.cube = whole_triple(json["CubeShape_px"], "CubeShape_px", 1, kMaxCube);
  const Json& sizes = json.at("VoxelSize_nm");
  if (sizes.empty()) refuse("'VoxelSize_nm' is empty");
  if (sizes.is_array() && sizes[0].is_array())
    for (const Json& size : sizes) layer.voxel_size_nm.push_back(positive_triple(size, "VoxelSize_nm"));
  else
    layer.voxel_size_nm.push_back(positive_triple(sizes, "VoxelSize_nm"));
  return layer;
}

std::vector<KnossosLayer> layers_of_toml(const std::string& text, const std::string& origin) {
  const Json toml = parse_toml(text, origin);
  std::vector<KnossosLayer> layers;
  if (toml.contains("Layer"))
    for (const Json& layer : toml["Layer"]) layers.push_back(layer_of_toml(layer));
  if (layers.empty()) refuse("there is no [[Layer]]");
  return layers;
}

}  // namespace

Vec3d KnossosLayer::voxel_size_of(int level) const {
  const int known = std::min(level, static_cast<int>(voxel_size_nm.size()) - 1);
  return voxel_size_nm[static_cast<std::size_t>(known)] * std::ldexp(1.0, level - known);
}

Vec3i KnossosLayer::extent_of(int level) const {
  const Vec3d size = voxel_size_of(level), finest = voxel_size_of(0);
  Vec3i voxels;
  for (int axis = 0; axis < 3; ++axis) {
    const double factor = size[axis] / finest[axis];
    voxels[axis] = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::ceil(static_cast<double>(extent[axis]) / factor - 1e-6)));
  }
  return voxels;
}

std::optional<int> mag_number(const std::string& name) {
  int number = 0;
  const char* last = name.data() + name.size();
  if (!name.starts_with("mag")) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 3, last, number);
  const bool fits = error == std::errc{} && end == last && number >= 1 && number <= kMaxMag;
  return fits ? std::optional(number) : std::nullopt;
}

KnossosDescription read_knossos_description(const fs::path& file) {
  const std::string text = read_metadata_text(file);
  KnossosDescription description;
  description.root = fs::absolute(file).parent_path();
  if (mag_number(description.root.filename().string())) description.root = description.root.parent_path();
  in_metadata(file, [&] {
    description.layers =
        file.extension() == ".toml" ? layers_of_toml(text, file.filename().string()) : layers_of_conf(text);
    for (const KnossosLayer& layer : description.layers)  // no way out of the dataset's folder
      if (layer.prefix.find('/') != std::string::npos || layer.prefix.find('\0') != std::string::npos)
        refuse("the name '" + layer.prefix + "' cannot be part of a file's name");
  });
  return description;
}

bool is_knossos_description(const fs::path& path) {
  return path.extension() == ".conf" || path.filename().string().ends_with(".k.toml");
}

fs::path find_knossos_description(const fs::path& folder) {
  std::error_code error;
  fs::path toml;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().ends_with(".k.toml") && (toml.empty() || it->path() < toml)) toml = it->path();
  if (!toml.empty()) return toml;
  for (const fs::path& file : {folder / "knossos.conf", folder / "mag1" / "knossos.conf"})
    if (fs::is_regular_file(file, error)) return file;
  return {};
}

}  // namespace syconn
