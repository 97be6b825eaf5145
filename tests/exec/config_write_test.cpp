// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/config_test_support.h"
#include "syconn/core/rng.h"
#include "syconn/core/sha256.h"

namespace syconn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kHead;
using testing::parse;
using testing::test_sections;
using testing::TestContacts;

const std::string kFull = kHead +
                          "contacts: {closings: 5, sj_threshold: 0.1, sj_morphology: [], id: 18446744073709551615}\n"
                          "watershed:\n"
                          "  types: {mi: {need: 3, max_radius_nm: 1e3}, other: {need: 4}}\n"
                          "  rules: [{op: drop, values: [1, -2]}, {}]\n"
                          "  weights: {a: 1, on: 0.3333333333333333}\n"
                          "  extra: {values: [0]}\n"
                          "  model: 'm: #1 \"x\" \\\\ ä.h5'\n"
                          "execution: {threads: 4, profile: site.yml}\n";

std::string hash_of(const RunConfig& config) {
  Json all = {{"dataset", result_keys(config.dataset)}};
  for (const auto& [name, section] : config.sections) all[name] = result_keys(*section);
  return config_hash(all);
}

TEST(ConfigResolved, RoundTrip) {
  const RunConfig config = parse(
      kFull, {"dataset.box_vx={min: [0, 1, 2], max: [5, 6, 7]}", "dataset.volumes.sv.voxel_size_nm=[4.6, 4.6, 50]"});
  const std::string text = resolved_yaml(config, test_sections());
  const RunConfig again = parse_config(text, "config.yml", "/somewhere/else", {}, test_sections());
  EXPECT_EQ(resolved_yaml(again, test_sections()), text);
  EXPECT_EQ(hash_of(again), hash_of(config));
  EXPECT_EQ(again.dataset.root, "/data/lab");
  EXPECT_EQ(again.execution.profile, "/data/lab/site.yml");
  EXPECT_EQ(again.section<testing::TestWatershed>("watershed").model, "/data/lab/m: #1 \"x\" \\\\ ä.h5");
}

TEST(ConfigResolved, HoldsEveryKeyWithItsDoc) {
  const std::string text = resolved_yaml(parse(kHead), test_sections());
  EXPECT_THAT(text, HasSubstr("dataset:  # what is analysed (required)\n  name: test  # "));
  EXPECT_THAT(text, HasSubstr("\n  box_vx: null  # part to analyse"));
  EXPECT_THAT(text, HasSubstr("\nstages: [contacts]  # "));
  EXPECT_THAT(text, HasSubstr("contacts:  # Contact sites\n"
                              "  window_vx: [13, 13, 7]  # window (voxels, at least 1)\n"
                              "  closings: 7  # closing iterations (0 to 15)\n"
                              "  sj_threshold: 0.19047619  # threshold (0 to 1)\n"
                              "  sj_morphology: [opening, closing]  # operations (opening, closing or erosion)\n"
                              "  id: 0  # an id\n"
                              "  keep: true  # a switch\n"
                              "  threads: 1  # threads (at least 1)\n"));
  EXPECT_THAT(text, HasSubstr("watershed:  # Instances\n"
                              "  types:  # by type\n"
                              "    mi:\n"
                              "      threshold: 0.4286  # threshold (0 to 1)\n"
                              "      max_radius_nm: null  # clamp (nm, at least 0)\n"
                              "      need: 1  # must be given (required)\n"));
  EXPECT_THAT(resolved_yaml(parse(kFull), test_sections()), HasSubstr("  rules:  # rules\n"
                                                                      "    - op: drop  # operation (keep or drop)\n"
                                                                      "      values: [1, -2]  # values (-5 to 5)\n"
                                                                      "    - op: keep"));
}

TEST(ConfigTemplate, LoadsAndShowsDefaults) {
  const std::string text = config_template(test_sections());
  const RunConfig config = parse_config(text, "init.yml", "/data", {}, test_sections());
  EXPECT_EQ(config.section<TestContacts>("contacts").closings, 7);
  EXPECT_EQ(config.dataset.volumes.at("sv").kind, "labels");
  EXPECT_THAT(text, HasSubstr("\n  # chunk_vx: [512, 512, 512]  # "));
  EXPECT_THAT(text, HasSubstr("\n  # types:  # by type\n  #   mi:\n  #     threshold: 0.4286"));
  // Every commented key becomes a valid one when its mark is removed.
  std::string active;
  for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    if (const auto mark = line.find_first_not_of(' '); at > 0 && mark != std::string::npos && line[mark] == '#')
      line.erase(mark, 2);
    active += line + "\n";
  }
  const RunConfig all = parse_config(active, "init.yml", "/data", {}, test_sections());
  EXPECT_EQ(all.stages, (std::vector<std::string>{"watershed", "contacts"}));
  EXPECT_TRUE(all.dataset.box_vx);
}

