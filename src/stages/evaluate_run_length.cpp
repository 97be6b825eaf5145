// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_run_length.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>

#include "evaluate_support.h"
#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/io/swc.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

struct TrueNode {
  Id skeleton = 0;
  Vec3d at_nm;
  std::int64_t parent = -1;  ///< index of a node, -1 at a root
  Id supervoxel = 0;         ///< of a phantom's
  Id segment = 0;            ///< of what is evaluated
  bool outside = false;
};

std::vector<TrueNode> read_phantom(const fs::path& file) {
  CsvReader csv(file, {"cell_id", "sv_id", "parent", "x_nm", "y_nm", "z_nm"});
  const auto cell = csv.column("cell_id"), sv = csv.column("sv_id"), parent = csv.column("parent"),
             x = csv.column("x_nm"), y = csv.column("y_nm"), z = csv.column("z_nm");
  std::vector<TrueNode> nodes;
  while (csv.next()) {
    TrueNode n{csv.id(cell), {csv.number(x), csv.number(y), csv.number(z)}, csv.integer(parent), csv.id(sv)};
    if (n.parent < -1 || n.parent >= static_cast<std::int64_t>(nodes.size()))
      csv.fail("column 'parent': no row before this one has the number " + std::to_string(n.parent));
    nodes.push_back(n);
  }
  return nodes;
}

std::vector<TrueNode> read_trees(const fs::path& path, double nm_per_unit) {
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.path().extension() == ".swc") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  if (files.empty())
    throw Error(Category::input, "'" + path.string() + "' has neither truth/nodes.csv nor files *.swc");
  std::vector<TrueNode> nodes;
  for (std::size_t f = 0; f < files.size(); ++f) {
    const NeuronTree tree = read_swc(files[f], nm_per_unit);
    const auto first = static_cast<std::int64_t>(nodes.size());
    for (std::size_t i = 0; i < tree.n_nodes(); ++i)
      nodes.push_back({f + 1, tree.nodes_nm[i], tree.parent[i] < 0 ? -1 : first + tree.parent[i]});
  }
  return nodes;
}

Vec3d voxel_size(const VolumeInfo& info, const std::optional<Vec3d>& given) {
  if (given) return *given;
  if (info.voxel_size_nm) return *info.voxel_size_nm;
  throw Error(Category::usage, info.where + " does not say how large its voxels are; give --voxel-size-nm");
}

/// Labels of a volume below the nodes, block by block.
void look_up(const VolumeReader& volume, const Vec3d& voxel_nm, int threads, std::vector<TrueNode>& nodes) {
  const Box3 box = volume.info().box();
  constexpr Vec3i kBlock{256, 256, 64};
  std::vector<Vec3i> voxel(nodes.size()), block(nodes.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (int k = 0; k < 3; ++k) {
      // What is not finite or far away must not overflow; it is outside in any case.
      const double at = std::floor(nodes[i].at_nm[k] / voxel_nm[k]);
      voxel[i][k] = at >= static_cast<double>(box.min[k]) && at < static_cast<double>(box.max[k])
                        ? static_cast<std::int64_t>(at)
                        : box.min[k] - 1;
      block[i][k] = (voxel[i][k] - box.min[k]) / kBlock[k];
    }
    nodes[i].outside = !box.contains(voxel[i]);
    if (!nodes[i].outside) order.push_back(i);
  }
  const auto key = [&](std::size_t i) { return std::tuple(block[i].z, block[i].y, block[i].x); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<std::size_t> starts;
  for (std::size_t k = 0; k < order.size(); ++k)
    if (k == 0 || key(order[k]) != key(order[k - 1])) starts.push_back(k);
  starts.push_back(order.size());
  parallel_for(static_cast<std::int64_t>(starts.size()) - 1, threads, [&](std::int64_t b) {
    const std::size_t begin = starts[static_cast<std::size_t>(b)], end = starts[static_cast<std::size_t>(b) + 1];
    Box3 around{voxel[order[begin]], voxel[order[begin]] + Vec3i(1)};
    for (std::size_t k = begin; k < end; ++k)
      for (int d = 0; d < 3; ++d) {
        around.min[d] = std::min(around.min[d], voxel[order[k]][d]);
        around.max[d] = std::max(around.max[d], voxel[order[k]][d] + 1);
      }
    const Volume<Id> labels = volume.read_labels(around);
    for (std::size_t k = begin; k < end; ++k) nodes[order[k]].segment = labels.at(voxel[order[k]]);
  });
}

/// The labels that a phantom's supervoxels have in its volume.
void take_supervoxels(const fs::path& truth, std::vector<TrueNode>& nodes) {
  CsvReader csv(truth / "truth/supervoxels.csv", {"sv_id", "label"});
  const auto sv = csv.column("sv_id"), label = csv.column("label");
  std::unordered_map<Id, Id> labels;
  while (csv.next()) labels[csv.id(sv)] = csv.id(label);
  for (TrueNode& n : nodes)
    if (const auto found = labels.find(n.supervoxel); found != labels.end()) n.segment = found->second;
}

RunLengthScore score_of(const std::vector<TrueNode>& nodes, std::uint64_t merge_nodes) {
  std::vector<SkeletonNode> inside;
  std::vector<SkeletonPiece> pieces;
  for (const TrueNode& n : nodes) {
    if (n.outside) continue;
    inside.push_back({n.skeleton, n.segment});
    if (n.parent < 0) continue;
    const TrueNode& p = nodes[static_cast<std::size_t>(n.parent)];
    if (p.outside) continue;
    const Vec3d step = n.at_nm - p.at_nm;
    pieces.push_back({n.skeleton, p.segment, n.segment, std::hypot(step.x, step.y, step.z)});
  }
  return run_length_score(pieces, merged_segments(inside, merge_nodes));
}

}  // namespace

RunLengthAnswer evaluate_run_length(const RunLengthQuestion& q) {
  if (!q.volume && !q.run)
    throw Error(Category::usage, "run length: give a label volume, a run whose cells count, or both");
  const fs::path table = q.truth / "truth/nodes.csv";
  const bool phantom = fs::exists(table);
  if (!phantom && !q.volume)
    throw Error(Category::usage, "run length: '" + table.string() +
                                     "' is not there to name the supervoxels of the nodes; give the label volume too");
  std::vector<TrueNode> nodes = phantom ? read_phantom(table) : read_trees(q.truth, q.nm_per_unit);
  if (q.volume) {
    const auto volume = open_volume(q.volume->file, q.volume->dataset);
    look_up(*volume, voxel_size(volume->info(), q.voxel_size_nm), q.threads, nodes);
  } else {
    take_supervoxels(q.truth, nodes);
  }
  if (q.run) {
    const auto cells = cells_of_supervoxels(*q.run);
    for (TrueNode& n : nodes) n.segment = cell_of(cells, n.segment);
  }
  RunLengthAnswer answer;
  answer.nodes = nodes.size();
  for (const TrueNode& n : nodes) answer.outside += n.outside;
  answer.score = score_of(nodes, q.merge_nodes);
  return answer;
}

}  // namespace syconn
