// SPDX-License-Identifier: GPL-3.0-or-later
#include "truth_tables.h"

#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

Id cell_id(const PhantomModel& m, std::uint32_t cell_idx) {
  return cell_idx == kNone ? kBackground : m.cells[cell_idx].id;
}
CsvWriter& add(CsvWriter& csv, const Vec3d& v) { return csv.add(v.x).add(v.y).add(v.z); }
std::uint64_t number(std::uint64_t v) { return v; }

void write_cells(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(path, {"id", "type", "type_name", "has_soma", "soma_x_nm", "soma_y_nm", "soma_z_nm", "soma_radius_nm",
                       "axon_um", "dend_um"});
  for (const PhantomCell& c : m.cells) {
    csv.add(c.id)
        .add(number(static_cast<std::uint64_t>(c.type)))
        .add(phantom_type_name(c.type))
        .add(number(c.has_soma));
    add(csv, c.soma_nm).add(c.soma_radius_nm).add(c.axon_um).add(c.dendrite_um).end_row();
  }
  csv.close();
}

void write_supervoxels(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(path, {"sv_id", "label", "cell_id"},
                {"label: id in the volume sv; differs from sv_id where wrongly merged"});
  for (const PhantomSupervoxel& s : m.supervoxels) csv.add(s.id).add(s.label).add(cell_id(m, s.cell_idx)).end_row();
  csv.close();
}

void write_graph(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(path, {"sv_a", "sv_b"}, {"undirected supervoxel edges: same cell"});
  for (const auto& [a, b] : m.sv_edges) csv.add(a).add(b).end_row();
  csv.close();
}

void write_synapses(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(path, {"id", "pre_id", "post_id", "x_nm", "y_nm", "z_nm", "sign", "pre_comp", "post_comp",
                       "mesh_area_um2", "decoy", "dropped", "spine_head_vol_um3"});
  for (const PhantomSynapse& s : m.synapses) {
    csv.add(s.id).add(cell_id(m, s.pre_cell)).add(cell_id(m, s.post_cell));
    add(csv, s.position_nm).add(std::int64_t{s.sign}).add(number(s.pre_compartment)).add(number(s.post_compartment));
    csv.add(s.area_um2).add(number(s.decoy)).add(number(s.dropped)).add(s.head_volume_um3).end_row();
  }
  csv.close();
}

void write_organelles(const PhantomModel& m, const std::vector<PhantomOrganelle>& list, const fs::path& path) {
  CsvWriter csv(path, {"id", "cell_id", "decoy"});
  for (const PhantomOrganelle& o : list) csv.add(o.id).add(cell_id(m, o.cell_idx)).add(number(o.decoy)).end_row();
  csv.close();
}
void write_mitos(const PhantomModel& m, const fs::path& path) { write_organelles(m, m.mitos, path); }
void write_clouds(const PhantomModel& m, const fs::path& path) { write_organelles(m, m.clouds, path); }

void write_nodes(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(path,
                {"node", "cell_id", "sv_id", "parent", "x_nm", "y_nm", "z_nm", "radius_nm", "myelin_nm", "compartment"},
                {"nodes as rows from 0; parent -1 at a root"});
  for (std::size_t i = 0; i < m.nodes.size(); ++i) {
    const PhantomNode& n = m.nodes[i];
    csv.add(number(i))
        .add(cell_id(m, n.cell_idx))
        .add(m.supervoxels[n.sv_idx].id)
        .add(n.parent == kNone ? std::int64_t{-1} : std::int64_t{n.parent});
    add(csv, phantom_real_position(m, Vec3d(n.position_nm)))
        .add(n.radius_nm)
        .add(n.myelin_nm)
        .add(number(n.compartment))
        .end_row();
  }
  csv.close();
}

void write_spines(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(path, {"cell_id", "head_node", "neck_width_nm", "head_volume_um3"});
  for (const PhantomSpine& s : m.spines)
    csv.add(cell_id(m, s.cell_idx)).add(number(s.head_node)).add(s.neck_width_nm).add(s.head_volume_um3).end_row();
  csv.close();
}

void write_myelin(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(path, {"cell_id", "first_node", "last_node", "length_um"});
  for (const PhantomMyelin& s : m.myelin)
    csv.add(cell_id(m, s.cell_idx)).add(number(s.first_node)).add(number(s.last_node)).add(s.length_um).end_row();
  csv.close();
}

}  // namespace

void write_mito_shift(const PhantomModel& m, const fs::path& path) {
  CsvWriter csv(
      path, {"type", "type_name", "n_synapses", "area_median_um2", "smaller_nm", "larger_nm", "shift_nm"},
      {"medians of the distance to the nearest mitochondrion, of the smaller and the larger half of the output "
       "synapses"});
  for (const PhantomMitoShift& s : m.mito_shift)
    csv.add(number(static_cast<std::uint8_t>(s.type)))
        .add(phantom_type_name(s.type))
        .add(number(s.n_synapses))
        .add(s.area_median_um2)
        .add(s.smaller_nm)
        .add(s.larger_nm)
        .add(s.shift_nm())
        .end_row();
  csv.close();
}

const std::vector<TruthTable>& truth_tables() {
  static const std::vector<TruthTable> tables{{"cells", write_cells},   {"supervoxels", write_supervoxels},
                                              {"svgraph", write_graph}, {"synapses", write_synapses},
                                              {"mi", write_mitos},      {"vc", write_clouds},
                                              {"nodes", write_nodes},   {"spines", write_spines},
                                              {"myelin", write_myelin}};
  return tables;
}

}  // namespace syconn
