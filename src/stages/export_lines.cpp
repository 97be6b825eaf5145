// SPDX-License-Identifier: GPL-3.0-or-later
// Synapses of the export, first half: rows of the table, spread over blocks of space, become lines between voxels of
// both cells; then which levels of the spatial index there are.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cell_volume.h"
#include "code_names.h"
#include "export_synapses.h"
#include "kept_synapses.h"
#include "shards.h"
#include "syconn/core/compartments.h"
#include "syconn/io/record_file.h"
#include "volumes.h"

namespace syconn {
namespace {

/// A column's values, or `absent` where the table has none.
template <class T>
std::vector<T> block_or(const SegmentationDataset& table, const std::string& name, Row first, std::uint64_t count,
                        T absent, std::size_t width = 1) {
  if (table.has_column(name)) return table.column<T>(name).block(first, count);
  return std::vector<T>(count * width, absent);
}

void read_rows(const SegmentationDataset& table, Row first, std::vector<SynapseRow>& rows) {
  const std::uint64_t n = rows.size();
  const auto fill = [&]<class T>(const std::string& name, T absent, auto&& set) {
    const std::vector<T> values = block_or<T>(table, name, first, n, absent);
    for (std::size_t i = 0; i < n; ++i) set(rows[i], values[i]);
  };
  const std::vector<Id> ids = table.ids(first.shard, first.index, n);
  const auto rep = table.column<std::int64_t>("rep_vx").block(first, n);
  for (std::size_t i = 0; i < n; ++i) rows[i].id = ids[i], std::copy_n(&rep[3 * i], 3, rows[i].rep_vx);
  fill("cell_a", Id{0}, [](SynapseRow& r, Id v) { r.cell_a = v; });
  fill("cell_b", Id{0}, [](SynapseRow& r, Id v) { r.cell_b = v; });
  fill("pre_id", Id{0}, [](SynapseRow& r, Id v) { r.pre_id = v; });
  fill("post_id", Id{0}, [](SynapseRow& r, Id v) { r.post_id = v; });
  fill("prob", std::numeric_limits<float>::quiet_NaN(), [](SynapseRow& r, float v) { r.prob = v; });
  fill("area_um2", std::numeric_limits<float>::quiet_NaN(), [](SynapseRow& r, float v) { r.area_um2 = v; });
  fill("size_vx", std::uint64_t{0}, [](SynapseRow& r, std::uint64_t v) {
    r.size_vx = static_cast<std::uint32_t>(std::min<std::uint64_t>(v, UINT32_MAX));
  });
  fill("sign", std::int8_t{0}, [](SynapseRow& r, std::int8_t v) { r.sign = v; });
  constexpr std::uint8_t kUnknown = 255;
  // Without a direction the compartments are those of the two cells.
  fill("comp_a", kUnknown, [](SynapseRow& r, std::uint8_t v) { r.from_comp = v; });
  fill("comp_b", kUnknown, [](SynapseRow& r, std::uint8_t v) { r.to_comp = v; });
  const auto directed = [](std::uint8_t SynapseRow::*member) {
    return [member](SynapseRow& r, std::uint8_t v) {
      if (r.directed()) r.*member = v;
    };
  };
  fill("pre_comp", kUnknown, directed(&SynapseRow::from_comp));
  fill("post_comp", kUnknown, directed(&SynapseRow::to_comp));
  fill("pre_type", kUnknown, directed(&SynapseRow::from_type));
  fill("post_type", kUnknown, directed(&SynapseRow::to_type));
}

/// A cell's voxel in the middle of what it has within the ball around `centre`: of its voxels the one nearest to their
/// mean (tie: the first in raster order). `centre` itself where the cell has none there.
Vec3i middle_of(Id cell, const Volume<Id>& window, const Vec3i& centre, const Vec3d& voxel_nm, double reach_nm) {
  std::vector<Vec3i> voxels;
  Vec3i sum;
  const Box3& box = window.box();
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const Vec3i voxel(x, y, z);
        if (window.at(voxel) != cell) continue;
        const Vec3d d = Vec3d(voxel - centre) * voxel_nm;
        if (d.dot(d) > reach_nm * reach_nm) continue;
        voxels.push_back(voxel), sum += voxel;
      }
  Vec3i best = centre;
  double nearest = std::numeric_limits<double>::infinity();
  const Vec3d mean = Vec3d(sum) / static_cast<double>(std::max<std::size_t>(voxels.size(), 1));
  for (const Vec3i& voxel : voxels) {
    const Vec3d d = (Vec3d(voxel) - mean) * voxel_nm;
    if (d.dot(d) < nearest) nearest = d.dot(d), best = voxel;
  }
  return best;
}

Vec3f centre_of(const Vec3i& voxel) { return Vec3f(Vec3d(voxel) + Vec3d(0.5)); }

/// Both ends of a block's lines, in voxels.
class LineEnds {
 public:
  LineEnds(const JobContext& ctx, double reach_nm) : geometry_(ctx.geometry()), reach_nm_(reach_nm) {
    if (has_volume(ctx.config(), "sv")) labels_.emplace(ctx);
    const Vec3d reach = Vec3d(reach_nm) / geometry_.voxel_size_nm;
    reach_vx_ = {static_cast<std::int64_t>(reach.x), static_cast<std::int64_t>(reach.y),
                 static_cast<std::int64_t>(reach.z)};
  }
  /// Without a volume of supervoxels both are the synapse's representative voxel.
  std::pair<Vec3f, Vec3f> operator()(const SynapseRow& row) {
    if (!labels_) return {centre_of(row.rep()), centre_of(row.rep())};
    window_.reshape(intersect(Box3{row.rep(), row.rep() + Vec3i(1)}.grown(reach_vx_), geometry_.box));
    labels_->read(window_.view());
    const auto end = [&](Id cell) {
      return centre_of(middle_of(cell, window_, row.rep(), geometry_.voxel_size_nm, reach_nm_));
    };
    return {end(row.from()), end(row.to())};
  }

