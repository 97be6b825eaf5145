// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "syconn/core/markup.h"
#include "syconn/stages/label_score.h"

namespace syconn {
namespace {

constexpr double kField = 88, kHeight = 44, kMargin = 12, kLetter = 7.2;  // pixels; a letter of the 12-pixel font

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

/// Names longer than a field are broken at underscores.
std::vector<std::string> lines_of(const std::string& name) {
  std::vector<std::string> lines(1);
  std::string word;
  const auto take = [&] {
    if (!lines.back().empty() && kLetter * static_cast<double>(lines.back().size() + word.size()) > kField)
      lines.emplace_back();
    lines.back() += word, word.clear();
  };
  for (const char c : name) {
    word += c == '_' ? ' ' : c;
    if (c == '_') take();
  }
  take();
  return lines;
}

std::string text_at(double x, double y, const char* anchor, const std::string& fill, const std::string& text) {
  return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor, fill.c_str()) +
         escaped_markup(text) + "</text>\n";
}

/// White for 0, blue for 1.
std::string shade(double share) {
  const auto mix = [&](double white, double full) { return std::lround(white + share * (full - white)); };
  return format("#%02lx%02lx%02lx", mix(255, 22), mix(255, 72), mix(255, 140));
}

struct Size {
  double width = 0, height = 0;
};

/// Draws one matrix from height `top` on; returns its extent.
Size draw(const TitledScore& titled, double top, std::string& out) {
  const LabelScore& s = titled.score;
  const ConfusionMatrix& m = s.matrix;
  std::vector<std::string> columns = s.classes;
  if (s.others() > 0) columns.push_back("none of these");
  std::size_t letters = 5, lines = 1;
  for (const std::string& name : columns)
    letters = std::max(letters, name.size()), lines = std::max(lines, lines_of(name).size());
  const double left = kMargin + kLetter * static_cast<double>(letters) + 12;
  double y = top + 16;
  out += text_at(kMargin, y, "start", "#111", titled.title);
  y += 24;
  out += text_at(left, y, "start", "#666", "predicted");
  for (std::size_t k = 0; k < columns.size(); ++k) {
    double line = y + 16;
    for (const std::string& part : lines_of(columns[k]))
      out += text_at(left + (static_cast<double>(k) + 0.5) * kField, line, "middle", "#111", part), line += 14;
  }
  y += 16 + 14 * static_cast<double>(lines);
  out += text_at(left - 10, y - 10, "end", "#666", "truth");
  for (std::uint32_t c = 0; c < s.classes.size(); ++c, y += kHeight) {
    std::string name = s.classes[c];
    std::replace(name.begin(), name.end(), '_', ' ');
    out += text_at(left - 10, y + kHeight / 2 + 4, "end", "#111", name);
    const std::uint64_t all = m.score(c).support;
    for (std::uint32_t k = 0; k < columns.size(); ++k) {
      const double share = all > 0 ? static_cast<double>(m(c, k)) / static_cast<double>(all) : 0;
      const double x = left + k * kField;
      out += format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" fill=\"%s\" stroke=\"#bbb\"/>\n", x, y,
                    kField, kHeight, shade(share).c_str());
      const char* ink = share > 0.5 ? "#fff" : "#111";
      out += text_at(x + kField / 2, y + 19, "middle", ink, std::to_string(m(c, k)));
      if (all > 0) out += text_at(x + kField / 2, y + 35, "middle", ink, format("%.1f %%", 100 * share));
    }
  }
  const double title = kMargin + kLetter * static_cast<double>(titled.title.size());
  return {std::max(left + kField * static_cast<double>(columns.size()), title) + kMargin, y - top + kMargin};
}

}  // namespace

std::string confusion_svg(const std::vector<TitledScore>& scores) {
  std::string body;
  double width = 0, top = kMargin;
  for (const TitledScore& s : scores) {
    const Size size = draw(s, top, body);
    width = std::max(width, size.width), top += size.height + kMargin;
  }
  return format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" "
             "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
             width, top) +
         body + "</svg>\n";
}

}  // namespace syconn
