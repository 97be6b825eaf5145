// SPDX-License-Identifier: GPL-3.0-or-later
// Reading .zarray, and the multiscales of .zattrs.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "metadata.h"
#include "syconn/core/error.h"
#include "volume_zarr.h"

namespace syconn {
namespace {

constexpr std::size_t kMaxRank = 8;

[[noreturn]] void refuse(const std::string& what) { throw Error(Category::input, what); }

std::vector<std::int64_t> edges(const Json& json, const std::string& what) {
  if (!json.is_array() || json.size() < 3 || json.size() > kMaxRank)
    refuse("'" + what + "' must have 3 dimensions (z,y,x; beside them only some of length 1)");
  std::vector<std::int64_t> list;
  for (const Json& n : json) list.push_back(whole_number(n, what, 1, kMaxCoordinate));
  return list;
}

DType dtype_of_text(const std::string& text, bool& big_endian) {
  constexpr std::pair<const char*, DType> kTypes[] = {{"b1", DType::u8},  {"u1", DType::u8},  {"i1", DType::i8},
                                                      {"u2", DType::u16}, {"i2", DType::i16}, {"u4", DType::u32},
                                                      {"i4", DType::i32}, {"u8", DType::u64}, {"i8", DType::i64},
                                                      {"f4", DType::f32}, {"f8", DType::f64}};
  for (const auto& [name, dtype] : kTypes) {
    const bool fits = text.size() == 3 && text.substr(1) == name &&
                      (text[0] == '<' || text[0] == '>' || (text[0] == '|' && dtype_bytes(dtype) == 1));
    if (!fits) continue;
    big_endian = text[0] == '>' && dtype_bytes(dtype) > 1;
    return dtype;
  }
  refuse("'dtype' is '" + text + "'; a volume has integers of 8 to 64 bits or floats of 32 or 64, as '<u8'");
}

ZarrArray::Packing packing_of(const Json& compressor) {
  using Packing = ZarrArray::Packing;
  if (compressor.is_null()) return Packing::none;
  const std::string id = compressor.at("id").get<std::string>();
  if (id == "blosc") return Packing::blosc;
  if (id == "zstd") return Packing::zstd;
  if (id == "gzip") return Packing::gzip;
  if (id == "zlib") return Packing::zlib;
  refuse("it is compressed by '" + id + "'; syconn reads blosc, zstd, gzip, zlib and none");
}

template <class Float>
std::vector<char> float_bytes(double value) {
  const auto number = static_cast<Float>(value);
  std::vector<char> bytes(sizeof number);
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

double float_of(const Json& fill) {
  if (fill.is_number()) return fill.get<double>();
  const std::string text = fill.is_string() ? fill.get<std::string>() : "";
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity" || text == "-Infinity")
    return text[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  refuse("'fill_value' is no number");
}

std::vector<char> fill_bytes(const Json& fill, DType dtype) {
  const std::size_t n = dtype_bytes(dtype);
  if (fill.is_null()) return std::vector<char>(n, 0);
  if (dtype == DType::f32) return float_bytes<float>(float_of(fill));
  if (dtype == DType::f64) return float_bytes<double>(float_of(fill));
  const bool is_signed = dtype_name(dtype)[0] == 'i',
             negative = fill.is_number_integer() && !fill.is_number_unsigned() && fill.get<std::int64_t>() < 0;
  std::uint64_t value = 0;
  if (fill.is_boolean())
    value = fill.get<bool>() ? 1 : 0;
  else if (fill.is_number_integer())
    value = negative ? static_cast<std::uint64_t>(fill.get<std::int64_t>()) : fill.get<std::uint64_t>();
  else
    value = static_cast<std::uint64_t>(whole_number(fill, "fill_value", 0, kMaxCoordinate));
  const std::uint64_t most = UINT64_MAX >> (64 - 8 * n) >> (is_signed ? 1 : 0);
  if (negative ? !is_signed || ~value > most : value > most)
    refuse(std::string("'fill_value' does not fit into ") + dtype_name(dtype));
  std::vector<char> bytes(n);
  std::memcpy(bytes.data(), &value, n);  // little-endian, as all of this program
  return bytes;
}

std::optional<double> nm_of_unit(const std::string& unit) {
  constexpr std::pair<const char*, double> kUnits[] = {{"nanometer", 1},    {"micrometer", 1e3}, {"angstrom", 0.1},
                                                       {"millimeter", 1e6}, {"centimeter", 1e7}, {"meter", 1e9},
                                                       {"picometer", 1e-3}};
  for (const auto& [name, nm] : kUnits)
    if (unit == name) return nm;
  return std::nullopt;
}

struct Axes {
  std::vector<std::string> names;
  std::vector<std::optional<double>> nm;
};

Axes axes_of(const Json& json) {
  Axes axes;
  if (!json.is_array() || json.size() < 3 || json.size() > kMaxRank) refuse("'axes' must name z, y and x");
  for (const Json& axis : json) {
    axes.names.push_back(axis.at("name").get<std::string>());
    axes.nm.push_back(nm_of_unit(axis.value("unit", "")));
  }
  return axes;
}

/// Scale and translation by axis.
struct Transform {
  std::vector<double> scale, translation;
};

/// Applies a list of transformations behind those of `transform`.
void apply(const Json& list, Transform& transform) {
  const std::size_t rank = transform.scale.size();
  for (const Json& step : list) {
    const std::string type = step.at("type").get<std::string>();
    if (type == "identity") continue;
    if (type != "scale" && type != "translation") refuse("transformation '" + type + "' is unknown in OME-Zarr 0.4");
    const auto values = step.at(type).get<std::vector<double>>();
    if (values.size() != rank) refuse("a transformation has not one number an axis");
    for (std::size_t i = 0; i < rank; ++i) {
      if (!std::isfinite(values[i]) || (type == "scale" && !(values[i] > 0))) refuse("a transformation is impossible");
      if (type == "scale")
        transform.scale[i] *= values[i], transform.translation[i] *= values[i];
      else
        transform.translation[i] += values[i];
    }
  }
}

/// The whole number of voxels before the first one. The centre of a coarser voxel lies (scale - finest)/2 behind that
/// of the finest, and writers differ in whether they say so.
std::optional<std::int64_t> offset_of(double translation, double scale, double finest) {
  for (const double shift : {0.0, (scale - finest) / 2}) {
    const double offset = (translation - shift) / scale;
    if (std::abs(offset - std::round(offset)) < 0.01 && std::abs(offset) < static_cast<double>(kMaxCoordinate))
      return static_cast<std::int64_t>(std::round(offset));
  }
  return std::nullopt;
}

ZarrFrame frame_of(const Axes& axes, const Transform& transform, const Transform& finest) {
  ZarrFrame frame;
  frame.axes = axes.names;
  Vec3d nm;
  bool known = true;
  for (int axis = 0; axis < 3; ++axis) {
    const auto found = std::find(axes.names.begin(), axes.names.end(), std::string(1, "xyz"[axis]));
    if (found == axes.names.end()) refuse(std::string("'axes' has no ") + "xyz"[axis]);
    const auto i = static_cast<std::size_t>(found - axes.names.begin());
    known = known && axes.nm[i];
    nm[axis] = transform.scale[i] * axes.nm[i].value_or(1);
    const auto offset = offset_of(transform.translation[i], transform.scale[i], finest.scale[i]);
    frame.offset_vx[axis] = offset.value_or(0);
    if (!offset) frame.problem = "its translation along " + *found + " is no whole number of its voxels";
  }
  if (known) frame.voxel_size_nm = nm;
  return frame;
}

}  // namespace

ZarrArray ZarrArray::parse(const Json& json) {
  if (whole_number(json.at("zarr_format"), "zarr_format", 1, 99) != 2) refuse("'zarr_format' is not 2");
  ZarrArray array;
  array.shape = edges(json.at("shape"), "shape");
  array.chunks = edges(json.at("chunks"), "chunks");
  if (array.chunks.size() != array.shape.size()) refuse("'shape' and 'chunks' differ in length");
  if (!json.at("dtype").is_string()) refuse("'dtype' is structured; a volume has numbers");
  array.dtype = dtype_of_text(json["dtype"].get<std::string>(), array.big_endian);
  const std::string order = json.at("order").get<std::string>();
  if (order != "C" && order != "F") refuse("'order' must be C or F");
  array.fortran = order == "F";
  const std::string separator = json.value("dimension_separator", ".");
  if (separator != "." && separator != "/") refuse("'dimension_separator' must be '.' or '/'");
  array.separator = separator[0];
  array.packing = packing_of(json.at("compressor"));
  const auto filters = json.find("filters");
  if (filters != json.end() && !filters->is_null() && !filters->empty())
    refuse("it has filters (" + filters->dump() + "), which syconn does not read");
  array.fill = fill_bytes(json.at("fill_value"), array.dtype);
  return array;
}

std::string ome_version(const Json& attributes) {
  return attributes.at("multiscales").at(0).value("version", kOmeVersion);
}

std::vector<OmeLevel> ome_levels(const Json& attributes) {
  const Json& image = attributes.at("multiscales").at(0);
  const std::string version = ome_version(attributes);
  if (version != kOmeVersion)
    refuse("this is OME-Zarr " + version + "; syconn reads 0.4. Let the path end at one of its arrays instead");
  const Axes axes = axes_of(image.at("axes"));
  std::vector<OmeLevel> levels;
  Transform finest;
  for (const Json& dataset : image.at("datasets")) {
    Transform transform{std::vector<double>(axes.names.size(), 1), std::vector<double>(axes.names.size(), 0)};
    apply(dataset.at("coordinateTransformations"), transform);
    if (image.contains("coordinateTransformations")) apply(image["coordinateTransformations"], transform);
    if (levels.empty()) finest = transform;
    levels.push_back(
        {inner_path(dataset.at("path").get<std::string>(), "path").string(), frame_of(axes, transform, finest)});
  }
  return levels;
}

}  // namespace syconn
