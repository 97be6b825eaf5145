// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdio>
#include <string>
#include <vector>

#include "syconn/core/chart.h"
#include "syconn/core/format.h"

/// What all charts are drawn with.
namespace syconn::chart {

inline constexpr double kFont = 12, kSmall = 11, kLine = 16;
inline constexpr const char *kInk = "#222", *kFaint = "#666", *kRule = "#e4e4e4";

/// Okabe and Ito (2008), best told apart first.
const char* colour(std::size_t series);
/// As `stroke-dasharray`.
const char* dash(std::size_t series);

/// About, in a common sans serif.
double text_width(const std::string& text, double size = kFont);
struct TextStyle {
  const char* anchor = "start";
  const char* fill = kInk;
  double size = kFont;
  bool bold = false;
  double turn = 0;  ///< degrees about its anchor
};
std::string text_at(double x, double y, const std::string& text, const TextStyle& style = {});
std::string line(double x1, double y1, double x2, double y2, const char* stroke = kInk, double width = 1);
std::string rect(double x, double y, double w, double h, const std::string& fill, const char* more = "");

/// 12000 as "12,000", 0.25, 1e9 as "10⁹"; `step`: distance to the next such number, which gives the digits.
std::string number_text(double value, double step);
/// Three digits: 0.000123, 12.3, 12,300.
std::string short_number(double value);

/// From data to pixels.
class Scale {
 public:
  /// Ends are rounded outwards to a tick if `round`. `from` and `to` are pixels.
  Scale(double least, double most, bool log, bool round, double from, double to);
  double at(double value) const;
  double least() const { return least_; }
  double most() const { return most_; }
  struct Tick {
    double value;
    std::string text;  ///< empty: a small one
  };
  const std::vector<Tick>& ticks() const { return ticks_; }

 private:
  void linear_ticks(bool round);
  void log_ticks(bool round);

  double least_, most_, from_, to_;
  bool log_;
  std::vector<Tick> ticks_;
};

/// Where the data lie in a chart with axes.
struct Frame {
  double left = 64, top = 36, width = 380, height = 240;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};
std::string axis_below(const Frame& frame, const Scale& x, const std::string& label);
std::string axis_left(const Frame& frame, const Scale& y, const std::string& label);

/// Key of the series: a sample of the mark, the name; returns the height that it took.
struct LegendEntry {
  std::string name;
  const char *colour, *dash;  ///< dash null: a filled square
};
double legend(double x, double y, const std::vector<LegendEntry>& entries, const std::vector<std::string>& notes,
              std::string& out);
double legend_width(const std::vector<LegendEntry>& entries, const std::vector<std::string>& notes);

}  // namespace syconn::chart