TEST(ConfigHash, OnlyResultChangingKeysCount) {
  const std::string hash = hash_of(parse(kFull));
  EXPECT_EQ(hash.size(), 64u);
  const std::vector<std::string> without_effect = {
      "contacts.threads=8",           "dataset.chunk_vx=[64, 128, 192]", "dataset.root=/tmp",   "dataset.name=other",
      "dataset.volumes.sv.path=x.h5", "dataset.volumes.sv.dataset=x",    "execution.threads=1", "execution.memory_gb=1",
      "execution.executor=slurm",     "execution.job_order_seed=5",      "watershed.model=x",   "stages=[]",
      "dataset.merges=m.csv",         "contacts.sj_threshold=0.10"};
  for (const std::string& set : without_effect) EXPECT_EQ(hash_of(parse(kFull, {set})), hash) << set;
  const std::vector<std::string> with_effect = {"contacts.closings=6",
                                                "dataset.voxel_size_nm=[10, 10, 20]",
                                                "dataset.box_vx={min: [0,0,0], max: [9,9,9]}",
                                                "dataset.volumes.sv.kind=image",
                                                "dataset.volumes.sv.foreground=[3]",
                                                "watershed.weights.a=2",
                                                "watershed.types.mi.max_radius_nm=",
                                                "contacts.id=18446744073709551614"};
  for (const std::string& set : with_effect) EXPECT_NE(hash_of(parse(kFull, {set})), hash) << set;
}

TEST(ConfigHash, TextFormDoesNotCount) {
  const std::string a = kHead + "contacts:\n  closings: 5\n  sj_threshold: 1\n";
  const std::string b = "# comment\nstages: []\n" +
                        std::string("contacts: {sj_threshold: 1.0, closings: +5}  # more\n") +
                        kHead.substr(0, kHead.find("stages"));
  EXPECT_EQ(hash_of(parse(a)), hash_of(parse(b)));
  EXPECT_EQ(hash_of(parse(kHead + "contacts: {sj_threshold: -0.0}\n")),
            hash_of(parse(kHead + "contacts: {sj_threshold: 0}\n")));
  EXPECT_EQ(config_hash({{"a", 7}, {"b", 1}}), config_hash({{"b", 1.0}, {"a", 7.0}}));
  EXPECT_EQ(config_hash({{"a", 7}, {"b", Json::array({1.5, "x", nullptr, true})}}),
            sha256_hex(R"({"a":7,"b":[1.5,"x",null,true]})"));
  EXPECT_EQ(result_keys(*parse(kHead).sections.at("contacts")).dump(),
            R"({"window_vx":[13,13,7],"closings":7,"sj_threshold":0.19047619,"sj_morphology":["opening","closing"],)"
            R"("id":0,"keep":true})");
  EXPECT_EQ(result_keys(parse(kHead).dataset).dump(),
            R"({"voxel_size_nm":[10.0,10.0,25.0],"box_vx":null,"volumes":{)"
            R"("mi":{"kind":"probability","foreground":[],"sym":[],"asym":[],"voxel_size_nm":null,"allow_missing":false},)"
            R"("sv":{"kind":"labels","foreground":[],"sym":[],"asym":[],"voxel_size_nm":null,"allow_missing":false}}})");
}

TEST(ConfigHash, ChangedKeys) {
  const Json before = {{"contacts", {{"closings", 7}, {"t", 0.5}, {"list", {1, 2}}, {"old", "x"}}}, {"same", 1.0}};
  const Json now = {{"same", 1}, {"contacts", {{"closings", 6}, {"t", 1.0}, {"list", {1, 3}}, {"new", nullptr}}}};
  EXPECT_THAT(changed_keys(before, now),
              ElementsAre("contacts.closings: 7 -> 6", "contacts.list: [1,2] -> [1,3]", "contacts.new: (none) -> null",
                          "contacts.old: \"x\" -> (none)", "contacts.t: 0.5 -> 1"));
  EXPECT_TRUE(changed_keys(now, now).empty());
}

