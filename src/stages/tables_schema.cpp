// SPDX-License-Identifier: GPL-3.0-or-later
#include "tables_schema.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "kept_synapses.h"
#include "syconn/core/json.h"
#include "syconn/io/connectome.h"
#include "syconn/io/dataset_builder.h"
#include "syconn/io/record_file.h"
#include "tables_merge.h"
#include "tables_output.h"
#include "tables_rows.h"
#include "tables_sums.h"

namespace syconn {
namespace {

constexpr std::int64_t kUnknown = 255;

const auto kPairOfEdge = [](const EdgeSum& e) { return std::tuple(e.pre_id, e.post_id); };
const auto kPairOfContact = [](const ContactSum& c) { return std::tuple(c.cell_a, c.cell_b); };
const auto kCellOf = [](const CellSum& c) { return c.cell_id; };

/// A row of a dataset with what was summed for it.
struct ObjectRow {
  MergedRows* rows = nullptr;
  CellSum sum{};
  std::string type;
};
using ObjectColumn = TableColumn<ObjectRow>;

/// Builds the columns of one table over a dataset's rows; absent columns give NULL.
class ObjectColumns {
 public:
  ObjectColumns(MergedRows& rows, const Vec3d& voxel_nm) : rows_(rows), voxel_nm_(voxel_nm) {}

  void id(const std::string& description) {
    list.push_back(
        {{"id", SqlType::integer, "", description}, [](const ObjectRow& r) { return TableValue(r.rows->id()); }});
  }
  /// An integer; `unknown` is NULL.
  void integer(const std::string& from, const std::string& name, const std::string& units,
               const std::string& description, std::optional<std::int64_t> unknown = {}, int k = 0) {
    const int c = rows_.index(from);
    list.push_back({{name, SqlType::integer, units, description}, [c, k, unknown](const ObjectRow& r) -> TableValue {
                      if (!r.rows->exists(c)) return {};
                      const std::int64_t v = r.rows->integer(c, k);
                      if (unknown && v == *unknown) return {};
                      if (r.rows->column(c).dtype() == DType::u64) return static_cast<std::uint64_t>(v);
                      return v;
                    }});
  }
  void real(const std::string& from, const std::string& name, const std::string& units, const std::string& description,
            std::optional<double> unknown = {}) {
    const int c = rows_.index(from);
    list.push_back({{name, SqlType::real, units, description}, [c, unknown](const ObjectRow& r) -> TableValue {
                      if (!r.rows->exists(c) || (unknown && r.rows->real(c) == *unknown)) return {};
                      if (r.rows->column(c).dtype() == DType::f32) return static_cast<float>(r.rows->real(c));
                      return r.rows->real(c);
                    }});
  }
  void value(const std::string& name, SqlType type, const std::string& units, const std::string& description,
             std::function<TableValue(const ObjectRow&)> get) {
    list.push_back({{name, type, units, description}, std::move(get)});
  }
  /// rep_vx and its centre in nm, the bounding box.
  void place() {
    const int rep = rows_.index("rep_vx");
    const char axes[] = "xyz";
    for (int k = 0; k < 3; ++k)
      value(std::string(1, axes[k]) + "_nm", SqlType::real, "nm", "centre of the representative voxel",
            [rep, k, nm = voxel_nm_[k]](const ObjectRow& r) -> TableValue {
              if (!r.rows->exists(rep)) return {};
              return (static_cast<double>(r.rows->integer(rep, k)) + 0.5) * nm;
            });
    for (int k = 0; k < 3; ++k)
      integer("rep_vx", std::string(1, axes[k]) + "_vx", "vx", "representative voxel, inside the object", {}, k);
    for (const std::string end : {"min", "max"})
      for (int k = 0; k < 3; ++k)
        integer("bbox_" + end + "_vx", "bbox_" + end + "_" + axes[k] + "_vx", "vx",
                end == "min" ? "bounding box, first voxel" : "bounding box, one past the last voxel", {}, k);
  }
  void volume(const std::string& name, const std::string& description,
              const std::function<std::optional<std::uint64_t>(const ObjectRow&)>& voxels) {
    value(name, SqlType::real, "um3", description,
          [voxels, um3 = voxel_nm_.product() * 1e-9](const ObjectRow& r) -> TableValue {
            const auto n = voxels(r);
            if (!n) return {};
            return static_cast<double>(*n) * um3;
          });
  }

  std::vector<ObjectColumn> list;

