// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "draw_pictures.h"
#include "run_page_parts.h"
#include "syconn/core/error.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn::page {
namespace {

constexpr std::size_t kCells = 3;
constexpr std::int64_t kWidth = 720, kHeight = 600;

std::string picture(const Image& image, const std::string& alt) {
  return "<img width=\"" + std::to_string(image.width) + "\" height=\"" + std::to_string(image.height) + "\" alt=\"" +
         escaped_markup(alt) + "\" src=\"data:image/png;base64," + base64(encode_png(image)) + "\"/>\n";
}

std::string swatch(const std::string& colour, const std::string& text) {
  return "<span class=\"dot\" style=\"background:" + colour + "\"></span> " + escaped_markup(text);
}

/// What the tables know of a cell, as a clause each.
std::string cell_facts(const Source& s, Id id) {
  if (!s.tables || !s.tables->has_table("cells")) return {};
  std::string text;
  const auto one = [&](const std::string& column, const std::string& before, const std::string& after) {
    if (!s.has("cells", column)) return;
    SqliteQuery row(s.tables->path(), "SELECT " + sql_name(column) + " FROM cells WHERE id = " + std::to_string(id));
    if (!row.next() || row.is_null(0)) return;
    const std::string value =
        column == "type" ? escaped_markup(type_name(s, row.integer(0))) : measure_text(row.number(0));
    text += (text.empty() ? "" : ", ") + before + value + after;
  };
  one("type", "type ", "");
  one("n_syn_out", "gives ", "");
  one("n_syn_in", "receives ", "");
  one("n_syn_undirected", "unknown direction ", "");
  one("path_um", "path length ", " µm");
  one("volume_um3", "volume ", " µm³");
  one("n_mi", "mitochondria ", "");
  one("n_vc", "vesicle clouds ", "");
  return text;
}

std::string one_cell(const Source& s, Id id) {
  const CellPicture p = picture_of_cells(s.run->folder(), {id}, 1, s.prob_min, kWidth, kHeight);
  const std::string title = "Cell " + std::to_string(id);
  const std::string n = count_text(static_cast<std::int64_t>(p.drawing.cells.at(0).n_synapses));
  const std::string facts = cell_facts(s, id);
  std::string caption = "<b>" + title + "</b>: " + n + " synapses" + (facts.empty() ? "" : "; " + facts) +
                        ". Scale bar " + measure_text(p.drawing.scale_bar_nm / 1000) + " µm.";
  return html_figure(
      picture(p.image, title + " with its " + n + " synapses, " + std::to_string(p.drawing.n_excitatory) +
                           " excitatory and " + std::to_string(p.drawing.n_inhibitory) + " inhibitory"),
      caption);
}

/// Those with most kept synapses that have a mesh.
std::vector<Id> chosen(const Source& s) {
  if (!s.has("cells", "n_syn_out") || !s.has("cells", "n_syn_undirected")) return {};
  std::vector<Id> ids;
  SqliteQuery rows(
      s.tables->path(),
      "SELECT id FROM cells ORDER BY coalesce(n_syn_out,0)+coalesce(n_syn_in,0)+coalesce(n_syn_undirected,0) "
      "DESC, size_vx DESC, id LIMIT " +
          std::to_string(kCells));
  while (rows.next()) ids.push_back(static_cast<Id>(rows.integer(0)));
  return ids;
}

}  // namespace

std::string cells_html(const Source& s) {
  if (!fs::exists(s.dataset("ssv"))) return {};
  std::string out;
  try {
    std::vector<Id> ids = chosen(s);
    if (ids.empty())
      for (const DrawnCell& c : picture_of_cells(s.run->folder(), {}, kCells, s.prob_min, 8, 8).drawing.cells)
        ids.push_back(c.id);
    for (const Id id : ids) out += one_cell(s, id);
  } catch (const Error& e) {
    return "<p>No cells could be drawn: " + escaped_markup(e.what()) + "</p>\n";
  }
  if (out.empty()) return "<p>There is no cell to draw.</p>\n";
  return "<p>The cells with most synapses, seen along z (x to the right, y down), each scaled to its picture. Balls "
         "are "
         "synapses, as large as a disc of their area: " +
         swatch("#e11e1e", "excitatory") + ", " + swatch("#1e3ce1", "inhibitory") + ", " +
         swatch("#5a5a5a", "of unknown sign") + ".</p>\n<div class=\"cells\">\n" + out + "</div>\n";
}

std::string embedding_html(const Source& s) {
  try {
    if (!fs::exists(s.dataset("ssv")) || !SegmentationDataset::open(s.dataset("ssv")).has_column("umap")) return {};
    const EmbeddingPicture p = picture_of_embedding(s.run->folder(), std::nullopt, "cell_type");
    std::string legend;
    for (const DrawnClass& c : p.drawing.classes)
      legend += (legend.empty() ? "" : ", ") + escaped_markup(c.colour + " " + c.name) + " (" +
                count_text(static_cast<std::int64_t>(c.cells)) + ")";
    return html_figure(picture(p.image, "All cells in the plane of the stage embed, coloured by type"),
                       "Every cell where the stage <code>embed</code> put it: near each other are cells whose "
                       "surroundings look alike. " +
                           count_text(static_cast<std::int64_t>(p.drawing.cells)) + " cells; " +
                           count_text(static_cast<std::int64_t>(p.drawing.without_place)) +
                           " without a place. Colours: " + legend + ".");
  } catch (const Error& e) {
    return "<p>The plane could not be drawn: " + escaped_markup(e.what()) + "</p>\n";
  }
}

}  // namespace syconn::page
