// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_block.h"

#include <algorithm>

#include "phantom_builder.h"

namespace syconn::phantom {

Block::Block()
    : qx(kBlockVoxels),
      qy(kBlockVoxels),
      qz(kBlockVoxels),
      node(kBlockVoxels, kNone),
      other(kBlockVoxels, kNone),
      depth(kBlockVoxels),
      other_depth(kBlockVoxels),
      third_depth(kBlockVoxels),
      inside(kBlockVoxels),
      mito(kBlockVoxels),
      cloud(kBlockVoxels),
      synapse(kBlockVoxels),
      mito_depth(kBlockVoxels) {}

struct BlockPartition::Candidates {
  std::vector<std::uint32_t> node;  ///< ascending: cells are contiguous
  std::vector<Tube> tube;           ///< relative to the block's base
  std::vector<float> lip;
  std::array<Vec3f, 125> corner;  ///< query points of the sub-blocks' corners, relative to base
};

BlockPartition::BlockPartition(const PhantomModel& model) : model_(model) {
  const PhantomIndex& index = *model.index;
  lipschitz_.reserve(index.tubes.size());
  for (const Tube& t : index.tubes) {
    const float k = t.dr * std::sqrt(t.inv_len2);
    lipschitz_.push_back(std::sqrt(1 + k * k) * 1.0001F);
  }
  const Vec3d margin(1500.0), hi = model.params.box_nm + margin;
  mito_grid_ = TubeGrid(-margin, hi, 600), cloud_grid_ = TubeGrid(-margin, hi, 600),
  synapse_grid_ = TubeGrid(-margin, hi, 600);
  const auto add = [](const std::vector<PhantomTube>& from, std::vector<Tube>& to, TubeGrid& grid) {
    for (std::uint32_t i = 0; i < from.size(); ++i) {
      to.push_back(Tube::of(from[i].a_nm, from[i].b_nm, from[i].ra_nm, from[i].rb_nm));
      grid.insert(i, to.back());
    }
  };
  add(model.mito_tubes, mito_tubes_, mito_grid_);
  add(model.cloud_tubes, cloud_tubes_, cloud_grid_);
  for (std::uint32_t i = 0; i < model.synapses.size(); ++i) {
    const Vec3f p(model.synapses[i].position_nm), r(model.synapses[i].radius_nm + 60);
    synapse_grid_.insert(i, p - r, p + r);
  }
}

void BlockPartition::compute(const Vec3i& origin, const Box3& wanted, Block& b) const {
  const Vec3d vs = model_.params.voxel_size_nm;
  const PhantomIndex& index = *model_.index;
  b.origin = origin;
  b.base = (Vec3d(origin) + Vec3d(kBlockX / 2.0, kBlockY / 2.0, kBlockZ / 2.0)) * vs;
  thread_local Candidates c;
  const Vec3d centre = index.warp(b.base);
  float half = 0;
  for (int k = 0; k < 125; ++k) {
    const Vec3d corner =
        (Vec3d(origin) + Vec3d(static_cast<double>(k % 5 * kSubX), static_cast<double>(k / 5 % 5 * kSubY),
                               static_cast<double>(k / 25 * kSubZ))) *
        vs;
    const Vec3f q(index.warp(corner) - b.base), d = q - Vec3f(centre - b.base);
    c.corner[static_cast<std::size_t>(k)] = q;
    half = std::max(half, std::sqrt(d.dot(d)));
  }
  // tubes farther than this cannot matter to any voxel of the block
  const double range = model_.params.reach_nm + static_cast<double>(kBandNm);
  const Vec3d ext = (Vec3d(kBlockX / 2.0, kBlockY / 2.0, kBlockZ / 2.0)) * vs + Vec3d(index.warp.reach() + range);
  thread_local std::vector<std::uint32_t> all;
  index.grid.collect(b.base - ext, b.base + ext, all);
  thread_local std::vector<float> at_centre;
  at_centre.clear();
  float upper = static_cast<float>(model_.params.reach_nm);
  const Vec3f fc(centre);
  for (const std::uint32_t i : all) {
    at_centre.push_back(index.tubes[i].depth(fc));
    upper = std::min(upper, at_centre.back() + lipschitz_[i] * half);
  }
  c.node.clear(), c.tube.clear(), c.lip.clear();
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::uint32_t i = all[k];
    if (at_centre[k] - lipschitz_[i] * half > upper + kBandNm) continue;
    Tube t = index.tubes[i];
    t.a = Vec3f(Vec3d(t.a) - b.base);
    c.node.push_back(i), c.tube.push_back(t), c.lip.push_back(lipschitz_[i]);
  }
  std::fill(b.inside.begin(), b.inside.end(), 0);
  for (int sub = 0; sub < kSubs; ++sub) {
    const Vec3i lo = origin + Vec3i(sub % 4 * kSubX, sub / 4 % 4 * kSubY, sub / 16 * kSubZ);
    if (intersect(Box3(lo, lo + Vec3i(kSubX, kSubY, kSubZ)), wanted).empty()) continue;
    sub_block(sub, c, b);
    classify(sub, b);
  }
  organelles(b);
  junctions(b);
}

