// SPDX-License-Identifier: GPL-3.0-or-later
#include "import_swc_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "syconn/core/compartments.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/io/swc.h"

namespace syconn {
namespace {

constexpr double kFarthestNm = 1e9;          // a metre: the unit is wrong
constexpr std::uint64_t kBytesOfNode = 256;  // more than a line with all of its digits

float f32(double v) { return static_cast<float>(v); }
double length(const Vec3d& d) { return std::sqrt(d.dot(d)); }
Vec3i floor_vx(const Vec3d& nm) {
  const auto down = [](double v) { return static_cast<std::int64_t>(std::floor(v / kSwcVoxelNm)); };
  return {down(nm.x), down(nm.y), down(nm.z)};
}

std::string enum_of(const std::vector<std::string>& types) {
  Json names = Json::object();
  for (std::size_t i = 0; i < types.size(); ++i) names[std::to_string(i)] = types[i];
  names["255"] = "unknown";
  return names.dump(-1, ' ', false, Json::error_handler_t::replace);
}

NeuronTree read_tree(const SwcFile& file, const SwcImport& options) {
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(file.path, error);
  if (!error && bytes > (std::uint64_t{1} << 20) + options.max_nodes * kBytesOfNode)
    throw Error(Category::input, file.path.string() + ": " + std::to_string(bytes) + " bytes are too many for " +
                                     std::to_string(options.max_nodes) + " nodes; --max-nodes raises the limit");
  NeuronTree tree = read_swc(file.path, options.nm_per_unit, options.max_nodes);
  for (std::size_t i = 0; i < tree.n_nodes(); ++i) {
    const Vec3d& p = tree.nodes_nm[i];
    if (std::max({std::abs(p.x), std::abs(p.y), std::abs(p.z), tree.radius_nm[i]}) > kFarthestNm)
      throw Error(Category::input, file.path.string() +
                                       ": a node farther than a metre out, or as thick; is --unit-nm " +
                                       std::to_string(options.nm_per_unit) + " right?");
  }
  return tree;
}

Vec3d mean_of(const std::vector<Vec3d>& points) {
  Vec3d sum;
  for (const Vec3d& p : points) sum += p;
  return sum / static_cast<double>(std::max<std::size_t>(1, points.size()));
}

std::vector<float> flat(const std::vector<Vec3f>& points) {
  std::vector<float> xyz;
  xyz.reserve(points.size() * 3);
  for (const Vec3f& p : points) xyz.insert(xyz.end(), {p.x, p.y, p.z});
  return xyz;
}

void append_skeleton(ShardBuilder& shard, const NeuronTree& tree, const std::vector<std::uint8_t>& compartment) {
  std::vector<std::uint32_t> edges;
  for (const SkeletonEdge& e : tree_edges(tree)) edges.insert(edges.end(), {e[0], e[1]});
  shard.append<float>("skeleton", "nodes_nm", flat(tree_nodes(tree)));
  shard.append<float>("skeleton", "radius_nm", std::vector<float>(tree.radius_nm.begin(), tree.radius_nm.end()));
  shard.append<std::int32_t>("skeleton", "parent", tree.parent);
  shard.append<std::uint8_t>("skeleton", "compartment", compartment);
  shard.append<std::uint32_t>("skeleton", "edges", edges);
}

void set_space(ShardBuilder& shard, const NeuronTree& tree, const TreeCloud& cloud, SwcRow& row) {
  Vec3d low = tree.nodes_nm[0], high = low, sum;
  for (const Vec3d& p : tree.nodes_nm) low = min(low, p), high = max(high, p);
  for (const Vec3f& p : cloud.points_nm) low = min(low, Vec3d(p)), high = max(high, Vec3d(p)), sum += Vec3d(p);
  const Vec3d centroid =
      cloud.points_nm.empty() ? mean_of(tree.nodes_nm) : sum / static_cast<double>(cloud.points_nm.size());
  const auto nearer = [&](const Vec3d& a, const Vec3d& b) {
    return (a - centroid).dot(a - centroid) < (b - centroid).dot(b - centroid);
  };
  row.max_vx = floor_vx(high) + Vec3i(1);
  shard.set("bbox_min_vx", floor_vx(low));
  shard.set("bbox_max_vx", row.max_vx);
  shard.set("rep_vx", floor_vx(*std::min_element(tree.nodes_nm.begin(), tree.nodes_nm.end(), nearer)));
  shard.set("centroid_nm", centroid);
  shard.set("root_vx", floor_vx(tree.nodes_nm[0]));
}

void set_measures(ShardBuilder& shard, const NeuronTree& tree, const SwcImport& options) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const TreeMeasures m = measures_of_tree(tree, options.surface.min_radius_nm);
  const bool known = options.compartments;
  shard.set("size_vx", static_cast<std::uint64_t>(std::llround(m.volume_nm3 / std::pow(kSwcVoxelNm, 3))));
  shard.set("volume_um3", f32(m.volume_nm3 / 1e9));
  shard.set("area_um2", f32(m.area_nm2 / 1e6));
  shard.set("path_length_um", f32(m.path_nm / 1000));
  shard.set("axon_um", f32(known ? m.axon_nm / 1000 : none));
  shard.set("dend_um", f32(known ? m.dendrite_nm / 1000 : none));
  shard.set("soma_um", f32(known ? m.soma_nm / 1000 : none));
  double soma = none;
  for (std::size_t i = 0; known && i < tree.n_nodes(); ++i)
    if (tree.type[i] == 1) soma = std::fmax(soma, tree.radius_nm[i]);
  shard.set("soma_radius_nm", f32(soma));
}

}  // namespace