 private:
  const Geometry& geometry_;
  double reach_nm_;
  Vec3i reach_vx_;
  std::optional<CellVolume> labels_;
  Volume<Id> window_;
};

}  // namespace

std::vector<AnnotationProperty> line_properties(const std::map<std::int64_t, std::string>& types) {
  std::map<std::int64_t, std::string> compartments{{255, "unknown"}};
  for (std::size_t i = 0; i < kCompartmentNames.size(); ++i)
    compartments[static_cast<std::int64_t>(i)] = kCompartmentNames[i];
  return {{"prob", DType::f32, "probability of a synapse; NaN: not classified"},
          {"area_um2", DType::f32, "area of the junction (um2)"},
          {"size_vx", DType::u32, "voxels of the junction"},
          {"sign", DType::i8, "by symmetry", {{-1, "inhibitory"}, {0, "unknown"}, {1, "excitatory"}}},
          {"pre_comp", DType::u8, "compartment at the line's first end", compartments},
          {"post_comp", DType::u8, "compartment at the line's second end", compartments},
          {"pre_type", DType::u8, "cell type at the line's first end", types},
          {"post_type", DType::u8, "cell type at the line's second end", types}};
}

std::array<double, 8> line_values(const SynapseRow& r) {
  return {static_cast<double>(r.prob),      static_cast<double>(r.area_um2),  static_cast<double>(r.size_vx),
          static_cast<double>(r.sign),      static_cast<double>(r.from_comp), static_cast<double>(r.to_comp),
          static_cast<double>(r.from_type), static_cast<double>(r.to_type)};
}

std::int64_t block_of(const PrecomputedPyramid& pyramid, const Vec3i& voxel) {
  const Box3 first = pyramid.cube(pyramid.block_level(), {});
  const Vec3i n = pyramid.blocks();
  const Vec3i at = min(max((voxel - first.min) / first.size(), Vec3i(0)), n - Vec3i(1));
  return at.x + n.x * (at.y + n.y * at.z);
}

void export_spread(JobContext& ctx, const ExportConfig&) {
  constexpr std::uint64_t kBlockRows = 1 << 16;
  const PrecomputedPyramid pyramid = pyramid_of(ctx.geometry());
  RecordWriter<SynapseRow> out(ctx.work_output("rows"), static_cast<std::uint32_t>(pyramid.block_count()));
  std::uint64_t dropped = 0;
  const double prob_min = synapse_prob_min(ctx.config());
  if (const auto table = dataset_of(ctx, "syn_ssv"))
    for_own_shards(ctx, table->n_shards(), [&](std::uint32_t shard) {
      for (std::uint64_t first = 0; first < table->shard_size(shard); first += kBlockRows) {
        std::vector<SynapseRow> rows(std::min(kBlockRows, table->shard_size(shard) - first));
        read_rows(*table, {shard, first}, rows);
        for (const SynapseRow& row : rows) {
          if (synapse_is_kept(static_cast<double>(row.prob), prob_min))
            out.append(static_cast<std::uint32_t>(block_of(pyramid, row.rep())), row);
          else
            ++dropped;
        }
      }
    });
  out.close();
  if (dropped > 0) ctx.note(std::to_string(dropped) + " synapses below synapses.prob_min left out");
}

