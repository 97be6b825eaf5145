// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "chart_parts.h"

namespace syconn {
namespace {

using namespace chart;

constexpr double kGap = 16;

/// Samples that an axis can show, in ascending order.
struct Shown {
  std::vector<std::vector<double>> series;
  std::size_t left_out = 0;  ///< not above 0 on a logarithmic axis
  double least = INFINITY, most = -INFINITY;
};

Shown shown(const std::vector<ChartSeries>& all, const ChartAxis& axis) {
  Shown out;
  for (const ChartSeries& s : all) {
    std::vector<double> values;
    for (const double v : s.values) {
      if (!std::isfinite(v)) continue;
      if (axis.log && v <= 0)
        ++out.left_out;
      else
        values.push_back(v);
    }
    std::sort(values.begin(), values.end());
    if (!values.empty()) out.least = std::min(out.least, values.front()), out.most = std::max(out.most, values.back());
    out.series.push_back(std::move(values));
  }
  if (axis.most > axis.least) out.least = axis.least, out.most = axis.most;
  if (!(out.least <= out.most)) out.least = axis.log ? 0.1 : 0, out.most = 1;
  return out;
}

/// Between neighbours in the sorted sample.
double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - std::floor(at)) * (sorted[above] - sorted[below]);
}

/// Bins by the width 2 IQR / n^(1/3) of the series that wants the narrowest.
std::size_t bin_count(const Shown& data, bool log, double least, double most) {
  double narrowest = INFINITY;
  for (const std::vector<double>& values : data.series) {
    if (values.size() < 2) continue;
    double low = quantile(values, 0.25), high = quantile(values, 0.75);
    if (log) low = std::log(low), high = std::log(high);
    if (high > low) narrowest = std::min(narrowest, 2 * (high - low) / std::cbrt(static_cast<double>(values.size())));
  }
  const double span = log ? std::log(most / least) : most - least;
  return static_cast<std::size_t>(std::clamp(std::ceil(span / narrowest), 8.0, 60.0));
}

struct Bins {
  std::vector<double> edges;
  std::vector<std::vector<double>> shares;  ///< a series and bin
  double highest = 0;
};

Bins binned(const Histogram& h, const Shown& data, const Scale& x) {
  Bins bins;
  const std::size_t n = h.bins > 0 ? h.bins : bin_count(data, h.x.log, x.least(), x.most());
  for (std::size_t i = 0; i <= n; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(n);
    bins.edges.push_back(h.x.log ? x.least() * std::pow(x.most() / x.least(), share)
                                 : x.least() + share * (x.most() - x.least()));
  }
  bins.edges.back() = x.most();
  for (const std::vector<double>& values : data.series) {
    std::vector<double>& shares = bins.shares.emplace_back(n, 0.0);
    for (const double v : values) {
      if (v < bins.edges.front() || v > bins.edges.back()) continue;
      const auto edge = std::upper_bound(bins.edges.begin(), bins.edges.end(), v);
      shares[std::min(static_cast<std::size_t>(edge - bins.edges.begin()) - 1, n - 1)] += 1;
    }
    for (double& share : shares) {
      if (!values.empty()) share /= static_cast<double>(values.size());
      bins.highest = std::max(bins.highest, share);
    }
  }
  return bins;
}

std::string path(const std::string& d, const char* stroke, double width, const char* dashes) {
  return "<path d=\"" + d + "\" fill=\"none\" stroke=\"" + stroke +
         format("\" stroke-width=\"%g\" stroke-dasharray=\"%s\" stroke-linejoin=\"round\"/>\n", width, dashes);
}

std::string outline(const Bins& bins, std::size_t series, const Scale& x, const Scale& y, double bottom) {
  std::string d = format("M%.1f %.1f", x.at(bins.edges[0]), bottom);
  for (std::size_t i = 0; i < bins.shares[series].size(); ++i)
    d += format("V%.1fH%.1f", y.at(bins.shares[series][i]), x.at(bins.edges[i + 1]));
  d += format("V%.1f", bottom);
  return "<path d=\"" + d + "Z\" fill=\"" + colour(series) + "\" fill-opacity=\"0.18\"/>\n" +
         path(d, colour(series), 1.8, "none");
}

/// What a model expects in each bin, joined at the bins' middles.
std::string expected(const Bins& bins, const ChartSeries& s, std::size_t series, const Scale& x, const Scale& y) {
  std::string d;
  for (std::size_t i = 0; i + 1 < bins.edges.size(); ++i) {
    const double share = s.model(bins.edges[i + 1]) - s.model(bins.edges[i]);
    d += format("%c%.1f %.1f", i == 0 ? 'M' : 'L', (x.at(bins.edges[i]) + x.at(bins.edges[i + 1])) / 2, y.at(share));
  }
  return path(d, colour(series), 1.4, "4 3");
}