 private:
  MergedRows& rows_;
  Vec3d voxel_nm_;
};

const std::vector<std::string> kPlace{"size_vx", "bbox_min_vx", "bbox_max_vx", "rep_vx"};
std::vector<std::string> with_place(std::vector<std::string> names) {
  names.insert(names.end(), kPlace.begin(), kPlace.end());
  return names;
}

class Tables {
 public:
  Tables(JobContext& ctx, double prob_min) : ctx_(ctx), prob_min_(prob_min), out_(ctx) {}

  std::uint64_t cells();
  std::uint64_t synapses();
  std::uint64_t edges();
  std::uint64_t organelles();
  std::uint64_t contacts();
  std::uint64_t below_prob_min() const { return below_; }
  std::uint64_t undirected() const { return undirected_; }
  void close(const std::vector<std::pair<std::string, std::string>>& meta) { out_.close(meta); }
  /// JSON, name by code; empty if cells have no type.
  std::string cell_type_names() const;

 private:
  /// The dataset, or one without rows and columns where it does not exist.
  SegmentationDataset open(const std::string& type) const;
  bool there(const std::string& type) const { return fs::exists(ctx_.in_run("datasets") / (type + ".h5")); }
  JobContext& ctx_;
  double prob_min_;
  TableOutput out_;
  std::uint64_t below_ = 0, undirected_ = 0;
};

SegmentationDataset Tables::open(const std::string& type) const {
  if (there(type)) return SegmentationDataset::open(ctx_.in_run("datasets") / (type + ".h5"));
  DatasetSchema none;
  none.type = type, none.voxel_size_nm = ctx_.geometry().voxel_size_nm;
  return DatasetBuilder(none, 1).in_memory();
}

std::string Tables::cell_type_names() const {
  const SegmentationDataset ssv = open("ssv");
  for (const ColumnSpec& c : ssv.columns())
    if (c.name == "cell_type") return c.enum_json;
  return {};
}

TableValue counted(bool known, std::uint64_t n) { return known ? TableValue(n) : TableValue(); }

std::uint64_t Tables::cells() {
  const SegmentationDataset ssv = open("ssv");
  MergedRows rows(ssv,
                  with_place({"cell_type", "cell_type_certainty", "n_sv", "fragment", "volume_um3", "mesh_area_um2",
                              "path_length_um", "axon_um", "dend_um", "soma_um", "myelin_fraction", "n_mi", "n_vc",
                              "soma_radius_nm", "root_vx", "astrocyte_score", "complete"}));
  ObjectColumns c(rows, ctx_.geometry().voxel_size_nm);
  c.id("cell: smallest supervoxel id in it");
  c.integer("cell_type", "type", "", "cell type, code; names in the attribute enum of ssv/cell_type", kUnknown);
  c.real("cell_type_certainty", "type_certainty", "", "0 to 1");
  c.integer("n_sv", "n_sv", "", "supervoxels");
  c.integer("fragment", "fragment", "", "1: bounding box with a diagonal of 5 um or less");
  c.integer("size_vx", "size_vx", "vx", "voxels");
  c.real("volume_um3", "volume_um3", "um3", "volume");
  c.real("mesh_area_um2", "area_um2", "um2", "area of the mesh");
  c.real("path_length_um", "path_um", "um", "length of the skeleton");
  c.real("axon_um", "axon_um", "um", "of it axon");
  c.real("dend_um", "dend_um", "um", "of it dendrite");
  c.real("soma_um", "soma_um", "um", "of it soma");
  c.real("myelin_fraction", "myelin_frac", "", "share of the skeleton under myelin");
  const bool syn = there("syn_ssv"), mi = there("mi"), vc = there("vc");
  const SqlType integer = SqlType::integer;
  c.value("n_syn_out", integer, "", "kept synapses it gives",
          [syn](const auto& r) { return counted(syn, r.sum.n_out); });
  c.value("n_syn_in", integer, "", "kept synapses it receives",
          [syn](const auto& r) { return counted(syn, r.sum.n_in); });
  c.value("n_syn_undirected", integer, "", "kept synapses without a known direction",
          [syn](const auto& r) { return counted(syn, r.sum.n_undirected); });
  c.integer("n_mi", "n_mi", "", "mitochondria");
  c.volume("mi_volume_um3", "volume of its mitochondria",
           [mi](const ObjectRow& r) { return mi ? std::optional(r.sum.mi_vx) : std::nullopt; });
  c.integer("n_vc", "n_vc", "", "vesicle clouds");
  c.volume("vc_volume_um3", "volume of its vesicle clouds",
           [vc](const ObjectRow& r) { return vc ? std::optional(r.sum.vc_vx) : std::nullopt; });
  c.real("soma_radius_nm", "soma_radius_nm", "nm", "radius of the soma; NULL without one", 0);
  const char axes[] = "xyz";
  for (int k = 0; k < 3; ++k)
    c.integer("root_vx", std::string("root_") + axes[k] + "_vx", "vx",
              "root of the skeleton, the soma where there is one", {}, k);
  c.real("astrocyte_score", "astrocyte_score", "", "mean probability of being an astrocyte");
  c.integer("complete", "complete", "", "1: has a soma and does not touch the dataset's border");
  c.place();
  MergedSums<CellSum, decltype(kCellOf)> sums(ctx_, "cells", kCellOf);
  bool more = sums.next();
  ObjectRow row{&rows, {}, "ssv"};
  return out_.write<ObjectRow>("cells", c.list, {"id"}, {{"type"}}, row, [&] {
    if (!rows.next()) return false;
    while (more && sums.row().cell_id < rows.id()) more = sums.next();
    row.sum = more && sums.row().cell_id == rows.id() ? sums.row() : CellSum{};
    return true;
  });
}

/// Which partner's organelles come first in `features`: the one with more vesicle voxels near the synapse.
bool first_is_a(const MergedRows& r, int direction) { return !r.exists(direction) || !(r.real(direction) < 0); }

void add_features(ObjectColumns& c, MergedRows& rows) {
  const int features = rows.index("features"), direction = rows.index("direction_vc"), pre = rows.index("pre_id"),
            a = rows.index("cell_a");
  const char* what[] = {"n_mi", "mi_vx", "n_vc", "vc_vx"};
  for (const bool of_pre : {true, false})
    for (int k = 0; k < 4; ++k)
      c.value(std::string(what[k]) + (of_pre ? "_pre" : "_post"), SqlType::integer, k % 2 == 1 ? "vx" : "",
              std::string(of_pre ? "pre" : "post") + "synaptic " + (k < 2 ? "mitochondria" : "vesicle clouds") +
                  " near the synapse" + (k % 2 == 1 ? ", voxels" : ""),
              [=](const ObjectRow& r) -> TableValue {
                const MergedRows& m = *r.rows;
                if (!m.exists(features) || !m.exists(pre) || !m.exists(a) || m.integer(pre) == 0) return {};
                const bool first =
                    (m.integer(pre) == m.integer(a)) == of_pre ? first_is_a(m, direction) : !first_is_a(m, direction);
                return static_cast<std::int64_t>(std::llround(m.real(features, 2 + (first ? 0 : 4) + k)));
              });
}

std::uint64_t Tables::synapses() {
  const SegmentationDataset syn = open("syn_ssv");
  MergedRows rows(syn, with_place({"pre_id", "post_id", "cell_a", "cell_b", "area_um2", "prob", "sign", "n_sym_vx",
                                   "n_asym_vx", "pre_comp", "post_comp", "pre_type", "post_type", "mito_dist_nm",
                                   "spine_head_vol_um3", "direction_vc", "features"}));
  ObjectColumns c(rows, ctx_.geometry().voxel_size_nm);
  c.id("synapse, as in syn_ssv");
  c.integer("pre_id", "pre_id", "",
            "presynaptic cell; NULL: direction unknown. CAVE pre_pt_root_id, neuPrint bodyId_pre", 0);
  c.integer("post_id", "post_id", "",
            "postsynaptic cell; NULL: direction unknown. CAVE post_pt_root_id, neuPrint bodyId_post", 0);
  c.integer("cell_a", "cell_a", "", "partner with the smaller id");
  c.integer("cell_b", "cell_b", "", "partner with the larger id");
  c.integer("size_vx", "size_vx", "vx", "voxels. CAVE size");
  c.real("area_um2", "area_um2", "um2", "half the area of the closed mesh");
  c.real("prob", "prob", "", "probability of being a synapse; NULL: no classifier");
  c.integer("sign", "sign", "", "-1 symmetric (inhibitory), +1 asymmetric (excitatory), 0 unknown");
  const int sym = rows.index("n_sym_vx"), asym = rows.index("n_asym_vx");
  c.value("sym_frac", SqlType::real, "", "symmetric share of the voxels with a type",
          [=](const ObjectRow& r) -> TableValue {
            if (!r.rows->exists(sym) || !r.rows->exists(asym)) return {};
            const double s = r.rows->real(sym), all = s + r.rows->real(asym);
            return all > 0 ? TableValue(s / all) : TableValue();
          });
  const char* code =
      ", code: 0 shaft, 1 spine head, 2 spine neck, 3 axon, 4 bouton en passant, 5 terminal bouton, 6 soma";
  c.integer("pre_comp", "pre_comp", "", std::string("compartment of pre_id") + code, kUnknown);
  c.integer("post_comp", "post_comp", "", std::string("compartment of post_id") + code, kUnknown);
  c.integer("pre_type", "pre_type", "", "cell type of pre_id, code", kUnknown);
  c.integer("post_type", "post_type", "", "cell type of post_id, code", kUnknown);
  c.real("mito_dist_nm", "mito_dist_nm", "nm", "to the nearest mitochondrion of pre_id; NULL if none");
  c.real("spine_head_vol_um3", "spine_head_vol_um3", "um3", "of the spine head it sits on");
  c.real("direction_vc", "direction_vc", "", "(vc_a - vc_b) / (vc_a + vc_b) of vesicle voxels near it");
  add_features(c, rows);
  c.place();
  const int prob = rows.index("prob"), pre = rows.index("pre_id");
  ObjectRow row{&rows, {}, "syn_ssv"};
  std::vector<SqlColumn> columns;
  for (const auto& column : c.list) columns.push_back(column.sql);
  return out_.write<ObjectRow>("synapses", c.list, {"id"}, synapse_indices(columns), row, [&] {
    while (rows.next()) {
      if (!rows.exists(prob) || synapse_is_kept(rows.real(prob), prob_min_)) {
        undirected_ += !rows.exists(pre) || rows.integer(pre) == 0;
        return true;
      }
      ++below_;
    }
    return false;
  });
}

std::uint64_t Tables::edges() {
  MergedSums<EdgeSum, decltype(kPairOfEdge)> sums(ctx_, "edges", kPairOfEdge);
  using C = TableColumn<EdgeSum>;
  const SqlType i = SqlType::integer, r = SqlType::real;
  const auto n = [&](const char* name, const char* text, std::uint64_t EdgeSum::*member) {
    return C{{name, i, "", text}, [member](const EdgeSum& e) { return TableValue(e.*member); }};
  };
  const auto x = [&](const char* name, const char* units, const char* text, double EdgeSum::*member) {
    return C{{name, r, units, text}, [member](const EdgeSum& e) { return TableValue(e.*member); }};
  };
  const std::vector<C> columns{n("pre_id", "presynaptic cell. neuPrint bodyId_pre", &EdgeSum::pre_id),
                               n("post_id", "postsynaptic cell. neuPrint bodyId_post", &EdgeSum::post_id),
                               n("n_syn", "kept synapses with a direction. neuPrint weight", &EdgeSum::n_syn),
                               x("area_sum_um2", "um2", "sum of their areas", &EdgeSum::area_um2),
                               x("area_max_um2", "um2", "largest of their areas", &EdgeSum::area_max_um2),
                               x("prob_mean", "", "mean of their probabilities", &EdgeSum::prob_mean),
                               n("n_exc", "of them with sign +1", &EdgeSum::n_exc),
                               n("n_inh", "of them with sign -1", &EdgeSum::n_inh),
                               n("n_axodend", "from axon to shaft, spine head or neck", &EdgeSum::n_axodend),
                               n("n_axosoma", "from axon to soma", &EdgeSum::n_axosoma),
                               n("n_axospine", "from axon to spine head or neck", &EdgeSum::n_axospine),
                               n("n_axoshaft", "from axon to shaft", &EdgeSum::n_axoshaft),
                               n("n_axoax", "from axon to axon", &EdgeSum::n_axoax)};
  return out_.write<EdgeSum>("edges", columns, {"pre_id", "post_id"}, {{"post_id", "pre_id"}}, sums.row(),
                             [&] { return sums.next(); });
}

std::uint64_t Tables::contacts() {
  MergedSums<ContactSum, decltype(kPairOfContact)> sums(ctx_, "contacts", kPairOfContact);
  using C = TableColumn<ContactSum>;
  const SqlType i = SqlType::integer;
  const std::vector<C> columns{
      {{"cell_a", i, "", "cell with the smaller id"}, [](const ContactSum& c) { return TableValue(c.cell_a); }},
      {{"cell_b", i, "", "cell with the larger id"}, [](const ContactSum& c) { return TableValue(c.cell_b); }},
      {{"n_cs", i, "", "contact sites: pairs of their supervoxels"},
       [](const ContactSum& c) { return TableValue(c.n_cs); }},
      {{"size_vx", i, "vx", "voxels of the contact sites"}, [](const ContactSum& c) { return TableValue(c.size_vx); }},
      {{"area_um2", SqlType::real, "um2",
        "sum over contact sites of half the root of the squared face areas along x, y and z"},
       [](const ContactSum& c) { return TableValue(c.area_um2); }}};
  return out_.write<ContactSum>("contacts", columns, {"cell_a", "cell_b"}, {{"cell_b", "cell_a"}}, sums.row(),
                                [&] { return sums.next(); });
}

std::vector<std::string> organelle_types(const fs::path& datasets) {
  std::vector<std::string> types;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(datasets, ignored)) {
    const std::string type = entry.path().stem().string();
    const bool other = type == "sv" || type == "ssv" || type == "cs" || type == "syn" || type == "syn_ssv";
    if (entry.path().extension() == ".h5" && !is_temporary_name(entry.path()) && !other) types.push_back(type);
  }
  std::sort(types.begin(), types.end());
  return types;
}

std::uint64_t Tables::organelles() {
  const std::vector<std::string> names = with_place({"cell_id", "cell_fraction", "mesh_area_um2"});
  std::vector<std::string> types = organelle_types(ctx_.in_run("datasets"));
  std::size_t at = 0;
  std::optional<SegmentationDataset> set;
  std::optional<MergedRows> rows;
  const auto open_next = [&] {
    rows.reset();
    set.emplace(open(at < types.size() ? types[at] : "none"));
    rows.emplace(*set, names);
  };
  open_next();
  ObjectColumns c(*rows, ctx_.geometry().voxel_size_nm);
  c.value("type", SqlType::text, "", "mi, vc, sj, ...: name of the dataset",
          [](const ObjectRow& r) { return TableValue(r.type); });
  c.id("object of that type");
  c.integer("cell_id", "cell_id", "", "cell it belongs to; NULL: none", 0);
  c.real("cell_fraction", "cell_fraction", "", "share of it in that cell");
  c.integer("size_vx", "size_vx", "vx", "voxels");
  const int size = rows->index("size_vx");
  c.volume("volume_um3", "volume", [size](const ObjectRow& r) -> std::optional<std::uint64_t> {
    if (!r.rows->exists(size)) return std::nullopt;
    return static_cast<std::uint64_t>(r.rows->integer(size));
  });
  c.real("mesh_area_um2", "area_um2", "um2", "area of the mesh");
  c.place();
  ObjectRow row;
  return out_.write<ObjectRow>("organelles", c.list, {"type", "id"}, {{"cell_id", "type"}}, row, [&] {
    while (!rows->next()) {
      if (++at >= types.size()) return false;
      open_next();
    }
    row.rows = &*rows, row.type = types.at(at);
    return true;
  });
}

}  // namespace

