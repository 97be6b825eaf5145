// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged files give an Error, a finding, or the right data: never a crash, never wrong data that verify() calls good.
#pragma once
#include "store_model.h"
#include "store_support.h"

namespace syconn::store_test {

/// A dataset of two shards with columns, shared offsets, an uncompressed and two compressed parts, all small.
class FuzzTarget {
 public:
  explicit FuzzTarget(const fs::path& folder) : folder_(folder) {
    DatasetSchema schema = test_schema();
    DatasetBuilder builder(schema, 2);
    Rng rng(9);
    while (model_.size() < 12) {
      Object object = random_object(rng);
      object.vertices.resize(std::min<std::size_t>(object.vertices.size(), 30));
      object.faces.resize(std::min<std::size_t>(object.faces.size(), 30));
      object.ids.resize(std::min<std::size_t>(object.ids.size(), 5));
      object.voxels.resize(object.ids.size());
      model_[rng.next()] = object;
    }
    add_all(builder, model_);
    top_ = builder.commit(folder, "s", "00000000");
    files_ = {top_, folder / "test/s-00000000_0000.h5", folder / "test/s-00000000_0001.h5"};
    for (const fs::path& file : files_) good_.push_back(read_file(file));
  }

  std::size_t n_files() const { return files_.size(); }
  std::size_t bytes(std::size_t file) const { return good_[file].size(); }

  void try_flip(std::size_t file, std::size_t at, char mask) {
    std::string bad = good_[file];
    bad[at] = static_cast<char>(bad[at] ^ mask);
    try_bytes(file, bad, "byte " + std::to_string(at));
  }
  void try_truncated(std::size_t file, std::size_t bytes) {
    try_bytes(file, good_[file].substr(0, bytes), "first " + std::to_string(bytes) + " bytes");
  }

 private:
  void try_bytes(std::size_t file, const std::string& bad, const std::string& what) {
    write_bytes(files_[file], bad);
    bool found = false, same = false;
    try {
      found = !SegmentationDataset::verify(top_, VerifyLevel::full).empty();
      same = read_all(SegmentationDataset::open(top_));
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::input) << error.what();
      found = true;
    }
    EXPECT_TRUE(found || same) << files_[file] << ": " << what << ": wrong data passed verify";
    write_bytes(files_[file], good_[file]);
  }

  /// Reads everything there is; true if all is as it was written.
  bool read_all(const SegmentationDataset& dataset) const {
    bool same = dataset.size() == model_.size();
    for (std::uint32_t k = 0; k < dataset.n_shards(); ++k) {
      dataset.for_each(k, [&](Id id, Row row) {
        const auto found = model_.find(id);
        const Object none;
        const Object& o = found == model_.end() ? none : found->second;
        same = same && dataset.find(id) == row && dataset.column<std::uint8_t>("c_u8").values(row) == o.u8 &&
               dataset.column<float>("c_f32").values(row) == o.f32 &&
               dataset.column<std::int64_t>("c_i64").values(row) == o.i64;
        same = (dataset.ragged<float>("mesh", "vertices_nm")(row) == o.vertices) && same;
        same = (dataset.ragged<std::uint32_t>("mesh", "faces")(row) == o.faces) && same;
        same = (dataset.ragged<Id>("mi_overlap", "ids")(row) == o.ids) && same;
        same = (dataset.ragged<std::uint32_t>("mi_overlap", "voxels")(row) == o.voxels) && same;
      });
    }
    return same;
  }

  fs::path folder_, top_;
  Model model_;
  std::vector<fs::path> files_;
  std::vector<std::string> good_;
};

inline void fuzz(std::size_t stride) {
  FuzzTarget target(fresh_folder());
  for (std::size_t file = 0; file < target.n_files(); ++file) {
    for (std::size_t at = file; at < target.bytes(file); at += stride) {
      target.try_flip(file, at, static_cast<char>(1 << (at % 8)));
      if (at % 3 == 0) target.try_flip(file, at, static_cast<char>(0xff));
    }
    for (std::size_t bytes = 0; bytes < target.bytes(file); bytes += 8 * stride + 1) target.try_truncated(file, bytes);
  }
}

}  // namespace syconn::store_test
