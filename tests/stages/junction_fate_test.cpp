// SPDX-License-Identifier: GPL-3.0-or-later
// Why a junction is no synapse, from what meets it; and the pixels of drawn sections.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "draw_section.h"
#include "evaluate_trace.h"

namespace syconn {
namespace {

constexpr Id kHuge = (Id{1} << 63) + 1;

TracedSynapse synapse(float prob) {
  TracedSynapse s;
  s.id = 4, s.cell_a = 7, s.cell_b = kHuge, s.size_vx = 300, s.on_it_vx = 200, s.prob = prob;
  return s;
}

JunctionFate fate(const JunctionTrace& trace) { return judge_fate(&trace, 0.5, {}, nullptr).fate; }

TEST(JunctionFate, SynapsesCountFromTheProbabilityOnOrWithoutOne) {
  JunctionTrace trace;
  trace.synapses = {synapse(0.49F)};
  EXPECT_EQ(fate(trace), JunctionFate::low_prob);
  EXPECT_NE(judge_fate(&trace, 0.5, {}, nullptr).why.find("prob 0.490, below 0.5"), std::string::npos);
  trace.synapses.push_back(synapse(0.5F));
  EXPECT_EQ(fate(trace), JunctionFate::synapse);
  trace.synapses = {synapse(std::numeric_limits<float>::quiet_NaN())};
  EXPECT_EQ(fate(trace), JunctionFate::synapse);
}

TEST(JunctionFate, TheFurthestStepBetweenTwoCellsTells) {
  JunctionTrace trace;
  trace.contacts = {{1, 7, 7, 90, 50}, {2, 7, kHuge, 80, 40}};
  EXPECT_EQ(fate(trace), JunctionFate::small_fragment);
  trace.fragments = {{1, 7, 7, 50, 50}};
  EXPECT_EQ(fate(trace), JunctionFate::small_fragment);
  trace.fragments = {{1, 7, 7, 50, 50}, {2, 7, kHuge, 40, 30}, {3, 7, kHuge, 20, 10}};
  const FateReport report = judge_fate(&trace, 0.5, {}, nullptr);
  EXPECT_EQ(report.fate, JunctionFate::small_synapse);
  EXPECT_NE(report.why.find("2 fragments"), std::string::npos) << report.why;
  EXPECT_NE(report.why.find("40 voxels on it"), std::string::npos) << report.why;
}

TEST(JunctionFate, ContactsWithoutTwoCells) {
  JunctionTrace trace;
  EXPECT_EQ(fate(trace), JunctionFate::no_contact);
  EXPECT_EQ(judge_fate(nullptr, 0.5, {}, nullptr).fate, JunctionFate::no_contact);
  trace.contacts = {{1, 7, 7, 90, 50}};
  EXPECT_EQ(fate(trace), JunctionFate::one_cell);
  trace.contacts = {{1, kBackground, 7, 90, 50}};
  EXPECT_EQ(fate(trace), JunctionFate::no_cell);
}

TEST(JunctionFate, EveryFateHasAName) {
  for (int f = 0; f <= static_cast<int>(JunctionFate::no_contact); ++f)
    EXPECT_GT(std::string(fate_name(static_cast<JunctionFate>(f))).size(), 4U);
  EXPECT_STREQ(fate_name(JunctionFate::no_contact), "no_contact");
  EXPECT_STREQ(fate_name(JunctionFate::small_contact), "small_contact");
}

Colour pixel(const Pixels& p, std::int64_t x, std::int64_t y) {
  const std::uint8_t* at = p.rgb().data() + 3 * (y * p.width() + x);
  return {at[0], at[1], at[2]};
}

TEST(DrawSection, OutlineLiesInsideTheMaskAndNotAtTheEdge) {
  constexpr Colour kRed{255, 0, 0}, kWhite{255, 255, 255};
  Volume<std::uint8_t> mask(Box3{{5, 6, 7}, {15, 16, 8}}, 0);
  for (std::int64_t y = 6; y < 12; ++y)
    for (std::int64_t x = 5; x < 11; ++x) mask.at({x, y, 7}) = 1;
  Pixels out(20, 20, kWhite);
  draw_outline(out, {0, 0, 2}, mask.view(), kRed, 1);
  for (std::int64_t y = 0; y < 20; ++y)
    for (std::int64_t x = 0; x < 20; ++x) {
      const bool on_line = (x == 11 && y <= 11) || (y == 11 && x <= 11);
      EXPECT_EQ(pixel(out, x, y), on_line ? kRed : kWhite) << x << ' ' << y;
    }
}

TEST(DrawSection, GreyFillAndBarKeepToTheirPlace) {
  Volume<std::uint8_t> grey(Box3::of_size({40, 30, 1}), 101);
  grey.at({0, 0, 0}) = 255;
  Pixels out(45, 30, {1, 2, 3});
  draw_grey(out, {5, 0, 1}, grey.view());
  EXPECT_EQ(pixel(out, 4, 0), (Colour{1, 2, 3}));
  EXPECT_EQ(pixel(out, 5, 0), (Colour{252, 252, 252}));
  EXPECT_EQ(pixel(out, 6, 0), (Colour{100, 100, 100}));
  Volume<std::uint8_t> one(grey.box(), 0);
  one.at({3, 2, 0}) = 1;
  draw_fill(out, {5, 0, 1}, one.view(), {200, 0, 100}, 0.5);
  EXPECT_EQ(pixel(out, 8, 2), (Colour{150, 50, 100}));
  EXPECT_EQ(pixel(out, 9, 2), (Colour{100, 100, 100}));
  draw_bar(out, {5, 0, 1}, 30, 8);
  EXPECT_EQ(pixel(out, 15, 15), (Colour{255, 255, 255}));
  EXPECT_EQ(pixel(out, 22, 19), (Colour{255, 255, 255}));
  EXPECT_EQ(pixel(out, 23, 15), (Colour{0, 0, 0}));
  EXPECT_EQ(pixel(out, 24, 15), (Colour{100, 100, 100}));
}

}  // namespace
}  // namespace syconn