namespace {

struct SubPoints {
  alignas(32) std::array<float, kSubVoxels> x, y, z;
};

// Trilinear in the corners' query points, at voxel centres.
void interpolate(const std::array<Vec3f, 125>& corner, int sub, SubPoints& p) {
  const int sx = sub % 4, sy = sub / 4 % 4, sz = sub / 16;
  const auto at = [&](int x, int y, int z) {
    return corner[static_cast<std::size_t>(sx + x + 5 * (sy + y) + 25 * (sz + z))];
  };
  std::size_t i = 0;
  for (int z = 0; z < kSubZ; ++z) {
    const float w = (static_cast<float>(z) + 0.5F) / kSubZ;
    const Vec3f c00 = at(0, 0, 0) * (1 - w) + at(0, 0, 1) * w, c10 = at(1, 0, 0) * (1 - w) + at(1, 0, 1) * w;
    const Vec3f c01 = at(0, 1, 0) * (1 - w) + at(0, 1, 1) * w, c11 = at(1, 1, 0) * (1 - w) + at(1, 1, 1) * w;
    for (int y = 0; y < kSubY; ++y) {
      const float v = (static_cast<float>(y) + 0.5F) / kSubY;
      const Vec3f a = c00 * (1 - v) + c01 * v, d = c10 * (1 - v) + c11 * v - a;
      for (int x = 0; x < kSubX; ++x, ++i) {
        const Vec3f q = a + d * ((static_cast<float>(x) + 0.5F) / kSubX);
        p.x[i] = q.x, p.y[i] = q.y, p.z[i] = q.z;
      }
    }
  }
}

// Smallest depth of one tube over the sub-block, merged into (depth, node).
void lower(const Tube& t, std::uint32_t node, const SubPoints& p, std::array<float, kSubVoxels>& depth,
           std::array<std::uint32_t, kSubVoxels>& best) {
  for (std::size_t i = 0; i < kSubVoxels; ++i) {
    const float d = t.depth({p.x[i], p.y[i], p.z[i]});
    if (d < depth[i]) depth[i] = d, best[i] = node;
  }
}

std::size_t block_index(int sub, std::size_t i) {
  const auto x = static_cast<std::size_t>(sub % 4 * kSubX) + (i & 7),
             y = static_cast<std::size_t>(sub / 4 % 4 * kSubY) + ((i >> 3) & 7);
  const auto z = static_cast<std::size_t>(sub / 16 * kSubZ) + (i >> 6);
  return x + kBlockX * (y + kBlockY * z);
}

}  // namespace

