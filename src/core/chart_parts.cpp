// SPDX-License-Identifier: GPL-3.0-or-later
#include "chart_parts.h"

#include <algorithm>
#include <cmath>

#include "syconn/core/markup.h"

namespace syconn::chart {
namespace {

constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                    "#e69f00", "#56b4e9", "#000000", "#b3a500"};
constexpr const char* kDashes[] = {"none", "7 3", "2 2", "9 3 2 3", "4 4", "12 4", "1 3", "6 2 1 2 1 2"};

/// Without the bytes that continue a letter of UTF-8.
std::size_t letters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string power_of_ten(int exponent) {
  static constexpr const char* kRaised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text(exponent < 0 ? "10⁻" : "10");
  for (const char digit : std::to_string(std::abs(exponent))) text += kRaised[digit - '0'];
  return text;
}

std::string grouped(std::string digits) {
  const std::size_t sign = digits[0] == '-' ? 1 : 0, whole = std::min(digits.find('.'), digits.size());
  for (std::size_t at = whole; at > sign + 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string minus(std::string text) {
  if (text[0] == '-') text.replace(0, 1, "−");
  return text;
}

/// 1, 2 or 5 times a power of ten, so that about five steps make the span.
double nice_step(double span) {
  const double rough = span / 5, unit = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * unit * 1.0000001) return factor * unit;
  return 10 * unit;
}

}  // namespace

const char* colour(std::size_t series) { return kColours[series % std::size(kColours)]; }
const char* dash(std::size_t series) { return kDashes[series % std::size(kDashes)]; }

double text_width(const std::string& text, double size) { return 0.58 * size * static_cast<double>(letters(text)); }

std::string text_at(double x, double y, const std::string& text, const TextStyle& style) {
  std::string out = format("<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" text-anchor=\"%s\" fill=\"%s\"", x, y,
                           style.size, style.anchor, style.fill);
  if (style.bold) out += " font-weight=\"bold\"";
  if (style.turn != 0) out += format(" transform=\"rotate(%g %.1f %.1f)\"", style.turn, x, y);
  return out + ">" + escaped_markup(text) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const char* stroke, double width) {
  return format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%g\"/>\n", x1, y1,
                x2, y2, stroke, width);
}

std::string rect(double x, double y, double w, double h, const std::string& fill, const char* more) {
  return format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"%s/>\n", x, y, w, h,
                fill.c_str(), more);
}

std::string number_text(double value, double step) {
  if (value == 0) return "0";
  const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  if (digits > 5 || std::abs(value) >= 1e7) return minus(format("%.3g", value));
  return minus(grouped(format("%.*f", digits, value)));
}

std::string short_number(double value) {
  if (std::isnan(value)) return "–";
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size < 1e-4 || size >= 1e7) return minus(format("%.2e", value));
  const int digits = 2 - static_cast<int>(std::floor(std::log10(size)));
  std::string text = format("%.*f", std::max(0, digits), value);
  if (text.find('.') != std::string::npos) text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return minus(grouped(text));
}

Scale::Scale(double least, double most, bool log, bool round, double from, double to)
    : least_(least), most_(most), from_(from), to_(to), log_(log) {
  if (log_) {
    if (!(least_ > 0)) least_ = most_ > 0 ? most_ / 10 : 1;
    if (!(most_ > least_)) least_ /= 2, most_ = least_ * 4;
    log_ticks(round);
  } else {
    if (!(most_ > least_)) most_ = least_ + std::max(1.0, std::abs(least_));
    linear_ticks(round);
  }
}

double Scale::at(double value) const {
  const double share = log_ ? std::log(value / least_) / std::log(most_ / least_) : (value - least_) / (most_ - least_);
  return from_ + share * (to_ - from_);
}

void Scale::linear_ticks(bool round) {
  const double step = nice_step(most_ - least_);
  if (round) least_ = std::floor(least_ / step + 1e-9) * step, most_ = std::ceil(most_ / step - 1e-9) * step;
  const auto first = std::llround(std::ceil(least_ / step - 1e-9)),
             last = std::llround(std::floor(most_ / step + 1e-9));
  for (auto i = first; i <= last; ++i) {
    const double value = static_cast<double>(i) * step;
    ticks_.push_back({value, number_text(value, step)});
  }
}

