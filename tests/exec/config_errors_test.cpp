// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "exec/config_test_support.h"

namespace syconn {
namespace {

using testing::error_of;
using testing::kHead;
using testing::one;

TEST(ConfigErrors, HeadIsFine) { EXPECT_EQ(error_of(kHead), "no error"); }

TEST(ConfigErrors, UnknownKeys) {
  EXPECT_EQ(error_of(kHead + "contacts:\n  closing: 6\n"),
            one("run.yml:11:3: error: unknown key 'closing' in 'contacts'. Did you mean 'closings'?"));
  EXPECT_EQ(error_of(kHead + "contacts: {sj_thershold: 1}\n"),
            one("run.yml:10:12: error: unknown key 'sj_thershold' in 'contacts'. Did you mean 'sj_threshold'?"));
  EXPECT_EQ(error_of(kHead + "contacts: {foo: 1}\n"), one("run.yml:10:12: error: unknown key 'foo' in 'contacts'."));
  EXPECT_EQ(error_of(kHead + "contcats: {}\n"),
            one("run.yml:10:1: error: unknown key 'contcats' at the top level. Did you mean 'contacts'?"));
  EXPECT_EQ(error_of(kHead + "synapses: {}\n"), one("run.yml:10:1: error: unknown key 'synapses' at the top level."));
  EXPECT_EQ(error_of(kHead + "watershed: {types: {mi: {need: 1, treshold: 0}}}\n"),
            one("run.yml:10:35: error: unknown key 'treshold' in 'watershed.types.mi'. Did you mean 'threshold'?"));
}

TEST(ConfigErrors, WrongTypes) {
  const auto in_contacts = [](const std::string& pair) { return error_of(kHead + "contacts:\n  " + pair + "\n"); };
  EXPECT_EQ(in_contacts("closings: seven"), one("run.yml:11:13: error: 'closings' must be an integer, got seven"));
  EXPECT_EQ(in_contacts("closings: 7.0"), one("run.yml:11:13: error: 'closings' must be an integer, got 7.0"));
  EXPECT_EQ(in_contacts("closings: '7'"), one("run.yml:11:13: error: 'closings' must be an integer, got \"7\""));
  EXPECT_EQ(in_contacts("closings: 007"), one("run.yml:11:13: error: 'closings' must be an integer, got 007"));
  EXPECT_EQ(in_contacts("closings:"), one("run.yml:11:3: error: 'closings' must be an integer, got nothing"));
  EXPECT_EQ(in_contacts("closings: {a: 1}"), one("run.yml:11:13: error: 'closings' must be an integer, got {a: 1}"));
  EXPECT_EQ(in_contacts("sj_threshold: .nan"), one("run.yml:11:17: error: 'sj_threshold' must be a number, got .nan"));
  EXPECT_EQ(in_contacts("sj_threshold: inf"), one("run.yml:11:17: error: 'sj_threshold' must be a number, got inf"));
  EXPECT_EQ(in_contacts("sj_threshold: nan"), one("run.yml:11:17: error: 'sj_threshold' must be a number, got nan"));
  EXPECT_EQ(in_contacts("sj_threshold: 1e999"),
            one("run.yml:11:17: error: 'sj_threshold' must be a number, got 1e999"));
  EXPECT_EQ(in_contacts("keep: yes"), one("run.yml:11:9: error: 'keep' must be true or false, got yes"));
  EXPECT_EQ(in_contacts("window_vx: [1, 2]"),
            one("run.yml:11:14: error: 'window_vx' must be 3 positive integers, got [1, 2]"));
  EXPECT_EQ(in_contacts("window_vx: 5"), one("run.yml:11:14: error: 'window_vx' must be 3 positive integers, got 5"));
  EXPECT_EQ(in_contacts("window_vx: [1, 2, x]"),
            one("run.yml:11:14: error: 'window_vx' must be 3 positive integers, got [1, 2, x]"));
  EXPECT_EQ(in_contacts("window_vx: [1, 2, -3]"),
            one("run.yml:11:14: error: 'window_vx' must be 3 positive integers, got [1, 2, -3]"));
  EXPECT_EQ(in_contacts("threads: 0"), one("run.yml:11:12: error: 'threads' must be a positive integer, got 0"));
  EXPECT_EQ(in_contacts("sj_morphology: opening"),
            one("run.yml:11:18: error: 'sj_morphology' must be a list, got opening"));
  EXPECT_EQ(error_of("dataset: [1, 2]\n"), one("run.yml:1:10: error: 'dataset' must be a map of keys, got [1, 2]"));
  EXPECT_EQ(error_of("- 1\n- 2\n"), one("run.yml:1:1: error: the file must be a map of keys, got [1, 2]"));
  EXPECT_EQ(error_of("hello\n"), one("run.yml:1:1: error: the file must be a map of keys, got hello"));
  EXPECT_EQ(error_of(kHead + "watershed: {types: 3}\n"),
            one("run.yml:10:20: error: 'types' must be a map of names, got 3"));
  EXPECT_EQ(error_of(kHead + "watershed: {types: }\n"),
            one("run.yml:10:13: error: 'types' must be a map of names, got nothing"));
  EXPECT_EQ(in_contacts("sj_morphology: [\"a\\x01b\"]").substr(0, 32), "run.yml:11:19: error: 'sj_morpho");
}

TEST(ConfigErrors, LongValuesAreCut) {
  const std::string text = error_of(kHead + "contacts: {closings: [" + std::string(200, '1') + "]}\n");
  EXPECT_EQ(text, one("run.yml:10:22: error: 'closings' must be an integer, got [" + std::string(56, '1') + "..."));
  std::string umlauts;
  for (int i = 0; i < 50; ++i) umlauts += "ä";
  EXPECT_NE(error_of(kHead + "contacts: {closings: " + umlauts + "}\n").find("got ää"), std::string::npos);
}

TEST(ConfigErrors, OutOfRange) {
  EXPECT_EQ(error_of(kHead + "contacts: {closings: 16}\n"), one("run.yml:10:22: error: 'closings' 16 outside [0, 15]"));
  EXPECT_EQ(error_of(kHead + "contacts: {closings: 3000000000}\n"),
            one("run.yml:10:22: error: 'closings' 3000000000 outside [-2147483648, 2147483647]"));
  EXPECT_EQ(error_of(kHead + "contacts: {id: -1}\n"),
            one("run.yml:10:16: error: 'id' -1 outside [0, 18446744073709551615]"));
  EXPECT_EQ(error_of(kHead + "contacts: {id: 18446744073709551616}\n"),
            one("run.yml:10:16: error: 'id' 18446744073709551616 outside [0, 18446744073709551615]"));
  EXPECT_EQ(error_of(kHead + "watershed: {types: {mi: {threshold: 1.4, need: 1}}}\n"),
            one("run.yml:10:37: error: 'mi.threshold' 1.4 outside [0, 1]"));
  EXPECT_EQ(error_of(kHead + "watershed: {rules: [{values: [1, 9]}]}\n"),
            one("run.yml:10:34: error: 'rules[0].values[1]' 9 outside [-5, 5]"));
  EXPECT_EQ(error_of(kHead + "watershed: {weights: {a: 1, b: 11}}\n"),
            one("run.yml:10:32: error: 'b' 11 outside [0, 10]"));
  EXPECT_EQ(error_of(kHead + "watershed: {types: {mi: {need: 1, max_radius_nm: -1}}}\n"),
            one("run.yml:10:50: error: 'mi.max_radius_nm' -1 outside [0, inf]"));
}

TEST(ConfigErrors, Choices) {
  EXPECT_EQ(error_of(kHead + "contacts: {sj_morphology: [opening, errosion]}\n"),
            one("run.yml:10:37: error: 'sj_morphology[1]' must be opening, closing or erosion, got errosion. "
                "Did you mean 'erosion'?"));
  EXPECT_EQ(error_of(kHead + "execution: {executor: cloud}\n"),
            one("run.yml:10:23: error: 'executor' must be local or slurm, got cloud."));
  std::string text = kHead;
  text.replace(text.find("[contacts]"), 10, "[contacts, watershd]");
  EXPECT_EQ(error_of(text), one("run.yml:9:20: error: 'stages[1]' must be watershed or contacts, got watershd. "
                                "Did you mean 'watershed'?"));
  text.replace(text.find("watershd"), 8, "contacts");
  EXPECT_EQ(error_of(text), one("run.yml:9:9: error: 'stages' must name each stage once, got [contacts, contacts]"));
}

TEST(ConfigErrors, DuplicateKeys) {
  EXPECT_EQ(error_of(kHead + "contacts:\n  closings: 6\n  threads: 2\n  closings: 7\n"),
            one("run.yml:13:3: error: duplicate key 'closings' in 'contacts', first in line 11"));
  EXPECT_EQ(error_of(kHead + "stages: []\n"),
            one("run.yml:10:1: error: duplicate key 'stages' at the top level, first in line 9"));
  EXPECT_EQ(error_of(kHead + "watershed: {weights: {a: 1, \"a\": 1}}\n"),
            one("run.yml:10:29: error: duplicate key 'a' in 'watershed.weights', first in line 10"));
}

TEST(ConfigErrors, MissingKeys) {
  EXPECT_EQ(error_of("stages: [contacts]\n"), one("run.yml: error: missing key 'dataset' at the top level"));
  EXPECT_EQ(error_of("\ndataset:\n  name: a\n"),
            "run.yml:2:1: error: missing key 'voxel_size_nm' in 'dataset'\n"
            "run.yml:2:1: error: missing key 'volumes' in 'dataset'\n"
            "run.yml: 2 errors, nothing was run.");
  std::string text = kHead;
  text.replace(text.find("      kind: probability\n"), 24, "");
  EXPECT_EQ(error_of(text), one("run.yml:6:5: error: missing key 'kind' in 'dataset.volumes.mi'"));
  EXPECT_EQ(error_of(kHead + "watershed: {types: {new: }}\n"),
            one("run.yml:10:21: error: missing key 'need' in 'watershed.types.new'"));
  text = kHead;
  text.insert(text.find("  volumes"), "  box_vx: {max: [8, 8, 8]}\n");
  EXPECT_EQ(error_of(text), one("run.yml:4:3: error: missing key 'min' in 'dataset.box_vx'"));
}

TEST(ConfigErrors, Checks) {
  const auto in_dataset = [](const std::string& line) {
    std::string text = kHead;
    return error_of(text.insert(text.find("  volumes"), "  " + line + "\n"));
  };
  EXPECT_EQ(in_dataset("chunk_vx: [512, 512]"),
            one("run.yml:4:13: error: 'chunk_vx' must be 3 positive integers, got [512, 512]"));
  EXPECT_EQ(in_dataset("chunk_vx: [512, 512, 100]"),
            one("run.yml:4:13: error: 'chunk_vx' must be multiples of 64, got [512, 512, 100]"));
  EXPECT_EQ(in_dataset("chunk_vx: [512, 512, 0]"),
            one("run.yml:4:13: error: 'chunk_vx' must be 3 positive integers, got [512, 512, 0]"));
  EXPECT_EQ(in_dataset("box_vx: {min: [0, 0, 9], max: [8, 8, 8]}"),
            one("run.yml:4:33: error: 'box_vx.max' must be above min on each axis, got [8, 8, 8]"));
  EXPECT_EQ(in_dataset("chunk_vx: [64, 64, 65600]"),
            one("run.yml:4:13: error: 'chunk_vx' must be at most 65536 on each axis, got [64, 64, 65600]"));
  EXPECT_EQ(in_dataset("box_vx: {min: [0, 0, -1], max: [8, 8, 8]}"),
            one("run.yml:4:17: error: 'box_vx.min' [0, 0, -1] outside [0, 2000000]"));
  EXPECT_EQ(in_dataset("root: ~/data"), one("run.yml:4:9: error: 'root' must be written without ~, got ~/data"));
  std::string text = kHead;
  text.replace(text.find("mi.h5"), 5, "''");
  EXPECT_EQ(error_of(text), one("run.yml:7:13: error: 'mi.path' must not be empty, got \"\""));
  text = kHead;
  text.replace(text.find("name: test"), 10, "name: ../x");
  EXPECT_EQ(error_of(text), one("run.yml:2:9: error: 'name' must consist of letters, digits, '_' and '-', got ../x"));
  text = kHead;
  text.replace(text.find("kind: probability"), 17, "kind: probability\n      foreground: [1]");
  EXPECT_EQ(error_of(text), one("run.yml:9:19: error: 'mi.foreground' needs kind: labels, got [1]"));
  text = kHead;
  text.replace(text.find("    mi:"), 7, "    m/i:");
  EXPECT_EQ(error_of(text), one("run.yml:6:5: error: name 'm/i' in 'dataset.volumes' must consist of letters, digits, "
                                "'_' and '-'"));
}

TEST(ConfigErrors, AnchorsMergeKeysTags) {
  EXPECT_EQ(error_of(kHead + "contacts: &c {closings: 3}\n"),
            one("run.yml:10:11: error: anchors (&name) are not supported: write the value out"));
  EXPECT_EQ(error_of(kHead + "contacts: {closings: &c 3, threads: *c}\n"),
            "run.yml:10:22: error: anchors (&name) are not supported: write the value out\n"
            "run.yml:10:37: error: aliases (*name) are not supported: write the value out\n"
            "run.yml: 2 errors, nothing was run.");
  EXPECT_EQ(error_of(kHead + "contacts:\n  <<: {closings: 3}\n"),
            one("run.yml:11:3: error: merge keys (<<) are not supported: write the keys out"));
  EXPECT_EQ(error_of(kHead + "contacts: {closings: !!int 3}\n"),
            one("run.yml:10:22: error: tags (!name) are not supported: leave it out"));
  EXPECT_EQ(error_of(kHead + "[a, b]: 3\n"), one("run.yml:10:1: error: a key must be text, got [a, b]"));
  EXPECT_EQ(error_of(kHead + "---\na: 1\n"),
            one("run.yml:11:1: error: a second YAML document begins here: keep one a file"));
}

TEST(ConfigErrors, EmptyAndBroken) {
  EXPECT_EQ(error_of(""), one("run.yml: error: the file is empty"));
  EXPECT_EQ(error_of("# only a comment\n\n"), one("run.yml: error: the file is empty"));
  EXPECT_EQ(error_of("---\n"), one("run.yml: error: the file holds no keys"));
  EXPECT_EQ(error_of(kHead + "contacts: {closings: 3\n"),
            one("run.yml:11:1: error: not valid YAML: end of map flow not found"));
  EXPECT_EQ(error_of(kHead + "contacts: a: b\n"), one("run.yml:10:12: error: not valid YAML: illegal map value"));
  EXPECT_EQ(error_of(kHead + "\tcontacts: 3\n").substr(0, 8), "run.yml:");
}

TEST(ConfigErrors, Sets) {
  EXPECT_EQ(error_of(kHead, {"contacts.closing=6"}),
            one("--set contacts.closing=6: error: unknown key 'closing' in 'contacts'. Did you mean 'closings'?"));
  EXPECT_EQ(error_of(kHead, {"contacts.closings=16"}),
            one("--set contacts.closings=16: error: 'closings' 16 outside [0, 15]"));
  EXPECT_EQ(error_of(kHead, {"contacts.closings"}),
            one("--set contacts.closings: error: must read key=value, as contacts.closings=6"));
  EXPECT_EQ(error_of(kHead, {"=3"}), one("--set =3: error: must read key=value, as contacts.closings=6"));
  EXPECT_EQ(error_of(kHead, {"contacts.closings=[3"}),
            one("--set contacts.closings=[3: error: not valid YAML: end of sequence flow not found"));
  EXPECT_EQ(error_of(kHead, {"contacts.closings.x=3"}),
            one("--set contacts.closings.x=3: error: unknown key 'x' in 'contacts.closings': it holds one value"));
  EXPECT_EQ(
      error_of(kHead, {"contacts.sj_morphology.0=opening"}),
      one("--set contacts.sj_morphology.0=opening: error: no part of the list 'contacts.sj_morphology' can be set: "
          "set the whole list"));
  EXPECT_EQ(error_of(kHead, {"contacts..x=3"}), one("--set contacts..x=3: error: unknown key '' in 'contacts'."));
  EXPECT_EQ(error_of(kHead, {"dataset.volumes.a/b.path=3"}),
            one("--set dataset.volumes.a/b.path=3: error: name 'a/b' in 'dataset.volumes' must consist of letters, "
                "digits, '_' and '-'"));
  EXPECT_EQ(error_of(kHead, {"dataset.volumes.raw.path=raw.h5"}),
            one("--set dataset.volumes.raw.path=raw.h5: error: missing key 'kind' in 'dataset.volumes.raw'"));
}

TEST(ConfigErrors, AllInOnePassInOrder) {
  std::string text = kHead;
  text.insert(text.find("  volumes"), "  chunk_vx: [512, 100, 512]\n");  // line 4; later lines move by one
  text += "contacts: {closings: 99, clsoings: 1}\nwatershed:\n  rules: [{op: kep}, 4]\nexecuton: 3\n";
  EXPECT_EQ(error_of(text, {"contacts.keep=1"}),
            "run.yml:4:13: error: 'chunk_vx' must be multiples of 64, got [512, 100, 512]\n"
            "run.yml:11:22: error: 'closings' 99 outside [0, 15]\n"
            "run.yml:11:26: error: unknown key 'clsoings' in 'contacts'. Did you mean 'closings'?\n"
            "run.yml:13:16: error: 'rules[0].op' must be keep or drop, got kep. Did you mean 'keep'?\n"
            "run.yml:13:22: error: 'rules[1]' must be a map of keys, got 4\n"
            "run.yml:14:1: error: unknown key 'executon' at the top level. Did you mean 'execution'?\n"
            "--set contacts.keep=1: error: 'keep' must be true or false, got 1\n"
            "run.yml: 7 errors, nothing was run.");
}

TEST(NearestWord, ChoosesTheNearest) {
  EXPECT_EQ(nearest_word("cs_gap_mn", {"cs_gap", "cs_gap_nm", "cs_gap_vx"}), "cs_gap_nm");
  EXPECT_EQ(nearest_word("", {"a", "bb"}), "");
  EXPECT_EQ(nearest_word("a", {"b"}), "");  // changing every letter is no nearness
  EXPECT_EQ(nearest_word("xyz", {}), "");
  EXPECT_EQ(nearest_word("threshold", {"closings", "type_threshold"}), "");
  EXPECT_EQ(nearest_word(std::string(5000, 'x'), {"closings", std::string(4999, 'x')}), std::string(4999, 'x'));
}

}  // namespace
}  // namespace syconn
