// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/swc.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "syconn/core/error.h"

namespace syconn {
namespace {

struct SwcRow {
  std::int64_t id = 0, type = 0, parent = 0;
  Vec3d position;
  double radius = 0;
  std::size_t line = 0;
};

class SwcText {
 public:
  SwcText(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  /// False at the end. Skips comments and empty lines.
  bool next(SwcRow& row) {
    while (!text_.empty()) {
      const std::size_t end = text_.find('\n');
      line_text_ = text_.substr(0, end);
      text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
      ++line_;
      skip_blanks();
      if (line_text_.empty() || line_text_.front() == '#') continue;
      row.line = line_;
      row.id = integer("id"), row.type = integer("type");
      row.position.x = number("x"), row.position.y = number("y"), row.position.z = number("z");
      row.radius = number("radius"), row.parent = integer("parent");
      return true;
    }
    return false;
  }
  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw Error(Category::input, name_ + ":" + std::to_string(line) + ": " + what);
  }

 private:
  void skip_blanks() {
    const std::size_t at = line_text_.find_first_not_of(" \t\r\f\v,");
    line_text_.remove_prefix(at == std::string_view::npos ? line_text_.size() : at);
  }
  std::string_view word(const char* what) {
    skip_blanks();
    if (line_text_.empty()) fail(line_, std::string("no ") + what + "; a line is 'id type x y z radius parent'");
    const std::string_view found = line_text_.substr(0, line_text_.find_first_of(" \t\r\f\v,"));
    line_text_.remove_prefix(found.size());
    return found;
  }
  double number(const char* what) {
    const std::string_view found = word(what);
    double value = 0;
    const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), value);
    if (error != std::errc() || end != found.data() + found.size() || !std::isfinite(value))
      fail(line_, std::string(what) + " '" + std::string(found.substr(0, 40)) + "' is not a finite number");
    return value;
  }
  /// Some writers put integers as 3.0.
  std::int64_t integer(const char* what) {
    const double value = number(what);
    if (value != std::floor(value) || std::abs(value) > 9e15) fail(line_, std::string(what) + " is not an integer");
    return static_cast<std::int64_t>(value);
  }

  std::string_view text_, line_text_;
  const std::string& name_;
  std::size_t line_ = 0;
};

constexpr std::int64_t kRoot = -1;
constexpr double kFarthestNm = 1e15;  // beyond it lengths and areas of trees lose themselves in rounding

std::vector<SwcRow> read_rows(SwcText& swc, std::size_t max_nodes,
                              std::unordered_map<std::int64_t, std::size_t>& row_of) {
  std::vector<SwcRow> rows;
  SwcRow row;
  while (swc.next(row)) {
    if (rows.size() >= max_nodes) swc.fail(row.line, "more than " + std::to_string(max_nodes) + " nodes");
    if (row.radius < 0) swc.fail(row.line, "the radius is negative");
    if (std::abs(row.type) > 1'000'000) swc.fail(row.line, "the type is out of range");
    if (!row_of.emplace(row.id, rows.size()).second)
      swc.fail(row.line, "node " + std::to_string(row.id) + " is defined twice");
    rows.push_back(row);
  }
  if (rows.empty()) swc.fail(1, "no node");
  return rows;
}

}  // namespace

NeuronTree parse_swc(std::string_view text, const std::string& name, double nm_per_unit, std::size_t max_nodes) {
  SwcText swc(text, name);
  std::unordered_map<std::int64_t, std::size_t> row_of;
  const std::vector<SwcRow> rows = read_rows(swc, std::min<std::size_t>(max_nodes, 0x7fffffff), row_of);
  NeuronTree tree;
  constexpr std::int32_t kWaiting = -1, kOnTheWay = -2;
  std::vector<std::int32_t> place(rows.size(), kWaiting);
  std::vector<std::size_t> way;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    way.clear();
    for (std::size_t at = i; place[at] < 0;) {  // up to the first ancestor that has its place
      if (place[at] == kOnTheWay)
        swc.fail(rows[at].line, "node " + std::to_string(rows[at].id) + " is its own ancestor");
      place[at] = kOnTheWay;
      way.push_back(at);
      if (rows[at].parent == kRoot) break;
      const auto parent = row_of.find(rows[at].parent);
      if (parent == row_of.end())
        swc.fail(rows[at].line, "its parent " + std::to_string(rows[at].parent) + " is no node");
      at = parent->second;
    }
    for (; !way.empty(); way.pop_back()) {
      const SwcRow& row = rows[way.back()];
      place[way.back()] = static_cast<std::int32_t>(tree.n_nodes());
      tree.parent.push_back(row.parent == kRoot ? -1 : place[row_of.at(row.parent)]);
      tree.nodes_nm.push_back(row.position * nm_per_unit);
      tree.radius_nm.push_back(row.radius * nm_per_unit);
      const Vec3d& at_nm = tree.nodes_nm.back();
      for (const double v : {at_nm.x, at_nm.y, at_nm.z, tree.radius_nm.back()})
        if (!(std::abs(v) <= kFarthestNm)) swc.fail(row.line, "a number is beyond 1e15 nm");
      tree.type.push_back(static_cast<std::int32_t>(row.type));
    }
  }
  return tree;
}

NeuronTree read_swc(const fs::path& path, double nm_per_unit, std::size_t max_nodes) {
  return parse_swc(read_file(path), path.string(), nm_per_unit, max_nodes);
}

}  // namespace syconn