/// A model's cumulative distribution, every 4 pixels.
std::string model_curve(const ChartSeries& s, std::size_t series, const Frame& f, const ChartAxis& axis, const Scale& x,
                        const Scale& y) {
  std::string d;
  const int steps = static_cast<int>(f.width / 4);
  for (int i = 0; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;
    const double value =
        axis.log ? x.least() * std::pow(x.most() / x.least(), share) : x.least() + share * (x.most() - x.least());
    d += format("%c%.1f %.1f", i == 0 ? 'M' : 'L', x.at(value), y.at(s.model(value)));
  }
  return path(d, colour(series), 1, "none");
}

std::vector<LegendEntry> entries_of(const std::vector<ChartSeries>& series, const Shown& data, bool curves) {
  std::vector<LegendEntry> entries;
  for (std::size_t i = 0; i < series.size(); ++i)
    entries.push_back({series[i].name + "  (n = " + number_text(static_cast<double>(data.series[i].size()), 1) + ")",
                       colour(i), curves ? dash(i) : nullptr});
  return entries;
}

/// Clips what lies beyond the frame: an inner <svg> does so without an id.
std::string clipped(const Frame& f, const std::string& marks) {
  return format("<svg x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" viewBox=\"%.1f %.1f %.1f %.1f\">\n", f.left,
                f.top, f.width, f.height, f.left, f.top, f.width, f.height) +
         marks + "</svg>\n";
}

/// Title, axes and legend around the marks.
Chart framed(const std::string& title, const Frame& f, const std::string& axes, const std::string& marks,
             const std::vector<LegendEntry>& entries, std::vector<std::string> notes, std::size_t left_out) {
  if (left_out > 0) notes.push_back(number_text(static_cast<double>(left_out), 1) + " not above 0 left out");
  Chart chart{0, 0, title, text_at(f.left, 22, title, {"start", kInk, 13, true}) + axes + clipped(f, marks)};
  const double key = legend(f.right() + kGap, f.top + 4, entries, notes, chart.marks);
  chart.width =
      std::max(f.right() + kGap + legend_width(entries, notes) + kGap, f.left + 1.1 * text_width(title, 13) + kGap);
  chart.height = std::max(f.bottom() + 50, f.top + key + kGap);
  return chart;
}

}  // namespace

Chart draw(const Histogram& h) {
  const Frame f;
  const Shown data = shown(h.series, h.x);
  const Scale x(data.least, data.most, h.x.log, h.x.most <= h.x.least, f.left, f.right());
  const Bins bins = binned(h, data, x);
  const Scale y(0, bins.highest > 0 ? std::min(bins.highest * 1.05, 1.0) : 1, false, true, f.bottom(), f.top);
  std::string marks;
  for (std::size_t i = 0; i < h.series.size(); ++i) marks += outline(bins, i, x, y, f.bottom());
  for (std::size_t i = 0; i < h.series.size(); ++i)
    if (h.series[i].model && !data.series[i].empty()) marks += expected(bins, h.series[i], i, x, y);
  return framed(h.title, f, axis_left(f, y, "share of the series in each bin") + axis_below(f, x, h.x.label), marks,
                entries_of(h.series, data, false), h.notes, data.left_out);
}

Chart draw(const CumulativeCurves& c) {
  const Frame f;
  const Shown data = shown(c.series, c.x);
  const Scale x(data.least, data.most, c.x.log, c.x.most <= c.x.least, f.left, f.right());
  const Scale y(0, 1, false, false, f.bottom(), f.top);
  std::string marks;
  for (std::size_t i = 0; i < c.series.size(); ++i) {
    const std::vector<double>& values = data.series[i];
    if (values.empty()) continue;
    const auto n = static_cast<double>(values.size());
    std::string d = format("M%.1f %.1f", std::min(f.left, x.at(values.front())), f.bottom());
    double drawn_at = -1e9;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double at = x.at(values[k]);
      // A step a pixel is all that can be seen.
      if (k + 1 < values.size() && (values[k + 1] == values[k] || x.at(values[k + 1]) - drawn_at < 0.5)) continue;
      d += format("H%.1fV%.1f", at, y.at(static_cast<double>(k + 1) / n));
      drawn_at = at;
    }
    d += format("H%.1f", std::max(f.right(), x.at(values.back())));
    marks += path(d, colour(i), 2, dash(i));
    if (c.series[i].model) marks += model_curve(c.series[i], i, f, c.x, x, y);
  }
  return framed(c.title, f, axis_left(f, y, "cumulative share") + axis_below(f, x, c.x.label), marks,
                entries_of(c.series, data, true), c.notes, data.left_out);
}

}  // namespace syconn
