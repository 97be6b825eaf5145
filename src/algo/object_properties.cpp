// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/object_properties.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "row_runs.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {
using Wide = __int128;
constexpr std::uint32_t kNoSlot = ~0U;
constexpr std::size_t kBandTiles = 8;  ///< a page of labels

/// Order of v by its distance to the centroid s/n along one axis: (u²(nv - s)² - u²s²) / n, so n drops out of the
/// comparison and the numbers stay small.
template <class Key>
Key axis_key(std::int64_t units, std::int64_t n, std::int64_t sum, std::int64_t v) {
  return static_cast<Key>(units * units) * v * (static_cast<Key>(n) * v - 2 * static_cast<Key>(sum));
}

/// In a tile v < 2^6 and n <= 2^18: the sum of three keys has at most 33 bits more than the units' square.
bool fits_64_bits(const Vec3i& units) { return units.max_element() < 1 << 14; }

bool raster_before(const Vec3<std::int32_t>& a, const Vec3<std::int32_t>& b) {
  return a.z != b.z ? a.z < b.z : a.y != b.y ? a.y < b.y : a.x < b.x;
}

void check_not_negative(const Vec3i& v) {
  if (v.min_element() >= 0) return;
  std::ostringstream os;
  os << "object properties: voxel " << v << " lies before the dataset's corner";
  throw Error(Category::runtime, os.str());
}

void merge_unsorted(ObjectRecord& into, const ObjectRecord& from) {
  into.size_vx += from.size_vx;
  into.bbox = unite(into.bbox, from.bbox);
  into.sum_vx += from.sum_vx;
  into.candidates.insert(into.candidates.end(), from.candidates.begin(), from.candidates.end());
}

/// Adds a tile's part of an object to its record.
void add_tile(ObjectRecord& r, const detail::TileObject& part, const Vec3i& corner) {
  const auto n = static_cast<std::uint64_t>(part.n);
  r.size_vx += n;
  const auto at = [&](const std::int32_t(&v)[3]) { return corner + Vec3i{v[0], v[1], v[2]}; };
  r.bbox = unite(r.bbox, {at(part.low), at(part.high)});
  for (int a = 0; a < 3; ++a) r.sum_vx[a] += part.sum[a] + n * static_cast<std::uint64_t>(corner[a]);
  r.candidates.push_back(Vec3<std::int32_t>(at(part.nearest)));
}
}  // namespace

Vec3i distance_units(const Vec3d& voxel_size_nm) {
  Vec3i pm;
  for (int a = 0; a < 3; ++a) {
    const double v = voxel_size_nm[a] * 1000;
    if (!(v >= 0.5 && v <= 1e9)) {
      std::ostringstream os;
      os << "voxel size must be positive and at most 1 mm, got " << voxel_size_nm << " nm";
      throw Error(Category::config, os.str());
    }
    pm[a] = std::llround(v);
  }
  return pm / std::gcd(std::gcd(pm.x, pm.y), pm.z);
}

template <class Key>
void detail::TileObject::offer(std::int32_t x, std::int32_t y, std::int32_t z, std::int32_t len, const Vec3i& units) {
  // Along the run the distance is convex: its best voxel is the rounded centroid, pulled into the run.
  const std::int32_t best = std::clamp(mean_x, x, x + len - 1);
  const Key key = axis_key<Key>(units.x, n, sum[0], best) + axis_key<Key>(units.y, n, sum[1], y) +
                  axis_key<Key>(units.z, n, sum[2], z);
  if (found && key >= static_cast<Key>(nearest_key)) return;
  found = true, nearest_key = key;
  nearest[0] = best, nearest[1] = y, nearest[2] = z;
}

void merge(ObjectRecord& into, const ObjectRecord& from) {
  const auto middle = static_cast<std::ptrdiff_t>(into.candidates.size());
  merge_unsorted(into, from);
  std::inplace_merge(into.candidates.begin(), into.candidates.begin() + middle, into.candidates.end(), raster_before);
}

