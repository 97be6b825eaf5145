// SPDX-License-Identifier: GPL-3.0-or-later
// Configs: either errors with places, or a config that, written out whole, is read as the same again.
#include <optional>

#include "fuzz_target.h"
#include "syconn/core/error.h"
#include "syconn/exec/config.h"

namespace syconn::fuzz {
namespace {

struct Toy {
  int closings = 7;
  double share = 0.5;
  bool fast = false;
  Vec3i window_vx{13, 13, 7};
  std::string text = "a";
  std::optional<double> maybe;
  void describe(Fields& f) {
    f.add("closings", closings, "whole", Range{0, 100});
    f.add("share", share, "real", Range{0, 1});
    f.add("fast", fast, "flag");
    f.add("window_vx", window_vx, "triple", Range{1, 99});
    f.add("text", text, "text");
    f.add("maybe", maybe, "optional");
  }
};

const std::vector<Section>& sections() {
  static const std::vector<Section> all{make_section<Toy>("toy", "Toy")};
  return all;
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      "dataset:\n  name: a\n  voxel_size_nm: [10, 10, 25]\n  box_vx: {min: [0, 0, 0], max: [64, 64, 64]}\n  volumes:\n "
      "   sv: {path: "
      "x.h5, dataset: seg, kind: labels}\n    mi: {path: y, kind: probability, allow_missing: true, level: 1}\nstages: "
      "[toy]\n"
      "toy: {closings: 3, share: 0.25, fast: yes, window_vx: [1, 2, 3], text: 'b', maybe: 1}\n",
      "dataset: {name: a, voxel_size_nm: [1, 1, 1], volumes: {}}\nexecution: {executor: slurm, threads: 2, slurm: "
      "{profile: s.yml}}\n",
      "dataset: {nmae: a}\ntoy: {closings: x}\ntoy: {}\n", "a: &b [1]\nc: *b\n<<: {d: 1}\n", "{"};
}
std::vector<std::string> tokens() {
  return {"dataset:",
          "volumes:",
          "execution:",
          "toy:",
          "stages:",
          "name:",
          "path:",
          "kind:",
          "labels",
          "level:",
          "closings:",
          "maybe:",
          "window_vx:",
          "text:",
          ": ",
          "- ",
          "\n",
          "\n  ",
          "{",
          "}",
          "[",
          "]",
          ",",
          "&a",
          "*a",
          "<<:",
          "!!int",
          "|",
          ">",
          "'",
          "\"",
          "#",
          "%",
          "?",
          "---",
          "...",
          "null",
          "~",
          ".inf",
          ".nan",
          "1e400",
          "0x10",
          "0o7",
          "-1",
          "9223372036854775808",
          "\t",
          "\xef\xbb\xbf",
          "\xff"};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syconn;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string whole;
  try {
    whole = resolved_yaml(parse_config(text, "run.yml", "/", {}, fuzz::sections()), fuzz::sections());
  } catch (const Error& error) {
    fuzz::require(error.category() == Category::config, std::string("an error of another kind: ") + error.what());
    fuzz::require(std::string_view(error.what()).find("run.yml") != std::string_view::npos,
                  "an error without its file");
    return 0;
  }
  try {
    const std::string again = resolved_yaml(parse_config(whole, "whole", "/", {}, fuzz::sections()), fuzz::sections());
    fuzz::require(again == whole, "written out and read again it is another:\n" + whole + "\n" + again);
  } catch (const Error& error) {
    fuzz::require(false, std::string("written out it is refused: ") + error.what() + "\n" + whole);
  }
  return 0;
}