void BlockPartition::sub_block(int sub, const Candidates& c, Block& b) const {
  SubPoints p;
  interpolate(c.corner, sub, p);
  Vec3f mid;
  const auto corner = [&](int k) {
    return c.corner[static_cast<std::size_t>(sub % 4 + (k & 1) + 5 * (sub / 4 % 4 + ((k >> 1) & 1)) +
                                             25 * (sub / 16 + (k >> 2)))];
  };
  for (int k = 0; k < 8; ++k) mid += corner(k) * 0.125F;
  float half = 0;
  for (int k = 0; k < 8; ++k) half = std::max(half, (corner(k) - mid).dot(corner(k) - mid));
  half = std::sqrt(half) + 0.01F;
  const auto reach = static_cast<float>(model_.params.reach_nm);
  thread_local std::vector<float> at_mid;
  thread_local std::vector<std::uint32_t> kept;
  at_mid.resize(c.node.size());
  float upper = reach;
  for (std::size_t k = 0; k < c.node.size(); ++k) {
    at_mid[k] = c.tube[k].depth(mid);
    upper = std::min(upper, at_mid[k] + c.lip[k] * half);
  }
  kept.clear();
  bool uniform = true;
  for (std::size_t k = 0; k < c.node.size(); ++k) {
    if (at_mid[k] - c.lip[k] * half > upper + kBandNm) continue;
    kept.push_back(static_cast<std::uint32_t>(k));
    const PhantomNode &n = model_.nodes[c.node[k]], &f = model_.nodes[c.node[kept[0]]];
    uniform =
        uniform && n.sv_idx == f.sv_idx && n.compartment == f.compartment && n.compartment != kSoma && n.myelin_nm <= 0;
  }
  alignas(32) std::array<float, kSubVoxels> d1, d2, d3, dg;
  std::array<std::uint32_t, kSubVoxels> n1, n2, ng;
  d1.fill(kFar), d2.fill(kFar), d3.fill(kFar), n1.fill(kNone), n2.fill(kNone);
  if (!kept.empty() && uniform && upper < 0) {
    d1.fill(-kFar), n1.fill(c.node[kept[0]]);
  } else {
    for (std::size_t k = 0; k < kept.size();) {
      const std::uint32_t cell = model_.nodes[c.node[kept[k]]].cell_idx;
      dg.fill(kFar), ng.fill(kNone);
      for (; k < kept.size() && model_.nodes[c.node[kept[k]]].cell_idx == cell; ++k)
        lower(c.tube[kept[k]], c.node[kept[k]], p, dg, ng);
      for (std::size_t i = 0; i < kSubVoxels; ++i) {
        const bool wins = dg[i] < d1[i], second = dg[i] < d2[i];
        d3[i] = wins || second ? d2[i] : std::min(d3[i], dg[i]);
        d2[i] = wins ? d1[i] : second ? dg[i] : d2[i];
        n2[i] = wins ? n1[i] : second ? ng[i] : n2[i];
        d1[i] = wins ? dg[i] : d1[i];
        n1[i] = wins ? ng[i] : n1[i];
      }
    }
  }
  for (std::size_t i = 0; i < kSubVoxels; ++i) {
    const std::size_t j = block_index(sub, i);
    b.qx[j] = p.x[i], b.qy[j] = p.y[i], b.qz[j] = p.z[i];
    b.depth[j] = d1[i], b.other_depth[j] = d2[i], b.third_depth[j] = d3[i], b.node[j] = n1[i], b.other[j] = n2[i];
  }
}

void BlockPartition::classify(int sub, Block& b) const {
  const auto reach = static_cast<float>(model_.params.reach_nm);
  const auto widest = static_cast<float>(4 * model_.params.gap_nm),
             corner = static_cast<float>(model_.params.corner_nm);
  for (std::size_t i = 0; i < kSubVoxels; ++i) {
    const std::size_t j = block_index(sub, i);
    if (b.node[j] == kNone) continue;
    const float myelin = model_.nodes[b.node[j]].myelin_nm;
    bool in = b.depth[j] <= (myelin > 0 ? -myelin : reach);
    in = in && b.other_depth[j] + b.third_depth[j] - 2 * b.depth[j] >= corner;
    if (in && b.other_depth[j] - b.depth[j] < widest) {
      const auto x = static_cast<std::int64_t>(j % kBlockX), y = static_cast<std::int64_t>(j / kBlockX % kBlockY),
                 z = static_cast<std::int64_t>(j / (kBlockX * kBlockY));
      const double gap = gap_at(model_.params, model_.index->gap_key, voxel_nm(b.origin + Vec3i(x, y, z)));
      in = static_cast<double>(b.other_depth[j] - b.depth[j]) >= gap;
    }
    b.inside[j] = in;
  }
}

namespace {

// Voxels of the block whose centre may lie in [lo, hi] (nm, relative to the dataset).
Box3 voxels_in(const Vec3d& lo, const Vec3d& hi, const Vec3i& origin, const Vec3d& vs) {
  const Vec3d a = lo / vs, c = hi / vs;
  const Box3 box({static_cast<std::int64_t>(std::floor(a.x)), static_cast<std::int64_t>(std::floor(a.y)),
                  static_cast<std::int64_t>(std::floor(a.z))},
                 {static_cast<std::int64_t>(std::floor(c.x)) + 1, static_cast<std::int64_t>(std::floor(c.y)) + 1,
                  static_cast<std::int64_t>(std::floor(c.z)) + 1});
  return intersect(box, {origin, origin + Vec3i(kBlockX, kBlockY, kBlockZ)}).shifted(-origin);
}

template <class Fn>
void for_voxels(const Box3& box, Fn&& fn) {
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) fn(x, y, z, static_cast<std::size_t>(Block::at(x, y, z)));
}

}  // namespace

