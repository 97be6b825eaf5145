// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/dataset_top.h"

#include <algorithm>
#include <memory>
#include <set>

#include "dataset_sources.h"
#include "shard_file.h"
#include "shard_writer.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/json.h"
#include "syconn/io/dataset_schema.h"

namespace syconn {
namespace {

using Shards = std::vector<std::unique_ptr<ShardFile>>;

/// All shards of a dataset, opened and checked against each other.
class OpenSets {
 public:
  OpenSets(const fs::path& folder, const TopFile& top) : top_(top) {
    if (top.sets.empty() || top.sets[0].files.empty()) throw Error(Category::runtime, "a top file needs shards");
    for (const ShardSet& set : top.sets) {
      if (set.files.size() != n_shards())
        throw Error(Category::runtime, "stage '" + set.stage + "' has " + std::to_string(set.files.size()) +
                                           " shards, not " + std::to_string(n_shards()));
      sets_.emplace_back();
      for (const std::string& name : set.files) sets_.back().push_back(std::make_unique<ShardFile>(folder / name));
    }
    for (std::size_t s = 0; s < sets_.size(); ++s)
      for (std::size_t k = 0; k < n_shards(); ++k) check(s, k);
    check_names();
    count();
  }

  std::size_t n_shards() const { return top_.sets[0].files.size(); }
  std::size_t n_sets() const { return sets_.size(); }
  const ShardFile& shard(std::size_t set, std::size_t k) const { return *sets_[set][k]; }
  const std::vector<std::uint64_t>& shard_start() const { return shard_start_; }

  std::vector<StageSource> sources() const {
    std::vector<StageSource> sources;
    for (std::size_t s = 0; s < sets_.size(); ++s) {
      StageSource source{top_.sets[s].stage, top_.sets[s].files, {}, {}, {}};
      for (const auto& shard : sets_[s]) source.bytes.push_back(shard->file_bytes());
      for (const ColumnSpec& column : shard(s, 0).schema().columns) source.columns.push_back(column.name);
      for (const FieldSpec& field : shard(s, 0).schema().fields) source.fields.push_back(field.name);
      sources.push_back(std::move(source));
    }
    return sources;
  }

 private:
  void check(std::size_t s, std::size_t k) const {
    const ShardFile& file = shard(s, k);
    const ShardFile& base = shard(0, k);
    const auto refuse = [&](const std::string& what) {
      throw Error(Category::input, "shard '" + file.path().string() + "' " + what);
    };
    if (file.shard() != static_cast<std::int64_t>(k) || file.n_shards() != static_cast<std::int64_t>(n_shards()))
      refuse("is shard " + std::to_string(file.shard()) + " of " + std::to_string(file.n_shards()) + ", expected " +
             std::to_string(k) + " of " + std::to_string(n_shards()));
    if (file.schema().type != shard(0, 0).schema().type ||
        file.schema().voxel_size_nm != shard(0, 0).schema().voxel_size_nm)
      refuse("has another type or voxel size than '" + shard(0, 0).path().string() + "'");
    if (file.rows() != base.rows() || file.id_checksum() != base.id_checksum())
      refuse("has other ids than '" + base.path().string() + "': run stage '" + top_.sets[s].stage + "' again");
    if (!same_layout(file.schema(), shard(s, 0).schema()))
      refuse("has other columns than '" + shard(s, 0).path().string() + "'");
  }

  static bool same_layout(const DatasetSchema& a, const DatasetSchema& b) {
    auto plain = [](std::vector<FieldSpec> fields) {  // an empty bulk part is stored contiguously
      for (FieldSpec& field : fields)
        for (PartSpec& part : field.parts) part.bulk = true;
      return fields;
    };
    return a.columns == b.columns && plain(a.fields) == plain(b.fields);
  }

  void check_names() const {
    std::set<std::string> names{"id", "shard_start"};
    for (std::size_t s = 0; s < sets_.size(); ++s) {
      const auto add = [&](const std::string& name) {
        if (!names.insert(name).second)
          throw Error(Category::input,
                      "stage '" + top_.sets[s].stage + "' gives '" + name + "', which another stage gave");
      };
      for (const ColumnSpec& column : shard(s, 0).schema().columns) add(column.name);
      for (const FieldSpec& field : shard(s, 0).schema().fields) add(field.name);
    }
  }

  void count() {
    shard_start_.assign(1, 0);
    std::size_t n_sources = 0;
    for (const auto& base : sets_[0]) {
      shard_start_.push_back(shard_start_.back() + base->rows());
      if (base->rows() > 0) n_sources += sets_.size();
    }
    if (n_sources >= kMaxSources)
      throw Error(Category::runtime, std::to_string(n_sources) + " shard files under one top file; the limit is " +
                                         std::to_string(kMaxSources - 1) + " (HDF5 opens them all)");
  }

