// SPDX-License-Identifier: GPL-3.0-or-later
#include "toml.h"

#include <algorithm>
#include <charconv>

namespace syconn {
namespace {

constexpr int kMaxDepth = 16;

class Parser {
 public:
  Parser(const std::string& text, const std::string& origin) : text_(text), origin_(origin) {}

  Json parse() {
    Json root = Json::object();
    Json* table = &root;
    for (skip_lines(); at_ < text_.size(); skip_lines()) {
      if (peek() == '[') {
        table = header(root);
      } else {
        const std::string name = key();
        if (table->contains(name)) fail("'" + name + "' is there twice");
        skip_blanks(), expect('='), skip_blanks();
        (*table)[name] = value(0);
      }
      end_of_line();
    }
    return root;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const auto line =
        std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())), '\n');
    throw Error(Category::input, origin_ + ":" + std::to_string(line + 1) + ": " + what);
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void expect(char c) {
    if (peek() != c || at_ >= text_.size()) fail(std::string("'") + c + "' expected");
    ++at_;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  void skip_comment() {
    if (peek() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
  }
  /// Blanks, comments and line ends.
  void skip_lines() {
    for (;; ++at_) {
      skip_blanks(), skip_comment();
      if (peek() != '\n' && peek() != '\r') return;
    }
  }
  void end_of_line() {
    skip_blanks(), skip_comment();
    if (at_ < text_.size() && peek() != '\n' && peek() != '\r') fail("one key a line, please");
  }

  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '.';
  }
  std::string word() {
    const std::size_t from = at_;
    while (is_word(peek())) ++at_;
    if (at_ == from) fail("a key or value expected");
    return text_.substr(from, at_ - from);
  }
  std::string key() { return peek() == '"' || peek() == '\'' ? quoted() : word(); }

  /// [name] or [[name]]: the table that the next keys belong to.
  Json* header(Json& root) {
    expect('[');
    const bool list = peek() == '[';
    if (list) ++at_;
    skip_blanks();
    const std::string name = key();
    skip_blanks(), expect(']');
    if (list) expect(']');
    Json& entry = root[name];
    if (!list) {
      if (!entry.is_null()) fail("'" + name + "' is there twice");
      entry = Json::object();
      return &entry;
    }
    if (entry.is_null()) entry = Json::array();
    if (!entry.is_array()) fail("'" + name + "' is no array of tables");
    entry.push_back(Json::object());
    return &entry.back();
  }

  std::string quoted() {
    const char quote = text_[at_++];
    std::string out;
    for (;; ++at_) {
      if (at_ >= text_.size() || peek() == '\n') fail("a string does not end");
      if (peek() == quote) return ++at_, out;
      if (peek() == '\\' && quote == '"') {
        ++at_;
        if (peek() != '"' && peek() != '\\') fail("only \\\" and \\\\ are known in strings; use '…'");
      }
      out += peek();
    }
  }

  Json number_or_truth() {
    std::string text = word();
    if (text == "true" || text == "false") return text == "true";
    const std::string given = text;
    std::erase(text, '_');
    const char* first = text.data() + (text[0] == '+' ? 1 : 0);
    const char* last = text.data() + text.size();
    std::int64_t whole = 0;
    if (const auto [end, error] = std::from_chars(first, last, whole); error == std::errc{} && end == last)
      return whole;
    double number = 0;
    if (const auto [end, error] = std::from_chars(first, last, number); error == std::errc{} && end == last)
      return number;
    fail("'" + given + "' is no value that is known here");
  }

  Json value(int depth) {
    if (depth > kMaxDepth) fail("arrays are nested too deeply");
    if (peek() == '"' || peek() == '\'') return quoted();
    if (peek() != '[') return number_or_truth();
    Json list = Json::array();
    ++at_;
    for (skip_lines(); peek() != ']'; skip_lines()) {
      list.push_back(value(depth + 1));
      skip_lines();
      if (peek() != ']') expect(',');
    }
    ++at_;
    return list;
  }

  const std::string& text_;
  const std::string& origin_;
  std::size_t at_ = 0;
};

}  // namespace

Json parse_toml(const std::string& text, const std::string& origin) { return Parser(text, origin).parse(); }

}  // namespace syconn
