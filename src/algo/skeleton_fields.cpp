// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton_fields.h"

#include <algorithm>
#include <cmath>

namespace syconn::skeleton {

StepLengths::StepLengths(const Vec3d& voxel_nm) {
  shortest = kFar, longest = 0;
  for (std::uint32_t i = 0; i < 64; ++i) {
    double square = 0;  // coordinates of neighbours differ by 0, 1 or, across bricks, 3: odd means a step
    for (int axis = 0; axis < 3; ++axis)
      if (i >> (2 * axis) & 1) square += voxel_nm[axis] * voxel_nm[axis];
    by_xor[i] = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::llround(std::sqrt(square) * kUnitsPerNm)));
    if (square == 0) continue;
    shortest = std::min(shortest, by_xor[i]), longest = std::max(longest, by_xor[i]);
  }
}

// Dial's queue with buckets no wider than the shortest step: a voxel in the current bucket cannot be improved by
// another one of the same bucket, so any order within a bucket gives the final distances.
void Geodesic::compute(const Bricks& bricks, const StepLengths& steps, std::uint32_t source) {
  distance.assign(bricks.n_slots(), kFar);
  order.clear(), bucket_offset.assign(1, 0), largest = 0;
  std::vector<std::uint64_t> open = bricks.graph();  // not settled
  const std::uint32_t width = steps.shortest;
  std::vector<std::vector<std::uint32_t>> ring(steps.longest / width + 2);
  distance[source] = 0;
  ring[0].push_back(source);
  std::size_t pending = 1;
  for (std::uint32_t k = 0; pending > 0; ++k) {
    std::vector<std::uint32_t>& bucket = ring[k % ring.size()];
    for (std::size_t i = 0; i < bucket.size(); ++i) {
      const std::uint32_t u = bucket[i], d = distance[u];
      std::uint64_t& left = open[u >> 6];
      if (d / width != k || (left >> (u & 63) & 1) == 0) continue;
      left &= ~(1ULL << (u & 63));
      order.push_back(u);
      largest = std::max(largest, d);
      bricks.neighbour_groups(u, [&](std::uint32_t b, std::uint64_t around) {
        for_bits(open[b] & around, [&](std::uint32_t l) {
          const std::uint32_t v = b << 6 | l, reached = d + steps.between(u & 63, l);
          if (reached >= distance[v]) return;
          distance[v] = reached;
          ring[reached / width % ring.size()].push_back(v);
          ++pending;
        });
      });
    }
    pending -= bucket.size();
    bucket.clear();
    if (order.size() > bucket_offset.back()) bucket_offset.push_back(order.size());
  }
}

PenaltyField::PenaltyField(const Bricks& bricks, std::vector<std::uint32_t> penalty)
    : bricks_(bricks), penalty_(std::move(penalty)), cost_(bricks.n_slots(), kUnreached), fresh_(bricks.graph()) {}

void PenaltyField::push(std::uint64_t key, std::uint32_t slot) {
  heap_[static_cast<std::size_t>(std::bit_width(key ^ last_))].push_back({key, slot});
}

bool PenaltyField::pop(Entry& out) {
  if (heap_[0].empty()) {
    std::size_t i = 1;
    while (i < heap_.size() && heap_[i].empty()) ++i;
    if (i == heap_.size()) return false;
    last_ = kUnreached;
    for (const Entry& e : heap_[i]) last_ = std::min(last_, e.key);
    for (const Entry& e : heap_[i]) push(e.key, e.slot);  // all go to lower buckets
    heap_[i].clear();
  }
  out = heap_[0].back();
  heap_[0].pop_back();
  return true;
}

