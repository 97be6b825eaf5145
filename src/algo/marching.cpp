// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/marching.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::int64_t kMaxPoints = (std::int64_t{1} << 19) - 2, kMaxPointsZ = (std::int64_t{1} << 18) - 2;
constexpr VertexKey kKeyPart = (VertexKey{1} << 21) - 1;

// Vertices of a welded set: key -> index in order of first use. Open addressing, power of two, grows at half full.
class KeyTable {
 public:
  explicit KeyTable(std::size_t expected) : slots_(std::bit_ceil(2 * expected + 16), kFree), keys_(slots_.size()) {}
  std::uint32_t index(VertexKey key, std::vector<VertexKey>& order) {
    if (2 * order.size() >= slots_.size()) grow(order);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix64(key) & mask;
    for (; slots_[at] != kFree; at = (at + 1) & mask)
      if (keys_[at] == key) return slots_[at];
    keys_[at] = key, slots_[at] = static_cast<std::uint32_t>(order.size());
    order.push_back(key);
    return slots_[at];
  }

 private:
  static constexpr std::uint32_t kFree = 0xffffffffU;
  void grow(const std::vector<VertexKey>& order) {
    const std::size_t n = 2 * slots_.size(), mask = n - 1;
    slots_.assign(n, kFree), keys_.resize(n);
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::size_t at = mix64(order[i]) & mask;
      while (slots_[at] != kFree) at = (at + 1) & mask;
      keys_[at] = order[i], slots_[at] = static_cast<std::uint32_t>(i);
    }
  }
  std::vector<std::uint32_t> slots_;
  std::vector<VertexKey> keys_;
};

}  // namespace

VertexKey vertex_key(const Vec3i& d) {
  return static_cast<VertexKey>(d.z + 2) << 42 | static_cast<VertexKey>(d.y + 2) << 21 |
         static_cast<VertexKey>(d.x + 2);
}

Vec3i doubled_coordinate(VertexKey key) {
  const auto part = [&](int shift) { return static_cast<std::int64_t>(key >> shift & kKeyPart) - 2; };
  return {part(0), part(21), part(42)};
}

SurfaceCell::SurfaceCell(const Vec3i& at, std::uint8_t inside)
    : packed(static_cast<std::uint64_t>(at.z + 1) << 46 | static_cast<std::uint64_t>(at.y + 1) << 27 |
             static_cast<std::uint64_t>(at.x + 1) << 8 | inside) {}

Vec3i SurfaceCell::at() const {
  constexpr std::uint64_t part = (1U << 19) - 1;
  return {static_cast<std::int64_t>(packed >> 8 & part) - 1, static_cast<std::int64_t>(packed >> 27 & part) - 1,
          static_cast<std::int64_t>(packed >> 46) - 1};
}

Box3 MeshLattice::points_in(const Box3& voxels) const {
  Box3 b;
  for (int k = 0; k < 3; ++k)
    b.min[k] = ceil_div(voxels.min[k], factor[k]), b.max[k] = ceil_div(voxels.max[k], factor[k]);
  return b;
}

Box3 MeshLattice::cells_of(const Box3& write) const {
  Box3 cells = points_in(write);
  for (int k = 0; k < 3; ++k)
    if (write.min[k] == box.min[k]) --cells.min[k];
  return cells;
}

Box3 MeshLattice::read_box(const Box3& write) const {
  const Box3 cells = points_in(write);
  Box3 read = write;
  for (int k = 0; k < 3; ++k) read.max[k] = std::max(write.max[k], std::min(box.max[k], cells.max[k] * factor[k] + 1));
  return read;
}

Vec3f MeshLattice::position_nm(VertexKey key) const {
  const Vec3i d = doubled_coordinate(key);
  Vec3d p;
  for (int k = 0; k < 3; ++k) p[k] = (static_cast<double>(d[k] * factor[k] + 1) / 2) * voxel_size_nm[k];
  return Vec3f(p);
}

void MeshLattice::check() const {
  if (factor.min_element() < 1) throw Error(Category::config, "a mesh's factor must be at least 1 along each axis");
  if (box.min.min_element() < 0)
    throw Error(Category::config, "meshes need a dataset box without negative coordinates");
  const Vec3i last = points().max;
  if (std::max(last.x, last.y) > kMaxPoints || last.z > kMaxPointsZ)
    throw Error(Category::config, "the mesh lattice would have more than " + std::to_string(kMaxPoints) +
                                      " points along x or y or " + std::to_string(kMaxPointsZ) +
                                      " along z; use a larger factor");
}

// ---- march --------------------------------------------------------------------------------------------------------

std::uint32_t LabelMarcher::object_of(Id id) {
  if (id == last_id_) return last_object_;
  if (2 * ids_.size() >= keys_.size()) {
    const std::size_t n = std::max<std::size_t>(1024, 2 * keys_.size());
    keys_.assign(n, 0), slots_.resize(n);
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      std::size_t at = mix64(ids_[i]) & (n - 1);
      while (keys_[at] != 0) at = (at + 1) & (n - 1);
      keys_[at] = ids_[i], slots_[at] = static_cast<std::uint32_t>(i);
    }
  }
  const std::size_t mask = keys_.size() - 1;
  std::size_t at = mix64(id) & mask;
  while (keys_[at] != 0 && keys_[at] != id) at = (at + 1) & mask;
  if (keys_[at] == 0) {
    keys_[at] = id, slots_[at] = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(id);
  }
  last_id_ = id;
  return last_object_ = slots_[at];
}

void LabelMarcher::add(Id id, const Vec3i& at, std::uint8_t inside) {
  hits_.push_back({object_of(id), SurfaceCell(at, inside)});
}