void write_tables(JobContext& ctx, double prob_min, double min_direction_vc) {
  sweep_temporaries(ctx.in_run(""));
  sweep_temporaries(ctx.in_run("export/csv"));
  Tables tables(ctx, prob_min);
  std::vector<std::pair<std::string, std::string>> meta{{"format", "syconn.connectome"},
                                                        {"format_version", "1"},
                                                        {"dataset", ctx.config().dataset.name},
                                                        {"synapse_prob_min", Json(prob_min).dump()},
                                                        {"min_direction_vc", Json(min_direction_vc).dump()},
                                                        {"provenance", ctx.provenance_json()}};
  const Vec3d v = ctx.geometry().voxel_size_nm;
  meta.emplace_back("voxel_size_nm", Json::array({v.x, v.y, v.z}).dump());
  if (const std::string types = tables.cell_type_names(); !types.empty()) meta.emplace_back("cell_types", types);
  const auto add = [&](const std::string& name, std::uint64_t n) { meta.emplace_back(name, std::to_string(n)); };
  add("n_cells", tables.cells());
  add("n_synapses", tables.synapses());
  add("n_synapses_below_prob_min", tables.below_prob_min());
  add("n_synapses_undirected", tables.undirected());
  add("n_edges", tables.edges());
  add("n_organelles", tables.organelles());
  add("n_contacts", tables.contacts());
  tables.close(meta);
  ctx.note(std::to_string(tables.undirected()) + " synapses without direction left out of edges, " +
           std::to_string(tables.below_prob_min()) + " below synapses.prob_min left out of synapses and edges");
}

}  // namespace syconn
