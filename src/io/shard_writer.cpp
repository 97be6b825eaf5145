// SPDX-License-Identifier: GPL-3.0-or-later
#include "shard_writer.h"

#include <algorithm>
#include <cstring>

#include "chunk_codec.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "zstd_filter.h"

namespace syconn {
namespace {

/// After the shuffle fast and, on runs and meshes, within a few percent of the size of higher levels.
constexpr int kStoreLevel = 1;
/// Chunks compressed at a time: fixed, so that the places of chunks in the file do not follow the number of threads.
constexpr std::size_t kBatchChunks = 16;
constexpr std::size_t kPlainBufferBytes = std::size_t{256} << 10;

std::vector<hsize_t> shape_of(std::uint64_t rows, std::uint64_t width) {
  return width == 1 ? std::vector<hsize_t>{rows} : std::vector<hsize_t>{rows, width};
}

}  // namespace

void write_dataset_attributes(const h5::Object& root, const std::string& type, const Vec3d& voxel_size_nm,
                              const std::string& provenance_json) {
  root.write_attribute("format", std::string_view(kDatasetFormat));
  root.write_attribute("version", kDatasetVersion);
  root.write_attribute("type", std::string_view(type));
  root.write_attribute("voxel_size_nm", std::span<const double>(voxel_size_nm.array()));
  root.write_attribute("provenance", std::string_view(provenance_json));
}

void write_meaning(const h5::Object& dataset, const std::string& units, const std::string& description,
                   const std::string& enum_json) {
  dataset.write_attribute("units", std::string_view(units));
  dataset.write_attribute("description", std::string_view(description));
  if (!enum_json.empty()) dataset.write_attribute("enum", std::string_view(enum_json));
}

DatasetStream::DatasetStream(const h5::File& file, const std::string& path, DType dtype, int width, std::uint64_t rows,
                             bool bulk, int threads)
    : dtype_(dtype),
      row_bytes_(dtype_bytes(dtype) * static_cast<std::size_t>(width)),
      width_(static_cast<std::uint64_t>(width)),
      rows_(rows),
      threads_(std::max(threads, 1)) {
  h5::Creation creation;
  if (bulk && rows > 0) {
    chunk_rows_ = std::min<std::uint64_t>(rows, kMaxChunkBytes / row_bytes_);
    creation = {shape_of(chunk_rows_, width_), kStoreLevel, dtype_bytes(dtype) > 1};
    buffer_.resize(chunk_rows_ * row_bytes_ * std::min(kBatchChunks, (rows + chunk_rows_ - 1) / chunk_rows_));
  } else {
    const std::uint64_t buffer_rows = std::max<std::uint64_t>(1, kPlainBufferBytes / row_bytes_);
    buffer_.resize(std::min(buffer_rows, std::max<std::uint64_t>(rows, 1)) * row_bytes_);
  }
  dataset_ = h5::Dataset::create(file, path, dtype, shape_of(rows, width_), creation);
}

void DatasetStream::append(const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const std::size_t n = std::min(bytes, buffer_.size() - fill_);
    std::memcpy(buffer_.data() + fill_, from, n);
    from += n, bytes -= n, fill_ += n;
    if (fill_ == buffer_.size()) flush();
  }
}

void DatasetStream::flush() {
  if (fill_ == 0) return;
  crc_ = crc32c(buffer_.data(), fill_, crc_);
  if (chunk_rows_ == 0)
    flush_plain();
  else
    flush_chunks();
  written_rows_ += fill_ / row_bytes_;
  fill_ = 0;
}

void DatasetStream::flush_plain() {
  const std::vector<hsize_t> start =
      width_ == 1 ? std::vector<hsize_t>{written_rows_} : std::vector<hsize_t>{written_rows_, 0};
  dataset_.write(dtype_, start, shape_of(fill_ / row_bytes_, width_), buffer_.data());
}

void DatasetStream::flush_chunks() {
  const std::size_t chunk_bytes = chunk_rows_ * row_bytes_;
  const std::size_t n_chunks = (fill_ + chunk_bytes - 1) / chunk_bytes;
  std::memset(buffer_.data() + fill_, 0,
              n_chunks * chunk_bytes - fill_);  // the last chunk of a dataset is stored whole
  frames_.resize(std::max(frames_.size(), n_chunks));
  const auto encode = [&](std::int64_t i) {
    const std::size_t k = static_cast<std::size_t>(i);
    const char* chunk = buffer_.data() + k * chunk_bytes;
    if (dtype_bytes(dtype_) > 1) {
      thread_local std::vector<char> shuffled;
      shuffled.resize(chunk_bytes);
      shuffle(chunk, chunk_bytes, dtype_bytes(dtype_), shuffled.data());
      chunk = shuffled.data();
    }
    zstd_encode(chunk, chunk_bytes, kStoreLevel, frames_[k]);
  };
  parallel_for(static_cast<std::int64_t>(n_chunks), threads_, encode);
  for (std::size_t k = 0; k < n_chunks; ++k) {
    const hsize_t start[2] = {written_rows_ + k * chunk_rows_, 0};
    dataset_.write_chunk({start, width_ == 1 ? std::size_t{1} : std::size_t{2}}, frames_[k].data(), frames_[k].size());
  }
}