TEST(ConfigSchema, DescribesEveryKey) {
  const Json schema = parse_json(config_schema(test_sections()).dump(), "schema");
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("required"), Json({"dataset"}));
  const Json& contacts = schema.at("properties").at("contacts");
  EXPECT_EQ(contacts.at("additionalProperties"), false);
  EXPECT_EQ(contacts.at("type"), Json({"object", "null"}));
  const Json& keys = contacts.at("properties");
  const Json closings = {{"type", "integer"},
                         {"minimum", 0},
                         {"maximum", 15},
                         {"description", "closing iterations (0 to 15)"},
                         {"default", 7}};
  EXPECT_EQ(keys.at("closings"), closings);
  EXPECT_EQ(keys.at("id").at("maximum").dump(), "18446744073709551615");
  EXPECT_EQ(keys.at("sj_morphology").at("items").at("enum"), Json({"opening", "closing", "erosion"}));
  EXPECT_EQ(keys.at("window_vx").at("items").at("minimum").dump(), "1");
  const Json& volumes = schema.at("properties").at("dataset").at("properties").at("volumes");
  EXPECT_EQ(volumes.at("additionalProperties").at("required"), Json({"path", "kind"}));
  EXPECT_EQ(schema.at("properties").at("dataset").at("properties").at("box_vx").at("anyOf").size(), 2u);
}

TEST(ConfigDocs, TableOfEveryKey) {
  const std::string docs = config_docs(test_sections());
  EXPECT_THAT(docs, HasSubstr("\n## `contacts`: Contact sites\n"));
  EXPECT_THAT(docs, HasSubstr("| `closings` | integer | `7` | 0 to 15 |  | closing iterations | yes |\n"));
  EXPECT_THAT(docs, HasSubstr("| `threads` | integer | `1` | at least 1 |  | threads | no |\n"));
  EXPECT_THAT(docs, HasSubstr("| `volumes.<name>.path` | text | required |"));
  EXPECT_THAT(docs, HasSubstr("| `box_vx.min` | 3 integers | required |"));
  EXPECT_THAT(docs, HasSubstr("| `rules[].op` | text | `keep` | keep or drop |"));
  EXPECT_THAT(docs, HasSubstr("| `types.<name>.max_radius_nm` | number |  | at least 0 | nm | clamp | yes |"));
  EXPECT_THAT(docs, HasSubstr("| `chunk_vx` | 3 integers | `[512, 512, 512]` | at least 1 | voxels |"));
}

/// Loads `text`; whatever it is, the outcome is a config or Error{config}.
void expect_config_or_error(const std::string& text, const std::vector<std::string>& sets = {}) {
  try {
    const RunConfig config = parse(text, sets);
    const std::string resolved = resolved_yaml(config, test_sections());
    EXPECT_EQ(resolved_yaml(parse(resolved), test_sections()), resolved) << text;
    hash_of(config);
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::config) << text;
    EXPECT_THAT(std::string(e.what()), ::testing::EndsWith("nothing was run."));
  }
}

TEST(ConfigFuzz, MutatedTextsNeverCrash) {
  const std::string spice = "{}[]:,-?&*!|>'\"%@` \n\t#0189.eE+~\\x\xff\xc3\x80<=";
  Rng rng(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text = kFull;
    const std::uint64_t edits = 1 + rng.below(6);
    for (std::uint64_t i = 0; i < edits; ++i) {
      const std::uint64_t at = rng.below(text.size());
      switch (rng.below(5)) {
        case 0:
          text[at] = spice[rng.below(spice.size())];
          break;
        case 1:
          text.insert(at, 1, spice[rng.below(spice.size())]);
          break;
        case 2:
          text.erase(at, 1 + rng.below(8));
          break;
        case 3:
          text.insert(at, text.substr(rng.below(text.size()), rng.below(30)));
          break;
        default:
          text[at] = static_cast<char>(rng.below(256));
          break;
      }
      if (text.empty()) text = "a";
    }
    expect_config_or_error(text);
  }
}

TEST(ConfigFuzz, MutatedSetsNeverCrash) {
  const std::vector<std::string> sets = {"contacts.closings=6", "watershed.types.mi={need: 1, threshold: 0.3}",
                                         "dataset.box_vx.max=[1, 2, 3]", "watershed.rules=[{op: keep}]"};
  Rng rng(8);
  for (int round = 0; round < 1500; ++round) {
    std::string set = sets[rng.below(sets.size())];
    const std::uint64_t at = rng.below(set.size());
    if (rng.below(2) == 0)
      set[at] = static_cast<char>(rng.below(256));
    else
      set.insert(at, 1, "=.[]{}:,"[rng.below(8)]);
    expect_config_or_error(kFull, {set});
  }
}

TEST(ConfigFuzz, DeepNestingIsRefused) {
  for (const char c : {'[', '{', '-'}) {
    std::string text = "dataset: ";
    for (int i = 0; i < 20000; ++i) text += c == '-' ? std::string("- ") : std::string(1, c);
    expect_config_or_error(text);
  }
}

}  // namespace
}  // namespace syconn
