// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/forest_file.h"

#include <algorithm>

#include "h5.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"

namespace syconn {
namespace {

constexpr const char* kFormat = "syconn.forest";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxNodes = std::size_t{1} << 30;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw Error(Category::input, "'" + path.string() + "' is no usable forest: " + what);
}

template <class T>
void write(const h5::File& file, const std::string& name, const std::vector<T>& values, Json& checksums) {
  const hsize_t n = values.size();
  h5::Creation creation;
  if (n > 0) creation = {{std::min<hsize_t>(n, 65536 / sizeof(T))}, 9, sizeof(T) > 1};
  h5::write_dataset<T>(file, name, {n}, values, creation);
  checksums[name] = hex8(crc32c(values.data(), n * sizeof(T)));
}

template <class T>
std::vector<T> read(const h5::File& file, const fs::path& path, const std::string& name, const Json& checksums) {
  const h5::Dataset dataset = h5::Dataset::open(file, name);
  if (dataset.dtype() != dtype_of<T>() || dataset.shape().size() != 1 || dataset.elements() > kMaxNodes)
    fail(path, "'" + name + "' has another type or shape");
  std::vector<T> values = dataset.read_all<T>();
  if (checksums.value(name, "") != hex8(crc32c(values.data(), values.size() * sizeof(T))))
    fail(path, "'" + name + "' is damaged (CRC-32C differs)");
  return values;
}

std::vector<std::string> names(const h5::File& file, const fs::path& path, const char* attribute) {
  const Json json = parse_json(file.string_attribute(attribute), path.string());
  std::vector<std::string> out;
  for (const auto& name : json) out.push_back(name.is_string() ? name.get<std::string>() : std::string());
  return out;
}

}  // namespace

void write_forest(const fs::path& path, const ForestFile& content) {
  const Forest& forest = content.forest;
  check_forest(forest, path.string());
  h5::File file = h5::File::create(path);
  file.write_attribute("format", std::string_view(kFormat));
  file.write_attribute("version", kVersion);
  file.write_attribute("n_features", std::int64_t{forest.n_features});
  file.write_attribute("n_classes", std::int64_t{forest.n_classes});
  file.write_attribute("feature_names", std::string_view(Json(content.feature_names).dump()));
  file.write_attribute("class_names", std::string_view(Json(content.class_names).dump()));
  file.write_attribute("provenance", std::string_view(content.provenance_json));
  if (!content.synapse_mesh.empty()) file.write_attribute("synapse_mesh", std::string_view(content.synapse_mesh));
  std::vector<float> leaves;
  for (std::size_t n = 0; n < forest.n_nodes(); ++n)
    if (forest.feature[n] < 0)
      for (std::uint32_t c = 0; c < forest.n_classes; ++c)
        leaves.push_back(static_cast<float>(forest.fraction[n * forest.n_classes + c]));
  Json checksums = Json::object();
  write(file, "tree_offset", forest.tree_offset, checksums);
  write(file, "feature", forest.feature, checksums);
  write(file, "threshold", forest.threshold, checksums);
  write(file, "left", forest.left, checksums);
  write(file, "right", forest.right, checksums);
  write(file, "fraction", leaves, checksums);
  file.write_attribute("checksums", std::string_view(checksums.dump()));
  file.close();
}

ForestFile read_forest(const fs::path& path) {
  const h5::File file = h5::File::open(path);
  if (!file.has_attribute("format") || file.string_attribute("format") != kFormat) fail(path, "its format is another");
  if (file.int_attribute("version") != std::vector<std::int64_t>{kVersion})
    fail(path, "its version is unknown; a newer syconn wrote it");
  ForestFile out;
  Forest& forest = out.forest;
  const auto count = [&](const char* name) {
    const std::vector<std::int64_t> value = file.int_attribute(name);
    if (value.size() != 1 || value[0] < 1 || value[0] > (1 << 20)) fail(path, std::string(name) + " is impossible");
    return static_cast<std::uint32_t>(value[0]);
  };
  forest.n_features = count("n_features"), forest.n_classes = count("n_classes");
  out.feature_names = names(file, path, "feature_names"), out.class_names = names(file, path, "class_names");
  if (out.feature_names.size() != forest.n_features || out.class_names.size() != forest.n_classes)
    fail(path, "names and numbers of features or classes differ");
  out.provenance_json = file.string_attribute("provenance");
  if (file.has_attribute("synapse_mesh")) out.synapse_mesh = file.string_attribute("synapse_mesh");
  const Json checksums = parse_json(file.string_attribute("checksums"), path.string());
  if (!checksums.is_object()) fail(path, "its checksums are unreadable");
  forest.tree_offset = read<std::uint64_t>(file, path, "tree_offset", checksums);
  forest.feature = read<std::int32_t>(file, path, "feature", checksums);
  forest.threshold = read<double>(file, path, "threshold", checksums);
  forest.left = read<std::uint32_t>(file, path, "left", checksums);
  forest.right = read<std::uint32_t>(file, path, "right", checksums);
  const std::vector<float> leaves = read<float>(file, path, "fraction", checksums);
  forest.fraction.assign(forest.n_nodes() * forest.n_classes, 0);
  std::size_t at = 0;
  for (std::size_t n = 0; n < forest.n_nodes(); ++n) {
    if (forest.feature[n] >= 0) continue;
    if (leaves.size() - at < forest.n_classes) fail(path, "it has fewer fractions than leaves");
    for (std::uint32_t c = 0; c < forest.n_classes; ++c)
      forest.fraction[n * forest.n_classes + c] = static_cast<double>(leaves[at++]);
  }
  if (at != leaves.size()) fail(path, "it has more fractions than leaves");
  check_forest(forest, "'" + path.string() + "'");
  return out;
}

}  // namespace syconn