void BlockPartition::organelles(Block& b) const {
  std::fill(b.mito.begin(), b.mito.end(), kNone);
  std::fill(b.cloud.begin(), b.cloud.end(), kNone);
  std::fill(b.mito_depth.begin(), b.mito_depth.end(), kFar);
  const Vec3d vs = model_.params.voxel_size_nm, warp(model_.index->warp.reach());
  const Vec3d lo = Vec3d(b.origin) * vs, hi = lo + Vec3d(kBlockX, kBlockY, kBlockZ) * vs;
  thread_local std::vector<std::uint32_t> near;
  const auto draw = [&](const std::vector<PhantomTube>& source, const std::vector<Tube>& tubes, const TubeGrid& grid,
                        const std::vector<PhantomOrganelle>& objects, float wall, bool mito) {
    grid.collect(lo - warp, hi + warp, near);
    for (const std::uint32_t i : near) {
      Tube t = tubes[i];
      const Vec3d r(static_cast<double>(std::max(t.ra, t.ra + t.dr)));
      const Vec3d a(source[i].a_nm), e(source[i].b_nm);
      const Box3 box = voxels_in(min(a, e) - r - warp, max(a, e) + r + warp, b.origin, vs);
      const std::uint32_t object = source[i].object_idx, cell = objects[object].cell_idx;
      t.a = Vec3f(Vec3d(t.a) - b.base);
      for_voxels(box, [&](std::int64_t, std::int64_t, std::int64_t, std::size_t j) {
        if (!b.inside[j] || model_.nodes[b.node[j]].cell_idx != cell || b.wall(j) < wall) return;
        const float d = t.depth({b.qx[j], b.qy[j], b.qz[j]});
        if (mito && d < b.mito_depth[j]) b.mito_depth[j] = d, b.mito[j] = object;
        if (!mito && d <= 0 && b.mito_depth[j] > 8) b.cloud[j] = std::min(b.cloud[j], object);
      });
    }
  };
  draw(model_.mito_tubes, mito_tubes_, mito_grid_, model_.mitos, 16, true);
  for (std::size_t j = 0; j < b.mito.size(); ++j)
    if (b.mito_depth[j] > 0) b.mito[j] = kNone;
  draw(model_.cloud_tubes, cloud_tubes_, cloud_grid_, model_.clouds, 10, false);
}

void BlockPartition::junctions(Block& b) const {
  std::fill(b.synapse.begin(), b.synapse.end(), kNone);
  const Vec3d vs = model_.params.voxel_size_nm;
  const Vec3d lo = Vec3d(b.origin) * vs, hi = lo + Vec3d(kBlockX, kBlockY, kBlockZ) * vs;
  const auto reach = static_cast<float>(model_.params.reach_nm);
  thread_local std::vector<std::uint32_t> near;
  synapse_grid_.collect(lo, hi, near);
  for (const std::uint32_t s : near) {
    const PhantomSynapse& y = model_.synapses[s];
    const double r = static_cast<double>(y.radius_nm);
    const Vec3d c = y.position_nm, ext(r + 50);
    for_voxels(voxels_in(c - ext, c + ext, b.origin, vs),
               [&](std::int64_t vx, std::int64_t vy, std::int64_t vz, std::size_t j) {
                 if (b.other[j] == kNone || b.synapse[j] != kNone || b.wall(j) > static_cast<float>(kJunctionNm / 2) ||
                     b.depth[j] > reach)
                   return;
                 const std::uint32_t c1 = model_.nodes[b.node[j]].cell_idx, c2 = model_.nodes[b.other[j]].cell_idx;
                 if (!((c1 == y.pre_cell && c2 == y.post_cell) || (c1 == y.post_cell && c2 == y.pre_cell))) return;
                 const Vec3d d = voxel_nm(b.origin + Vec3i(vx, vy, vz)) - c;
                 const double along = d.dot(y.normal);
                 if (std::abs(along) > 0.5 * r + 60 || d.dot(d) - along * along > r * r) return;
                 b.synapse[j] = s;
               });
  }
}

}  // namespace syconn::phantom
