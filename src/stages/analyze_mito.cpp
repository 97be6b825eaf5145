// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <map>

#include "analysis_cells.h"
#include "analyze_mito_groups.h"
#include "mito_distance.h"
#include "syconn/algo/surface_control.h"
#include "syconn/core/compartments.h"
#include "syconn/core/error.h"
#include "syconn/core/nearest_word.h"
#include "syconn/io/connectome.h"
#include "syconn/stages/analyze.h"

namespace syconn {
namespace {

/// Path whose edges have both ends in the compartment, as the paper counts it, µm.
template <class In>
double both_ends_um(const CellPath& path, In in) {
  double nm = 0;
  for (const PathEdge& e : path.edges)
    if (in(path.comp[e.a]) && in(path.comp[e.b])) nm += e.length_nm;
  return nm / 1000;
}

/// Codes that a word for the partner's compartment means; 256 flags.
std::vector<bool> partner_codes(const std::string& word) {
  std::vector<bool> codes(256, word == "any");
  std::vector<std::string> words{"any"};
  for (const CompartmentGroup& group : kCompartmentGroups) words.push_back(group.word);
  words.insert(words.end(), kCompartmentNames.begin(), kCompartmentNames.end());
  for (std::size_t code = 0; code < kCompartmentNames.size(); ++code) {
    if (word == kCompartmentNames[code]) codes[code] = true;
    for (const CompartmentGroup& group : kCompartmentGroups)
      if (word == group.word && group.holds(static_cast<std::uint8_t>(code))) codes[code] = true;
  }
  if (std::find(codes.begin(), codes.end(), true) == codes.end())
    throw Error(Category::usage, "no compartment '" + word + "'." + did_you_mean(word, words));
  return codes;
}

/// Columns of the synapses that are read one by one.
struct SynapseColumns {
  SegmentationDataset table;
  Column<Id> cell_a, cell_b;
  Column<std::uint8_t> comp_a, comp_b;
  Column<float> area;
  Column<std::int64_t> rep;
  std::optional<Column<float>> prob;

  static SynapseColumns open(const fs::path& run) {
    SegmentationDataset t = open_table(run, "syn_ssv", "synapses");
    for (const char* name : {"comp_a", "comp_b"})
      if (!t.has_column(name)) lacks(run, "syn_ssv", name, "pointcloud");
    SynapseColumns c{t,
                     t.column<Id>("cell_a"),
                     t.column<Id>("cell_b"),
                     t.column<std::uint8_t>("comp_a"),
                     t.column<std::uint8_t>("comp_b"),
                     t.column<float>("mesh_area_um2"),
                     t.column<std::int64_t>("rep_vx"),
                     std::nullopt};
    if (t.has_column("prob")) c.prob = t.column<float>("prob");
    return c;
  }
};

class Reader {
 public:
  Reader(const AnalysisCells& cells, const MitoSynapseQuestion& q)
      : cells_(cells),
        q_(q),
        partner_(partner_codes(q.partner)),
        synapses_(SynapseColumns::open(cells.run())),
        mi_(open_table(cells.run(), "mi", "watershed")),
        mitos_(cells.table(), mi_),
        syn_ids_(cells.table().ragged<Id>("syn_ids", "ids")),
        mi_ids_(cells.table().ragged<Id>("mi_ids", "ids")),
        vertices_(cells.table().ragged<float>("mesh", "vertices_nm")) {
    if (cells.table().has_column("cell_type_certainty"))
      certainty_ = cells.table().column<float>("cell_type_certainty");
  }

  bool has_certainty() const { return certainty_.has_value(); }
  bool has_prob() const { return synapses_.prob.has_value(); }

  /// Adds what the cell has to its type, if it meets the conditions; else counts which it does not.
  void read(Id id, Row row, MitoType& type) {
    ++type.seen;
    const auto at_least = [](double value, double least) { return value >= least; };  // false for NaN
    if (certainty_ && !at_least(static_cast<double>((*certainty_)(row)), q_.min_certainty))
      return void(++type.removed.certainty);
    const CellPath path = cells_.path(id, row, true, false);
    if (!at_least(both_ends_um(path, is_axon), q_.min_axon_um)) return void(++type.removed.axon);
    if (!at_least(both_ends_um(path, is_dendrite), q_.min_dendrite_um)) return void(++type.removed.dendrite);
    if (!at_least(both_ends_um(path, is_soma), q_.min_soma_um)) return void(++type.removed.soma);
    if (mi_ids_.rows(row) == 0) return void(++type.removed.no_mitochondria);
    ++type.cells;
    mitos_.begin_cell(id);
    read_synapses(id, row, type);
    read_control(id, row, path, type);
  }