std::vector<ObjectRecord> merge_records(std::vector<ObjectRecord> records) {
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::vector<ObjectRecord> out;
  for (ObjectRecord& r : records) {
    if (!out.empty() && out.back().id == r.id)
      merge_unsorted(out.back(), r);
    else
      out.push_back(std::move(r));
  }
  for (ObjectRecord& r : out) std::sort(r.candidates.begin(), r.candidates.end(), raster_before);
  return out;
}

Vec3d centroid_nm(const ObjectRecord& record, const Vec3d& voxel_size_nm) {
  Vec3d c;
  for (int a = 0; a < 3; ++a)
    c[a] = (static_cast<double>(record.sum_vx[a]) / static_cast<double>(record.size_vx) + 0.5) * voxel_size_nm[a];
  return c;
}

Vec3i rep_vx(const ObjectRecord& record, const Vec3i& units) {
  const auto n = static_cast<std::int64_t>(record.size_vx);
  const Vec3i sum = Vec3i(record.sum_vx) - record.bbox.min * n;  // counted from the box, to keep the products small
  Vec3i best;
  Wide best_key = 0;
  bool found = false;
  for (const auto& c : record.candidates) {
    const Vec3i v = Vec3i(c) - record.bbox.min;
    Wide key = 0;
    for (int a = 0; a < 3; ++a) key += axis_key<Wide>(units[a], n, sum[a], v[a]);
    if (found && (key > best_key || (key == best_key && !raster_less(Vec3i(c), best)))) continue;
    found = true, best_key = key, best = Vec3i(c);
  }
  return best;
}

ObjectRecord record_of_runs(Id id, std::span<const Run> runs, const Vec3i& units) {
  struct Piece {
    Vec3i tile;
    Run run;  // counted from the tile's corner
  };
  std::vector<Piece> pieces;
  for (const Run& r : runs) {
    check_not_negative(r.first());
    for (std::int32_t x = r.x; x < r.end();) {
      const Vec3i tile = Vec3i{x, r.y, r.z} / kRepTile, corner = tile * kRepTile;
      const auto end = static_cast<std::int32_t>(std::min<std::int64_t>(r.end(), corner.x + kRepTile));
      const Vec3<std::int32_t> at(Vec3i{x, r.y, r.z} - corner);
      pieces.push_back({tile, {at.x, at.y, at.z, end - x}});
      x = end;
    }
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return raster_less(a.tile, b.tile); });
  ObjectRecord out;
  out.id = id;
  for (std::size_t i = 0, j = 0; i < pieces.size(); i = j) {
    detail::TileObject part;
    for (j = i; j < pieces.size() && pieces[j].tile == pieces[i].tile; ++j) {
      const auto& r = pieces[j].run;
      part.add(r.x, r.y, r.z, r.len);
    }
    part.prepare();
    for (std::size_t k = i; k < j; ++k)
      part.offer<Wide>(pieces[k].run.x, pieces[k].run.y, pieces[k].run.z, pieces[k].run.len, units);
    add_tile(out, part, pieces[i].tile * kRepTile);
  }
  std::sort(out.candidates.begin(), out.candidates.end(), raster_before);
  return out;
}

std::vector<ObjectRecord> VolumeProperties::run(VolumeView<const Id> labels) {
  check_not_negative(labels.origin);
  std::vector<ObjectRecord> out;
  keys_.assign(1024, kBackground), values_.assign(1024, 0);
  slot_of_.clear();
  tiles_.resize(kBandTiles);
  const Box3 box = labels.box();
  const Vec3i first = box.min / kRepTile * kRepTile, edge{kBandTiles * kRepTile, kRepTile, kRepTile};
  for (std::int64_t z = first.z; z < box.max.z; z += edge.z)
    for (std::int64_t y = first.y; y < box.max.y; y += edge.y)
      for (std::int64_t x = first.x; x < box.max.x; x += edge.x)
        band(labels.sub(intersect(box, {{x, y, z}, Vec3i{x, y, z} + edge})), out);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (ObjectRecord& r : out) std::sort(r.candidates.begin(), r.candidates.end(), raster_before);
  return out;
}

