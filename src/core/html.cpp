// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/html.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace syconn {
namespace {

std::string with_commas(std::string digits) {
  const std::size_t sign = digits[0] == '-' ? 1 : 0, whole = std::min(digits.find('.'), digits.size());
  for (std::size_t at = whole; at > sign + 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string printed(const char* pattern, int digits, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, digits, value);
  return text;
}

}  // namespace

std::string count_text(std::int64_t n) { return with_commas(std::to_string(n)); }

std::string measure_text(double value) {
  if (std::isnan(value)) return "–";
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size < 1e-4 || size >= 1e15) return printed("%.*e", 2, value);
  const int digits = std::max(0, 2 - static_cast<int>(std::floor(std::log10(size))));
  std::string text = printed("%.*f", digits, value);
  if (text.find('.') != text.npos) text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return with_commas(text);
}

std::string bytes_text(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(units)) bytes /= 1000, ++unit;
  return measure_text(bytes) + " " + units[unit];
}

std::string share_text(double part, double whole) {
  return whole > 0 ? measure_text(100 * part / whole) + " %" : std::string("–");
}

std::string base64(std::string_view bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= n ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string HtmlTable::html() const {
  const auto is_text = [&](std::size_t i) { return i < words.size() ? words[i] : i == 0; };
  std::string out = "<div class=\"scroll\"><table>\n";
  if (!caption.empty()) out += "<caption>" + escaped_markup(caption) + "</caption>\n";
  out += "<thead><tr>";
  for (std::size_t i = 0; i < heads.size(); ++i)
    out += std::string("<th scope=\"col\"") + (is_text(i) ? " class=\"t\">" : ">") + escaped_markup(heads[i]) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : rows) {
    out += "<tr";
    if (!row.key.empty()) out += " data-key=\"" + escaped_markup(row.key) + "\"";
    out += row.emphasis ? " class=\"sum\">" : ">";
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const char* tag = i == 0 ? "th" : "td";
      out += std::string("<") + tag + (i == 0 ? " scope=\"row\"" : "") + (is_text(i) ? " class=\"t\">" : ">") +
             row.cells[i] + "</" + tag + ">";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_figure(const std::string& content, const std::string& caption, const char* css_class) {
  return std::string("<figure") + (*css_class != '\0' ? std::string(" class=\"") + css_class + "\"" : "") + ">\n" +
         content + "<figcaption>" + caption + "</figcaption>\n</figure>\n";
}

std::string html_details(const std::string& summary, const std::string& content) {
  return "<details><summary>" + escaped_markup(summary) + "</summary>\n" + content + "</details>\n";
}

}  // namespace syconn