void DatasetStream::finish() {
  flush();
  if (written_rows_ != rows_)
    throw Error(Category::runtime, "'" + dataset_.where() + "': " + std::to_string(written_rows_) +
                                       " rows written of " + std::to_string(rows_));
}

ShardWriter::ShardWriter(const fs::path& path, const DatasetSchema& schema, const RowLayout& layout,
                         const BuilderOptions& options)
    : schema_(schema), layout_(layout), options_(options), file_(h5::File::create(path)) {}

void ShardWriter::start(std::uint64_t n_rows, const std::vector<std::uint64_t>& group_rows) {
  write_dataset_attributes(file_, schema_.type, schema_.voxel_size_nm, schema_.provenance_json);
  file_.write_attribute("shard", static_cast<std::int64_t>(options_.shard));
  file_.write_attribute("n_shards", static_cast<std::int64_t>(options_.n_shards));
  ids_ = {"id", std::make_unique<DatasetStream>(file_, "id", DType::u64, 1, n_rows, false, 1)};
  write_meaning(ids_.stream->dataset(), "", "object id, ascending within a shard", "");
  for (const ColumnSpec& c : schema_.columns) {
    columns_.push_back({c.name, std::make_unique<DatasetStream>(file_, c.name, c.dtype, c.width, n_rows, false, 1)});
    write_meaning(columns_.back().stream->dataset(), c.units, c.description, c.enum_json);
  }
  create_parts(group_rows, n_rows);
}

void ShardWriter::create_parts(const std::vector<std::uint64_t>& group_rows, std::uint64_t n_rows) {
  for (const FieldSpec& field : schema_.fields) file_.create_group(field.name);
  for (const std::string& path : layout_.groups) {
    offsets_.push_back({path, std::make_unique<DatasetStream>(file_, path, DType::u64, 1, n_rows + 1, false, 1)});
    write_meaning(offsets_.back().stream->dataset(), "", "first row of each object; one more entry ends the last", "");
  }
  for (const RowLayout::Part& place : layout_.parts) {
    const PartSpec& spec =
        schema_.fields[static_cast<std::size_t>(place.field)].parts[static_cast<std::size_t>(place.part)];
    const std::size_t group = static_cast<std::size_t>(place.group);
    parts_.push_back({place.path, std::make_unique<DatasetStream>(file_, place.path, spec.dtype, spec.width,
                                                                  group_rows[group], spec.bulk, options_.threads)});
    const h5::Dataset& dataset = parts_.back().stream->dataset();
    write_meaning(dataset, spec.units, spec.description, spec.enum_json);
    dataset.write_attribute("offset", std::string_view(layout_.groups[group]));
  }
  totals_.assign(layout_.groups.size(), 0);
  for (std::size_t g = 0; g < totals_.size(); ++g) offsets_[g].stream->append(&totals_[g], sizeof totals_[g]);
}

void ShardWriter::row(std::span<const char> record) {
  const char* at = record.data();
  ids_.stream->append(at, sizeof(Id));
  at += sizeof(Id);
  for (std::size_t c = 0; c < columns_.size(); ++c)
    columns_[c].stream->append(at + layout_.columns[c].at, layout_.columns[c].bytes);
  at += layout_.fixed_bytes;
  const char* const counts = at;
  const auto count_of = [counts](std::size_t group) {
    std::uint64_t n;
    std::memcpy(&n, counts + group * sizeof n, sizeof n);
    return n;
  };
  for (std::size_t g = 0; g < totals_.size(); ++g) {
    totals_[g] += count_of(g);
    offsets_[g].stream->append(&totals_[g], sizeof totals_[g]);
  }
  at += totals_.size() * sizeof(std::uint64_t);
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    const std::size_t bytes = count_of(static_cast<std::size_t>(layout_.parts[p].group)) * layout_.parts[p].row_bytes;
    parts_[p].stream->append(at, bytes);
    at += bytes;
  }
}

void ShardWriter::write_checksums() {
  Json checksums = Json::object();
  const auto add = [&](Named& named) {
    named.stream->finish();
    checksums[named.path] = hex8(named.stream->crc());
  };
  add(ids_);
  for (auto* list : {&columns_, &offsets_, &parts_})
    for (Named& named : *list) add(named);
  file_.write_attribute("checksums", std::string_view(checksums.dump()));
}

void ShardWriter::finish() {
  write_checksums();
  ids_.stream.reset();
  columns_.clear(), offsets_.clear(), parts_.clear();
  file_.close();
}

}  // namespace syconn
