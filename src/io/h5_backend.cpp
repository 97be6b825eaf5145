// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <memory>

#include "dataset_backend.h"
#include "dataset_sources.h"
#include "shard_file.h"
#include "shard_writer.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

/// Every so many ids one is kept in memory; a look-up reads the ids between two of them (4 KiB).
constexpr std::uint64_t kIdStride = 512;

/// One opened shard file of one stage, its datasets numbered as in the stage's schema.
struct OpenShard {
  explicit OpenShard(const fs::path& path) : file(path) {}
  struct Part {
    const ShardFile::Stored* offsets;
    const ShardFile::Stored* values;
  };
  ShardFile file;
  std::vector<const ShardFile::Stored*> columns;
  std::vector<std::vector<Part>> fields;
};

struct LazyShard {
  std::once_flag once;
  std::unique_ptr<OpenShard> shard;
};

struct IdIndex {
  std::once_flag once;
  std::vector<Id> samples;  ///< ids of rows 0, kIdStride, 2 kIdStride, …
};

/// The top file's own content.
struct Top {
  DatasetInfo info;  ///< without the stages' columns
  std::vector<StageSource> sources;
};

Top read_top(const fs::path& path) {
  const h5::File file = h5::File::open(path);
  check_dataset_format(file);
  Top top;
  top.info.name = path.string();
  top.info.schema.type = file.string_attribute("type");
  top.info.schema.voxel_size_nm = read_voxel_size(file);
  top.info.schema.provenance_json = file.string_attribute("provenance");
  top.info.complete = file.int_attribute("complete") == std::vector<std::int64_t>{1};
  auto& start = top.info.shard_start;
  const h5::Dataset dataset = h5::Dataset::open(file, "shard_start");
  if (dataset.elements() < 2 || dataset.elements() > 65536 || dataset.dtype() != DType::u64)
    throw Error(Category::input, "'" + dataset.where() + "' is not a list of row numbers");
  start = dataset.read_all<std::uint64_t>();
  const auto sums =
      parse_checksums(file.string_attribute("checksums"), "'" + path.string() + "', attribute 'checksums'");
  const auto sum = sums.find("shard_start");
  if (sum == sums.end() || sum->second != hex8(crc32c(start.data(), start.size() * sizeof start[0])) || start[0] != 0 ||
      !std::is_sorted(start.begin(), start.end()))
    throw Error(Category::input, "'" + dataset.where() + "' is damaged");
  top.sources = sources_from_json(file.string_attribute("sources"), start.size() - 1,
                                  "'" + path.string() + "', attribute 'sources'");
  return top;
}

std::vector<Finding> check_files(const fs::path& folder, const Top& top) {
  std::vector<Finding> findings;
  for (const StageSource& source : top.sources) {
    for (std::size_t k = 0; k < source.files.size(); ++k) {
      const fs::path path = folder / source.files[k];
      std::error_code error;
      const std::uint64_t bytes = fs::file_size(path, error);
      if (error)
        findings.push_back({path.string(), "", "is missing"});
      else if (bytes != source.bytes[k])
        findings.push_back(
            {path.string(), "", "has " + std::to_string(bytes) + " bytes, not " + std::to_string(source.bytes[k])});
    }
  }
  return findings;
}

void require_files(const fs::path& top_file, const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  constexpr std::size_t kShown = 8;
  std::string text = "dataset '" + top_file.string() + "' cannot be opened, " + std::to_string(findings.size()) +
                     " of its files are wrong:";
  for (std::size_t i = 0; i < std::min(kShown, findings.size()); ++i)
    text += "\n  '" + findings[i].file + "' " + findings[i].what;
  if (findings.size() > kShown) text += "\n  …";
  throw Error(Category::input, text + "\nRun the stage that writes them again.");
}

