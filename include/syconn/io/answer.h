// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/io/filter.h"

namespace syconn {

/// Unknown (null), integer, real, text.
using QueryValue = std::variant<std::monostate, std::int64_t, double, std::string>;

/// What a filter left.
struct ClauseCount {
  std::string text;
  std::uint64_t removed = 0;  ///< rows that met the clauses before it, but not this one
};

/// What an answer was asked of: goes with every one.
struct AnswerAbout {
  std::string question, run;
  std::uint64_t rows = 0;  ///< before the filter
  std::vector<ClauseCount> clauses;
  std::vector<std::string> notes = {};

  std::uint64_t rows_left() const;
  /// One sentence a line.
  std::vector<std::string> lines() const;
  std::string json() const;  ///< an object on one line
};

/// Takes an answer row by row, so that no answer has to fit into the memory.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void begin(const std::vector<QueryColumn>& columns, const AnswerAbout& about) = 0;
  virtual void row(const std::vector<QueryValue>& values) = 0;
  virtual void end() = 0;
};

enum class AnswerFormat { text, csv, json };
/// Of "csv" or "json"; text of everything else.
AnswerFormat answer_format(const std::string& name);
/// Writes to `path` (complete or not at all), or to the standard output for "-". Text: columns as wide as the first
/// thousand rows need, numbers in 6 digits; CSV: comment lines "# …", full precision; JSON: {"about", "columns",
/// "rows"}, a row a line. Codes are given by name unless `codes`; ids always as integers.
std::unique_ptr<AnswerSink> answer_writer(AnswerFormat format, const std::string& path, bool codes);

}  // namespace syconn
