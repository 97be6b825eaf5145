// SPDX-License-Identifier: GPL-3.0-or-later
// A phantom's tables without its truth, so that stages can find it again.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "syconn/io/dataset_builder.h"

namespace syconn::test {

/// Writes `from`/<type>.h5 to the folder `to`, without the columns and fields of these names.
inline void copy_without(const fs::path& from, const std::string& type, const fs::path& to,
                         const std::vector<std::string>& left_out) {
  const auto source = SegmentationDataset::open(from / (type + ".h5"));
  const auto is_left_out = [&](const auto& spec) {
    return std::find(left_out.begin(), left_out.end(), spec.name) != left_out.end();
  };
  DatasetSchema schema;
  schema.type = type, schema.voxel_size_nm = source.voxel_size_nm(), schema.provenance_json = source.provenance_json();
  schema.columns = source.columns(), schema.fields = source.fields();
  std::erase_if(schema.columns, is_left_out);
  std::erase_if(schema.columns, [](const ColumnSpec& c) { return c.name == "id"; });
  std::erase_if(schema.fields, is_left_out);
  DatasetBuilder out(schema, source.n_shards(), {.spill_folder = to});
  for (std::uint32_t shard = 0; shard < source.n_shards(); ++shard)
    source.for_each(shard, [&](Id id, Row row) {
      ShardBuilder& builder = out.begin(id);
      for (const ColumnSpec& c : schema.columns)
        with_dtype(c.dtype, [&]<class T>(T) {
          const std::vector<T> values = source.column<T>(c.name).values(row);
          builder.set(c.name, std::span<const T>(values));
        });
      for (const FieldSpec& f : schema.fields)
        for (const PartSpec& p : f.parts)
          with_dtype(p.dtype,
                     [&]<class T>(T) { builder.append<T>(f.name, p.name, source.ragged<T>(f.name, p.name)(row)); });
      builder.end();
    });
  make_folder(to);
  out.commit(to, "copy", "00000000");
}

}  // namespace syconn::test
