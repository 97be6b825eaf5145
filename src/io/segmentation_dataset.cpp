// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/segmentation_dataset.h"

#include <algorithm>

#include "dataset_backend.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::uint64_t kVerifyBlock = 1 << 16;

[[noreturn]] void fail(const DatasetInfo& info, const std::string& what) {
  throw Error(Category::input, "dataset '" + info.schema.type + "' (" + info.name + ") " + what);
}

void check_type(const DatasetInfo& info, const std::string& name, DType stored, DType asked) {
  if (stored != asked) fail(info, "holds '" + name + "' as " + dtype_name(stored) + ", not as " + dtype_name(asked));
}

void check_ids(const DatasetBackend& backend, std::uint32_t shard, std::vector<Finding>& findings) {
  const DatasetInfo& info = backend.info();
  Id previous = kBackground;
  std::vector<Id> block(std::min(kVerifyBlock, info.shard_size(shard)));
  for (std::uint64_t first = 0; first < info.shard_size(shard); first += kVerifyBlock) {
    block.resize(std::min(kVerifyBlock, info.shard_size(shard) - first));
    backend.read_ids(shard, first, block.size(), block.data());
    for (const Id id : block) {
      if (id <= previous || shard_of(id, info.n_shards()) != shard) {
        findings.push_back(
            {backend.shard_name(shard), "id", "id " + std::to_string(id) + " is out of order or in the wrong shard"});
        return;
      }
      previous = id;
    }
  }
}

void check_offsets(const DatasetBackend& backend, int field, int part, std::uint32_t shard,
                   std::vector<Finding>& findings) {
  const DatasetInfo& info = backend.info();
  const FieldSpec& spec = info.schema.fields[static_cast<std::size_t>(field)];
  const PartSpec& part_spec = spec.parts[static_cast<std::size_t>(part)];
  const std::uint64_t n = info.shard_size(shard) + 1;
  std::vector<std::uint64_t> block;
  std::uint64_t previous = 0;
  bool good = true;
  for (std::uint64_t first = 0; first < n && good; first += kVerifyBlock) {
    block.resize(std::min(kVerifyBlock, n - first));
    backend.read_offsets(field, part, shard, first, block.size(), block.data());
    good = first > 0 || block[0] == 0;
    for (const std::uint64_t offset : block) good = good && offset >= previous, previous = offset;
  }
  if (!good || previous != backend.part_rows(field, part, shard))
    findings.push_back({backend.shard_name(shard), spec.name + "/" + part_spec.offset,
                        "offsets do not ascend from 0 to the number of rows of '" + part_spec.name + "'"});
}

}  // namespace

std::uint64_t DatasetInfo::shard_size(std::uint32_t shard) const {
  if (shard >= n_shards())
    throw Error(Category::input, "dataset '" + schema.type + "' has no shard " + std::to_string(shard));
  return shard_start[shard + 1] - shard_start[shard];
}

void verify_structure(const DatasetBackend& backend, std::vector<Finding>& findings) {
  const DatasetInfo& info = backend.info();
  for (std::uint32_t k = 0; k < info.n_shards(); ++k) {
    try {
      check_ids(backend, k, findings);
      for (std::size_t f = 0; f < info.schema.fields.size(); ++f)
        for (std::size_t p = 0; p < info.schema.fields[f].parts.size(); ++p)
          check_offsets(backend, static_cast<int>(f), static_cast<int>(p), k, findings);
    } catch (const Error& error) {
      findings.push_back({backend.shard_name(k), "", error.what()});
    }
  }
}

std::uint64_t ColumnReader::rows(std::uint32_t shard) const { return backend_->info().shard_size(shard); }
std::uint32_t ColumnReader::n_shards() const { return backend_->info().n_shards(); }
std::uint64_t ColumnReader::size() const { return backend_->info().shard_start.back(); }

void ColumnReader::read(Row first, std::uint64_t count, void* out) const {
  const std::uint64_t n = backend_->info().shard_size(first.shard);
  if (first.index > n || count > n - first.index)
    fail(backend_->info(),
         "has no rows up to " + std::to_string(first.index + count) + " in shard " + std::to_string(first.shard));
  if (column_ < 0)
    backend_->read_ids(first.shard, first.index, count, static_cast<Id*>(out));
  else
    backend_->read_column(column_, first.shard, first.index, count, out);
}

void PartReader::offsets(Row first, std::uint64_t count, std::uint64_t* out) const {
  const std::uint64_t n = backend_->info().shard_size(first.shard);
  if (first.index > n || count > n - first.index)
    fail(backend_->info(),
         "has no rows up to " + std::to_string(first.index + count) + " in shard " + std::to_string(first.shard));
  backend_->read_offsets(field_, part_, first.shard, first.index, count + 1, out);
  if (!std::is_sorted(out, out + count + 1) || out[count] > backend_->part_rows(field_, part_, first.shard))
    fail(backend_->info(), "is damaged: bad offsets of '" +
                               backend_->info().schema.fields[static_cast<std::size_t>(field_)].name + "' near row " +
                               std::to_string(first.index) + " of " + backend_->shard_name(first.shard));
}

