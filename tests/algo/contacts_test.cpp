// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/contacts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algo/contacts_oracle.h"
#include "algo/label_patterns.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

ContactSet extract(VolumeView<const Id> labels, const ContactParams& params = {}) {
  ContactExtractor extractor(params);
  ContactSet out;
  extractor.extract(labels, labels.box(), labels.box(), out);
  return out;
}

void expect_equal(const ContactSet& got, const ContactSet& want) {
  ASSERT_EQ(got.sv_a, want.sv_a);
  ASSERT_EQ(got.sv_b, want.sv_b);
  ASSERT_EQ(got.run_offset, want.run_offset);
  ASSERT_TRUE(got.runs == want.runs);
}

TEST(ContactHalo, DefaultIsTheOneInTheSpecification) {
  EXPECT_EQ(contact_halo({}), (Vec3i{22, 22, 19}));
  EXPECT_EQ(contact_halo({{1, 3, 5}, 0, 0}), (Vec3i{1, 1, 2}));
  EXPECT_THROW(contact_halo({{2, 3, 5}, 0, 0}), Error);
  EXPECT_THROW(contact_halo({{3, 3, 257}, 0, 0}), Error);
  EXPECT_THROW(contact_halo({{3, 3, 3}, -1, 0}), Error);
  EXPECT_THROW(contact_halo({{3, 3, 3}, 0, 61}), Error);
}

TEST(Contacts, TwoHalfSpaces) {
  Volume<Id> labels(Box3::of_size({40, 9, 11}), 7);
  const Id far = Id{1} << 63;
  for (std::int64_t z = 0; z < 11; ++z)
    for (std::int64_t y = 0; y < 9; ++y)
      for (std::int64_t x = 20; x < 40; ++x) labels.at({x, y, z}) = far;
  const ContactSet got = extract(labels.view());
  ASSERT_EQ(got.n_pairs(), 1U);
  EXPECT_EQ(got.sv_a[0], 7U);
  EXPECT_EQ(got.sv_b[0], far);
  ASSERT_EQ(got.runs.size(), 99U);
  for (const syconn::Run& r : got.runs)
    EXPECT_TRUE(r.x == 17 && r.len == 6) << "two contact voxels a side and two dilations";
}

TEST(Contacts, NothingToFind) {
  EXPECT_EQ(extract(Volume<Id>(Box3::of_size({1, 1, 1}), 5).view()).n_pairs(), 0U);
  EXPECT_EQ(extract(Volume<Id>(Box3::of_size({70, 3, 2}), 0).view()).n_pairs(), 0U);
  EXPECT_EQ(extract(Volume<Id>(Box3::of_size({70, 3, 2}), 3).view()).n_pairs(), 0U);
  Volume<Id> lonely(Box3::of_size({30, 30, 30}));  // an object in background: boundary, but no partner
  lonely.at({10, 10, 10}) = 4;
  EXPECT_EQ(extract(lonely.view()).n_pairs(), 0U);
  ContactExtractor extractor;
  ContactSet out;
  extractor.extract(lonely.view(), lonely.box(), {{5, 5, 5}, {5, 9, 9}}, out);
  EXPECT_EQ(out.n_pairs(), 0U);
}

TEST(Contacts, PartnersSeeEachOtherAcrossBackground) {
  Volume<Id> labels(Box3::of_size({30, 20, 20}));
  labels.at({10, 10, 10}) = 4;
  labels.at({16, 10, 10}) = 9;  // 6 voxels away: just inside the window
  expect_equal(extract(labels.view()), oracle::contact_sites(labels.view(), {}, true));
  EXPECT_EQ(extract(labels.view()).n_pairs(), 1U);
  labels.at({16, 10, 10}) = 0;
  labels.at({17, 10, 10}) = 9;
  EXPECT_EQ(extract(labels.view()).n_pairs(), 0U);
}

TEST(Contacts, TieGoesToTheSmallestIdAlsoBeyond32Bits) {
  const Id big = (Id{1} << 32) + 1, bigger = (Id{5} << 60) + 2;
  Volume<Id> labels(Box3::of_size({5, 1, 1}));
  const Id row[5] = {bigger, 0, 3, 0, big};
  std::copy(row, row + 5, labels.data());
  const ContactSet got = extract(labels.view(), {{5, 1, 1}, 0, 0});
  ASSERT_EQ(got.n_pairs(), 2U);
  EXPECT_EQ(got.sv_b[0], big);
  EXPECT_EQ(got.runs_of(0).size(), 2U) << "3 itself and " << big;
  EXPECT_EQ(got.sv_b[1], bigger);
}

