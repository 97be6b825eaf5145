// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/io/filter.h"

namespace syconn {

/// What marks such a file: "SYCN"; the version counts changes of the tables, see docs/stages/tables.md.
inline constexpr SqlFileKind kConnectomeFile{0x5359434e, 1};

/// As a condition of SQL on `synapses`; word for word, it is what lets SQLite take the indices of those without one.
inline constexpr const char* kNoDirection = "(pre_id IS NULL OR post_id IS NULL)";
/// The indices of `synapses` for its columns: by either cell with what sums over partners need (a question for partners
/// reads no row of the table then), and by cell_a and cell_b those without a direction.
std::vector<SqlIndex> synapse_indices(const std::vector<SqlColumn>& columns);

/// A connectome.sqlite, as the stage `tables` or the import of a foreign table writes it, opened for questions.
class Connectome {
 public:
  /// `path`: the file, or a run folder that holds it. Throws Error{input}: no such file, not ours, of a later version.
  explicit Connectome(const fs::path& path);

  const fs::path& path() const { return path_; }
  std::vector<std::string> tables() const;
  bool has_table(const std::string& name) const { return columns_.contains(name); }
  /// Columns in the order of the file, codes with their names. Throws Error{usage}: no such table.
  const std::vector<QueryColumn>& columns(const std::string& table) const;
  bool has_column(const std::string& table, const std::string& column) const;
  /// Of the table `meta`; empty if absent.
  std::string meta(const std::string& name) const;
  /// Names of the cell types by code; may be empty.
  const std::map<std::int64_t, std::string>& cell_types() const { return types_; }
  /// What identifies the run in every answer: data set and hash of what made the tables.
  std::string run_id() const;

 private:
  fs::path path_;
  std::map<std::string, std::string> meta_;
  std::map<std::int64_t, std::string> types_;
  std::map<std::string, std::vector<QueryColumn>> columns_;
};

/// Compartments by code (docs/glossary.md).
const std::map<std::int64_t, std::string>& compartment_names();

}  // namespace syconn