void export_ends(JobContext& ctx, const ExportConfig& c) {
  const auto block = static_cast<std::uint32_t>(ctx.job().index);
  const std::vector<AnnotationGridLevel> levels = AnnotationFiles(ctx.geometry()).levels();
  std::vector<SynapseRow> rows;
  for (std::int64_t job = 0; job < per_shard.count(ctx.geometry()); ++job)
    read_records(RecordFile(ctx.work_input("spread", "rows", job)), block, rows);
  // Neighbours one after the other, so that blocks of the volume are decoded once.
  const auto tile = [](const SynapseRow& r) {
    return std::tuple(r.rep_vx[2] / 32, r.rep_vx[1] / 64, r.rep_vx[0] / 64, r.id);
  };
  std::sort(rows.begin(), rows.end(), [&](const SynapseRow& a, const SynapseRow& b) { return tile(a) < tile(b); });
  RecordWriter<AnnotationRecord> lines(ctx.work_output("lines"), 1);
  std::map<std::pair<std::size_t, std::uint64_t>, std::uint32_t> counts;
  const LineEncoder encoder(line_properties({}));
  LineEnds ends(ctx, c.line_reach_nm);
  for (const SynapseRow& row : rows) {
    const auto [from, to] = ends(row);
    AnnotationRecord record{0, row.id, row.from(), row.to(), row.directed(), {}};
    encoder.encode(from, to, line_values(row), record.line);
    lines.append(0, record);
    for (std::size_t l = 0; l < levels.size(); ++l)
      for_cells_of_line(levels[l], ctx.geometry().box, from, to, [&](const Vec3i& cell) {
        const Vec3i& n = levels[l].grid;
        ++counts[{l, static_cast<std::uint64_t>(cell.x + n.x * (cell.y + n.y * cell.z))}];
      });
  }
  lines.close();
  RecordWriter<CellCount> out(ctx.work_output("counts"), 1);
  for (const auto& [at, n] : counts) out.append(0, {at.second, static_cast<std::uint32_t>(at.first), n});
  out.close();
}

void export_levels(JobContext& ctx, const ExportConfig& c) {
  const AnnotationFiles files(ctx.geometry());
  std::vector<std::vector<std::uint32_t>> counts;
  for (const AnnotationGridLevel& level : files.levels())
    counts.emplace_back(static_cast<std::size_t>(level.grid.product()), 0U);
  for (std::int64_t block = 0; block < per_volume_block.count(ctx.geometry()); ++block)
    for (const CellCount& count : read_records<CellCount>(RecordFile(ctx.work_input("ends", "counts", block)), 0))
      counts.at(count.level).at(count.cell) += count.n;
  std::vector<std::uint64_t> most;
  for (const auto& level : counts) most.push_back(*std::max_element(level.begin(), level.end()));
  const auto limit = static_cast<std::uint64_t>(c.annotation_limit);
  const AnnotationThresholds thresholds = annotation_thresholds(most, limit);
  RecordWriter<std::uint64_t> out(ctx.work_output("thresholds"), 1);
  out.append(0, std::span<const std::uint64_t>(thresholds.below));
  out.close();
  const auto table = dataset_of(ctx, "syn_ssv");
  AnnotationLayer layer{ctx.geometry().box,
                        ctx.geometry().voxel_size_nm,
                        line_properties(table ? code_names(*table, "pre_type") : std::map<std::int64_t, std::string>{}),
                        {kRelationships.begin(), kRelationships.end()},
                        files.ids(),
                        files.levels(),
                        limit};
  layer.levels.resize(thresholds.below.size());
  write_output(ctx, neuroglancer_path("synapses/info"), precomputed_annotation_info(layer));
}

}  // namespace syconn
