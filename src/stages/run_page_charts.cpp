// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "run_page_parts.h"
#include "syconn/core/error.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn::page {
namespace {

constexpr std::uint64_t kMost = 1 << 20;  ///< values of a distribution in memory

/// Every k-th of a list, k such that at most kMost are kept.
struct Sample {
  std::vector<double> values;
  std::uint64_t n = 0;  ///< of which
};

/// The first column of a SELECT, without what is unknown.
Sample sample(const Source& s, const std::string& select) {
  Sample out;
  SqliteQuery count(s.tables->path(), "SELECT count(*) FROM (" + select + ")");
  if (count.next()) out.n = static_cast<std::uint64_t>(count.integer(0));
  const std::uint64_t every = std::max<std::uint64_t>(1, (out.n + kMost - 1) / kMost);
  std::uint64_t i = 0;
  for (SqliteQuery rows(s.tables->path(), select); rows.next();)
    if (i++ % every == 0 && !rows.is_null(0)) out.values.push_back(rows.number(0));
  return out;
}

/// Probabilities of all candidates, the rejected too.
Sample all_probabilities(const Source& s) {
  Sample out;
  if (!fs::exists(s.dataset("syn_ssv"))) return out;
  try {
    const SegmentationDataset synapses = SegmentationDataset::open(s.dataset("syn_ssv"));
    if (!synapses.has_column("prob")) return out;
    const auto prob = synapses.column<float>("prob");
    const std::uint64_t every = std::max<std::uint64_t>(1, (synapses.size() + kMost - 1) / kMost);
    for (std::uint32_t shard = 0; shard < synapses.n_shards(); ++shard)
      for (const float p : prob.shard(shard))
        if (out.n++ % every == 0 && !std::isnan(p)) out.values.push_back(static_cast<double>(p));
  } catch (const Error&) {
    return {};  // half made
  }
  return out;
}

double quantile(std::vector<double> values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// "excitatory 0.05 (0.03 to 0.09)".
std::string summary(const std::string& name, const Sample& sample) {
  return name + " " + measure_text(quantile(sample.values, 0.5)) + " (" + measure_text(quantile(sample.values, 0.25)) +
         " to " + measure_text(quantile(sample.values, 0.75)) + ")";
}

/// One chart of samples and what to say of it.
class Distribution {
 public:
  Distribution(std::string title, std::string label, std::string unit, bool log)
      : title_(std::move(title)),
        unit_(unit.empty() ? unit : " in " + unit),
        x_{label + (unit.empty() ? "" : " (" + unit + ")"), log} {}
  Distribution& add(const std::string& name, Sample sample) {
    if (sample.values.empty()) return *this;
    n_ += sample.values.size();
    medians_ += (medians_.empty() ? "" : ", ") + summary(name, sample);
    if (sample.n > kMost)
      thinned_ = " Drawn from every " + count_text(static_cast<std::int64_t>((sample.n + kMost - 1) / kMost)) +
                 "th of " + count_text(static_cast<std::int64_t>(sample.n)) + " " + name + ".";
    series_.push_back({name, std::move(sample.values)});
    return *this;
  }
  Distribution& range(double least, double most) {
    x_.least = least, x_.most = most;
    return *this;
  }
  /// Nothing where hardly anything is known; `text` is a sentence on what is seen.
  std::string histogram(const std::string& text) const {
    return n_ < kFewest ? std::string() : figure(draw(Histogram{title_, x_, series_}), text);
  }
  std::string cumulative(const std::string& text) const {
    return n_ < kFewest ? std::string() : figure(draw(CumulativeCurves{title_, x_, series_}), text);
  }

 private:
  static constexpr std::size_t kFewest = 5;
  std::string figure(const Chart& chart, const std::string& text) const {
    return html_figure(chart.svg(),
                       escaped_markup(text + " Median (and middle half)" + unit_ + ": " + medians_ + "." + thinned_));
  }

  std::string title_, unit_, medians_, thinned_;
  ChartAxis x_;
  std::vector<ChartSeries> series_;
  std::size_t n_ = 0;
};

std::string synapse_areas(const Source& s) {
  if (!s.has("synapses", "area_um2")) return {};
  Distribution d("Areas of synapses", "area", "µm²", true);
  const std::string select = "SELECT area_um2 FROM synapses WHERE area_um2 > 0";
  if (s.has("synapses", "sign"))
    d.add("excitatory", sample(s, select + " AND sign > 0"))
        .add("inhibitory", sample(s, select + " AND sign < 0"))
        .add("unknown sign", sample(s, select + " AND (sign = 0 OR sign IS NULL)"));
  else
    d.add("synapses", sample(s, select));
  return d.histogram("Kept synapses, on a logarithmic axis: areas are spread over orders of magnitude.");
}

std::string probabilities(const Source& s) {
  Distribution d("Probability of being a synapse", "probability", "", false);
  return d.add("candidates", all_probabilities(s))
      .range(0, 1)
      .histogram("All candidates, the rejected too: those below " + measure_text(s.prob_min) +
                 " (synapses.prob_min) are in no table. Two humps far from it are what one hopes for.");
}

std::string cell_sizes(const Source& s) {
  std::string out;
  const auto one = [&](const char* column, const char* title, const char* label, const char* unit, const char* text) {
    if (!s.has("cells", column)) return;
    const std::string select = std::string("SELECT ") + column + " FROM cells WHERE " + column + " > 0";
    Distribution d(title, label, unit, true);
    if (s.has("cells", "fragment"))
      d.add("cells", sample(s, select + " AND NOT coalesce(fragment, 0)"))
          .add("fragments", sample(s, select + " AND fragment"));
    else
      d.add("cells", sample(s, select));
    out += d.histogram(text);
  };
  one("volume_um3", "Volumes of cells", "volume", "µm³", "What lies within the box.");
  one("path_um", "Path lengths of cells", "path length", "µm", "Length of the skeleton within the box.");
  return out;
}

std::string degrees(const Source& s) {
  if (!s.has("edges", "n_syn")) return {};
  Distribution d("Partners of a cell", "other cells", "", true);
  d.add("gives to", sample(s, "SELECT count(*) FROM edges GROUP BY pre_id"))
      .add("receives from", sample(s, "SELECT count(*) FROM edges GROUP BY post_id"));
  return d.cumulative("How many cells have at most so many partners, of those with any.");
}

std::string weights(const Source& s) {
  if (!s.has("edges", "n_syn")) return {};
  SqliteQuery row(s.tables->path(),
                  "SELECT total(n_syn=1), total(n_syn=2), total(n_syn=3), total(n_syn=4), total(n_syn=5), "
                  "total(n_syn BETWEEN 6 AND 10), total(n_syn>10), count(*), max(n_syn) FROM edges");
  if (!row.next() || row.integer(7) == 0) return {};
  BarChart bars{"Synapses of a connection", "connections", {"1", "2", "3", "4", "5", "6–10", "> 10"}, {{"", {}}}};
  for (std::size_t i = 0; i < 7; ++i) bars.series[0].values.push_back(row.number(i));
  return html_figure(draw(bars).svg(),
                     "How many synapses one cell has onto another. " + share_text(row.number(0), row.number(7)) +
                         " of the connections have one only; the most is " + count_text(row.integer(8)) + ".");
}

std::string spine_heads(const Source& s) {
  if (!s.has("synapses", "spine_head_vol_um3")) return {};
  Distribution d("Volumes of spine heads", "volume", "µm³", true);
  return d.add("heads", sample(s, "SELECT spine_head_vol_um3 FROM synapses WHERE spine_head_vol_um3 > 0"))
      .histogram("Heads that kept synapses sit on, where one could be measured.");
}

std::string mito_distances(const Source& s) {
  if (!s.has("synapses", "mito_dist_nm")) return {};
  Distribution d("Distance to the nearest mitochondrion", "distance", "nm", false);
  return d.add("presynaptic", sample(s, "SELECT mito_dist_nm FROM synapses WHERE mito_dist_nm IS NOT NULL"))
      .histogram(
          "From a synapse to the presynaptic cell's nearest; synapses whose presynaptic cell has none are left out.");
}

std::string organelle_sizes(const Source& s) {
  if (!s.has("organelles", "volume_um3")) return {};
  std::vector<std::string> types;
  for (SqliteQuery rows(s.tables->path(), "SELECT DISTINCT type FROM organelles ORDER BY 1"); rows.next();)
    types.push_back(rows.text(0));
  Distribution d("Volumes of organelles", "volume", "µm³", true);
  for (std::size_t i = 0; i < types.size() && i < 6; ++i)
    d.add(types[i],
          sample(s, "SELECT volume_um3 FROM organelles WHERE volume_um3 > 0 AND type = " + sql_text(types[i])));
  return d.histogram("mi mitochondria, vc vesicle clouds, sj synaptic junctions.");
}

std::string targets(const Source& s) {
  if (!s.has("synapses", "post_comp") || !s.has("synapses", "sign")) return {};
  BarChart bars{"Where synapses end", "synapses", {}, {{"excitatory", {}}, {"inhibitory", {}}, {"unknown sign", {}}}};
  bars.stacked = true;
  SqliteQuery rows(s.tables->path(),
                   "SELECT post_comp, total(sign>0), total(sign<0), total(coalesce(sign,0)=0) FROM synapses WHERE "
                   "post_comp IS NOT NULL AND post_id IS NOT NULL GROUP BY 1 ORDER BY 1");
  while (rows.next()) {
    bars.categories.push_back(compartment_name(rows.integer(0)));
    for (std::size_t k = 0; k < 3; ++k) bars.series[k].values.push_back(rows.number(k + 1));
  }
  if (bars.categories.empty()) return {};
  if (std::all_of(bars.series[2].values.begin(), bars.series[2].values.end(), [](double v) { return v == 0; }))
    bars.series.pop_back();
  return html_figure(draw(bars).svg(), "Compartment of the postsynaptic cell, for synapses of known direction.");
}

}  // namespace

std::string distributions_html(const Source& s) {
  std::string out;
  if (s.tables) out += synapse_areas(s);
  out += probabilities(s);
  if (s.tables)
    out +=
        weights(s) + degrees(s) + cell_sizes(s) + targets(s) + spine_heads(s) + mito_distances(s) + organelle_sizes(s);
  if (out.empty()) return {};
  return "<div class=\"charts\">\n" + out + "</div>\n";
}

}  // namespace syconn::page
