// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "syconn/exec/config.h"

/// Sections that use every kind of field, and a short config text to vary.
namespace syconn::testing {

struct TestContacts {
  Vec3i window_vx{13, 13, 7};
  int closings = 7;
  double sj_threshold = 0.19047619;
  std::vector<std::string> sj_morphology{"opening", "closing"};
  std::uint64_t id = 0;
  bool keep = true;
  int threads = 1;
  void describe(Fields& f) {
    f.add("window_vx", window_vx, "window", Range{1});
    f.add("closings", closings, "closing iterations", Range{0, 15});
    f.add("sj_threshold", sj_threshold, "threshold", Range{0, 1});
    f.add("sj_morphology", sj_morphology, "operations", Choices{"opening", "closing", "erosion"});
    f.add("id", id, "an id");
    f.add("keep", keep, "a switch");
    f.add("threads", threads, "threads", Range{1}).no_effect_on_results();
  }
};

struct TestType {
  double threshold = 0.5;
  std::optional<double> max_radius_nm;
  int need = 0;
  void describe(Fields& f) {
    f.add("threshold", threshold, "threshold", Range{0, 1});
    f.add("max_radius_nm", max_radius_nm, "clamp", Range{0});
    f.add("need", need, "must be given").required();
  }
};

struct TestRule {
  std::string op = "keep";
  std::vector<std::int64_t> values;
  void describe(Fields& f) {
    f.add("op", op, "operation", Choices{"keep", "drop"});
    f.add("values", values, "values", Range{-5, 5});
  }
};

struct TestWatershed {
  std::map<std::string, TestType> types{{"mi", {0.4286, std::nullopt, 1}}, {"vc", {0.3, 500.0, 2}}};
  std::vector<TestRule> rules;
  std::map<std::string, double> weights;
  std::optional<TestRule> extra;
  std::string model;
  void describe(Fields& f) {
    f.add("types", types, "by type");
    f.add("rules", rules, "rules");
    f.add("weights", weights, "weights", Range{0, 10});
    f.add("extra", extra, "extra");
    f.add("model", model, "model file").file_path();
  }
};

inline std::vector<Section> test_sections() {
  return {make_section<TestWatershed>("watershed", "Instances"),
          make_section<TestContacts>("contacts", "Contact sites")};
}

/// Lines 1-9; append more.
inline const std::string kHead =
    "dataset:\n"                                           // 1
    "  name: test\n"                                       // 2
    "  voxel_size_nm: [10, 10, 25]\n"                      // 3
    "  volumes:\n"                                         // 4
    "    sv: {path: sv.h5, dataset: seg, kind: labels}\n"  // 5
    "    mi:\n"                                            // 6
    "      path: mi.h5\n"                                  // 7
    "      kind: probability\n"                            // 8
    "stages: [contacts]\n";                                // 9

inline RunConfig parse(const std::string& text, const std::vector<std::string>& sets = {}) {
  return parse_config(text, "run.yml", "/data/lab", sets, test_sections());
}

/// The whole error text, or "no error".
inline std::string error_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  try {
    parse(text, sets);
  } catch (const Error& e) {
    return e.category() == Category::config ? e.what() : std::string("wrong category: ") + e.what();
  }
  return "no error";
}
/// Expected text of one error.
inline std::string one(const std::string& line) { return line + "\nrun.yml: 1 error, nothing was run."; }

}  // namespace syconn::testing
