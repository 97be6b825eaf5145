// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/run_html.h"

#include <gtest/gtest.h>

#include "support/markup_reader.h"
#include "syconn/exec/run_cost.h"

namespace syconn {
namespace {

TEST(RunHtml, CountsOfTheSameSentenceAddUp) {
  std::string sum = "3 of 40 objects kept; dropped: 1 below min_obj_vx";
  EXPECT_TRUE(add_counts(sum, "1 of 2 objects kept; dropped: 0 below min_obj_vx"));
  EXPECT_EQ(sum, "4 of 42 objects kept; dropped: 1 below min_obj_vx");
  EXPECT_FALSE(add_counts(sum, "1 of 2 objects lost; dropped: 0 below min_obj_vx"));
  EXPECT_EQ(sum, "4 of 42 objects kept; dropped: 1 below min_obj_vx");
}

TEST(RunHtml, WhatCountsNothingMustBeTheSame) {
  for (const char* text : {"tiles of (64,64,32) voxels", "no datasets/vc2.h5", "a share of 0.5", "blocks of 64x64",
                           "version 1.2.", "from -3"}) {
    std::string sum = text;
    EXPECT_TRUE(add_counts(sum, text)) << text;
    EXPECT_EQ(sum, text);
  }
  std::string sum = "tiles of (64,64,32) voxels";
  EXPECT_FALSE(add_counts(sum, "tiles of (64,64,16) voxels"));
}

Json cost_of(const std::vector<std::pair<double, double>>& bars) {
  Json step = {{"name", "a<b"},         {"jobs", 9},          {"done", 9},         {"core_h", 0.5},
               {"peak_rss_bytes", 1e9}, {"asked_bytes", 2e9}, {"attempts", 0},     {"requeues", 0},
               {"retried_jobs", 0},     {"killed", 0},        {"output_bytes", 5}, {"bars", Json::array()}};
  for (const auto& [start, end] : bars) step["bars"].push_back({{"start", start}, {"end", end}, {"host", "h\"&"}});
  const Json stage = {
      {"name", "s"},         {"core_h", 0.5},   {"gpu_h", 0.0},          {"mvx_per_core_h", 2000.0},
      {"gvx_per_gpu_h", 0},  {"usd", 0.25},     {"peak_rss_bytes", 1e9}, {"output_bytes", 5.0},
      {"retried_jobs", 0.0}, {"requeues", 0.0}, {"wall_s", 90},          {"steps", Json::array({step})}};
  return {{"stages", Json::array({stage})}, {"total", {{"core_h", 0.5}, {"usd", 0.25}, {"output_bytes", 5.0}}}};
}

TEST(RunHtml, CostIsWellFormedAndTellsTheSpeed) {
  const test::MarkupReader page("<body>" + cost_html(cost_of({{0, 10}, {5, 20}})) + "</body>");
  EXPECT_NE(page.with("data-key", "cost_s").text.find("1 min 30 s"), std::string::npos);
  EXPECT_NE(page.with("data-key", "cost_s").text.find("0.52"), std::string::npos);  // core hours, then Gvx/h/core
  EXPECT_EQ(page.named("rect").size(), 2U);
}

TEST(RunHtml, PausesAreCutOutOfTheTimelineAndItStaysSmall) {
  const test::MarkupReader cut("<body>" + cost_html(cost_of({{0, 100}, {1e6, 1e6 + 100}})) + "</body>");
  const auto bars = cut.named("rect");
  ASSERT_EQ(bars.size(), 2U);  // each half of the width
  EXPECT_EQ(bars[0]->attributes.at("width"), "380.0");
  EXPECT_EQ(bars[1]->attributes.at("x"), "570.0");
  EXPECT_NE(cost_html(cost_of({{0, 100}, {1e6, 1e6 + 100}})).find("pause of"), std::string::npos);
  std::vector<std::pair<double, double>> many;
  for (int i = 0; i < 50000; ++i) many.emplace_back(i, i + 1);
  EXPECT_LT(cost_html(cost_of(many)).size(), 400'000U);
  EXPECT_NE(cost_html(cost_of({})).find("No job has ended"), std::string::npos);
}

}  // namespace
}  // namespace syconn
