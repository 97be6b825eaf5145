// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "syconn/io/query.h"

namespace syconn {

/// Keeps an answer.
class KeptAnswer final : public AnswerSink {
 public:
  void begin(const std::vector<QueryColumn>& head, const AnswerAbout& asked) override { columns = head, about = asked; }
  void row(const std::vector<QueryValue>& values) override { rows.push_back(values); }
  void end() override { ended = true; }

  std::size_t column(const std::string& name) const {
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].name == name) return i;
    throw std::out_of_range(name);
  }
  std::int64_t integer(std::size_t row, const std::string& name) const {
    return std::get<std::int64_t>(rows.at(row).at(column(name)));
  }
  double real(std::size_t row, const std::string& name) const {
    return std::get<double>(rows.at(row).at(column(name)));
  }
  bool unknown(std::size_t row, const std::string& name) const {
    return std::holds_alternative<std::monostate>(rows.at(row).at(column(name)));
  }

  std::vector<QueryColumn> columns;
  AnswerAbout about;
  std::vector<std::vector<QueryValue>> rows;
  bool ended = false;
};

}  // namespace syconn
