// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/table_csv.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;
constexpr std::size_t kMaxRowBytes = std::size_t{1} << 26;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

struct CsvWriter::Impl {
  fs::path path;
  FileHandle file;
  std::size_t n_columns = 0, filled = 0;
  std::string row;

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Category::runtime, "table '" + path.string() + "': " + what);
  }
  void separate() {
    if (filled++ > 0) row += ',';
  }
  void flush() {
    if (std::fwrite(row.data(), 1, row.size(), file.get()) != row.size())
      fail(std::string("cannot write: ") + std::strerror(errno));
    row.clear();
  }
  template <class T>
  void number(T value) {
    char digits[64];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    separate();
    row.append(digits, end.ptr);
  }
};

CsvWriter::CsvWriter(const fs::path& path, const std::vector<std::string>& columns,
                     const std::vector<std::string>& comments)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->n_columns = columns.size();
  impl_->file.reset(std::fopen(path.c_str(), "wb"));
  if (impl_->file == nullptr) impl_->fail(std::string("cannot create: ") + std::strerror(errno));
  for (const std::string& comment : comments) {
    if (comment.find_first_of("\r\n") != std::string::npos) impl_->fail("a comment of two lines");
    impl_->row += "# " + comment + "\n";
  }
  for (const std::string& column : columns) add(column);
  end_row();
}
CsvWriter::~CsvWriter() = default;

CsvWriter& CsvWriter::add(std::string_view text) {
  impl_->separate();
  const bool first = impl_->filled == 1;  // a row must not look like a comment or an empty line
  const bool quote = text.find_first_of(",\"\r\n") != std::string_view::npos || (first && text.starts_with('#')) ||
                     (text.empty() && impl_->n_columns == 1);
  impl_->row += quote ? quoted(text) : std::string(text);
  return *this;
}
CsvWriter& CsvWriter::add(std::uint64_t value) { return impl_->number(value), *this; }
CsvWriter& CsvWriter::add(std::int64_t value) { return impl_->number(value), *this; }
CsvWriter& CsvWriter::add(double value) {
  return std::isnan(value) ? add(std::string_view()) : (impl_->number(value), *this);
}
CsvWriter& CsvWriter::add(float value) {
  return std::isnan(value) ? add(std::string_view()) : (impl_->number(value), *this);
}

void CsvWriter::end_row() {
  if (impl_->filled != impl_->n_columns)
    impl_->fail("a row of " + std::to_string(impl_->filled) + " values under " + std::to_string(impl_->n_columns) +
                " columns");
  impl_->row += '\n';
  impl_->filled = 0;
  if (impl_->row.size() > kBufferBytes) impl_->flush();
}

void CsvWriter::close() {
  if (impl_->filled != 0) impl_->fail("closed in the middle of a row");
  impl_->flush();
  if (std::fclose(impl_->file.release()) != 0) impl_->fail(std::string("cannot close: ") + std::strerror(errno));
}

struct CsvReader::Impl {
  fs::path path;
  FileHandle file;
  std::vector<char> buffer = std::vector<char>(kBufferBytes);
  std::size_t at = 0, end = 0;
  std::uint64_t next_line = 1, next_column = 1, row_line = 1;
  std::vector<std::string> columns;
  std::string row;                ///< the fields' text, unquoted, without separators
  std::vector<std::size_t> ends;  ///< end of each field in `row`
  struct Place {
    std::uint64_t line = 1, column = 1;  ///< characters from 1
  };
  std::vector<Place> starts;  ///< of each field in the file
  Place header;

  Place here() const { return {next_line, next_column}; }
  [[noreturn]] void fail_at(const Place& place, const std::string& what) const {
    throw Error(Category::input,
                path.string() + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + what);
  }

  int peek() {
    if (at == end) {
      at = 0;
      end = std::fread(buffer.data(), 1, buffer.size(), file.get());
      if (end == 0 && std::ferror(file.get())) fail_at(here(), std::string("cannot read: ") + std::strerror(errno));
    }
    return at == end ? EOF : static_cast<unsigned char>(buffer[at]);
  }
  int get() {
    const int c = peek();
    if (c == EOF) return c;
    ++at;
    if (c == '\n')
      ++next_line, next_column = 1;
    else if ((c & 0xc0) != 0x80)  // a character of several bytes counts once
      ++next_column;
    return c;
  }
  void put(int c) {
    if (row.size() >= kMaxRowBytes) fail_at(starts.back(), "the row is longer than 64 MiB; is a quote left open?");
    row += static_cast<char>(c);
  }

  /// To the start of the next row that is neither empty nor a comment.
  bool seek_row() {
    for (;;) {
      const int c = peek();
      if (c == EOF) return false;
      if (c == '#') {
        for (int skipped = get(); skipped != '\n' && skipped != EOF; skipped = get()) continue;
      } else if (c == '\n' || c == '\r') {
        get();
      } else {
        return true;
      }
    }
  }

