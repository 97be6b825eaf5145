// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Pictures of numbers as SVG: histograms, cumulative distributions, bars, matrices. A picture needs nothing else (no
/// scripts, styles, fonts or ids), so it can stand alone or within a page; texts are escaped. Same input, same text.
/// Colours are those of Okabe and Ito, told apart also by people who do not see all colours; curves differ in their
/// dashes too. Lengths are pixels.
namespace syconn {

/// What is drawn, until it is written.
struct Chart {
  double width = 0, height = 0;
  std::string title;  ///< for readers that speak
  std::string marks;  ///< elements within (0, 0, width, height)

  /// One <svg> element with a white ground and a line break at its end.
  std::string svg() const;
};

/// Charts beside and below each other, `columns` a row; rows and columns are as large as their largest.
Chart chart_grid(const std::vector<Chart>& charts, std::size_t columns);

/// The chart with small lines of text below it (such as what it was made from), broken where they are too wide.
Chart with_footnote(Chart chart, const std::vector<std::string>& lines);

struct ChartAxis {
  std::string label;  ///< with its unit
  bool log = false;   ///< decades; values of 0 and below are left out, and the chart says how many
  /// Its ends; equal: those of the values. Values beyond them stay out of a histogram and beyond the frame of a curve.
  double least = 0, most = 0;
};

/// One sample among those of a histogram or of cumulative curves. NaN is left out.
struct ChartSeries {
  std::string name;
  std::vector<double> values;
  /// A model's cumulative distribution, drawn over the sample as a thin line; may be empty.
  std::function<double(double)> model = {};
};

/// Shares of each series by bins of equal width (of equal ratio on a logarithmic axis).
struct Histogram {
  std::string title;
  ChartAxis x;
  std::vector<ChartSeries> series;
  std::size_t bins = 0;                 ///< 0: by Freedman and Diaconis (1981), 8 to 60
  std::vector<std::string> notes = {};  ///< lines below the legend
};
Chart draw(const Histogram& histogram);

/// Empirical cumulative distribution of each series, with its number of values in the legend.
struct CumulativeCurves {
  std::string title;
  ChartAxis x;
  std::vector<ChartSeries> series;
  std::vector<std::string> notes = {};  ///< as there, such as the result of a test
};
Chart draw(const CumulativeCurves& curves);

/// A bar a category and series.
struct BarSeries {
  std::string name;
  std::vector<double> values;                             ///< one a category; NaN: no bar
  std::vector<std::pair<double, double>> intervals = {};  ///< of each value, as a whisker; empty: none
};
struct BarChart {
  std::string title, y_label;
  std::vector<std::string> categories;
  std::vector<BarSeries> series;
  bool stacked = false;  ///< one series on the other, else side by side
};
/// Throws Error{runtime} if a series has not one value a category, or is stacked and negative.
Chart draw(const BarChart& bars);

/// A matrix as fields whose shade tells their value.
struct HeatMap {
  std::string title, row_label, column_label;
  std::vector<std::string> rows, columns;
  std::vector<double> values;           ///< row by row; NaN: a grey field
  std::vector<std::string> texts = {};  ///< of the fields, lines parted by '\n'; empty: none
  double least = 0, most = 0;           ///< values that are white and darkest; equal: 0 and the largest value
  bool log = false;                     ///< shade by the logarithm, from the smallest value above 0
  std::string scale_label = {};         ///< with its unit; empty: no scale is drawn
};
/// Throws Error{runtime} if there is not one value (and text) a field.
Chart draw(const HeatMap& map);

}  // namespace syconn