// The penalty lies on the entered voxel, so the first touch of a wave is the cheapest one it can offer: each voxel is
// pushed at most once a wave.
void PenaltyField::add_sources(const std::vector<std::uint32_t>& slots) {
  last_ = 0;
  const auto visit = [&](std::uint32_t b, std::uint64_t bits) {
    fresh_[b] &= ~bits;
    if (touched_.size() < kMostTouched) touched_.push_back(b);
  };
  for (const std::uint32_t s : slots) {
    visit(s >> 6, 1ULL << (s & 63));
    if (cost_[s] != 0) push(0, s);
    cost_[s] = 0;
  }
  Entry e;
  while (pop(e)) {
    bricks_.neighbour_groups(e.slot, [&](std::uint32_t b, std::uint64_t around) {
      const std::uint64_t fresh = fresh_[b] & around;
      if (fresh == 0) return;
      visit(b, fresh);
      for_bits(fresh, [&](std::uint32_t l) {
        const std::uint32_t v = b << 6 | l;
        const std::uint64_t cost = e.key + penalty_[v];
        if (cost >= cost_[v]) return;
        cost_[v] = cost;
        push(cost, v);
      });
    });
  }
  if (touched_.size() == kMostTouched)
    fresh_ = bricks_.graph();
  else
    for (const std::uint32_t b : touched_) fresh_[b] = bricks_.graph(b);
  touched_.clear();
}

std::vector<std::uint32_t> PenaltyField::path_from(std::uint32_t slot) const {
  std::vector<std::uint32_t> path{slot};
  while (cost_[slot] != 0) {
    std::uint32_t best = slot;
    std::uint64_t best_cost = cost_[slot];
    bricks_.neighbour_groups(path.back(), [&](std::uint32_t b, std::uint64_t around) {
      for_bits(bricks_.graph(b) & around, [&](std::uint32_t l) {
        const std::uint32_t v = b << 6 | l;
        if (cost_[v] > best_cost || (cost_[v] == best_cost && !bricks_.raster_before(v, best))) return;
        best = v, best_cost = cost_[v];
      });
    });
    path.push_back(slot = best);
  }
  return path;
}

Claims::Claims(const Bricks& bricks, const StepLengths& steps)
    : bricks_(bricks),
      steps_(steps),
      left_(bricks.n_slots(), 0),
      open_(bricks.n_bricks()),
      ring_(steps.longest / steps.shortest + 2) {
  for (std::uint32_t b = 0; b < bricks.n_bricks(); ++b) open_[b] = bricks.graph(b);
}

void Claims::place(std::uint32_t slot, std::uint32_t left) {
  left_[slot] = left;
  open_[slot >> 6] &= ~(1ULL << (slot & 63));
  ring_[(top_ - left) / steps_.shortest % ring_.size()].push_back(slot);
  ++pending_;
}

// As Geodesic, from the largest remaining reach down; the field stays, so that only what gets more reach moves again.
void Claims::claim(std::vector<Seed> seeds) {
  if (seeds.empty()) return;
  std::sort(seeds.begin(), seeds.end(), [](const Seed& a, const Seed& b) { return a.reach > b.reach; });
  top_ = seeds.front().reach + 1;
  std::size_t next = 0;
  const std::uint32_t width = steps_.shortest;
  for (std::uint32_t k = 0; pending_ > 0 || next < seeds.size(); ++k) {
    if (pending_ == 0) k = (top_ - seeds[next].reach - 1) / width;
    for (; next < seeds.size() && (top_ - seeds[next].reach - 1) / width <= k; ++next)
      if (seeds[next].reach + 1 > left_[seeds[next].slot]) place(seeds[next].slot, seeds[next].reach + 1);
    std::vector<std::uint32_t>& bucket = ring_[k % ring_.size()];
    for (const std::uint32_t u : bucket) {  // nothing is added to it meanwhile: a step is at least a bucket
      const std::uint32_t left = left_[u];
      if (left > top_ || (top_ - left) / width != k) continue;
      bricks_.neighbour_groups(u, [&](std::uint32_t b, std::uint64_t around) {
        for_bits(bricks_.solid(b) & around, [&](std::uint32_t l) {
          const std::uint32_t v = b << 6 | l, step = steps_.between(u & 63, l);
          if (left > step && left - step > left_[v]) place(v, left - step);
        });
      });
    }
    pending_ -= bucket.size();
    bucket.clear();
  }
}

}  // namespace syconn::skeleton
