// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/answer.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "syconn/core/error.h"
#include "syconn/core/json.h"

namespace syconn {

std::uint64_t AnswerAbout::rows_left() const {
  std::uint64_t n = rows;
  for (const ClauseCount& c : clauses) n -= c.removed;
  return n;
}

std::vector<std::string> AnswerAbout::lines() const {
  std::vector<std::string> out{question + " of " + run};
  for (const ClauseCount& c : clauses)
    out.push_back("where " + c.text + ": removed " + std::to_string(c.removed) + " rows");
  if (!clauses.empty()) out.push_back(std::to_string(rows_left()) + " of " + std::to_string(rows) + " rows left");
  out.insert(out.end(), notes.begin(), notes.end());
  for (std::string& line : out)
    for (char& c : line)
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return out;
}

std::string AnswerAbout::json() const {
  Json list = Json::array();
  for (const ClauseCount& c : clauses) list.push_back({{"where", c.text}, {"removed", c.removed}});
  return Json({{"question", question},
               {"run", run},
               {"rows", rows},
               {"filter", list},
               {"rows_left", rows_left()},
               {"notes", notes}})
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

constexpr std::size_t kMeasuredRows = 1000;

/// A file that appears complete or not at all, or the standard output.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {
    if (path_ == "-") return;
    temporary_ = temporary_name(path_);
    file_ = std::fopen(temporary_.c_str(), "wb");
    if (file_ == nullptr) throw Error(Category::runtime, "cannot write '" + path_ + "'");
  }
  ~Output() {
    if (path_ == "-" || file_ == nullptr) return;
    std::fclose(file_);
    std::error_code ignored;
    fs::remove(temporary_, ignored);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void put(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) failed();
  }
  void close() {
    if (std::fflush(file_) != 0) failed();
    if (path_ == "-") return;
    const bool bad = std::fclose(file_) != 0;
    file_ = nullptr;
    if (bad) failed();
    commit_file(temporary_, path_);
  }

 private:
  [[noreturn]] void failed() const {
    throw Error(Category::runtime, "cannot write '" + path_ + "': the disk is full, or the reader went away");
  }
  std::string path_;
  fs::path temporary_;
  std::FILE* file_ = stdout;
};

std::string shortest(double v) {
  char out[64];
  const auto end = std::to_chars(out, out + sizeof out, v).ptr;
  return {out, end};
}

class Writer : public AnswerSink {
 public:
  Writer(const std::string& path, bool codes) : out_(path), codes_(codes) {}

 protected:
  void keep(const std::vector<QueryColumn>& columns) { columns_ = columns; }
  /// Name of a code, else nothing.
  const std::string* name(std::size_t column, const QueryValue& v) const {
    const auto* code = std::get_if<std::int64_t>(&v);
    if (codes_ || code == nullptr) return nullptr;
    const auto found = columns_[column].names.find(*code);
    return found == columns_[column].names.end() ? nullptr : &found->second;
  }
  Output out_;
  bool codes_;
  std::vector<QueryColumn> columns_;
};

class CsvAnswer final : public Writer {
 public:
  using Writer::Writer;
  void begin(const std::vector<QueryColumn>& columns, const AnswerAbout& about) override {
    keep(columns);
    for (const std::string& line : about.lines()) out_.put("# " + line + "\n");
    std::string header;
    for (const QueryColumn& c : columns) header += (header.empty() ? "" : ",") + field(c.name);
    out_.put(header + "\n");
  }
  void row(const std::vector<QueryValue>& values) override {
    std::string line;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) line += ',';
      if (const std::string* word = name(i, values[i]))
        line += field(*word);
      else if (const auto* n = std::get_if<std::int64_t>(&values[i]))
        line += std::to_string(*n);
      else if (const auto* x = std::get_if<double>(&values[i]))
        line += std::isfinite(*x) ? shortest(*x) : "";
      else if (const auto* s = std::get_if<std::string>(&values[i]))
        line += field(*s);
    }
    out_.put(line + "\n");
  }
  void end() override { out_.close(); }

 private:
  static std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == text.npos && text.substr(0, 1) != "#") return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
  }
};