class H5Backend : public DatasetBackend {
 public:
  H5Backend(const fs::path& top_file, Top top) : folder_(top_file.parent_path()), sources_(std::move(top.sources)) {
    info_ = std::move(top.info);
    index_ = std::vector<IdIndex>(info_.n_shards());
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      shards_.emplace_back(info_.n_shards());
      schemas_.emplace_back();
      schemas_[s] = open(s, 0).file.schema();
      for (std::size_t i = 0; i < schemas_[s].columns.size(); ++i) {
        info_.schema.columns.push_back(schemas_[s].columns[i]);
        columns_.push_back({s, i});
      }
      for (std::size_t i = 0; i < schemas_[s].fields.size(); ++i) {
        info_.schema.fields.push_back(schemas_[s].fields[i]);
        fields_.push_back({s, i});
      }
    }
  }

  std::optional<std::uint64_t> find(std::uint32_t shard, Id id) const override {
    IdIndex& index = index_[shard];
    std::call_once(index.once, [&] { load_index(shard, index); });
    const auto above = std::upper_bound(index.samples.begin(), index.samples.end(), id);
    if (above == index.samples.begin()) return std::nullopt;
    const std::uint64_t first = static_cast<std::uint64_t>(above - index.samples.begin() - 1) * kIdStride;
    Id block[kIdStride];
    const std::uint64_t n = std::min(kIdStride, info_.shard_size(shard) - first);
    read_ids(shard, first, n, block);
    const Id* const found = std::lower_bound(block, block + n, id);
    if (found == block + n || *found != id) return std::nullopt;
    return first + static_cast<std::uint64_t>(found - block);
  }

  void read_ids(std::uint32_t shard, std::uint64_t first, std::uint64_t count, Id* out) const override {
    const OpenShard& open_shard = open(0, shard);
    open_shard.file.read(open_shard.file.ids(), first, count, out, &cache_);
  }

  void read_column(int column, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                   void* out) const override {
    const Place place = columns_[static_cast<std::size_t>(column)];
    const OpenShard& open_shard = open(place.source, shard);
    open_shard.file.read(*open_shard.columns[place.index], first, count, out, &cache_);
  }

  std::uint64_t part_rows(int field, int part, std::uint32_t shard) const override {
    return find_part(field, part, shard).second.values->rows;
  }

  void read_offsets(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                    std::uint64_t* out) const override {
    const auto [open_shard, place] = find_part(field, part, shard);
    open_shard->file.read(*place.offsets, first, count, out, &cache_);
  }

  void read_part(int field, int part, std::uint32_t shard, std::uint64_t first, std::uint64_t count,
                 void* out) const override {
    const auto [open_shard, place] = find_part(field, part, shard);
    open_shard->file.read(*place.values, first, count, out, &cache_);
  }

  std::string shard_name(std::uint32_t shard) const override { return (folder_ / sources_[0].files[shard]).string(); }

  void verify_storage(VerifyLevel level, std::vector<Finding>& findings) const override {
    for (const Finding& finding : check_dataset_files(info_.name)) findings.push_back(finding);
    if (!findings.empty() || level != VerifyLevel::full) return;
    for (std::size_t s = 0; s < sources_.size(); ++s)
      for (std::uint32_t k = 0; k < info_.n_shards(); ++k) verify_shard(s, k, findings);
  }

 private:
  struct Place {
    std::size_t source, index;
  };

  const OpenShard& open(std::size_t source, std::uint32_t shard) const {
    LazyShard& lazy = shards_[source][shard];
    std::call_once(lazy.once, [&] { lazy.shard = load(source, shard); });
    return *lazy.shard;
  }

  std::unique_ptr<OpenShard> load(std::size_t source, std::uint32_t shard) const {
    auto fresh = std::make_unique<OpenShard>(folder_ / sources_[source].files[shard]);
    const ShardFile& file = fresh->file;
    const auto refuse = [&](const std::string& what) {
      throw Error(Category::input, "shard '" + file.path().string() + "' " + what);
    };
    if (file.schema().type != info_.schema.type) refuse("holds type '" + file.schema().type + "'");
    if (file.shard() != shard || file.n_shards() != info_.n_shards()) refuse("is not shard " + std::to_string(shard));
    if (file.rows() != info_.shard_size(shard))
      refuse("has " + std::to_string(file.rows()) + " rows, the top file says " +
             std::to_string(info_.shard_size(shard)));
    if (source > 0 && file.id_checksum() != open(0, shard).file.id_checksum())
      refuse("has other ids than '" + shard_name(shard) + "'");
    const DatasetSchema& schema = shard == 0 ? file.schema() : schemas_[source];
    for (const ColumnSpec& column : schema.columns) {
      const ShardFile::Stored& stored = file.dataset(column.name);
      check(file, stored, column.dtype, column.width);
      fresh->columns.push_back(&stored);
    }
    for (const FieldSpec& field : schema.fields) {
      fresh->fields.emplace_back();
      for (const PartSpec& part : field.parts) {
        const ShardFile::Stored& stored = file.dataset(field.name + "/" + part.name);
        const ShardFile::Stored& offsets = file.dataset(field.name + "/" + part.offset);
        check(file, stored, part.dtype, part.width);
        check(file, offsets, DType::u64, 1);
        fresh->fields.back().push_back({&offsets, &stored});
      }
    }
    return fresh;
  }

  static void check(const ShardFile& file, const ShardFile::Stored& stored, DType dtype, int width) {
    if (stored.dtype != dtype || stored.width != static_cast<std::uint64_t>(width))
      file.fail(stored.path, "has another type or width than in shard 0");
  }

  std::pair<const OpenShard*, OpenShard::Part> find_part(int field, int part, std::uint32_t shard) const {
    const Place place = fields_[static_cast<std::size_t>(field)];
    const OpenShard& open_shard = open(place.source, shard);
    return {&open_shard, open_shard.fields[place.index][static_cast<std::size_t>(part)]};
  }

  void load_index(std::uint32_t shard, IdIndex& index) const {
    constexpr std::uint64_t kBlock = kIdStride * 128;
    const std::uint64_t n = info_.shard_size(shard);
    std::vector<Id> samples, block(std::min(n, kBlock));
    Id previous = kBackground;
    for (std::uint64_t first = 0; first < n; first += kBlock) {
      const std::uint64_t count = std::min(kBlock, n - first);
      read_ids(shard, first, count, block.data());
      for (std::uint64_t i = 0; i < count; ++i) {
        if (block[i] <= previous)
          open(0, shard).file.fail("id", "is damaged: ids do not ascend at row " + std::to_string(first + i));
        previous = block[i];
        if (i % kIdStride == 0) samples.push_back(block[i]);
      }
    }
    index.samples = std::move(samples);
  }

  void verify_shard(std::size_t source, std::uint32_t shard, std::vector<Finding>& findings) const {
    try {
      verify_checksums(open(source, shard).file, findings);
    } catch (const Error& error) {
      findings.push_back({(folder_ / sources_[source].files[shard]).string(), "", error.what()});
    }
  }

  fs::path folder_;
  std::vector<StageSource> sources_;
  std::vector<DatasetSchema> schemas_;  ///< a source, from its shard 0
  std::vector<Place> columns_, fields_;
  mutable std::vector<std::vector<LazyShard>> shards_;  ///< [source][shard]
  mutable std::vector<IdIndex> index_;
  mutable ChunkCache cache_;
};

}  // namespace

std::shared_ptr<const DatasetBackend> open_h5_backend(const fs::path& top_file,
                                                      const std::vector<std::string>& without) {
  Top top = read_top(top_file);
  // The first set holds the ids and cannot be left out.
  if (!without.empty() && !top.sources.empty())
    top.sources.erase(std::remove_if(top.sources.begin() + 1, top.sources.end(),
                                     [&](const StageSource& source) {
                                       return std::find(without.begin(), without.end(), source.stage) != without.end();
                                     }),
                      top.sources.end());
  require_files(top_file, check_files(top_file.parent_path(), top));
  return std::make_shared<H5Backend>(top_file, std::move(top));
}

std::vector<Finding> check_dataset_files(const fs::path& top_file) {
  return check_files(top_file.parent_path(), read_top(top_file));
}

}  // namespace syconn
