// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels that work on runs, on labels that runs do not suit and on lengths that no vector divides.
#include <gtest/gtest.h>

#include <map>

#include "algo/label_patterns.h"
#include "row_runs.h"
#include "syconn/algo/edt.h"
#include "syconn/algo/object_properties.h"
#include "syconn/algo/overlap.h"
#include "syconn/algo/watershed.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr Id kFar = ~Id{0} - 1;

Volume<Id> filled(const Vec3i& size, const std::function<Id(const Vec3i&)>& value) {
  Volume<Id> out(Box3::of_size(size));
  std::size_t i = 0;
  for (std::int64_t z = 0; z < size.z; ++z)
    for (std::int64_t y = 0; y < size.y; ++y)
      for (std::int64_t x = 0; x < size.x; ++x) out.data()[i++] = value({x, y, z});
  return out;
}

std::vector<Volume<Id>> hostile(const Vec3i& size) {
  Id next = 0;
  return {filled(size, [](const Vec3i& v) { return Id{1} + static_cast<Id>((v.x + v.y + v.z) % 2); }),
          filled(size, [](const Vec3i& v) { return (v.x + v.y + v.z) % 2 == 0 ? kFar : kBackground; }),
          filled(size, [&](const Vec3i&) { return ++next; }),
          filled(size, [&](const Vec3i&) { return kFar - ++next; }),
          filled(size, [](const Vec3i&) { return kFar; }),
          filled(size, [](const Vec3i&) { return kBackground; }),
          filled(size, [](const Vec3i& v) { return v.x % 3 == 0 ? Id{1} : Id{1} << 63; }),
          patterns::noise(Box3::of_size(size), 3, 5),
          patterns::voronoi(Box3::of_size(size), 12, 0.3, 9, {1, 1, 2})};
}

template <class T>
void expect_runs_of_a_row(std::int64_t n, double change, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<T> row(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < row.size(); ++i)
    row[i] = i > 0 && rng.uniform() >= change ? row[i - 1] : static_cast<T>(rng.below(3) * 251);
  std::vector<std::pair<std::int64_t, std::int64_t>> found, want;
  for_each_row_run(row.data(), n, [&](std::int64_t start, std::int64_t end) { found.emplace_back(start, end); });
  for (std::int64_t x = 0, end; x < n; x = end) {
    for (end = x + 1; end < n && row[static_cast<std::size_t>(end)] == row[static_cast<std::size_t>(x)];) ++end;
    want.emplace_back(x, end);
  }
  EXPECT_EQ(found, want) << sizeof(T) << " bytes, " << n << " voxels";
}

TEST(HostileLabels, RunsOfRowsOfAnyLength) {
  for (std::int64_t n = 0; n < 200; ++n)
    for (const double change : {0.02, 0.5, 1.0}) {
      expect_runs_of_a_row<std::uint8_t>(n, change, static_cast<std::uint64_t>(n));
      expect_runs_of_a_row<std::uint32_t>(n, change, static_cast<std::uint64_t>(n));
      expect_runs_of_a_row<std::uint64_t>(n, change, static_cast<std::uint64_t>(n));
    }
}

/// Components by filling, numbered by their first voxel.
std::vector<std::uint32_t> filled_components(const Volume<Id>& labels, int steps) {
  const Box3 box = labels.box();
  std::map<std::size_t, std::uint32_t> number;
  std::vector<std::uint32_t> out(labels.count(), 0);
  std::uint32_t next = 0;
  const auto index = [&](const Vec3i& v) {
    return static_cast<std::size_t>((v.z * box.size().y + v.y) * box.size().x + v.x);
  };
  std::vector<Vec3i> open;
  for (std::int64_t i = 0; i < box.voxels(); ++i) {
    const Vec3i start{i % box.size().x, i / box.size().x % box.size().y, i / box.size().x / box.size().y};
    if (out[index(start)] != 0 || labels.at(start) == kBackground) continue;
    out[index(start)] = ++next;
    for (open = {start}; !open.empty();) {
      const Vec3i v = open.back();
      open.pop_back();
      for (std::int64_t k = 0; k < 27; ++k) {
        const Vec3i d{k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1}, w = v + d;
        if (std::abs(d.x) + std::abs(d.y) + std::abs(d.z) > steps || !box.contains(w)) continue;
        if (labels.at(w) != labels.at(v) || out[index(w)] != 0) continue;
        out[index(w)] = next;
        open.push_back(w);
      }
    }
  }
  return out;
}

