// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "syconn/algo/mesh.h"
#include "syconn/algo/runs.h"
#include "syconn/core/union_find.h"
#include "verify_state.h"

/// Checks of `syconn verify` on skeletons, meshes and voxel sets. Memory: one object a thread.
namespace syconn {
namespace {

/// Lengths and areas are stored as f32, and summed here in another order than where they were made.
constexpr double kTolerance = 1e-3;
bool is_near(double a, double b) { return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b)) + 1e-6; }

// ---- skeletons ------------------------------------------------------------------------------------------------------

struct Skeleton {
  std::vector<float> nodes_nm, bridge_nm;
  std::vector<std::uint32_t> edges;
  std::vector<std::int32_t> parent;
  std::size_t n_nodes() const { return nodes_nm.size() / 3; }
  std::size_t n_edges() const { return edges.size() / 2; }
  double length_nm(std::size_t e) const {
    double d2 = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double d = nodes_nm[3 * edges[2 * e] + k] - nodes_nm[3 * edges[2 * e + 1] + k];
      d2 += d * d;
    }
    return std::sqrt(d2);
  }
};

class SkeletonCheck {
 public:
  explicit SkeletonCheck(const VerifiedShard& s)
      : s_(s),
        nodes_(s.set.ragged<float>("skeleton", "nodes_nm")),
        edges_(s.set.ragged<std::uint32_t>("skeleton", "edges")),
        parent_(s.set.ragged<std::int32_t>("skeleton", "parent")) {
    if (s.set.has_part("skeleton", "bridge_nm")) bridge_ = s.set.ragged<float>("skeleton", "bridge_nm");
    if (s.set.has_column("path_length_um")) path_ = s.set.column<float>("path_length_um");
    for (const FieldSpec& field : s.set.fields())
      if (field.name == "node_comp" || field.name == "embedding") labels_.push_back(field.name);
  }

  void run() {
    s_.set.for_each(s_.shard, [&](Id id, Row row) {
      nodes_.read(row, skeleton_.nodes_nm), edges_.read(row, skeleton_.edges), parent_.read(row, skeleton_.parent);
      skeleton_.bridge_nm.assign(skeleton_.n_edges(), 0);
      if (bridge_) bridge_->read(row, skeleton_.bridge_nm);
      if (indices(id)) tree(id), path(id, row);
      for (const std::string& field : labels_)
        if (const auto rows = rows_of(field, row); rows != 0 && rows != skeleton_.n_nodes())
          s_.add(field + "/values", id, std::to_string(skeleton_.n_nodes()) + " rows, one a node",
                 std::to_string(rows));
    });
  }

 private:
  std::uint64_t rows_of(const std::string& field, Row row) const {
    return field == "embedding" ? s_.set.ragged<float>(field, "values").rows(row)
                                : s_.set.ragged<std::uint8_t>(field, "values").rows(row);
  }
  bool indices(Id id) const {
    const std::size_t n = skeleton_.n_nodes();
    bool good = true;
    for (const std::uint32_t node : skeleton_.edges)
      if (node >= n) {
        s_.add("skeleton/edges", id, "a node below " + std::to_string(n), std::to_string(node));
        good = false;
      }
    for (const std::int32_t p : skeleton_.parent)
      if (p < -1 || p >= static_cast<std::int64_t>(n)) {
        s_.add("skeleton/parent", id, "-1 or a node below " + std::to_string(n), std::to_string(p));
        good = false;
      }
    return good;
  }
  /// n - 1 edges that never close a circle join all nodes; parents are these edges, all but the root's.
  void tree(Id id) const {
    const std::size_t n = skeleton_.n_nodes();
    if (n == 0) return;
    UnionFind sets(static_cast<std::uint32_t>(n));
    std::size_t circles = 0, strangers = 0;
    for (std::size_t e = 0; e < skeleton_.n_edges(); ++e) {
      const std::uint32_t a = skeleton_.edges[2 * e], b = skeleton_.edges[2 * e + 1];
      circles += sets.find(a) == sets.find(b);
      sets.unite(a, b);
      const auto is_parent = [&](std::uint32_t of, std::uint32_t who) {
        return skeleton_.parent[of] == static_cast<std::int64_t>(who);
      };
      strangers += !is_parent(a, b) && !is_parent(b, a);
    }
    if (skeleton_.n_edges() != n - 1 || circles > 0)
      s_.add("skeleton/edges", id, "a tree of " + std::to_string(n - 1) + " edges",
             std::to_string(skeleton_.n_edges()) + " edges, " + std::to_string(circles) + " of which close a circle");
    const auto roots = std::count(skeleton_.parent.begin(), skeleton_.parent.end(), -1);
    if (roots != 1 || strangers > 0)
      s_.add("skeleton/parent", id, "one root, and the edges",
             std::to_string(roots) + " roots, " + std::to_string(strangers) + " edges that join no node to its parent");
  }
  void path(Id id, Row row) const {
    if (!path_) return;
    double nm = 0;
    for (std::size_t e = 0; e < skeleton_.n_edges(); ++e)
      if (skeleton_.bridge_nm[e] == 0) nm += skeleton_.length_nm(e);
    if (const double um = (*path_)(row); !is_near(um, 1e-3 * nm))
      s_.add("path_length_um", id, text_of(1e-3 * nm) + ", the length of the edges", text_of(um));
  }

  const VerifiedShard& s_;
  Ragged<float> nodes_;
  Ragged<std::uint32_t> edges_;
  Ragged<std::int32_t> parent_;
  std::optional<Ragged<float>> bridge_;
  std::optional<Column<float>> path_;
  std::vector<std::string> labels_;
  Skeleton skeleton_;
};

// ---- meshes ---------------------------------------------------------------------------------------------------------