TEST(Contacts, TheLargestIdIsAnIdLikeAnyOther) {
  Volume<Id> labels(Box3::of_size({8, 4, 4}), ~Id{0});
  for (std::int64_t i = 0; i < 4; ++i) labels.at({i, i, i}) = 1;
  expect_equal(extract(labels.view()), oracle::contact_sites(labels.view(), {}));
}

TEST(Contacts, RefusesLabelsThatDoNotCoverTheHalo) {
  const Volume<Id> labels(Box3{{10, 10, 10}, {60, 60, 60}}, 1);
  ContactExtractor extractor;
  ContactSet out;
  EXPECT_NO_THROW(extractor.extract(labels.view(), labels.box(), labels.box(), out));
  EXPECT_NO_THROW(extractor.extract(labels.view(), Box3::of_size({100, 100, 100}), {{32, 32, 29}, {38, 38, 41}}, out));
  EXPECT_THROW(extractor.extract(labels.view(), Box3::of_size({100, 100, 100}), {{31, 32, 29}, {38, 38, 41}}, out),
               Error);
  EXPECT_THROW(extractor.extract(labels.view(), Box3::of_size({50, 100, 100}), {{40, 40, 40}, {60, 60, 41}}, out),
               Error);
}

struct Case {
  ContactParams params;
  Vec3i size;
  int cells;
};

const Case kCases[] = {{{}, {47, 30, 21}, 25},
                       {{{13, 13, 7}, 7, 2}, {140, 20, 11}, 40},
                       {{{3, 3, 3}, 1, 1}, {33, 20, 18}, 60},
                       {{{5, 3, 1}, 0, 0}, {30, 21, 9}, 40},
                       {{{1, 1, 1}, 3, 2}, {20, 21, 9}, 40},
                       {{{3, 1, 9}, 0, 3}, {30, 21, 19}, 60},
                       {{{7, 5, 3}, 4, 0}, {30, 21, 19}, 60},
                       {{{7, 7, 3}, 2, 5}, {30, 31, 19}, 50},
                       {{{31, 31, 13}, 5, 2}, {50, 21, 19}, 20},
                       {{{255, 3, 3}, 2, 2}, {70, 13, 9}, 20},
                       {{{9, 9, 5}, 20, 1}, {40, 21, 19}, 9}};

TEST(Contacts, EqualsTheDefinitionOnVoronoiCells) {
  std::uint64_t seed = 1;
  for (const Case& c : kCases) {
    const double background = seed % 2 ? 0.0 : 0.25;
    SCOPED_TRACE(testing::Message() << c.params.window_vx << c.params.closings << ' ' << c.params.dilations);
    const Volume<Id> labels =
        patterns::voronoi(Box3{{-3, 100, 7}, c.size + Vec3i{-3, 100, 7}}, c.cells, background, ++seed, {1, 1, 2});
    expect_equal(extract(labels.view(), c.params), oracle::contact_sites(labels.view(), c.params));
  }
}

TEST(Contacts, EqualsTheDefinitionOnNoise) {
  for (const int n_ids : {2, 3, 9, 1 << 20}) {
    const Volume<Id> labels = patterns::noise(Box3::of_size({29, 11, 9}), n_ids, 5);
    expect_equal(extract(labels.view(), {{3, 5, 3}, 3, 2}), oracle::contact_sites(labels.view(), {{3, 5, 3}, 3, 2}));
  }
  const Volume<Id> sparse = patterns::noise(Box3::of_size({70, 5, 4}), 40000, 6);
  expect_equal(extract(sparse.view()), oracle::contact_sites(sparse.view(), {}));
}

TEST(Contacts, OracleEqualsTheDefinitionBySets) {
  const Volume<Id> labels = patterns::voronoi(Box3::of_size({15, 12, 10}), 12, 0.3, 11);
  for (const ContactParams& p :
       {ContactParams{{5, 5, 3}, 3, 2}, ContactParams{{3, 3, 3}, 0, 4}, ContactParams{{7, 3, 3}, 5, 0}})
    expect_equal(oracle::contact_sites(labels.view(), p), oracle::contact_sites(labels.view(), p, true));
}

