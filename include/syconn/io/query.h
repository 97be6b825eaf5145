// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/io/answer.h"
#include "syconn/io/connectome.h"
#include "syconn/io/sqlite_reader.h"

/// Questions to a connectome. Every answer has a fixed order, no cap, and says what the filter removed; rows are
/// streamed. Errors in what was asked are Error{usage}.
namespace syconn {

/// Rows of a table, or groups of them.
struct RowsQuestion {
  std::string table = "synapses", where = {};
  std::vector<std::string> columns = {};     ///< empty: all
  std::vector<std::string> group_by = {};    ///< then `aggregates` instead of columns
  std::vector<std::string> aggregates = {};  ///< n, or F(COLUMN): sum, mean, std, median, min, max, n (of the known)
  std::vector<std::string> order_by = {};    ///< a leading '-': largest first; then by the table's own order
  std::int64_t limit = -1;                   ///< rows; below 0: all
  std::int64_t offset = 0;                   ///< rows before the first one given; with a limit
  std::string base = "1";                    ///< SQL, never of a user: what the table is for this question
  std::size_t held_bytes = 64 << 20;         ///< larger filtered answers need a second scan, for the counts
};
void ask_rows(const Connectome& connectome, const RowsQuestion& question, AnswerSink& answer);

/// Partners of one cell, most synapses first (then area, then id): counts, areas, expected count with its standard
/// deviation (sum p, root of sum p(1-p)), compartments it is met on, type. Synapses without a direction stand apart.
struct PartnersQuestion {
  std::int64_t cell = 0;
  std::string direction = "all";  ///< out: it gives, in: it receives, undirected, all
  std::string where = {};
  std::int64_t min_synapses = 1;
};
/// Throws Error{usage} also for a cell that the connectome does not have.
void ask_partners(const Connectome& connectome, const PartnersQuestion& question, AnswerSink& answer);

/// Cells that are partners of all the given ones, with the synapses of each of them.
struct CommonQuestion {
  std::vector<std::int64_t> cells;
  std::string direction = "out", where = {};
  std::int64_t min_synapses = 1;
};
void ask_common(const Connectome& connectome, const CommonQuestion& question, AnswerSink& answer);

/// Who gives how much to whom.
struct MatrixQuestion {
  std::string where = {};
  bool by_type = false;                  ///< rows and columns are cell types (unknown: 255), not cells
  std::vector<std::int64_t> cells = {};  ///< only among these; empty: all
  std::string value = "n";               ///< n, area, mean_area, max_area, mean_prob
  std::string per =
      {};  ///< a length column of cells, as post.dend_um or pre.axon_um: divides by it, summed over a type
};
/// One entry of it.
struct MatrixEntry {
  std::int64_t pre = 0, post = 0;
  double value = 0;
  std::int64_t n = 0;
};
struct Matrix {
  AnswerAbout about;
  std::string value, units;
  std::vector<std::int64_t> labels;  ///< of rows and columns: cells of any entry (or those asked for), or type codes
  std::vector<MatrixEntry> entries;  ///< by (pre, post)
};
/// In memory: 32 bytes an entry, 8 a cell.
Matrix ask_matrix(const Connectome& connectome, const MatrixQuestion& question);
/// As rows pre, post, value, n.
void put_matrix(const Connectome& connectome, const MatrixQuestion& question, const Matrix& matrix, AnswerSink& answer);
/// HDF5 in scipy's words: data, indices, indptr, shape, labels (and label_names for types), attribute `about`.
void write_matrix(const Connectome& connectome, const MatrixQuestion& question, const Matrix& matrix,
                  const fs::path& path);

/// Counts of the filter's clauses, one scan: the about of an answer.
AnswerAbout count_clauses(const Connectome& connectome, const std::string& table, const std::string& base,
                          const std::string& where, const std::string& question);
/// The clauses as one condition of SQL; "1" for none.
std::string sql_condition(const std::vector<FilterClause>& clauses);
/// The same, counting in the one scan that answers what each clause removes.
class CountedFilter {
 public:
  CountedFilter(const Connectome& connectome, const std::string& table, const std::string& where);
  /// All that a statement, which takes passes(), asks: `base`, and for the rows that meet it the clauses in their order.
  std::string condition(const std::string& base = "1") const;
  std::vector<PassCount>* passes() { return &passes_; }
  /// When the statements have gone through all their rows: what they were given and what was removed.
  AnswerAbout about(const std::string& question) const;

 private:
  std::string run_;
  std::vector<FilterClause> clauses_;
  std::vector<PassCount> passes_;  ///< all rows, then by clause
};
/// Column `i` of the current row of a statement.
QueryValue value_of(const SqliteQuery& row, std::size_t column);

}  // namespace syconn