void PartReader::read(std::uint32_t shard, std::uint64_t begin, std::uint64_t count, void* out) const {
  const std::uint64_t rows = backend_->part_rows(field_, part_, shard);
  if (begin > rows || count > rows - begin)
    fail(backend_->info(), "has no ragged rows up to " + std::to_string(begin + count));
  if (count > 0) backend_->read_part(field_, part_, shard, begin, count, out);
}

SegmentationDataset::SegmentationDataset(std::shared_ptr<const DatasetBackend> backend)
    : backend_(std::move(backend)) {}
SegmentationDataset SegmentationDataset::open(const fs::path& top_file, const std::vector<std::string>& without) {
  return SegmentationDataset(open_h5_backend(top_file, without));
}

const std::string& SegmentationDataset::type() const { return backend_->info().schema.type; }
Vec3d SegmentationDataset::voxel_size_nm() const { return backend_->info().schema.voxel_size_nm; }
const std::string& SegmentationDataset::provenance_json() const { return backend_->info().schema.provenance_json; }
bool SegmentationDataset::complete() const { return backend_->info().complete; }
const std::vector<ColumnSpec>& SegmentationDataset::columns() const { return backend_->info().schema.columns; }
const std::vector<FieldSpec>& SegmentationDataset::fields() const { return backend_->info().schema.fields; }

bool SegmentationDataset::has_column(const std::string& name) const {
  return name == "id" || std::any_of(columns().begin(), columns().end(), [&](const auto& c) { return c.name == name; });
}

bool SegmentationDataset::has_part(const std::string& field, const std::string& part) const {
  for (const FieldSpec& f : fields())
    for (const PartSpec& p : f.parts)
      if (f.name == field && p.name == part) return true;
  return false;
}

std::uint64_t SegmentationDataset::size() const { return backend_->info().shard_start.back(); }
std::uint32_t SegmentationDataset::n_shards() const { return backend_->info().n_shards(); }
std::uint64_t SegmentationDataset::shard_size(std::uint32_t shard) const { return backend_->info().shard_size(shard); }
std::uint64_t SegmentationDataset::position(Row row) const {
  return backend_->info().shard_start.at(row.shard) + row.index;
}

std::optional<Row> SegmentationDataset::find(Id id) const {
  const std::uint32_t shard = shard_of(id, n_shards());
  if (const auto index = backend_->find(shard, id)) return Row{shard, *index};
  return std::nullopt;
}

Row SegmentationDataset::at(Id id) const {
  if (const auto row = find(id)) return *row;
  fail(backend_->info(), "has no object " + std::to_string(id));
}

std::vector<Id> SegmentationDataset::ids(std::uint32_t shard, std::uint64_t first, std::uint64_t count) const {
  const std::uint64_t n = shard_size(shard);
  std::vector<Id> out(first >= n ? 0 : std::min(count, n - first));
  if (!out.empty()) backend_->read_ids(shard, first, out.size(), out.data());
  return out;
}

ColumnReader SegmentationDataset::open_column(const std::string& name, DType dtype) const {
  const DatasetInfo& info = backend_->info();
  if (name == "id") {
    check_type(info, name, DType::u64, dtype);
    return {backend_, -1, 1};
  }
  std::string there = "id";
  for (std::size_t i = 0; i < columns().size(); ++i) {
    if (columns()[i].name == name) {
      check_type(info, name, columns()[i].dtype, dtype);
      return {backend_, static_cast<int>(i), static_cast<std::size_t>(columns()[i].width)};
    }
    there += ", " + columns()[i].name;
  }
  fail(info, "has no column '" + name + "'; columns: " + there);
}

PartReader SegmentationDataset::open_part(const std::string& field, const std::string& part, DType dtype) const {
  const DatasetInfo& info = backend_->info();
  std::string there;
  for (std::size_t f = 0; f < fields().size(); ++f) {
    for (std::size_t p = 0; p < fields()[f].parts.size(); ++p) {
      const PartSpec& spec = fields()[f].parts[p];
      if (fields()[f].name == field && spec.name == part) {
        check_type(info, field + "/" + part, spec.dtype, dtype);
        return {backend_, static_cast<int>(f), static_cast<int>(p), static_cast<std::size_t>(spec.width)};
      }
      there += (there.empty() ? "" : ", ") + fields()[f].name + "/" + spec.name;
    }
  }
  fail(info, "has no ragged field '" + field + "/" + part + "'; fields: " + (there.empty() ? "none" : there));
}

std::vector<Finding> SegmentationDataset::verify(VerifyLevel level) const {
  std::vector<Finding> findings;
  backend_->verify_storage(level, findings);
  if (findings.empty() && level != VerifyLevel::files) verify_structure(*backend_, findings);
  return findings;
}

std::vector<Finding> SegmentationDataset::verify(const fs::path& top_file, VerifyLevel level) {
  try {
    std::vector<Finding> findings = check_dataset_files(top_file);
    return findings.empty() ? open(top_file).verify(level) : findings;
  } catch (const Error& error) {
    return {{top_file.string(), "", error.what()}};
  }
}

}  // namespace syconn
