// SPDX-License-Identifier: GPL-3.0-or-later
// Contact sites straight from the definition (docs/algorithms/contacts.md), on a whole dataset: the truth of the tests.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "syconn/algo/contacts.h"

namespace syconn::oracle {

using Pair = std::pair<Id, Id>;
using PairVoxels = std::map<Pair, std::vector<Vec3i>>;
inline constexpr Vec3i kCross[6] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};

/// The most frequent other id in the window around v, 0 if there is none.
inline Id partner(VolumeView<const Id> labels, const Vec3i& v, const Vec3i& window) {
  const Box3 w = intersect({v - window / 2, v + window / 2 + Vec3i(1)}, labels.box());
  std::vector<std::pair<Id, int>> counts;
  std::size_t last = 0;
  for (std::int64_t z = w.min.z; z < w.max.z; ++z)
    for (std::int64_t y = w.min.y; y < w.max.y; ++y)
      for (std::int64_t x = w.min.x; x < w.max.x; ++x) {
        const Id id = labels.at({x, y, z});
        if (last >= counts.size() || counts[last].first != id) {
          for (last = 0; last < counts.size() && counts[last].first != id;) ++last;
          if (last == counts.size()) counts.emplace_back(id, 0);
        }
        ++counts[last].second;
      }
  Id best = 0;
  int most = 0;
  for (const auto& [id, n] : counts)
    if (id != 0 && id != labels.at(v) && (n > most || (n == most && id < best))) best = id, most = n;
  return best;
}

/// S_p of every pair.
inline PairVoxels contact_voxels(VolumeView<const Id> labels, const Vec3i& window) {
  PairVoxels out;
  const Box3 box = labels.box();
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const Vec3i v{x, y, z};
        const Id own = labels.at(v);
        if (own == 0) continue;
        bool boundary = false;
        for (const Vec3i& d : kCross) boundary |= box.contains(v + d) && labels.at(v + d) != own;
        if (!boundary) continue;
        if (const Id other = partner(labels, v, window)) out[{std::min(own, other), std::max(own, other)}].push_back(v);
      }
  return out;
}

/// L1 distance of every voxel of the view to the nearest one with value 0, up to 30000. Forward and backward along each
/// axis.
#if defined(__GNUC__) && !defined(__clang__)
__attribute__((optimize("O3")))
#endif
inline void
l1_distance(Volume<std::int16_t>& d) {
  const Vec3i n = d.box().size();
  std::int16_t* p = d.data();
  const auto relax = [&](std::int64_t i, std::int64_t from) {
    p[i] = std::min<std::int16_t>(p[i], static_cast<std::int16_t>(p[from] + 1));
  };
  const std::int64_t step[3] = {1, n.x, n.x * n.y}, total = n.product();
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t s = step[axis], outer = s * n[axis];
    for (std::int64_t o = 0; o < total; o += outer) {
      for (std::int64_t k = s; k < outer; k += s)
#pragma GCC ivdep
        for (std::int64_t i = 0; i < s; ++i) relax(o + k + i, o + k + i - s);
      for (std::int64_t k = outer - 2 * s; k >= 0; k -= s)
#pragma GCC ivdep
        for (std::int64_t i = 0; i < s; ++i) relax(o + k + i, o + k + i + s);
    }
  }
}

/// Calls claim(v, distance to S) for every voxel v of the unbounded grid in dilate_d(close_c(S)). n iterations of the
/// 6-connected cross are a ball of radius n in L1.
template <class F>
void cover(const std::vector<Vec3i>& s, int closings, int dilations, F&& claim) {
  Box3 box{s[0], s[0] + Vec3i(1)};
  for (const Vec3i& v : s) box = unite(box, {v, v + Vec3i(1)});
  box = box.grown(Vec3i(closings + dilations + 1));  // the dilated set, a rim of background, and the second dilation
  constexpr std::int16_t kFar = 30000;
  Volume<std::int16_t> to_s(box, kFar), to_rest(box), to_closed(box);
  for (const Vec3i& v : s) to_s.at(v) = 0;
  l1_distance(to_s);
  for (std::size_t i = 0; i < to_s.count(); ++i) to_rest.data()[i] = to_s.data()[i] > closings ? 0 : kFar;
  l1_distance(to_rest);
  for (std::size_t i = 0; i < to_s.count(); ++i) to_closed.data()[i] = to_rest.data()[i] > closings ? 0 : kFar;
  l1_distance(to_closed);
  std::size_t i = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x, ++i)
        if (to_closed.data()[i] <= dilations) claim(Vec3i{x, y, z}, static_cast<int>(to_s.data()[i]));
}

