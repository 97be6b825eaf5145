// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/shard_builder.h"

#include <cstring>

#include "row_layout.h"
#include "row_sorter.h"
#include "shard_writer.h"
#include "syconn/core/error.h"

namespace syconn {

struct ShardBuilder::Impl {
  DatasetSchema schema;
  BuilderOptions options;
  RowLayout layout;
  RowSorter sorter;
  std::vector<std::uint64_t> group_rows;  ///< over all objects
  // The object between begin() and end():
  bool open = false;
  Id id = 0;
  std::vector<char> fixed;
  std::vector<char> is_set;
  std::vector<std::vector<char>> parts;

  Impl(DatasetSchema s, BuilderOptions o)
      : schema(std::move(s)),
        options(std::move(o)),
        layout(schema),
        sorter(options.memory_bytes, options.spill_folder),
        group_rows(layout.groups.size()),
        fixed(layout.fixed_bytes),
        is_set(layout.columns.size()),
        parts(layout.parts.size()) {}

  [[noreturn]] void fail(const std::string& what) const {
    std::string where = "building dataset '" + schema.type + "'";
    if (open) where += ", object " + std::to_string(id);
    throw Error(Category::runtime, where + ": " + what);
  }

  std::vector<std::uint64_t> counts() const {
    std::vector<std::uint64_t> rows(layout.groups.size());
    std::vector<char> seen(layout.groups.size());
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const std::size_t group = static_cast<std::size_t>(layout.parts[p].group);
      const std::uint64_t n = parts[p].size() / layout.parts[p].row_bytes;
      if (seen[group] && rows[group] != n)
        fail("'" + layout.parts[p].path + "' has " + std::to_string(n) + " rows, but another part over '" +
             layout.groups[group] + "' has " + std::to_string(rows[group]));
      rows[group] = n;
      seen[group] = 1;
    }
    return rows;
  }

  std::string names() const {
    std::string text = "id";
    for (const ColumnSpec& column : schema.columns) text += ", " + column.name;
    return text;
  }
};

ShardBuilder::ShardBuilder(DatasetSchema schema, BuilderOptions options)
    : impl_(std::make_unique<Impl>(std::move(schema), std::move(options))) {
  if (impl_->options.n_shards < 1 || impl_->options.shard >= impl_->options.n_shards)
    impl_->fail("shard " + std::to_string(impl_->options.shard) + " of " + std::to_string(impl_->options.n_shards));
}
ShardBuilder::~ShardBuilder() = default;
ShardBuilder::ShardBuilder(ShardBuilder&&) noexcept = default;
ShardBuilder& ShardBuilder::operator=(ShardBuilder&&) noexcept = default;

void ShardBuilder::begin(Id id) {
  Impl& s = *impl_;
  if (s.open) s.fail("begin() before end()");
  s.open = true;
  s.id = id;
  if (id == kBackground) s.fail("0 is the background, not an object");
  if (shard_of(id, s.options.n_shards) != s.options.shard)
    s.fail("belongs to shard " + std::to_string(shard_of(id, s.options.n_shards)) + ", not to shard " +
           std::to_string(s.options.shard));
}

void ShardBuilder::set_raw(int column, DType dtype, const void* values, std::size_t count) {
  Impl& s = *impl_;
  const std::size_t c = static_cast<std::size_t>(column);
  if (!s.open) s.fail("set() before begin()");
  if (c >= s.layout.columns.size()) s.fail("no column number " + std::to_string(column));
  const ColumnSpec& spec = s.schema.columns[c];
  if (dtype != spec.dtype)
    s.fail("column '" + spec.name + "' is " + dtype_name(spec.dtype) + ", given " + dtype_name(dtype));
  if (count != static_cast<std::size_t>(spec.width))
    s.fail("column '" + spec.name + "' has " + std::to_string(spec.width) + " values a row, given " +
           std::to_string(count));
  std::memcpy(s.fixed.data() + s.layout.columns[c].at, values, s.layout.columns[c].bytes);
  s.is_set[c] = 1;
}

