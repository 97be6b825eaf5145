// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/dataset_schema.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "row_layout.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

[[noreturn]] void refuse(const DatasetSchema& schema, const std::string& what) {
  throw Error(Category::runtime, "schema of dataset '" + schema.type + "': " + what);
}

void check_name(const DatasetSchema& schema, const std::string& name) {
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!good) refuse(schema, "'" + name + "' is no name: lower-case letters, digits and _ only");
}

void check_width(const DatasetSchema& schema, const std::string& name, DType dtype, int width) {
  if (width < 1 || static_cast<std::size_t>(width) * dtype_bytes(dtype) > kMaxChunkBytes)
    refuse(schema, "'" + name + "' has width " + std::to_string(width) + "; a row holds 1 value to 64 KiB");
}

}  // namespace

void check_schema(const DatasetSchema& schema) {
  check_name(schema, schema.type);
  std::set<std::string> top{"id", "shard_start"};
  for (const ColumnSpec& column : schema.columns) {
    check_name(schema, column.name);
    check_width(schema, column.name, column.dtype, column.width);
    if (!top.insert(column.name).second) refuse(schema, "two columns are called '" + column.name + "'");
  }
  for (const FieldSpec& field : schema.fields) {
    check_name(schema, field.name);
    if (!top.insert(field.name).second) refuse(schema, "two columns or fields are called '" + field.name + "'");
    std::set<std::string> inner;
    for (const PartSpec& part : field.parts) inner.insert(part.offset);
    for (const PartSpec& part : field.parts) {
      check_name(schema, part.name);
      check_name(schema, part.offset);
      check_width(schema, field.name + "/" + part.name, part.dtype, part.width);
      if (!inner.insert(part.name).second) refuse(schema, "'" + field.name + "' has '" + part.name + "' twice");
    }
    if (field.parts.empty()) refuse(schema, "field '" + field.name + "' has no parts");
  }
}

std::vector<ColumnSpec> common_columns() {
  return {{"size_vx", DType::u64, 1, "vx", "number of voxels"},
          {"bbox_min_vx", DType::i64, 3, "vx", "smallest voxel of the bounding box (x, y, z)"},
          {"bbox_max_vx", DType::i64, 3, "vx", "end of the half-open bounding box (x, y, z)"},
          {"rep_vx", DType::i64, 3, "vx", "representative voxel of the object (x, y, z)"},
          {"centroid_nm", DType::f64, 3, "nm", "mean of the voxel centres (x, y, z)"}};
}

FieldSpec voxels_field(std::vector<PartSpec> more) {
  FieldSpec field{"voxels",
                  {{.name = "runs_vx",
                    .dtype = DType::i32,
                    .width = 4,
                    .units = "vx",
                    .description = "runs along x in raster order: x, y, z of the first voxel, length"}}};
  for (PartSpec& part : more) field.parts.push_back(std::move(part));
  return field;
}

FieldSpec mesh_field() {
  return {"mesh",
          {{.name = "vertices_nm",
            .dtype = DType::f32,
            .width = 3,
            .offset = "vertex_offset",
            .units = "nm",
            .description = "vertices (x, y, z)"},
           {.name = "faces",
            .dtype = DType::u32,
            .width = 3,
            .offset = "face_offset",
            .description = "triangles: indices into the object's own vertices, turned outwards"}}};
}

FieldSpec ids_field(const std::string& name, const std::string& description, std::vector<PartSpec> more) {
  FieldSpec field{name, {{.name = "ids", .dtype = DType::u64, .bulk = false, .description = description}}};
  for (PartSpec& part : more) field.parts.push_back(std::move(part));
  return field;
}

std::uint32_t n_shards(std::int64_t dataset_voxels) {
  constexpr std::int64_t kVoxelsAShard = std::int64_t{1} << 26;
  const std::int64_t wanted = dataset_voxels / kVoxelsAShard + (dataset_voxels % kVoxelsAShard > 0 ? 1 : 0);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wanted, 2, kMaxShards));
}

std::string shard_pattern(const std::string& type, const std::string& stage, const std::string& hash8) {
  return type + "/" + stage + "-" + hash8 + "_%04d.h5";
}

std::string shard_file_name(const std::string& type, const std::string& stage, const std::string& hash8,
                            std::uint32_t shard) {
  char number[16];
  std::snprintf(number, sizeof number, "_%04u.h5", shard);
  return type + "/" + stage + "-" + hash8 + number;
}

RowLayout::RowLayout(const DatasetSchema& schema) {
  check_schema(schema);
  for (const ColumnSpec& column : schema.columns) {
    const std::size_t bytes = dtype_bytes(column.dtype) * static_cast<std::size_t>(column.width);
    columns.push_back({fixed_bytes, bytes});
    fixed_bytes += bytes;
  }
  for (std::size_t f = 0; f < schema.fields.size(); ++f) {
    const FieldSpec& field = schema.fields[f];
    const std::size_t first_group = groups.size();
    for (std::size_t p = 0; p < field.parts.size(); ++p) {
      const PartSpec& part = field.parts[p];
      const std::string path = field.name + "/" + part.offset;
      std::size_t group = first_group;
      while (group < groups.size() && groups[group] != path) ++group;
      if (group == groups.size()) groups.push_back(path);
      parts.push_back({static_cast<int>(f), static_cast<int>(p), static_cast<int>(group), field.name + "/" + part.name,
                       dtype_bytes(part.dtype) * static_cast<std::size_t>(part.width)});
    }
  }
}

int RowLayout::part_index(int field, int part) const {
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].field == field && parts[i].part == part) return static_cast<int>(i);
  return -1;
}

}  // namespace syconn
