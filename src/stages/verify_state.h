// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "any_column.h"
#include "syconn/exec/verify.h"
#include "syconn/io/dataset_top.h"

/// What the checks of `syconn verify` share: the run, its datasets opened once, and how checks go over them.
namespace syconn {

class VerifiedRun {
 public:
  VerifiedRun(const PipelineRun& run, std::uint64_t memory_bytes, int threads)
      : run_(run), memory_bytes_(memory_bytes), threads_(threads) {}

  const PipelineRun& run() const { return run_; }
  fs::path path(const std::string& relative) const { return run_.folder() / relative; }
  /// Of the datasets; default where no stage left a record.
  Box3 box() const { return run_.stages().empty() ? Box3() : run_.stages().back().geometry.box; }
  Vec3d voxel_size_nm() const { return run_.config().dataset.voxel_size_nm; }
  double prob_min() const;
  /// Parts of work on `records` of so many bytes, so that all threads together keep within the memory.
  std::int64_t slices(std::uint64_t records, std::uint64_t bytes) const;

  /// Names of datasets/*.h5 and volumes/*.json, by name.
  std::vector<std::string> types() const { return names("datasets", ".h5"); }
  std::vector<std::string> volumes() const { return names("volumes", ".json"); }
  /// Those of types() that are organelles: mi, vc, sj, ...
  std::vector<std::string> organelles() const;
  static std::string top(const std::string& type) { return "datasets/" + type + ".h5"; }
  bool has(const std::string& type) const { return fs::exists(path(top(type))); }
  /// False for vector phantoms and imported cells: objects are known by their meshes, and ids may be 0, unknown.
  bool has_supervoxels() const { return run_.config().dataset.volumes.contains("sv"); }
  const SegmentationDataset& open(const std::string& type);
  /// Whether open() does; where not, `datasets` or `structure` have told why.
  bool opens(const std::string& type);
  /// Shard file that holds a column or field, relative to the run folder.
  std::string file(const std::string& type, const std::string& name, std::uint32_t shard);

 private:
  struct Opened {
    TopFile top;
    SegmentationDataset set;
  };
  std::vector<std::string> names(const std::string& folder, const std::string& extension) const;
  const Opened& opened(const std::string& type);
  const PipelineRun& run_;
  std::uint64_t memory_bytes_;
  int threads_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Opened>> opened_;
};
using VerifiedRunPtr = std::shared_ptr<VerifiedRun>;

/// A column three wide, or one of a box.
Vec3i vector_at(const Column<std::int64_t>& column, Row row);
/// bbox_min_vx, bbox_max_vx.
struct BoxColumns {
  explicit BoxColumns(const SegmentationDataset& set)
      : min(set.column<std::int64_t>("bbox_min_vx")), max(set.column<std::int64_t>("bbox_max_vx")) {}
  Box3 operator()(Row row) const { return {vector_at(min, row), vector_at(max, row)}; }
  Column<std::int64_t> min, max;
};

/// A shard of a dataset in the work of a check.
struct VerifiedShard {
  VerifiedRun& run;
  std::string type;
  const SegmentationDataset& set;
  std::uint32_t shard;
  VerifySink& sink;

  /// A violation of an object of this shard.
  void add(const std::string& name, Id id, std::string expected, std::string found) const {
    sink.add({run.file(type, name.substr(0, name.find('/')), shard), type + "/" + name, std::to_string(id),
              std::move(expected), std::move(found)});
  }
  /// Calls fn(first row, ids) for blocks of rows.
  template <class F>
  void for_blocks(F&& fn) const {
    constexpr std::uint64_t kRows = 8192;
    for (std::uint64_t first = 0; first < set.shard_size(shard); first += kRows)
      fn(Row{shard, first}, set.ids(shard, first, kRows));
  }
};

/// A semantic check whose parts are the shards of the types for which `applies`. `needs`: other types it reads.
VerifyCheck shard_check(const VerifiedRunPtr& run, const std::string& name, const std::string& what,
                        const std::function<bool(const SegmentationDataset&)>& applies,
                        const std::function<void(const VerifiedShard&)>& check,
                        const std::vector<std::string>& needs = {});
/// The same for one type, which is among what it needs.
VerifyCheck type_check(const VerifiedRunPtr& run, const std::string& name, const std::string& what,
                       const std::string& type, const std::function<void(const VerifiedShard&)>& check,
                       const std::vector<std::string>& needs = {});

std::string text_of(const Vec3i& v);
std::string text_of(const Box3& box);  ///< "(0,0,0) to (8,8,8)"
std::string text_of(double v);

// The lists of checks, each in its own file.
std::vector<VerifyCheck> file_checks(const VerifiedRunPtr& run);      ///< fast and full
std::vector<VerifyCheck> object_checks(const VerifiedRunPtr& run);    ///< what an object says of itself
std::vector<VerifyCheck> shape_checks(const VerifiedRunPtr& run);     ///< its skeleton, mesh and voxels
std::vector<VerifyCheck> relation_checks(const VerifiedRunPtr& run);  ///< ids that objects name
std::vector<VerifyCheck> pair_checks(const VerifiedRunPtr& run);      ///< what both of a pair say
std::vector<VerifyCheck> synapse_checks(const VerifiedRunPtr& run);   ///< partners, places
std::vector<VerifyCheck> volume_checks(const VerifiedRunPtr& run);    ///< objects against label volumes
std::vector<VerifyCheck> row_checks(const VerifiedRunPtr& run);       ///< connectome.sqlite against datasets
std::vector<VerifyCheck> table_checks(const VerifiedRunPtr& run);     ///< and its sums

}  // namespace syconn
