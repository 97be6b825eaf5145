// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#include "syconn/core/json.h"
#include "syconn/io/answer.h"

namespace syconn {

/// An answer as JSON, {"about", "columns", "rows"}. Ids are decimal strings, since programs that read JSON round beyond
/// 2^53, as are other integers beyond that; codes are names unless `codes`. Rows beyond `most` are counted, not given.
class JsonAnswer final : public AnswerSink {
 public:
  explicit JsonAnswer(bool codes, std::int64_t most = INT64_MAX, std::int64_t skipped = 0)
      : codes_(codes), most_(most), skipped_(skipped) {}
  void begin(const std::vector<QueryColumn>& columns, const AnswerAbout& about) override;
  void row(const std::vector<QueryValue>& values) override;
  void end() override {}

  /// With "n_rows", how many rows there were.
  Json json() const;
  /// Row `i` as {column: value}.
  Json object(std::size_t i) const;
  std::size_t n_given() const { return rows_.size(); }

 private:
  Json value(std::size_t column, const QueryValue& value) const;

  bool codes_;
  std::int64_t most_, skipped_, n_ = 0;
  std::vector<QueryColumn> columns_;
  Json about_, rows_ = Json::array();
};

/// Columns as {"name", "type", "units", "doc", "names"}.
Json columns_json(const std::vector<QueryColumn>& columns);

}  // namespace syconn