 private:
  void read_synapses(Id cell, Row cell_row, MitoType& type) {
    for (const Id id : syn_ids_(cell_row)) {
      const Row row = synapses_.table.at(id);
      const bool first = synapses_.cell_a(row) == cell;
      const std::uint8_t a = synapses_.comp_a(row), b = synapses_.comp_b(row);
      ++type.synapses_seen;
      if (synapses_.prob && static_cast<double>((*synapses_.prob)(row)) < q_.min_prob)
        ++type.removed.prob;
      else if (!is_axon(first ? a : b))
        ++type.removed.own_side;
      else if (!partner_[first ? b : a])
        ++type.removed.partner;
      else
        add_synapse(cell, id, row, type);
    }
  }
  void add_synapse(Id cell, Id id, Row row, MitoType& type) {
    std::int64_t rep[3];
    synapses_.rep.read(row, rep);
    const Vec3d nm = (Vec3d(Vec3i{rep[0], rep[1], rep[2]}) + Vec3d(0.5)) * synapses_.table.voxel_size_nm();
    const auto um = static_cast<double>(mitos_.nearest_nm(nm)) / 1000;
    if (std::isnan(um)) return void(++type.removed.no_distance);
    type.synapses.push_back({cell, id, static_cast<double>(synapses_.area(row)), um});
  }
  void read_control(Id cell, Row row, const CellPath& path, MitoType& type) {
    const std::vector<float> xyz = vertices_(row);
    std::vector<Vec3f> vertices(xyz.size() / 3);
    for (std::size_t i = 0; i < vertices.size(); ++i) vertices[i] = {xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]};
    std::vector<std::uint8_t> axon;
    for (const std::uint8_t comp : path.comp) axon.push_back(is_axon(comp) ? 1 : 0);
    const std::uint64_t seed = mix64(q_.seed, cell);
    for (const SurfacePoint& p : draw_surface_points(path.nodes_nm, axon, vertices, q_.control_nodes, seed)) {
      const auto um = static_cast<double>(mitos_.nearest_nm(Vec3d(vertices[p.vertex]))) / 1000;
      if (!std::isnan(um)) type.control.push_back({cell, p.node, 0, um});
    }
  }

  const AnalysisCells& cells_;
  const MitoSynapseQuestion& q_;
  std::vector<bool> partner_;
  SynapseColumns synapses_;
  SegmentationDataset mi_;
  MitoDistance mitos_;
  Ragged<Id> syn_ids_, mi_ids_;
  Ragged<float> vertices_;
  std::optional<Column<float>> certainty_;
};

void check_inputs(const AnalysisCells& cells, const MitoSynapseQuestion& q) {
  const SegmentationDataset& t = cells.table();
  const bool any = q.types == std::vector<std::string>{"any"};
  if (!cells.has_types() && !any)
    throw Error(Category::input, "'" + (cells.run() / "datasets" / "ssv.h5").string() +
                                     "' has no cell_type; run stage celltype first, or ask for all cells together "
                                     "(--types any)");
  cells.need_compartments();
  if (!t.has_part("syn_ids", "ids")) lacks(cells.run(), "ssv", "syn_ids", "synapses");
  if (!t.has_part("mi_ids", "ids")) lacks(cells.run(), "ssv", "mi_ids (dataset.volumes.mi)", "sso");
  if (!t.has_part("mesh", "vertices_nm")) lacks(cells.run(), "ssv", "meshes", "sso");
}

/// Code of a type by its name or code.
std::int64_t type_code(const AnalysisCells& cells, const std::string& word) {
  std::vector<std::string> names;
  for (const auto& [code, name] : cells.type_names()) {
    if (name == word || std::to_string(code) == word) return code;
    names.push_back(name);
  }
  const bool is_code = !word.empty() && word.size() < 4 && word.find_first_not_of("0123456789") == word.npos;
  if (is_code && std::stoll(word) < kUnknownLabel) return std::stoll(word);
  throw Error(Category::usage, "no cell type '" + word + "'." + did_you_mean(word, names));
}

}  // namespace

Analysis analyze_mito_synapse(const fs::path& run, const MitoSynapseQuestion& q) {
  const AnalysisCells cells(run, q.where);
  check_inputs(cells, q);
  const bool any = q.types == std::vector<std::string>{"any"};
  std::map<std::int64_t, MitoType> types;
  if (any) types[0].name = "all cells";
  if (!any)
    for (const std::string& word : q.types) {
      const std::int64_t code = type_code(cells, word);
      types[code].name = cells.type_name(static_cast<std::uint8_t>(code));
    }
  Reader reader(cells, q);
  cells.for_each([&](Id id, Row row) {
    const std::uint8_t code = cells.type(row);
    if (!any && q.types.empty() && code != kUnknownLabel) types[code].name = cells.type_name(code);
    const auto type = types.find(any ? 0 : code);
    if (type != types.end()) reader.read(id, row, type->second);
  });
  std::vector<MitoType> found;
  for (auto& [code, type] : types) found.push_back(std::move(type));
  return mito_analysis(cells.about("mito-synapse"), std::move(found), q, reader.has_certainty(), reader.has_prob());
}

}  // namespace syconn