void Scale::log_ticks(bool round) {
  const auto numbers_from = [](double value) { return value >= 1e-3 && value <= 2e5; };
  const double decades = std::log10(most_ / least_);
  if (round) {
    const auto rounded = [&](double value, bool up) {
      const double unit = std::pow(10, std::floor(std::log10(value) + 1e-12)), digit = value / unit;
      if (up) return unit * (digit <= 1 + 1e-9 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
      return unit * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
    };
    least_ = rounded(least_, false), most_ = rounded(most_, true);
  }
  const int first = static_cast<int>(std::floor(std::log10(least_) + 1e-12));
  const int last = static_cast<int>(std::ceil(std::log10(most_) - 1e-12));
  const int every = decades > 8 ? 2 : 1;
  for (int e = first; e <= last; ++e)
    for (int digit = 1; digit <= 9; ++digit) {
      const double value = digit * std::pow(10, e);
      if (value < least_ * (1 - 1e-9) || value > most_ * (1 + 1e-9)) continue;
      const bool named = (digit == 1 && e % every == 0) || (decades < 2.2 && (digit == 2 || digit == 5));
      std::string text;
      if (named)
        text = numbers_from(value) ? number_text(value, std::min(value, std::pow(10, e)))
               : digit == 1        ? power_of_ten(e)
                                   : "";
      ticks_.push_back({value, text});
    }
}

std::string axis_below(const Frame& f, const Scale& x, const std::string& label) {
  std::string out;
  for (const Scale::Tick& tick : x.ticks()) {
    const double at = x.at(tick.value);
    out += line(at, f.bottom(), at, f.bottom() + (tick.text.empty() ? 3 : 5));
    if (!tick.text.empty()) out += text_at(at, f.bottom() + 18, tick.text, {"middle", kInk, kSmall});
  }
  out += line(f.left, f.bottom(), f.right(), f.bottom());
  return out + text_at(f.left + f.width / 2, f.bottom() + 38, label, {"middle"});
}

std::string axis_left(const Frame& f, const Scale& y, const std::string& label) {
  std::string out;
  for (const Scale::Tick& tick : y.ticks()) {
    const double at = y.at(tick.value);
    if (!tick.text.empty() && at < f.bottom() - 0.5) out += line(f.left, at, f.right(), at, kRule);
    out += line(f.left - (tick.text.empty() ? 3 : 5), at, f.left, at);
    if (!tick.text.empty()) out += text_at(f.left - 8, at + 4, tick.text, {"end", kInk, kSmall});
  }
  out += line(f.left, f.top, f.left, f.bottom());
  return out + text_at(16, f.top + f.height / 2, label, {"middle", kInk, kFont, false, -90});
}

double legend(double x, double y, const std::vector<LegendEntry>& entries, const std::vector<std::string>& notes,
              std::string& out) {
  const double top = y;
  for (const LegendEntry& entry : entries) {
    if (entry.dash == nullptr)
      out += rect(x + 6, y, 12, 12, entry.colour);
    else
      out +=
          format("<path d=\"M%.1f %.1fh24\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>\n",
                 x, y + 6, entry.colour, entry.dash);
    out += text_at(x + 30, y + 10, entry.name, {"start", kInk, kSmall});
    y += kLine + 2;
  }
  if (!notes.empty()) y += 6;
  for (const std::string& note : notes) out += text_at(x, y + 10, note, {"start", kFaint, kSmall}), y += kLine;
  return y - top;
}

double legend_width(const std::vector<LegendEntry>& entries, const std::vector<std::string>& notes) {
  double width = 0;
  for (const LegendEntry& entry : entries) width = std::max(width, 30 + text_width(entry.name, kSmall));
  for (const std::string& note : notes) width = std::max(width, text_width(note, kSmall));
  return width;
}

}  // namespace syconn::chart