TEST(Contacts, ResultDoesNotDependOnTheWriteBox) {
  const Box3 dataset{{5, 0, 2}, {116, 70, 50}};
  const Volume<Id> labels = patterns::voronoi(dataset, 150, 0.1, 21, {1, 1, 2});
  const ContactParams params{{7, 7, 5}, 3, 2};
  const ContactSet whole = extract(labels.view(), params);
  expect_equal(whole, oracle::contact_sites(labels.view(), params));
  ContactExtractor extractor(params);
  ContactSet part;
  for (const Vec3i& chunk : {Vec3i{64, 64, 64}, Vec3i{31, 17, 13}, Vec3i{200, 9, 200}}) {
    const ChunkGrid grid(dataset, chunk);
    for (std::int64_t i = 0; i < grid.count(); ++i) {
      const Box3 write = grid.chunk_box(i), read = intersect(write.grown(contact_halo(params)), dataset);
      extractor.extract(labels.view().sub(read), dataset, write, part);
      expect_equal(part, oracle::cut(whole, write));
    }
  }
}

TEST(Contacts, WriteBoxesBeyondTheInternalBlockAreCutAndJoined) {
  Volume<Id> labels(Box3::of_size({1100, 12, 6}));
  for (std::size_t i = 0; i < labels.count(); ++i) labels.data()[i] = 1 + (i / 13200) + 2 * ((i % 1100) / 300);
  expect_equal(extract(labels.view()), oracle::contact_sites(labels.view(), {}));
}

TEST(Contacts, RenamingIdsInOrderRenamesThePairs) {
  const Volume<Id> labels = patterns::voronoi(Box3::of_size({40, 30, 20}), 30, 0.1, 33);
  Volume<Id> renamed(labels.box());
  for (std::size_t i = 0; i < labels.count(); ++i) renamed.data()[i] = labels.data()[i] ? labels.data()[i] / 2 + 1 : 0;
  const ContactSet a = extract(labels.view()), b = extract(renamed.view());
  EXPECT_EQ(a.run_offset, b.run_offset);
  EXPECT_TRUE(a.runs == b.runs);
}

TEST(JunctionOverlap, CutsRunsAndCountsTypes) {
  const Volume<Id> labels = patterns::voronoi(Box3::of_size({50, 30, 20}), 25, 0.1, 44);
  const ContactSet contacts = extract(labels.view());
  Volume<std::uint8_t> junction(labels.box()), sym(labels.box()), asym(labels.box());
  for (std::size_t i = 0; i < junction.count(); ++i) {
    junction.data()[i] = mix64(i / 5) % 3 == 0;
    sym.data()[i] = mix64(i + 1000) % 4 == 0 ? 255 : 0;
    asym.data()[i] = mix64(i + 5000) % 2;
  }
  const SynapseFragments syn = junction_overlap(contacts, junction.view(), sym.view(), asym.view());
  ASSERT_EQ(syn.size_vx.size(), contacts.n_pairs());
  for (std::size_t p = 0; p < contacts.n_pairs(); ++p) {
    Volume<std::uint8_t> want(labels.box());
    std::uint64_t n_sym = 0, n_asym = 0;
    for_each_voxel(contacts.runs_of(p), [&](const Vec3i& v) {
      want.at(v) = junction.at(v);
      if (junction.at(v)) n_sym += sym.at(v) != 0, n_asym += asym.at(v) != 0;
    });
    const auto runs = syn.runs_of(p);
    EXPECT_THAT(std::vector<syconn::Run>(runs.begin(), runs.end()),
                testing::ElementsAreArray(runs_of_mask(want.view())));
    EXPECT_EQ(syn.size_vx[p], voxel_count(runs));
    EXPECT_EQ(syn.n_sym[p], n_sym);
    EXPECT_EQ(syn.n_asym[p], n_asym);
  }
  const SynapseFragments untyped = junction_overlap(contacts, junction.view());
  EXPECT_TRUE(untyped.runs == syn.runs);
  EXPECT_EQ(untyped.n_sym, std::vector<std::uint64_t>(contacts.n_pairs()));
  EXPECT_THROW(junction_overlap(contacts, junction.view().sub({{0, 0, 0}, {20, 30, 20}})), Error);
}

TEST(ContactMemory, GrowsWithTheChunkAndTheDensity) {
  const std::uint64_t m512 = contact_memory_bytes({512, 512, 512}, {});
  EXPECT_GT(m512, contact_memory_bytes({256, 256, 256}, {}));
  EXPECT_LT(m512, contact_memory_bytes({512, 512, 512}, {}, 2));
  EXPECT_LT(m512, std::uint64_t{4} << 30);
}

}  // namespace
}  // namespace syconn
