// SPDX-License-Identifier: GPL-3.0-or-later
#include "evaluate_support.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "syconn/algo/run_components.h"
#include "syconn/core/error.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

void append_runs(VolumeView<const Id> labels, std::vector<LabelledRuns::Item>& out) {
  for (std::int64_t z = 0; z < labels.size.z; ++z)
    for (std::int64_t y = 0; y < labels.size.y; ++y) {
      const Id* row = labels.row(y, z);
      for (std::int64_t x = 0, end = 0; x < labels.size.x; x = end) {
        while (end < labels.size.x && row[end] == row[x]) ++end;
        if (row[x] == kBackground) continue;
        const Vec3i at = labels.origin + Vec3i{x, y, z};
        out.push_back({{static_cast<std::int32_t>(at.x), static_cast<std::int32_t>(at.y),
                        static_cast<std::int32_t>(at.z), static_cast<std::int32_t>(end - x)},
                       row[x]});
      }
    }
}

/// 1 where a map is set.
void read_foreground_labels(const VolumeReader& volume, const Box3& box, Volume<Id>& out) {
  out.reshape(box);
  if (const DType type = volume.info().dtype; type == DType::f32 || type == DType::f64) {
    const Volume<std::uint8_t> mask = volume.read_mask(0.5, box);
    std::copy(mask.data(), mask.data() + mask.count(), out.data());
  } else {
    volume.read_labels(out.view());
    for (std::size_t i = 0; i < out.count(); ++i) out.data()[i] = out.data()[i] != kBackground;
  }
}

void check_coordinates(const VolumeInfo& info) {
  const Box3 box = info.box();
  for (int k = 0; k < 3; ++k)
    if (box.min[k] < 0 || box.max[k] > std::numeric_limits<std::int32_t>::max())
      throw Error(Category::input, info.where + ": voxel coordinates must lie within 0 and 2^31");
}

}  // namespace

std::vector<Box3> evaluation_blocks(const Box3& box) {
  constexpr Vec3i kBlock{256, 256, 64};
  std::vector<Box3> blocks;
  for (std::int64_t z = box.min.z; z < box.max.z; z += kBlock.z)
    for (std::int64_t y = box.min.y; y < box.max.y; y += kBlock.y)
      for (std::int64_t x = box.min.x; x < box.max.x; x += kBlock.x) {
        const Vec3i lo{x, y, z};
        blocks.push_back(intersect(box, {lo, lo + kBlock}));
      }
  return blocks;
}

LabelledRuns::LabelledRuns(std::vector<Item> items) : items_(std::move(items)) {
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return raster_less(a.run, b.run); });
  std::size_t n = 0;
  for (const Item& item : items_) {
    if (n > 0) {
      Item& last = items_[n - 1];
      if (last.label == item.label && last.run.z == item.run.z && last.run.y == item.run.y &&
          last.run.end() == item.run.x) {
        last.run.len += item.run.len;
        continue;
      }
    }
    items_[n++] = item;
  }
  items_.resize(n);
}

std::map<Id, std::vector<Run>> LabelledRuns::by_label() const {
  std::map<Id, std::vector<Run>> runs;
  for (const Item& item : items_) runs[item.label].push_back(item.run);
  return runs;
}

std::map<Id, std::uint64_t> LabelledRuns::below(std::span<const std::int32_t> runs_vx) const {
  std::map<Id, std::uint64_t> count;
  for (std::size_t r = 0; r + 3 < runs_vx.size(); r += 4) {
    const Run run{runs_vx[r], runs_vx[r + 1], runs_vx[r + 2], runs_vx[r + 3]};
    auto item = std::partition_point(items_.begin(), items_.end(), [&](const Item& i) {
      return std::tuple(i.run.z, i.run.y, i.run.end()) <= std::tuple(run.z, run.y, run.x);
    });
    for (; item != items_.end() && item->run.z == run.z && item->run.y == run.y && item->run.x < run.end(); ++item)
      count[item->label] +=
          static_cast<std::uint64_t>(std::min(item->run.end(), run.end()) - std::max(item->run.x, run.x));
  }
  return count;
}

LabelledRuns read_labelled_runs(const VolumeReader& volume) {
  check_coordinates(volume.info());
  std::vector<LabelledRuns::Item> items;
  Volume<Id> block;
  for (const Box3& box : evaluation_blocks(volume.info().box())) {
    block.reshape(box);
    volume.read_labels(block.view());
    append_runs(block.view(), items);
  }
  return LabelledRuns(std::move(items));
}

LabelledRuns read_connected_parts(const VolumeReader& volume) {
  check_coordinates(volume.info());
  std::vector<LabelledRuns::Item> items;
  Volume<Id> block;
  for (const Box3& box : evaluation_blocks(volume.info().box())) {
    read_foreground_labels(volume, box, block);
    append_runs(block.view(), items);
  }
  items = LabelledRuns(std::move(items)).items();
  std::vector<Run> runs;
  for (const LabelledRuns::Item& item : items) runs.push_back(item.run);
  const RunComponents parts = run_components(runs);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].label = parts.part[i] + Id{1};
  return LabelledRuns(std::move(items));
}

std::vector<Run> read_foreground_runs(const VolumeReader& volume, const Box3& box, std::optional<double> threshold) {
  check_coordinates(volume.info());
  std::vector<Run> runs;
  Volume<std::uint8_t> mask;
  Volume<Id> labels;
  for (const Box3& block : evaluation_blocks(box)) {
    mask.reshape(block);
    if (threshold) {
      volume.read_mask(*threshold, mask.view());
    } else {
      labels.reshape(block);
      volume.read_labels(labels.view());
      for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = labels.data()[i] != kBackground;
    }
    const std::vector<Run> part = runs_of_mask(mask.view());
    runs.insert(runs.end(), part.begin(), part.end());
  }
  sort_and_merge(runs);
  return runs;
}

std::unordered_map<Id, Id> cells_of_supervoxels(const fs::path& run) {
  const auto sv = SegmentationDataset::open(run / "datasets/sv.h5");
  const auto ids = sv.column<Id>("id").all(), cell = sv.column<Id>("cell_id").all();
  std::unordered_map<Id, Id> cells;
  cells.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) cells.emplace(ids[i], cell[i]);
  return cells;
}

std::map<Id, std::vector<Id>> true_cells_of_labels(const fs::path& phantom) {
  CsvReader csv(phantom / "truth/supervoxels.csv", {"label", "cell_id"});
  const auto label = csv.column("label"), cell = csv.column("cell_id");
  std::map<Id, std::vector<Id>> cells;
  while (csv.next()) cells[csv.id(label)].push_back(csv.id(cell));
  for (auto& [id, list] : cells) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return cells;
}

}  // namespace syconn