/// The same by sets and single cross steps, for tiny inputs: checks cover().
template <class F>
void cover_by_sets(const std::vector<Vec3i>& s, int closings, int dilations, F&& claim) {
  using Set = std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>>;
  const auto key = [](const Vec3i& v) { return std::tuple(v.z, v.y, v.x); };
  const auto vec = [](const auto& k) { return Vec3i{std::get<2>(k), std::get<1>(k), std::get<0>(k)}; };
  const auto dilated = [&](const Set& in) {
    Set out = in;
    for (const auto& k : in)
      for (const Vec3i& d : kCross) out.insert(key(vec(k) + d));
    return out;
  };
  const auto eroded = [&](const Set& in) {
    Set out;
    for (const auto& k : in)
      if (std::all_of(std::begin(kCross), std::end(kCross),
                      [&](const Vec3i& d) { return in.count(key(vec(k) + d)) > 0; }))
        out.insert(k);
    return out;
  };
  Set set;
  for (const Vec3i& v : s) set.insert(key(v));
  for (int i = 0; i < closings; ++i) set = dilated(set);
  for (int i = 0; i < closings; ++i) set = eroded(set);
  for (int i = 0; i < dilations; ++i) set = dilated(set);
  for (const auto& k : set) {
    std::int64_t nearest = 1 << 30;
    for (const Vec3i& v : s) {
      const Vec3i d = v - vec(k);
      nearest = std::min(nearest, std::abs(d.x) + std::abs(d.y) + std::abs(d.z));
    }
    claim(vec(k), static_cast<int>(nearest));
  }
}

/// Contact sites of the whole dataset, whose labels these are.
inline ContactSet contact_sites(VolumeView<const Id> labels, const ContactParams& params, bool by_sets = false) {
  const PairVoxels contacts = contact_voxels(labels, params.window_vx);
  struct Claim {
    int distance = 1 << 30;
    int pair = -1;
  };
  Volume<Claim> claims(labels.box(), Claim{});
  std::vector<Pair> names;
  for (const auto& [pair, voxels] : contacts) {  // ascending pairs, so < keeps the smallest of a tie
    const int index = static_cast<int>(names.size());
    const auto claim = [&](const Vec3i& v, int distance) {
      if (labels.box().contains(v) && distance < claims.at(v).distance) claims.at(v) = {distance, index};
    };
    by_sets ? cover_by_sets(voxels, params.closings, params.dilations, claim)
            : cover(voxels, params.closings, params.dilations, claim);
    names.push_back(pair);
  }
  for (const auto& [pair, voxels] : contacts)  // a contact voxel keeps its pair
    for (const Vec3i& v : voxels)
      claims.at(v).pair = static_cast<int>(std::lower_bound(names.begin(), names.end(), pair) - names.begin());
  std::vector<std::vector<Run>> runs(names.size());
  const Box3 box = labels.box();
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const int pair = claims.at({x, y, z}).pair;
        if (pair < 0) continue;
        auto& mine = runs[static_cast<std::size_t>(pair)];
        if (!mine.empty() && mine.back().z == z && mine.back().y == y && mine.back().end() == x)
          ++mine.back().len;
        else
          mine.push_back({static_cast<std::int32_t>(x), static_cast<std::int32_t>(y), static_cast<std::int32_t>(z), 1});
      }
  ContactSet out;
  for (std::size_t p = 0; p < names.size(); ++p) {
    if (runs[p].empty()) continue;
    out.sv_a.push_back(names[p].first), out.sv_b.push_back(names[p].second);
    out.runs.insert(out.runs.end(), runs[p].begin(), runs[p].end());
    out.run_offset.push_back(out.runs.size());
  }
  return out;
}

/// The part of a contact set inside a box: what a kernel must give for that write box.
inline ContactSet cut(const ContactSet& whole, const Box3& box) {
  ContactSet out;
  for (std::size_t p = 0; p < whole.n_pairs(); ++p) {
    const std::size_t before = out.runs.size();
    clip_runs(whole.runs_of(p), box, out.runs);
    if (out.runs.size() == before) continue;
    out.sv_a.push_back(whole.sv_a[p]), out.sv_b.push_back(whole.sv_b[p]);
    out.run_offset.push_back(out.runs.size());
  }
  return out;
}

}  // namespace syconn::oracle