class JsonAnswer final : public Writer {
 public:
  using Writer::Writer;
  void begin(const std::vector<QueryColumn>& columns, const AnswerAbout& about) override {
    keep(columns);
    Json list = Json::array();
    for (const QueryColumn& c : columns) list.push_back({{"name", c.name}, {"units", c.units}});
    out_.put("{\"about\": " + about.json() + ",\n \"columns\": " + list.dump() + ",\n \"rows\": [");
  }
  void row(const std::vector<QueryValue>& values) override {
    Json line = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i) {
      Json& to = line[columns_[i].name];
      if (const std::string* word = name(i, values[i]))
        to = *word;
      else if (const auto* n = std::get_if<std::int64_t>(&values[i]))
        to = *n;
      else if (const auto* x = std::get_if<double>(&values[i]); x != nullptr && std::isfinite(*x))
        to = *x;
      else if (const auto* s = std::get_if<std::string>(&values[i]))
        to = *s;
    }
    out_.put((first_ ? "\n  " : ",\n  ") + line.dump(-1, ' ', false, Json::error_handler_t::replace));
    first_ = false;
  }
  void end() override { out_.put("\n ]}\n"), out_.close(); }

 private:
  bool first_ = true;
};

class TextAnswer final : public Writer {
 public:
  using Writer::Writer;
  void begin(const std::vector<QueryColumn>& columns, const AnswerAbout& about) override {
    keep(columns);
    for (const std::string& line : about.lines()) out_.put("# " + line + "\n");
    for (const QueryColumn& c : columns) widths_.push_back(c.name.size());
  }
  void row(const std::vector<QueryValue>& values) override {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < values.size(); ++i) cells.push_back(cell(i, values[i]));
    if (printed_) return print(cells);
    for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], cells[i].size());
    waiting_.push_back(std::move(cells));
    if (waiting_.size() >= kMeasuredRows) release();
  }
  void end() override {
    if (!printed_) release();
    out_.close();
  }

 private:
  std::string cell(std::size_t column, const QueryValue& v) const {
    if (const std::string* word = name(column, v)) return *word;
    if (const auto* n = std::get_if<std::int64_t>(&v)) return std::to_string(*n);
    if (const auto* s = std::get_if<std::string>(&v)) {
      std::string shown = *s;
      for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
      return shown;
    }
    const auto* x = std::get_if<double>(&v);
    if (x == nullptr || !std::isfinite(*x)) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", *x);
    return text;
  }
  void release() {
    printed_ = true;
    std::vector<std::string> header;
    for (const QueryColumn& c : columns_) header.push_back(c.name);
    print(header);
    for (const auto& cells : waiting_) print(cells);
    waiting_.clear();
  }
  void print(const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool left = columns_[i].type == SqlType::text || !columns_[i].names.empty();
      const std::string pad(widths_[i] > cells[i].size() ? widths_[i] - cells[i].size() : 0, ' ');
      line += (i > 0 ? "  " : "") + (left ? cells[i] + pad : pad + cells[i]);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out_.put(line + "\n");
  }
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> waiting_;
  bool printed_ = false;
};

}  // namespace

AnswerFormat answer_format(const std::string& name) {
  return name == "csv" ? AnswerFormat::csv : name == "json" ? AnswerFormat::json : AnswerFormat::text;
}

std::unique_ptr<AnswerSink> answer_writer(AnswerFormat format, const std::string& path, bool codes) {
  if (format == AnswerFormat::csv) return std::make_unique<CsvAnswer>(path, codes);
  if (format == AnswerFormat::json) return std::make_unique<JsonAnswer>(path, codes);
  return std::make_unique<TextAnswer>(path, codes);
}

}  // namespace syconn
