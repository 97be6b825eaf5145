// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "syconn/core/markup.h"

/// Pieces of a page that stands alone: well-formed as XML too, no reference outside. Numbers as people read them.
namespace syconn {

std::string count_text(std::int64_t n);             ///< 12,345
std::string measure_text(double value);             ///< three digits: 0.0432, 1,230, 1.2e-05; a dash for NaN
std::string bytes_text(double bytes);               ///< 3.4 MB
std::string share_text(double part, double whole);  ///< 12.3 %; a dash of nothing

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

/// A table; cells are markup. The first column names the rows, the others hold numbers (right-aligned) unless said.
struct HtmlTable {
  std::string caption = {};
  std::vector<std::string> heads;
  std::vector<bool> words = {};  ///< a column: text; absent: numbers, but for the first
  struct Row {
    std::vector<std::string> cells;
    std::string key = {};   ///< data-key of the row, for programs
    bool emphasis = false;  ///< as a total
  };
  std::vector<Row> rows = {};

  HtmlTable& add(std::vector<std::string> cells, std::string key = {}, bool emphasis = false) {
    rows.push_back({std::move(cells), std::move(key), emphasis});
    return *this;
  }
  std::string html() const;
};

/// <figure> with a caption (markup) below.
std::string html_figure(const std::string& content, const std::string& caption, const char* css_class = "");
/// <details>, closed, with a summary (text).
std::string html_details(const std::string& summary, const std::string& content);

}  // namespace syconn