void ShardBuilder::append_raw(int part, DType dtype, const void* values, std::size_t count) {
  Impl& s = *impl_;
  const std::size_t p = static_cast<std::size_t>(part);
  if (!s.open) s.fail("append() before begin()");
  if (p >= s.layout.parts.size()) s.fail("no part number " + std::to_string(part));
  const RowLayout::Part& place = s.layout.parts[p];
  const PartSpec& spec =
      s.schema.fields[static_cast<std::size_t>(place.field)].parts[static_cast<std::size_t>(place.part)];
  if (dtype != spec.dtype)
    s.fail("part '" + place.path + "' is " + dtype_name(spec.dtype) + ", given " + dtype_name(dtype));
  if (count % static_cast<std::size_t>(spec.width) != 0)
    s.fail("part '" + place.path + "' has " + std::to_string(spec.width) + " values a row, given " +
           std::to_string(count) + " values");
  const char* bytes = static_cast<const char*>(values);
  s.parts[p].insert(s.parts[p].end(), bytes, bytes + count * dtype_bytes(dtype));
}

void ShardBuilder::end() {
  Impl& s = *impl_;
  if (!s.open) s.fail("end() before begin()");
  for (std::size_t c = 0; c < s.is_set.size(); ++c)
    if (!s.is_set[c]) s.fail("column '" + s.schema.columns[c].name + "' is not set");
  const std::vector<std::uint64_t> counts = s.counts();
  std::size_t bytes = s.layout.header_bytes();
  for (const auto& part : s.parts) bytes += part.size();
  char* at = s.sorter.add(s.id, bytes);
  const auto put = [&at](const void* from, std::size_t n) {
    if (n > 0) std::memcpy(at, from, n);
    at += n;
  };
  put(&s.id, sizeof s.id);
  put(s.fixed.data(), s.fixed.size());
  put(counts.data(), counts.size() * sizeof counts[0]);
  for (auto& part : s.parts) {
    put(part.data(), part.size());
    part.clear();
  }
  for (std::size_t g = 0; g < counts.size(); ++g) s.group_rows[g] += counts[g];
  std::fill(s.is_set.begin(), s.is_set.end(), 0);
  s.open = false;
}

int ShardBuilder::column_index(std::string_view name) const {
  const auto& columns = impl_->schema.columns;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return static_cast<int>(i);
  impl_->fail("no column '" + std::string(name) + "'; columns: " + impl_->names());
}

int ShardBuilder::part_index(std::string_view field, std::string_view part) const {
  std::string there;
  for (std::size_t i = 0; i < impl_->layout.parts.size(); ++i) {
    const std::string& path = impl_->layout.parts[i].path;
    if (path.size() == field.size() + 1 + part.size() && path.starts_with(field) && path.ends_with(part))
      return static_cast<int>(i);
    there += (there.empty() ? "" : ", ") + path;
  }
  impl_->fail("no part '" + std::string(field) + "/" + std::string(part) + "'; parts: " + there);
}

std::uint64_t ShardBuilder::size() const { return impl_->sorter.size(); }
std::uint64_t ShardBuilder::spills() const { return impl_->sorter.spills(); }
const DatasetSchema& ShardBuilder::schema() const { return impl_->schema; }

void ShardBuilder::drain(ShardSink& sink) {
  Impl& s = *impl_;
  if (s.open) s.fail("written before end()");
  sink.start(s.sorter.size(), s.group_rows);
  Id previous = kBackground;
  s.sorter.drain([&](Id id, std::span<const char> record) {
    if (id == previous)
      throw Error(Category::runtime,
                  "building dataset '" + s.schema.type + "': object " + std::to_string(id) + " was added twice");
    previous = id;
    sink.row(record);
  });
  sink.finish();
  std::fill(s.group_rows.begin(), s.group_rows.end(), 0);
}

void ShardBuilder::write(const fs::path& path) {
  ShardWriter writer(path, impl_->schema, impl_->layout, impl_->options);
  drain(writer);
}

void ShardBuilder::commit(const fs::path& path) {
  const fs::path temporary = temporary_name(path);
  try {
    write(temporary);
    commit_file(temporary, path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

}  // namespace syconn