std::uint8_t compartment_of_swc(std::int32_t type) {
  switch (type) {
    case 1:
      return 6;
    case 2:
      return 3;
    case 3:
    case 4:
      return 0;
    default:
      return 255;
  }
}

TreeMeasures measures_of_tree(const NeuronTree& tree, double min_radius_nm) {
  constexpr double pi = std::numbers::pi;
  TreeMeasures m;
  for (std::size_t i = 0; i < tree.n_nodes(); ++i) {
    const double r = std::max(tree.radius_nm[i], min_radius_nm);
    if (tree.parent[i] < 0) {
      m.volume_nm3 += 4.0 / 3 * pi * r * r * r, m.area_nm2 += 4 * pi * r * r;
      continue;
    }
    const auto p = static_cast<std::size_t>(tree.parent[i]);
    const bool leaves_soma = tree.type[p] == 1 && tree.type[i] != 1;
    const double q = leaves_soma ? r : std::max(tree.radius_nm[p], min_radius_nm);
    const double h = length(tree.nodes_nm[i] - tree.nodes_nm[p]);
    m.volume_nm3 += pi * h / 3 * (q * q + q * r + r * r);
    m.area_nm2 += pi * (q + r) * std::sqrt(h * h + (q - r) * (q - r));
    m.path_nm += h;
    const std::uint8_t part = compartment_of_swc(tree.type[i]);
    (part == 3 ? m.axon_nm : part == 6 ? m.soma_nm : m.dendrite_nm) += part == 255 ? 0 : h;
  }
  return m;
}

DatasetSchema swc_schema(const std::vector<std::string>& types, const std::string& provenance_json) {
  DatasetSchema s;
  s.type = "ssv", s.voxel_size_nm = Vec3d(kSwcVoxelNm), s.provenance_json = provenance_json;
  s.columns = common_columns();
  for (ColumnSpec& c : s.columns)
    if (c.name == "size_vx") c.description = "volume in voxels, rounded: there are no voxels to count";
  const std::vector<ColumnSpec> more{
      {"volume_um3", DType::f32, 1, "um3", "of the frusta between nodes and the balls of roots"},
      {"area_um2", DType::f32, 1, "um2", "of the frusta's sides and the balls of roots"},
      {"path_length_um", DType::f32, 1, "um", "length of all skeleton edges"},
      {"axon_um", DType::f32, 1, "um", "path of nodes labelled axon; NaN: no compartments"},
      {"dend_um", DType::f32, 1, "um", "path of nodes labelled dendrite; NaN: no compartments"},
      {"soma_um", DType::f32, 1, "um", "path of nodes labelled soma; NaN: no compartments"},
      {"root_vx", DType::i64, 3, "vx", "voxel of the skeleton's first root"},
      {"soma_radius_nm", DType::f32, 1, "nm", "largest radius of the soma's nodes; NaN without one"},
      {"offset_nm", DType::f64, 3, "nm", "subtracted from the file's coordinates; 0 without --center"}};
  s.columns.insert(s.columns.end(), more.begin(), more.end());
  if (!types.empty()) s.columns.push_back({"cell_type", DType::u8, 1, "", "true type", enum_of(types)});
  s.fields = {
      mesh_field(),
      skeleton_field({{"compartment", DType::u8, 1, "node_offset", true, "", "as in the file", kCompartmentEnum}}),
      {"vertex_comp",
       {{"values", DType::u8, 1, "offset", true, "", "compartment of each vertex's node", kCompartmentEnum}}}};
  return s;
}

SwcRow add_swc_cell(ShardBuilder& shard, const SwcFile& file, const SwcImport& options) {
  NeuronTree tree = read_tree(file, options);
  const Vec3d offset = options.center ? mean_of(tree.nodes_nm) : Vec3d();
  for (Vec3d& p : tree.nodes_nm) p -= offset;
  TreeCloudParams params = options.surface;
  params.seed = file.id, params.cylinders_from_soma = true;
  const TreeCloud cloud = surface_of_tree(tree, params);
  SwcRow row{tree.n_nodes(), cloud.points_nm.size(), {}};
  shard.begin(file.id);
  set_space(shard, tree, cloud, row);
  set_measures(shard, tree, options);
  shard.set("offset_nm", offset);
  if (std::any_of(shard.schema().columns.begin(), shard.schema().columns.end(),
                  [](const ColumnSpec& c) { return c.name == "cell_type"; }))
    shard.set("cell_type", file.code);
  std::vector<std::uint8_t> compartment, of_vertex;
  for (const std::int32_t type : tree.type)
    compartment.push_back(options.compartments ? compartment_of_swc(type) : std::uint8_t{255});
  for (const std::uint32_t node : cloud.node) of_vertex.push_back(compartment[node]);
  shard.append<float>("mesh", "vertices_nm", flat(cloud.points_nm));
  shard.append<std::uint8_t>("vertex_comp", "values", of_vertex);
  append_skeleton(shard, tree, compartment);
  shard.end();
  return row;
}

}  // namespace syconn