  const TopFile& top_;
  std::vector<Shards> sets_;
  std::vector<std::uint64_t> shard_start_;
};

h5::Handle virtual_dataset(const h5::File& file, const OpenSets& sets, const std::vector<std::string>& names,
                           std::size_t set, const std::string& column) {
  const ShardFile::Stored& first = sets.shard(set, 0).dataset(column);
  const auto shape = [&](std::uint64_t rows) {
    return first.width == 1 ? std::vector<hsize_t>{rows} : std::vector<hsize_t>{rows, first.width};
  };
  const auto total = shape(sets.shard_start().back());
  const int rank = static_cast<int>(total.size());
  const h5::Handle space(H5Screate_simple(rank, total.data(), nullptr));
  const h5::Handle properties = h5::dataset_properties({}, total.size());
  bool good = space && H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_DEFAULT) >= 0;
  for (std::size_t k = 0; k < sets.n_shards() && good; ++k) {
    const auto count = shape(sets.shard(set, k).rows());
    if (count[0] == 0) continue;
    const hsize_t start[2] = {sets.shard_start()[k], 0};
    const h5::Handle source(H5Screate_simple(rank, count.data(), nullptr));
    good = H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start, nullptr, count.data(), nullptr) >= 0 &&
           H5Pset_virtual(properties.id(), space.id(), names[k].c_str(), ("/" + column).c_str(), source.id()) >= 0;
  }
  good = good && H5Sselect_all(space.id()) >= 0;
  h5::Handle handle(good ? H5Dcreate2(file.file_id(), column.c_str(), h5::file_type(first.dtype), space.id(),
                                      H5P_DEFAULT, properties.id(), H5P_DEFAULT)
                         : H5I_INVALID_HID);
  if (!handle) h5::fail(Category::runtime, "cannot create virtual column '" + column + "' in", file.where());
  return handle;
}

void write_column(const h5::File& file, const OpenSets& sets, const TopFile& top, std::size_t set,
                  const ColumnSpec& column) {
  const bool empty = sets.shard_start().back() == 0;
  const std::vector<hsize_t> no_rows =
      column.width == 1 ? std::vector<hsize_t>{0} : std::vector<hsize_t>{0, static_cast<hsize_t>(column.width)};
  const h5::Dataset dataset =
      empty ? h5::Dataset::create(file, column.name, column.dtype, no_rows)
            : h5::Dataset::adopt(file, column.name, virtual_dataset(file, sets, top.sets[set].files, set, column.name));
  write_meaning(dataset, column.units, column.description, column.enum_json);
}

void write_attributes(const h5::File& file, const OpenSets& sets, const TopFile& top) {
  const DatasetSchema& base = sets.shard(0, 0).schema();
  write_dataset_attributes(file, base.type, base.voxel_size_nm, top.provenance_json);
  file.write_attribute("complete", std::int64_t{top.complete ? 1 : 0});
  Json files = Json::object();
  for (std::size_t s = 0; s < sets.n_sets(); ++s)
    for (const FieldSpec& field : sets.shard(s, 0).schema().fields)
      files[field.name] = files_to_json(top.sets[s].files);
  file.write_attribute("files", std::string_view(files.dump()));
  file.write_attribute("sources", std::string_view(sources_to_json(sets.sources()).dump()));
  const auto& start = sets.shard_start();
  const Json checksums = {{"shard_start", hex8(crc32c(start.data(), start.size() * sizeof start[0]))}};
  file.write_attribute("checksums", std::string_view(checksums.dump()));
}

}  // namespace

TopFile read_top_file(const fs::path& path) {
  const h5::File file = h5::File::open(path);
  check_dataset_format(file);
  TopFile top;
  top.provenance_json = file.string_attribute("provenance");
  top.complete = file.int_attribute("complete") == std::vector<std::int64_t>{1};
  const std::size_t shards = h5::Dataset::open(file, "shard_start").shape().at(0) - 1;
  for (StageSource& s :
       sources_from_json(file.string_attribute("sources"), shards, "'" + path.string() + "', attribute 'sources'"))
    top.sets.push_back({std::move(s.stage), std::move(s.files), std::move(s.columns), std::move(s.fields)});
  return top;
}

TopFile with_shards(TopFile top, ShardSet added) {
  const auto old = std::find_if(top.sets.begin(), top.sets.end(),
                                [&](const ShardSet& set) { return set.stage == added.stage; });
  if (old != top.sets.end())
    *old = std::move(added);
  else
    top.sets.push_back(std::move(added));
  return top;
}

ShardSet shard_set(const std::string& type, const std::string& stage, const std::string& hash8,
                   std::uint32_t n_shards) {
  ShardSet set;
  set.stage = stage;
  for (std::uint32_t k = 0; k < n_shards; ++k) set.files.push_back(shard_file_name(type, stage, hash8, k));
  return set;
}

void write_top_file(const fs::path& path, const TopFile& top) {
  const OpenSets sets(path.parent_path(), top);
  h5::File file = h5::File::create(path);
  write_attributes(file, sets, top);
  const auto& start = sets.shard_start();
  write_meaning(h5::write_dataset<std::uint64_t>(file, "shard_start", {start.size()}, start), "",
                "row where each shard begins; one more entry ends the last", "");
  write_column(file, sets, top, 0, {"id", DType::u64, 1, "", "object id, ascending within a shard", ""});
  for (std::size_t s = 0; s < sets.n_sets(); ++s)
    for (const ColumnSpec& column : sets.shard(s, 0).schema().columns) write_column(file, sets, top, s, column);
  file.close();
}

void commit_top_file(const fs::path& path, const TopFile& top) {
  const fs::path temporary = temporary_name(path);
  try {
    write_top_file(temporary, top);
    commit_file(temporary, path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

}  // namespace syconn
