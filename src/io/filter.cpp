// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "syconn/core/error.h"
#include "syconn/core/nearest_word.h"

namespace syconn {
namespace {

constexpr std::size_t kLongest = 64 << 10;
constexpr int kDeepest = 100;  ///< parentheses and nots in one another

enum class Kind { end, word, number, text, sign };

struct Token {
  Kind kind = Kind::end;
  std::string text;  ///< of a quoted text without its quotes
  std::size_t at = 0, after = 0;
};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The text with a caret below a character; what could move a cursor is shown as '?'.
[[noreturn]] void fail(const std::string& text, std::size_t at, const std::string& what) {
  constexpr std::size_t kShown = 100;  // of a long filter, what lies around the place
  const std::size_t from = at > kShown / 2 ? at - kShown / 2 : 0;
  std::string shown = text.substr(from, kShown);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  throw Error(Category::usage, "filter: " + what + " (character " + std::to_string(at + 1) + ")\n  " + shown + "\n  " +
                                   std::string(at - from, ' ') + "^");
}

class Lexer {
 public:
  explicit Lexer(const std::string& text) : text_(text) {}

  Token next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
    Token t;
    t.at = at_;
    if (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_letter(c))
        word(t);
      else if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && starts_number()))
        number(t);
      else if (c == '\'' || c == '"')
        quoted(t, c);
      else
        sign(t);
    }
    t.after = at_;
    return t;
  }

 private:
  bool starts_number() const {
    std::size_t i = at_ + 1;
    if (i < text_.size() && text_[at_] != '.' && text_[i] == '.') ++i;
    return i < text_.size() && is_digit(text_[i]);
  }
  void word(Token& t) {
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) t.text += text_[at_++];
    t.kind = Kind::word;
  }
  void number(Token& t) {
    t.text += text_[at_++];
    while (at_ < text_.size()) {
      const char c = text_[at_], before = text_[at_ - 1];
      const bool exponent_sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
      if (!is_digit(c) && c != '.' && !is_letter(c) && !exponent_sign) break;
      t.text += c, ++at_;
    }
    t.kind = Kind::number;
  }
  void quoted(Token& t, char quote) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\0') fail(text_, at_, "a NUL character");
      if (text_[at_] != quote) {
        t.text += text_[at_];
        continue;
      }
      if (at_ + 1 >= text_.size() || text_[at_ + 1] != quote) {
        ++at_, t.kind = Kind::text;
        return;
      }
      t.text += text_[++at_];
    }
    fail(text_, t.at, "this quote is never closed");
  }
  void sign(Token& t) {
    static const char* const known[] = {"==", "!=", "<>", "<=", ">=", "<", ">", "=", "(", ")", ","};
    for (const char* s : known)
      if (text_.compare(at_, std::char_traits<char>::length(s), s) == 0) {
        t.text = s, t.kind = Kind::sign, at_ += t.text.size();
        return;
      }
    fail(text_, at_, "a character that means nothing here");
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

class Parser {
 public:
  Parser(const std::string& text, const std::vector<QueryColumn>& columns)
      : text_(text), columns_(columns), lexer_(text) {
    advance();
  }

  std::vector<FilterClause> parse() {
    std::vector<FilterClause> clauses;
    if (now_.kind == Kind::end) return clauses;
    std::size_t from = now_.at;
    // Conditions joined by `and` alone are clauses of their own; one `or` among them makes the whole text one.
    std::string whole;
    bool only_and = true;
    for (;;) {
      const std::string sql = negation();
      clauses.push_back({text_.substr(from, before_ - from), sql});
      whole += sql;
      if (!is_word("and") && !is_word("or")) break;
      only_and = only_and && is_word("and");
      whole += is_word("and") ? " AND " : " OR ";
      advance();
      from = now_.at;
    }
    if (now_.kind != Kind::end) fail(text_, now_.at, "expected 'and', 'or' or the end");
    if (!only_and) clauses = {{text_.substr(0, before_), "(" + whole + ")"}};
    return clauses;
  }

 private:
  void advance() { before_ = now_.after, now_ = lexer_.next(); }
  bool is_word(const char* word) const { return now_.kind == Kind::word && lower(now_.text) == word; }
  bool is_sign(const char* sign) const { return now_.kind == Kind::sign && now_.text == sign; }
  void take_sign(const char* sign) {
    if (!is_sign(sign)) fail(text_, now_.at, std::string("expected '") + sign + "'");
    advance();
  }

  std::string disjunction() {
    std::string sql = conjunction();
    while (is_word("or")) advance(), sql += " OR " + conjunction();
    return sql;
  }
  std::string conjunction() {
    std::string sql = negation();
    while (is_word("and")) advance(), sql += " AND " + negation();
    return sql;
  }
  std::string negation() {
    if (++depth_ > kDeepest) fail(text_, now_.at, "more than 100 parentheses in one another");
    std::string sql;
    if (is_word("not")) {
      advance();
      sql = "(NOT " + negation() + ")";
    } else if (is_sign("(")) {
      advance();
      sql = "(" + disjunction() + ")";
      take_sign(")");
    } else {
      sql = condition();
    }
    --depth_;
    return sql;
  }

  std::string condition() {
    if (now_.kind != Kind::word) fail(text_, now_.at, "expected a column");
    const auto found =
        std::find_if(columns_.begin(), columns_.end(), [&](const auto& c) { return c.name == now_.text; });
    if (found == columns_.end()) {
      std::vector<std::string> names;
      for (const QueryColumn& c : columns_) names.push_back(c.name);
      fail(text_, now_.at, "no column '" + now_.text + "'." + did_you_mean(now_.text, names));
    }
    const QueryColumn& column = *found;
    const std::string name = sql_name(column.name);
    advance();
    if (is_word("is")) {
      advance();
      const bool no = is_word("not");
      if (no) advance();
      if (!is_word("null")) fail(text_, now_.at, "expected 'null'");
      advance();
      return name + (no ? " IS NOT NULL" : " IS NULL");
    }
    const bool not_in = is_word("not");
    if (not_in) advance();
    if (is_word("in")) return name + (not_in ? " NOT IN (" : " IN (") + list(column) + ")";
    if (not_in) fail(text_, now_.at, "expected 'in'");
    return comparison(column, name);
  }

  std::string list(const QueryColumn& column) {
    advance();
    take_sign("(");
    std::string sql;
    for (;;) {
      for (const std::string& v : values(column)) sql += (sql.empty() ? "" : ",") + v;
      advance();
      if (!is_sign(",")) break;
      advance();
    }
    take_sign(")");
    return sql;
  }

  std::string comparison(const QueryColumn& column, const std::string& name) {
    static const std::map<std::string, std::string> known{{"==", "="}, {"=", "="},   {"!=", "<>"}, {"<>", "<>"},
                                                          {"<", "<"},  {"<=", "<="}, {">", ">"},   {">=", ">="}};
    const auto sign = now_.kind == Kind::sign ? known.find(now_.text) : known.end();
    if (sign == known.end()) fail(text_, now_.at, "expected a comparison (== != < <= > >=), 'in' or 'is'");
    const std::string op = sign->second;
    advance();
    const std::size_t at = now_.at;
    const std::vector<std::string> v = values(column);
    advance();
    if (v.size() == 1) return name + " " + op + " " + v.front();
    if (op != "=" && op != "<>") fail(text_, at, "this word stands for several codes: only == and != go with it");
    std::string sql;
    for (const std::string& one : v) sql += (sql.empty() ? "" : ",") + one;
    return name + (op == "=" ? " IN (" : " NOT IN (") + sql + ")";
  }

  /// Literals for the current token as a value of that column.
  std::vector<std::string> values(const QueryColumn& column) const {
    if (now_.kind == Kind::end || now_.kind == Kind::sign) fail(text_, now_.at, "expected a value");
    if (column.type == SqlType::text) return {sql_text(now_.text)};
    if (now_.kind == Kind::number) return {number()};
    if (column.names.empty()) fail(text_, now_.at, "'" + column.name + "' is compared with numbers");
    std::vector<std::string> known;
    for (const auto& [code, word] : column.names) {
      if (word == now_.text) return {std::to_string(code)};
      known.push_back(word);
    }
    for (const auto& [word, codes] : column.groups) {
      known.push_back(word);
      if (word != now_.text) continue;
      std::vector<std::string> out;
      for (const std::int64_t code : codes) out.push_back(std::to_string(code));
      return out;
    }
    std::string all;
    for (const std::string& word : known) all += (all.empty() ? "" : ", ") + word;
    fail(text_, now_.at,
         "'" + now_.text + "' is no value of '" + column.name + "'." + did_you_mean(now_.text, known) +
             " It has: " + all);
  }

  std::string number() const {
    const std::string& t = now_.text;
    const char* begin = t.c_str() + (t.front() == '+' ? 1 : 0);
    const char* end = t.c_str() + t.size();
    std::int64_t integer = 0;
    const auto whole = std::from_chars(begin, end, integer);
    if (whole.ptr == end) {
      if (whole.ec == std::errc::result_out_of_range) fail(text_, now_.at, "an integer beyond 2^63 - 1");
      // SQLite reads the least one as a real number unless it is made of two.
      if (integer == INT64_MIN) return "(-9223372036854775807-1)";
      return std::to_string(integer);
    }
    double real = 0;
    const auto any = std::from_chars(begin, end, real);
    if (any.ec != std::errc() || any.ptr != end || !std::isfinite(real))
      fail(text_, now_.at, "'" + t + "' is no number");
    char out[64];
    const auto printed = std::to_chars(out, out + sizeof out, real, std::chars_format::scientific);
    return {out, printed.ptr};
  }

  const std::string& text_;
  const std::vector<QueryColumn>& columns_;
  Lexer lexer_;
  Token now_;
  std::size_t before_ = 0;  ///< where the last token ended
  int depth_ = 0;
};

std::string doubled(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

std::vector<FilterClause> parse_filter(const std::string& text, const std::vector<QueryColumn>& columns) {
  if (text.size() > kLongest) throw Error(Category::usage, "filter: longer than 64 KiB");
  return Parser(text, columns).parse();
}

const QueryColumn& find_column(const std::vector<QueryColumn>& columns, const std::string& name) {
  std::vector<std::string> names;
  for (const QueryColumn& c : columns) {
    if (c.name == name) return c;
    names.push_back(c.name);
  }
  throw Error(Category::usage, "no column '" + name + "'." + did_you_mean(name, names));
}

std::string sql_name(const std::string& name) { return doubled(name, '"'); }
std::string sql_text(const std::string& text) { return doubled(text, '\''); }

}  // namespace syconn
