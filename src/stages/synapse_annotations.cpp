// SPDX-License-Identifier: GPL-3.0-or-later
// An expert's coordinates and the synapses between cells they name.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/table_csv.h"
#include "syconn/stages/train_synapse_forest.h"

namespace syconn {
namespace {

constexpr std::size_t kNearest = 20;
constexpr std::int64_t kReach_vx = 20;

struct Candidate {
  double distance2 = 0;  ///< nm², between the coordinate and rep_vx
  Id object = 0;
  Row row;
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return std::tie(a.distance2, a.object) < std::tie(b.distance2, b.object);
  }
};

struct Annotation {
  SynapseAnnotations::Coordinate at;
  bool synaptic = false;
  std::vector<Candidate> nearest;  ///< heap, the farthest in front; sorted by consider_all()
};

bool label_of(const CsvReader& csv, std::size_t column) {
  const std::string_view text = csv.text(column);
  if (text == "synaptic" || text == "1") return true;
  if (text == "not" || text == "0") return false;
  csv.fail("label '" + std::string(text) + "' is none of synaptic, not, 1, 0");
}

/// A coordinate of the current row in voxels.
class CoordinateColumns {
 public:
  CoordinateColumns(const CsvReader& csv, const Vec3d& voxel_nm) : csv_(csv), voxel_nm_(voxel_nm) {
    const bool voxels = csv.has("x") && csv.has("y") && csv.has("z");
    in_nm_ = csv.has("x_nm") && csv.has("y_nm") && csv.has("z_nm");
    if (voxels == in_nm_)
      csv.fail(voxels ? "has coordinates in voxels (x, y, z) and in nm (x_nm, y_nm, z_nm); keep one of them"
                      : "has no coordinates: give columns x, y, z (voxels) or x_nm, y_nm, z_nm");
    const char* names[] = {"x", "y", "z"};
    for (int a = 0; a < 3; ++a) column_[a] = csv.column(std::string(names[a]) + (in_nm_ ? "_nm" : ""));
  }
  Vec3i voxel() const {
    Vec3i v;
    for (int a = 0; a < 3; ++a) v[a] = in_nm_ ? from_nm(a) : within(static_cast<double>(csv_.integer(column_[a])));
    return v;
  }

 private:
  std::int64_t from_nm(int axis) const { return within(std::floor(csv_.number(column_[axis]) / voxel_nm_[axis])); }
  /// Also keeps distances far from overflow.
  std::int64_t within(double voxel) const {
    if (!(std::abs(voxel) < 1e9)) csv_.fail("a coordinate is no number of a sensible size");
    return static_cast<std::int64_t>(voxel);
  }
  const CsvReader& csv_;
  Vec3d voxel_nm_;
  bool in_nm_ = false;
  std::size_t column_[3] = {};
};

std::vector<Annotation> read_annotations(const fs::path& file, const Vec3d& voxel_nm) {
  CsvReader csv(file, {"label"});
  const std::size_t label = csv.column("label");
  const CoordinateColumns coordinates(csv, voxel_nm);
  std::vector<Annotation> rows;
  while (csv.next()) rows.push_back({{csv.line(), coordinates.voxel()}, label_of(csv, label), {}});
  return rows;
}

void consider(Annotation& a, const Candidate& c) {
  if (a.nearest.size() == kNearest) {
    if (!(c < a.nearest.front())) return;
    std::pop_heap(a.nearest.begin(), a.nearest.end());
    a.nearest.pop_back();
  }
  a.nearest.push_back(c);
  std::push_heap(a.nearest.begin(), a.nearest.end());
}

/// Passes once over the objects.
void consider_all(const SegmentationDataset& dataset, std::vector<Annotation>& annotations) {
  const auto rep = dataset.column<std::int64_t>("rep_vx");
  const Vec3d size_nm = dataset.voxel_size_nm();
  for (std::uint32_t shard = 0; shard < dataset.n_shards(); ++shard)
    dataset.for_each(shard, [&](Id id, Row row) {
      const std::vector<std::int64_t> v = rep.values(row);
      for (Annotation& a : annotations) {
        const Vec3d d = Vec3d(Vec3i{v.at(0), v.at(1), v.at(2)} - a.at.voxel) * size_nm;
        consider(a, {d.dot(d), id, row});
      }
    });
  for (Annotation& a : annotations) std::sort_heap(a.nearest.begin(), a.nearest.end());
}

std::int64_t l1_distance_vx(const std::vector<std::int32_t>& runs_vx, const Vec3i& v) {
  std::int64_t best = INT64_MAX;
  for (std::size_t r = 0; r + 3 < runs_vx.size(); r += 4) {
    const std::int64_t first = runs_vx[r], last = first + runs_vx[r + 3] - 1;
    const std::int64_t dx = std::max<std::int64_t>({0, first - v.x, v.x - last});
    best = std::min(best, dx + std::abs(runs_vx[r + 1] - v.y) + std::abs(runs_vx[r + 2] - v.z));
  }
  return best;
}

std::optional<Candidate> object_of(const Annotation& a, const Ragged<std::int32_t>& runs) {
  for (const Candidate& c : a.nearest)
    if (c.distance2 <= 0 || l1_distance_vx(runs(c.row), a.at.voxel) < kReach_vx) return c;
  return std::nullopt;
}

}  // namespace

SynapseAnnotations match_annotations(const fs::path& run, const fs::path& file) {
  const SegmentationDataset dataset = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  std::vector<Annotation> annotations = read_annotations(file, dataset.voxel_size_nm());
  consider_all(dataset, annotations);
  const auto runs = dataset.ragged<std::int32_t>("voxels", "runs_vx");
  SynapseAnnotations out;
  out.file = file.string(), out.n_coordinates = annotations.size();
  struct Named {
    std::vector<std::uint64_t> lines;
    bool synaptic = false, contradicting = false;
  };
  std::map<Id, Named> named;
  for (const Annotation& a : annotations) {
    const std::optional<Candidate> object = object_of(a, runs);
    if (!object) {
      out.unmatched.push_back(a.at);
      continue;
    }
    (object->distance2 <= 0 ? out.n_exact : out.n_near) += 1;
    Named& n = named[object->object];
    if (!n.lines.empty() && n.synaptic != a.synaptic) n.contradicting = true;
    n.lines.push_back(a.at.line), n.synaptic = a.synaptic;
  }
  for (const auto& [object, n] : named) {
    if (!n.contradicting) out.objects.push_back({object, n.synaptic});
    if (n.lines.size() > 1) out.repeated.push_back({object, n.lines, n.contradicting});
  }
  return out;
}

}  // namespace syconn
