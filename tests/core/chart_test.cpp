// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/chart.h"

#include <gmock/gmock.h>

#include <cmath>

#include "chart_parts.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Every element is closed in order, and there is one outermost <svg>.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  int outermost = 0;
  for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
      continue;
    }
    outermost += open.empty() ? 1 : 0;
    if (tag.back() != '/') open.push_back(tag.substr(0, tag.find_first_of(" \n")));
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(outermost, 1);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

std::vector<std::string> tick_texts(const chart::Scale& scale) {
  std::vector<std::string> texts;
  for (const auto& tick : scale.ticks())
    if (!tick.text.empty()) texts.push_back(tick.text);
  return texts;
}

TEST(Chart, Numbers) {
  EXPECT_EQ(chart::number_text(12000, 2000), "12,000");
  EXPECT_EQ(chart::number_text(-0.25, 0.05), "−0.25");
  EXPECT_EQ(chart::number_text(1234567, 1), "1,234,567");
  EXPECT_EQ(chart::number_text(0, 0.1), "0");
  EXPECT_EQ(chart::short_number(0.012345), "0.0123");
  EXPECT_EQ(chart::short_number(12345.6), "12,346");
  EXPECT_EQ(chart::short_number(2), "2");
  EXPECT_EQ(chart::short_number(NAN), "–");
}

TEST(Chart, TicksOfBothScales) {
  const chart::Scale plain(0.3, 3.7, false, true, 0, 100);
  EXPECT_EQ(tick_texts(plain), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  EXPECT_DOUBLE_EQ(plain.at(1), 25);
  const chart::Scale decades(0.03, 700, true, true, 0, 100);
  EXPECT_DOUBLE_EQ(decades.least(), 0.02);
  EXPECT_DOUBLE_EQ(decades.most(), 1000);
  EXPECT_EQ(tick_texts(decades), (std::vector<std::string>{"0.1", "1", "10", "100", "1,000"}));
  EXPECT_NEAR(decades.at(std::sqrt(0.02 * 1000)), 50, 1e-9);
  const chart::Scale narrow(1, 6, true, true, 0, 100);
  EXPECT_EQ(tick_texts(narrow), (std::vector<std::string>{"1", "2", "5", "10"}));
  const chart::Scale point(5, 5, false, true, 0, 100);  // one value only
  EXPECT_GT(point.most(), point.least());
}

TEST(Chart, HistogramCountsByHand) {
  // Bins [0, 2) and [2, 4], frame 380 wide from 64 and 240 high from 36, y to 0.8 in steps of 0.2: a share of 0.2 is
  // 60 pixels above the ground at 276, one of 0.6 is 180 above it.
  Histogram h{"sizes", {"a", false, 0, 4}, {{"one", {0, 2, 3, 4, NAN, 5}}}, 2};
  const std::string svg = draw(h).svg();
  expect_well_formed(svg);
  // The value beyond the end is one of the series: 1 and 3 of 5.
  EXPECT_THAT(svg, HasSubstr("M64.0 276.0V216.0H254.0V96.0H444.0V276.0"));
  EXPECT_THAT(svg, HasSubstr("one  (n = 5)"));
}

TEST(Chart, CurvesStepAtTheirValues) {
  CumulativeCurves c{"d", {"x", false, 0, 4}, {{"a", {3, 1}}, {"none", {}}}, {"a note"}};
  const std::string svg = draw(c).svg();
  expect_well_formed(svg);
  EXPECT_THAT(svg, HasSubstr("M64.0 276.0H159.0V156.0H349.0V36.0H444.0"));
  EXPECT_THAT(svg, HasSubstr("a note"));
  EXPECT_THAT(svg, HasSubstr("none  (n = 0)"));
}

TEST(Chart, LogarithmsLeaveOutWhatHasNone) {
  const Histogram h{"h", {"x", true}, {{"a", {0, -1, 1, 10, 100}}}};
  EXPECT_THAT(draw(h).svg(), HasSubstr("2 not above 0 left out"));
  const CumulativeCurves c{"c", {"x", true}, {{"a", {0, 1, 10}, [](double x) { return x / 10; }}}};
  EXPECT_THAT(draw(c).svg(), HasSubstr("1 not above 0 left out"));
  expect_well_formed(draw(c).svg());
}

TEST(Chart, NothingToShowIsAnEmptyChart) {
  expect_well_formed(draw(Histogram{"h", {"x"}, {}}).svg());
  expect_well_formed(draw(Histogram{"h", {"x", true}, {{"a", {NAN, -1}}}}).svg());
  expect_well_formed(draw(CumulativeCurves{"c", {"x", true}, {{"a", {}}}}).svg());
  expect_well_formed(draw(BarChart{"b", "y", {}, {}}).svg());
  expect_well_formed(draw(BarChart{"b", "y", {"a"}, {{"s", {NAN}}}}).svg());
  expect_well_formed(draw(HeatMap{"m", "r", "c", {}, {}, {}}).svg());
  expect_well_formed(draw(HeatMap{"m", "r", "c", {"a"}, {"b"}, {NAN}, {}, 0, 0, true, "n"}).svg());
  expect_well_formed(chart_grid({}, 3).svg());
}

TEST(Chart, BarsStackAndStandBeside) {
  BarChart b{"t", "y", {"a", "b"}, {{"one", {1, 2}}, {"two", {3, NAN}}}, true};
  // y to 4, 60 pixels a unit: the second of `a` from 1 to 4.
  EXPECT_THAT(draw(b).svg(), HasSubstr("y=\"36.0\" width=\"44.0\" height=\"180.0\" fill=\"#d55e00\""));
  b.stacked = false;
  b.series[0].intervals = {{0, 2}, {1, 3}};
  expect_well_formed(draw(b).svg());
  b.series[1].values.pop_back();
  EXPECT_THROW(draw(b), Error);
  EXPECT_THROW(draw(BarChart{"t", "y", {"a"}, {{"s", {-1}}}, true}), Error);
}

TEST(Chart, MatrixShadesAndEscapes) {
  HeatMap m{"a<b & \"c\"", "rows", "columns", {"r_1", "<r>"}, {"x", "y"}, {0, 5, 10, NAN}, {"0", "5\nhalf", "10", "–"}};
  m.scale_label = "µm²";
  const std::string svg = draw(m).svg();
  expect_well_formed(svg);
  for (const char* text : {"a&lt;b &amp; &quot;c&quot;", "r 1", "&lt;r&gt;", "half", "#ffffff", "#083870", "#eeeeee"})
    EXPECT_THAT(svg, HasSubstr(text));
  EXPECT_THAT(svg, Not(HasSubstr("<r>")));
  EXPECT_EQ(svg, draw(m).svg());
  m.log = true;
  expect_well_formed(draw(m).svg());
  m.values.pop_back();
  EXPECT_THROW(draw(m), Error);
}

TEST(Chart, GridPlacesByTheLargestOfRowAndColumn) {
  const Chart small{10, 20, "s", "<g/>"}, large{30, 5, "l", "<g/>"};
  const Chart grid = chart_grid({small, large, large}, 2);
  EXPECT_DOUBLE_EQ(grid.width, 60);
  EXPECT_DOUBLE_EQ(grid.height, 25);
  EXPECT_THAT(grid.marks, HasSubstr("translate(30.0 0.0)"));
  EXPECT_THAT(grid.marks, HasSubstr("translate(0.0 20.0)"));
  expect_well_formed(grid.svg());
}

}  // namespace
}  // namespace syconn