std::uint32_t VolumeProperties::object_of(Id id, std::vector<ObjectRecord>& out) {
  if (out.size() * 2 >= keys_.size()) {
    keys_.assign(keys_.size() * 2, kBackground), values_.assign(keys_.size(), 0);
    for (std::uint32_t o = 0; o < out.size(); ++o) {
      std::size_t i = mix64(out[o].id) & (keys_.size() - 1);
      while (keys_[i] != kBackground) i = (i + 1) & (keys_.size() - 1);
      keys_[i] = out[o].id, values_[i] = o;
    }
  }
  std::size_t i = mix64(id) & (keys_.size() - 1);
  for (; keys_[i] != kBackground; i = (i + 1) & (keys_.size() - 1))
    if (keys_[i] == id) return values_[i];
  keys_[i] = id, values_[i] = static_cast<std::uint32_t>(out.size());
  out.emplace_back().id = id;
  slot_of_.resize(out.size() * kBandTiles, kNoSlot);
  return values_[i];
}

// Neighbouring tiles along x together, so that rows are read as they lie. One pass over the voxels finds the runs and
// their sums; one over the runs of each tile the nearest voxels.
void VolumeProperties::band(VolumeView<const Id> labels, std::vector<ObjectRecord>& out) {
  const Vec3i corner = labels.origin / kRepTile * kRepTile, offset = labels.origin - corner;
  const std::int64_t end = offset.x + labels.size.x;
  for (std::int64_t z = 0; z < labels.size.z; ++z)
    for (std::int64_t y = 0; y < labels.size.y; ++y) {
      const Id* row = labels.row(y, z);
      for (std::int64_t x = offset.x, next; x < end; x = next) {
        next = std::min(end, (x / kRepTile + 1) * kRepTile);
        add_row(row + (x - offset.x), next - x, {x % kRepTile, y + offset.y, z + offset.z},
                static_cast<std::size_t>(x / kRepTile), out);
      }
    }
  for (std::size_t tile = 0; tile < tiles_.size(); ++tile)
    finish(tile, corner + Vec3i{static_cast<std::int64_t>(tile) * kRepTile, 0, 0}, out);
}

/// Part of a row in one tile; `at`: of its first voxel, from the tile's corner.
void VolumeProperties::add_row(const Id* row, std::int64_t n, const Vec3i& at, std::size_t tile,
                               std::vector<ObjectRecord>& out) {
  Tile& t = tiles_[tile];
  for_each_row_run(row, n, [&](std::int64_t start, std::int64_t end) {
    const Id id = row[start];
    if (id == kBackground) return;
    if (id != t.last) {
      const std::uint32_t object = object_of(id, out);
      std::uint32_t& slot = slot_of_[object * kBandTiles + tile];
      if (slot == kNoSlot) slot = static_cast<std::uint32_t>(t.sums.size()), t.sums.emplace_back().object = object;
      t.last = id, t.last_slot = slot;
    }
    const auto x = static_cast<std::int32_t>(at.x + start), len = static_cast<std::int32_t>(end - start);
    const auto y = static_cast<std::int32_t>(at.y), z = static_cast<std::int32_t>(at.z);
    t.runs.push_back({t.last_slot, static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y),
                      static_cast<std::uint8_t>(z), static_cast<std::uint8_t>(len)});
    t.sums[t.last_slot].add(x, y, z, len);
  });
}

void VolumeProperties::finish(std::size_t tile, const Vec3i& corner, std::vector<ObjectRecord>& out) {
  Tile& t = tiles_[tile];
  for (detail::TileObject& part : t.sums) part.prepare();
  if (fits_64_bits(units_))
    for (const TileRun& r : t.runs) t.sums[r.slot].offer<std::int64_t>(r.x, r.y, r.z, r.len, units_);
  else
    for (const TileRun& r : t.runs) t.sums[r.slot].offer<Wide>(r.x, r.y, r.z, r.len, units_);
  for (const detail::TileObject& part : t.sums) {
    add_tile(out[part.object], part, corner);
    slot_of_[part.object * kBandTiles + tile] = kNoSlot;
  }
  t.runs.clear(), t.sums.clear();
  t.last = kBackground;
}

}  // namespace syconn
