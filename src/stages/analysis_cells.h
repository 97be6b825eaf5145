// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node_compartments.h"
#include "syconn/algo/myelin_stretches.h"
#include "syconn/io/answer.h"
#include "syconn/io/segmentation_dataset.h"

/// What analyses share.
namespace syconn {

inline constexpr std::uint8_t kUnknownLabel = 255;

/// "sso-dfc0de6b, pointcloud-d7a83cff": stages and hashes that gave the columns of datasets/<type>.h5.
std::string made_by(const fs::path& run, const std::string& type);
/// datasets/<type>.h5 of a run; Error{input} that names the stage to run where it is absent.
SegmentationDataset open_table(const fs::path& run, const std::string& type, const std::string& stage);
/// Error{input}: "FILE has no WHAT; run stage STAGE first".
[[noreturn]] void lacks(const fs::path& run, const std::string& type, const std::string& what,
                        const std::string& stage);
/// Values of rows; out of line, as GCC 12 warns of variants that it builds in place.
QueryValue known(double value);  ///< unknown for NaN
QueryValue integer_or_unknown(bool known, Id value);
QueryValue type_value(std::uint8_t type);  ///< unknown for 255

/// A skeleton as its edges; what joins separate parts of a cell has no length.
struct CellPath {
  std::vector<Vec3f> nodes_nm;
  std::vector<PathEdge> edges;     ///< `b` is the node away from the root; bridges are left out
  std::vector<std::uint8_t> comp;  ///< compartment a node; empty unless asked for
};

/// Cells of a run, with their types.
class AnalysisCells {
 public:
  /// `where`: conditions on the table cells of connectome.sqlite.
  AnalysisCells(const fs::path& run, const std::string& where);

  const fs::path& run() const { return run_; }
  const SegmentationDataset& table() const { return cells_; }
  /// Cells of the run, and what `where` removed.
  AnswerAbout about(const std::string& question) const;
  bool meets(Id id) const { return !kept_ || kept_->contains(id); }
  bool has_types() const { return types_.has_value(); }
  std::uint8_t type(Row row) const { return types_ ? (*types_)(row) : kUnknownLabel; }
  /// "unknown" for 255.
  std::string type_name(std::uint8_t code) const;
  const std::map<std::int64_t, std::string>& type_names() const { return names_; }
  /// Compartments of nodes, of stage pointcloud or true ones; else Error{input}.
  void need_compartments() const;
  /// Labels of nodes under a sheath; else Error{input}.
  void need_myelin() const;
  CellPath path(Id id, Row row, bool with_compartments, bool with_myelin) const;
  /// Calls fn(id, row) for the cells that meet `where`.
  template <class F>
  void for_each(F&& fn) const {
    for (std::uint32_t shard = 0; shard < cells_.n_shards(); ++shard)
      cells_.for_each(shard, [&](Id id, Row row) {
        if (meets(id)) fn(id, row);
      });
  }

 private:
  fs::path run_;
  SegmentationDataset cells_;
  NodeCompartments compartments_;
  std::optional<Column<std::uint8_t>> types_;
  std::map<std::int64_t, std::string> names_;
  std::optional<std::set<Id>> kept_;
  std::optional<AnswerAbout> where_;
};

}  // namespace syconn