  void read_quoted() {
    get();
    for (;;) {
      const int c = get();
      if (c == EOF) fail_at(starts.back(), "a quoted field does not end");
      if (c != '"')
        put(c);
      else if (peek() == '"')
        put(get());
      else
        break;
    }
    const int c = peek();
    if (c != ',' && c != '\n' && c != '\r' && c != EOF) fail_at(here(), "text after a closing quote");
  }

  void read_plain() {
    for (int c = peek(); c != ',' && c != '\n' && c != '\r' && c != EOF; c = peek()) {
      if (c == '"') fail_at(here(), "a quote inside an unquoted field");
      put(get());
    }
  }

  bool read_row() {
    if (!seek_row()) return false;
    row_line = next_line;
    row.clear(), ends.clear(), starts.clear();
    for (;;) {
      starts.push_back(here());
      if (peek() == '"')
        read_quoted();
      else
        read_plain();
      ends.push_back(row.size());
      const Place stop = here();
      const int c = get();
      if (c == ',') continue;
      if (c == '\r' && get() != '\n') fail_at(stop, "a carriage return without a line feed");
      return true;
    }
  }

  std::string_view field(std::size_t column) const {
    const std::size_t begin = column == 0 ? 0 : ends[column - 1];
    return std::string_view(row).substr(begin, ends[column] - begin);
  }

  std::string known() const {
    std::string text;
    for (const std::string& column : columns) text += (text.empty() ? "" : ", ") + column;
    return text;
  }

  template <class T>
  T parse(std::size_t column, const char* kind) const {
    const std::string_view text = field(column);
    T value{};
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size())
      fail_at(starts[column], "column '" + columns[column] + "': '" + std::string(text) + "' is not " + kind);
    return value;
  }
};

CsvReader::CsvReader(const fs::path& path, const std::vector<std::string>& required) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->file.reset(std::fopen(path.c_str(), "rb"));
  if (impl_->file == nullptr)
    throw Error(Category::input, "cannot read '" + path.string() + "': " + std::strerror(errno));
  impl_->peek();
  if (impl_->end >= 3 && std::memcmp(impl_->buffer.data(), "\xef\xbb\xbf", 3) == 0) impl_->at = 3;  // a byte order mark
  if (!impl_->read_row()) impl_->fail_at(impl_->here(), "no header row");
  for (std::size_t c = 0; c < impl_->ends.size(); ++c) impl_->columns.emplace_back(impl_->field(c));
  impl_->header = impl_->starts[0];
  for (const std::string& name : required) column(name);
  impl_->ends.clear();
}
CsvReader::~CsvReader() = default;

const std::vector<std::string>& CsvReader::columns() const { return impl_->columns; }
bool CsvReader::has(std::string_view name) const {
  return std::find(impl_->columns.begin(), impl_->columns.end(), name) != impl_->columns.end();
}
std::size_t CsvReader::column(std::string_view name) const {
  const auto found = std::find(impl_->columns.begin(), impl_->columns.end(), name);
  if (found == impl_->columns.end())
    impl_->fail_at(impl_->header, "no column '" + std::string(name) + "'; columns: " + impl_->known());
  return static_cast<std::size_t>(found - impl_->columns.begin());
}

bool CsvReader::next() {
  if (!impl_->read_row()) return false;
  if (impl_->ends.size() != impl_->columns.size())  // at the first field too many, or at the last one there is
    impl_->fail_at(impl_->starts[std::min(impl_->starts.size() - 1, impl_->columns.size())],
                   std::to_string(impl_->ends.size()) + " fields under " + std::to_string(impl_->columns.size()) +
                       " columns (" + impl_->known() + ")");
  return true;
}

std::uint64_t CsvReader::line() const { return impl_->row_line; }
std::string_view CsvReader::text(std::size_t column) const {
  if (column >= impl_->ends.size()) fail("no field number " + std::to_string(column));
  return impl_->field(column);
}
Id CsvReader::id(std::size_t column) const {
  text(column);
  return impl_->parse<std::uint64_t>(column, "an id (decimal digits, at most 2^64-1)");
}
std::int64_t CsvReader::integer(std::size_t column) const {
  text(column);
  return impl_->parse<std::int64_t>(column, "an integer");
}
double CsvReader::number(std::size_t column) const {
  return text(column).empty() ? std::numeric_limits<double>::quiet_NaN() : impl_->parse<double>(column, "a number");
}
void CsvReader::fail(const std::string& what) const {
  throw Error(Category::input, impl_->path.string() + ":" + std::to_string(impl_->row_line) + ": " + what);
}
void CsvReader::fail(std::size_t column, const std::string& what) const {
  text(column);
  impl_->fail_at(impl_->starts[column], "column '" + impl_->columns[column] + "': " + what);
}

}  // namespace syconn