class MeshCheck {
 public:
  explicit MeshCheck(const VerifiedShard& s)
      : s_(s),
        vertices_(s.set.ragged<float>("mesh", "vertices_nm")),
        faces_(s.set.ragged<std::uint32_t>("mesh", "faces")) {
    if (s.set.has_column("mesh_area_um2")) area_ = s.set.column<float>("mesh_area_um2");
    if (s.set.has_column("mesh_bbox_nm")) box_ = s.set.column<float>("mesh_bbox_nm");
    if (s.set.has_part("vertex_comp", "values")) labels_ = s.set.ragged<std::uint8_t>("vertex_comp", "values");
  }

  void run() {
    std::vector<float> xyz;
    s_.set.for_each(s_.shard, [&](Id id, Row row) {
      vertices_.read(row, xyz), faces_.read(row, mesh_.faces);
      mesh_.vertices_nm.clear();
      for (std::size_t i = 0; i < xyz.size(); i += 3) mesh_.vertices_nm.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
      const std::size_t n = mesh_.vertices_nm.size();
      if (labels_)
        if (const auto rows = labels_->rows(row); rows != 0 && rows != n)
          s_.add("vertex_comp/values", id, std::to_string(n) + " codes, one a vertex", std::to_string(rows));
      const auto outside = std::find_if(mesh_.faces.begin(), mesh_.faces.end(), [&](auto v) { return v >= n; });
      if (outside != mesh_.faces.end())
        return s_.add("mesh/faces", id, "a vertex below " + std::to_string(n), std::to_string(*outside));
      surface(id, row);
      if (box_ && n > 0) bounds(id, row);
    });
  }

 private:
  void surface(Id id, Row row) const {
    if (const std::uint64_t open = boundary_edges(mesh_); open > 0)
      s_.add("mesh/faces", id, "a closed surface", std::to_string(open) + " edges without a counterpart");
    if (!area_) return;
    if (const double um2 = (*area_)(row), found = mesh_area_um2(mesh_); !is_near(um2, found))
      s_.add("mesh_area_um2", id, text_of(found) + ", the area of the faces", text_of(um2));
  }
  void bounds(Id id, Row row) const {
    const std::vector<float> stored = box_->values(row);
    const MeshBounds b = mesh_bounds(mesh_);
    const float found[] = {b.min_nm.x, b.min_nm.y, b.min_nm.z, b.max_nm.x, b.max_nm.y, b.max_nm.z};
    for (std::size_t k = 0; k < 6; ++k)
      if (!is_near(stored[k], found[k]))
        return s_.add("mesh_bbox_nm", id, text_of(found[k]) + " at place " + std::to_string(k), text_of(stored[k]));
  }

  const VerifiedShard& s_;
  Ragged<float> vertices_;
  Ragged<std::uint32_t> faces_;
  std::optional<Column<float>> area_, box_;
  std::optional<Ragged<std::uint8_t>> labels_;
  Mesh mesh_;
};

// ---- voxels ---------------------------------------------------------------------------------------------------------

void check_runs(const VerifiedShard& s) {
  const auto runs = s.set.ragged<std::int32_t>("voxels", "runs_vx");
  const auto size = s.set.column<std::uint64_t>("size_vx");
  const auto rep = s.set.column<std::int64_t>("rep_vx");
  const BoxColumns boxes(s.set);
  std::vector<std::int32_t> values;
  std::vector<Run> set;
  s.set.for_each(s.shard, [&](Id id, Row row) {
    runs.read(row, values);
    set.clear();
    for (std::size_t i = 0; i + 3 < values.size(); i += 4)
      set.push_back({values[i], values[i + 1], values[i + 2], values[i + 3]});
    const bool positive = std::all_of(set.begin(), set.end(), [](const Run& r) { return r.len > 0; });
    if (!positive || !is_raster_sorted(set))
      return s.add("voxels/runs_vx", id, "runs in raster order that do not overlap", "others");
    if (const std::uint64_t n = voxel_count(set); n != size(row))
      s.add("size_vx", id, std::to_string(n) + ", its voxels", std::to_string(size(row)));
    const Box3 box = boxes(row), found = bounding_box(set);
    if (!(box == found)) s.add("bbox_max_vx", id, text_of(found) + ", its voxels", text_of(box));
    const Vec3i r = vector_at(rep, row);
    const bool inside = std::any_of(set.begin(), set.end(), [&](const Run& run) {
      return run.y == r.y && run.z == r.z && run.x <= r.x && r.x < run.end();
    });
    if (!inside) s.add("rep_vx", id, "one of its voxels", text_of(r));
  });
}

bool has_runs(const SegmentationDataset& set) {
  return set.has_part("voxels", "runs_vx") && set.has_column("size_vx") && set.has_column("rep_vx") &&
         set.has_column("bbox_min_vx") && set.has_column("bbox_max_vx");
}

}  // namespace

std::vector<VerifyCheck> shape_checks(const VerifiedRunPtr& run) {
  return {
      shard_check(
          run, "skeletons", "edges index nodes and make a tree, parents are its edges, path_length_um their length",
          [](const SegmentationDataset& set) { return set.has_part("skeleton", "edges"); },
          [](const VerifiedShard& s) { SkeletonCheck(s).run(); }),
      shard_check(
          run, "meshes", "faces index vertices and close; mesh_area_um2 and mesh_bbox_nm are theirs",
          [](const SegmentationDataset& set) { return set.has_part("mesh", "faces"); },
          [](const VerifiedShard& s) { MeshCheck(s).run(); }),
      shard_check(run, "runs", "voxel sets are in raster order; size, box and representative voxel are theirs",
                  has_runs, check_runs),
  };
}

}  // namespace syconn