// The labels of the cells' corners; background where the lattice has left the box.
void LabelMarcher::sample(VolumeView<const Id> labels, const Box3& cells, const MeshLattice& lattice) {
  size_ = cells.size() + Vec3i(1);
  lattice_.assign(static_cast<std::size_t>(size_.product()), 0);
  const Box3 inside = intersect(lattice.points(), {cells.min, cells.max + Vec3i(1)});
  if (inside.empty()) return;
  const Vec3i f = lattice.factor;
  if (!labels.box().contains(Box3{inside.min * f, (inside.max - Vec3i(1)) * f + Vec3i(1)}))
    throw Error(Category::runtime, "marching cubes needs labels beyond those it was given");
  for (std::int64_t z = inside.min.z; z < inside.max.z; ++z)
    for (std::int64_t y = inside.min.y; y < inside.max.y; ++y) {
      const Id* from = &labels.at({inside.min.x * f.x, y * f.y, z * f.z});
      Id* to =
          lattice_.data() + (inside.min.x - cells.min.x) + size_.x * ((y - cells.min.y) + size_.y * (z - cells.min.z));
      for (std::int64_t x = inside.min.x; x < inside.max.x; ++x, from += f.x) *to++ = *from;
    }
}

void LabelMarcher::march_row(const Id* row, const Vec3i& first, std::int64_t n) {
  const Id *r00 = row, *r10 = row + size_.x, *r01 = row + size_.x * size_.y, *r11 = r01 + size_.x;
  const auto column = [&](std::int64_t x) { return (r00[x] ^ r10[x]) | (r00[x] ^ r01[x]) | (r00[x] ^ r11[x]); };
  Id before = column(0);
  for (std::int64_t x = 0; x < n; ++x) {
    const Id after = column(x + 1);
    const bool uniform = (before | after | (r00[x] ^ r00[x + 1])) == 0;
    before = after;
    if (uniform) continue;
    const Id corner[8] = {r00[x], r00[x + 1], r10[x], r10[x + 1], r01[x], r01[x + 1], r11[x], r11[x + 1]};
    unsigned done = 0;
    for (unsigned c = 0; c < 8; ++c) {
      if (done >> c & 1) continue;
      unsigned inside = 0;
      for (unsigned o = c; o < 8; ++o) inside |= static_cast<unsigned>(corner[o] == corner[c]) << o;
      done |= inside;
      if (corner[c] != kBackground) add(corner[c], {first.x + x, first.y, first.z}, static_cast<std::uint8_t>(inside));
    }
  }
}

// Counting sort by object; objects ascend, cells stay in raster order.
void LabelMarcher::group(LabelSurfaces& out) {
  std::vector<std::uint32_t> by_id(ids_.size()), rank(ids_.size());
  std::iota(by_id.begin(), by_id.end(), 0U);
  std::sort(by_id.begin(), by_id.end(), [&](std::uint32_t a, std::uint32_t b) { return ids_[a] < ids_[b]; });
  out.ids.resize(ids_.size());
  for (std::size_t k = 0; k < by_id.size(); ++k)
    out.ids[k] = ids_[by_id[k]], rank[by_id[k]] = static_cast<std::uint32_t>(k);
  out.offset.assign(ids_.size() + 1, 0);
  for (const Hit& h : hits_) ++out.offset[rank[h.object] + 1];
  std::partial_sum(out.offset.begin(), out.offset.end(), out.offset.begin());
  std::vector<std::uint64_t> next(out.offset.begin(), out.offset.end() - 1);
  out.cells.resize(hits_.size());
  for (const Hit& h : hits_) out.cells[next[rank[h.object]]++] = h.cell;
}

void LabelMarcher::run(VolumeView<const Id> labels, const Box3& write, const MeshLattice& lattice, LabelSurfaces& out) {
  lattice.check();
  const Box3 cells = lattice.cells_of(write);
  hits_.clear(), ids_.clear(), keys_.clear();
  last_id_ = 0;
  if (!cells.empty()) {
    sample(labels, cells, lattice);
    for (std::int64_t z = 0; z < cells.size().z; ++z)
      for (std::int64_t y = 0; y < cells.size().y; ++y)
        march_row(lattice_.data() + size_.x * (y + size_.y * z), cells.min + Vec3i(0, y, z), cells.size().x);
  }
  group(out);
}

// ---- weld ---------------------------------------------------------------------------------------------------------

void weld_cells(std::span<const SurfaceCell> cells, std::vector<VertexKey>& keys, std::vector<std::uint32_t>& faces) {
  keys.clear(), faces.clear();
  KeyTable table(cells.size());
  for (const SurfaceCell& cell : cells)
    for_each_triangle(cell, [&](VertexKey a, VertexKey b, VertexKey c) {
      for (const VertexKey key : {a, b, c}) faces.push_back(table.index(key, keys));
    });
}

void weld_keys(std::span<const VertexKey> corners, std::vector<VertexKey>& keys, std::vector<std::uint32_t>& faces) {
  keys.clear(), faces.clear();
  KeyTable table(corners.size() / 3);
  for (const VertexKey key : corners) faces.push_back(table.index(key, keys));
}

Mesh mesh_of_cells(std::vector<SurfaceCell> cells, const MeshLattice& lattice) {
  std::sort(cells.begin(), cells.end());
  std::vector<VertexKey> keys;
  Mesh mesh;
  weld_cells(cells, keys, mesh.faces);
  for (const VertexKey key : keys) mesh.vertices_nm.push_back(lattice.position_nm(key));
  return weld(mesh);
}

}  // namespace syconn