TEST(HostileLabels, ComponentsAreThoseOfAFill) {
  for (const Vec3i& size : {Vec3i{70, 9, 6}, Vec3i{1, 1, 1}, Vec3i{129, 3, 2}, Vec3i{2, 65, 3}})
    for (const Volume<Id>& labels : hostile(size))
      for (const auto& [connectivity, steps] : {std::pair{Connectivity::face6, 1}, std::pair{Connectivity::edge18, 2},
                                                std::pair{Connectivity::corner26, 3}}) {
        Volume<std::uint32_t> out(labels.box(), 77);
        label_components(labels.view(), out.view(), connectivity);
        EXPECT_EQ(std::vector<std::uint32_t>(out.data(), out.data() + out.count()), filled_components(labels, steps));
      }
}

TEST(HostileLabels, PropertiesAreThoseOfEachObjectsRuns) {
  for (const Vec3i& size : {Vec3i{70, 9, 6}, Vec3i{1, 1, 1}, Vec3i{600, 2, 3}, Vec3i{64, 66, 1}})
    for (const Volume<Id>& labels : hostile(size)) {
      std::map<Id, std::vector<syconn::Run>> runs;
      for (std::int32_t z = 0; z < size.z; ++z)
        for (std::int32_t y = 0; y < size.y; ++y)
          for (std::int32_t x = 0; x < size.x; ++x)
            if (const Id id = labels.at({x, y, z}); id != kBackground) runs[id].push_back({x, y, z, 1});
      for (const Vec3i& units : {Vec3i{2, 2, 5}, Vec3i{1 << 13, 1 << 13, 1 << 13}, Vec3i{1000000007, 3, 999999937}}) {
        const std::vector<ObjectRecord> found = VolumeProperties(units).run(labels.view());
        ASSERT_EQ(found.size(), runs.size());
        std::size_t i = 0;
        for (const auto& [id, r] : runs) EXPECT_EQ(found[i++], record_of_runs(id, r, units)) << id;
      }
    }
}

TEST(HostileLabels, OverlapsAreCounted) {
  const Vec3i size{130, 7, 3};
  const std::vector<Volume<Id>> all = hostile(size);
  for (const Volume<Id>& a : all)
    for (const Volume<Id>& b : all) {
      std::map<std::pair<Id, Id>, std::uint64_t> want;
      for (std::size_t i = 0; i < a.count(); ++i)
        if (b.data()[i] != kBackground) ++want[{b.data()[i], a.data()[i]}];
      const std::vector<Overlap> found = count_overlaps(a.view(), b.view());
      ASSERT_EQ(found.size(), want.size());
      std::size_t i = 0;
      for (const auto& [key, n] : want) EXPECT_EQ(found[i++], (Overlap{key.first, key.second, n}));
    }
}

TEST(HostileLabels, DistancesAreThoseOfAllPairs) {
  const EdtScale scale = EdtScale::of({10, 10, 25}, 300);
  for (const Vec3i& size : {Vec3i{70, 9, 6}, Vec3i{1, 1, 1}, Vec3i{33, 5, 4}})
    for (const Volume<Id>& ids : hostile(size)) {
      Volume<std::uint32_t> labels(ids.box()), out(ids.box(), 5);
      for (std::size_t i = 0; i < ids.count(); ++i) labels.data()[i] = static_cast<std::uint32_t>(ids.data()[i]);
      squared_edt(std::as_const(labels).view(), labels.box(), scale, out.view());
      const Box3 box = labels.box(), around = box.grown(Vec3i(1));
      for (std::int64_t i = 0; i < box.voxels(); i += 7) {
        const Vec3i v{i % size.x, i / size.x % size.y, i / size.x / size.y};
        std::uint64_t best = labels.at(v) == 0 ? 0 : scale.cap;
        for (std::int64_t k = 0; k < around.voxels() && best > 0; ++k) {
          const Vec3i s = around.size(), w = around.min + Vec3i{k % s.x, k / s.x % s.y, k / s.x / s.y};
          const Vec3i d = (v - w) * scale.units;
          if (!box.contains(w) || labels.at(w) != labels.at(v))
            best = std::min(best, static_cast<std::uint64_t>(d.dot(d)));
        }
        ASSERT_EQ(out.at(v), best) << v;
      }
    }
}

}  // namespace
}  // namespace syconn
