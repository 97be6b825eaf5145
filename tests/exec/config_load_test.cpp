// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <unistd.h>

#include "exec/config_test_support.h"

namespace syconn {
namespace {

using testing::kHead;
using testing::parse;
using testing::test_sections;
using testing::TestContacts;
using testing::TestWatershed;

TEST(ConfigLoad, DefaultsFileSet) {
  const RunConfig defaults = parse(kHead);
  EXPECT_EQ(defaults.section<TestContacts>("contacts").closings, 7);
  EXPECT_EQ(defaults.stages, std::vector<std::string>{"contacts"});
  EXPECT_EQ(defaults.dataset.chunk_vx, Vec3i(512, 512, 512));
  EXPECT_EQ(defaults.dataset.volumes.at("mi").kind, "probability");
  EXPECT_FALSE(defaults.dataset.box_vx);
  const std::string text = kHead + "contacts: {closings: 5, threads: 3}\n";
  EXPECT_EQ(parse(text).section<TestContacts>("contacts").closings, 5);
  const RunConfig set = parse(text, {"contacts.closings=4", "dataset.box_vx={min: [1, 2, 3], max: [4, 5, 6]}",
                                     "contacts.closings=3", "stages=[]"});
  EXPECT_EQ(set.section<TestContacts>("contacts").closings, 3);
  EXPECT_EQ(set.section<TestContacts>("contacts").threads, 3);
  EXPECT_EQ(set.dataset.box_vx, Box3(Vec3i(1, 2, 3), Vec3i(4, 5, 6)));
  EXPECT_TRUE(set.stages.empty());
  EXPECT_FALSE(parse(text, {"dataset.box_vx="}).dataset.box_vx);
}

TEST(ConfigLoad, IdsAreNoDoubles) {
  const RunConfig config =
      parse(kHead + "contacts: {id: 18446744073709551615}\n", {"dataset.volumes.sv.foreground=[9223372036854775809]"});
  EXPECT_EQ(config.section<TestContacts>("contacts").id, 18446744073709551615ULL);
  EXPECT_EQ(config.dataset.volumes.at("sv").foreground, std::vector<Id>{9223372036854775809ULL});
  EXPECT_EQ(result_keys(*config.sections.at("contacts")).at("id").dump(), "18446744073709551615");
  EXPECT_NE(resolved_yaml(config, test_sections()).find("id: 18446744073709551615"), std::string::npos);
}

TEST(ConfigLoad, MapsReplaceNamesAndKeepTheirDefaults) {
  const auto types = [](const RunConfig& c) { return c.section<TestWatershed>("watershed").types; };
  EXPECT_EQ(types(parse(kHead)).size(), 2u);
  const auto file = types(parse(kHead + "watershed: {types: {vc: {need: 5}}}\n"));
  ASSERT_EQ(file.size(), 1u);
  EXPECT_EQ(file.at("vc").threshold, 0.3);
  EXPECT_EQ(file.at("vc").max_radius_nm, 500.0);
  EXPECT_EQ(file.at("vc").need, 5);
  const auto set = types(parse(kHead, {"watershed.types.vc.threshold=0.9", "watershed.types.sj.need=1"}));
  ASSERT_EQ(set.size(), 3u);
  EXPECT_EQ(set.at("mi").threshold, 0.4286);
  EXPECT_EQ(set.at("vc").threshold, 0.9);
  EXPECT_EQ(set.at("sj").threshold, 0.5);
}

TEST(ConfigLoad, AnUnusedSectionNeedsNoKeys) {
  struct Needy {
    int must = 0;
    void describe(Fields& f) { f.add("must", must, "must be given").required(); }
  };
  const std::vector<Section> sections = {make_section<TestContacts>("contacts", "Contacts"),
                                         make_section<Needy>("needy", "Needy")};
  const auto parsed = [&](const std::string& text) { return parse_config(text, "run.yml", ".", {}, sections); };
  EXPECT_NO_THROW(parsed(kHead));
  EXPECT_THROW(parsed(kHead + "needy:\n"), Error);
  std::string text = kHead;
  text.replace(text.find("[contacts]"), 10, "[needy]");
  EXPECT_THROW(parsed(text), Error);
  EXPECT_NO_THROW(parsed(text + "needy: {must: 1}\n"));
}

TEST(ConfigLoad, AnEmptySectionIsItsDefaults) {
  const RunConfig config = parse(kHead + "contacts:\n  # closings: 3\nwatershed:\n");
  EXPECT_EQ(config.section<TestContacts>("contacts").closings, 7);
  EXPECT_EQ(config.where("contacts"), "run.yml:10:1");
}

TEST(ConfigLoad, Where) {
  const RunConfig config = parse(kHead + "watershed: {rules: [{op: drop}]}\n", {"contacts.closings=3"});
  EXPECT_EQ(config.where("dataset.volumes.sv.path"), "run.yml:5:16");
  EXPECT_EQ(config.where("dataset.volumes.mi"), "run.yml:6:5");
  EXPECT_EQ(config.where("dataset.volumes.mi.path"), "run.yml:7:13");
  EXPECT_EQ(config.where("dataset.volumes.mi.dataset"), "run.yml:6:5");
  EXPECT_EQ(config.where("dataset.voxel_size_nm"), "run.yml:3:18");
  EXPECT_EQ(config.where("stages[0]"), "run.yml:9:10");
  EXPECT_EQ(config.where("watershed.rules[0].op"), "run.yml:10:26");
  EXPECT_EQ(config.where("watershed.rules[0].values"), "run.yml:10:21");
  EXPECT_EQ(config.where("contacts.closings"), "--set contacts.closings=3");
  EXPECT_EQ(config.where("execution.threads"), "run.yml");
  EXPECT_EQ(config.where(""), "run.yml");
}

TEST(ConfigLoad, Paths) {
  const RunConfig config = parse(kHead + "watershed: {model: ../models/m.h5}\nexecution: {profile: site.yml}\n");
  EXPECT_EQ(config.folder, "/data/lab");
  EXPECT_EQ(config.dataset.root, "/data/lab");
  EXPECT_EQ(config.resolve("sv.h5"), "/data/lab/sv.h5");
  EXPECT_EQ(config.resolve("/else/sv.h5"), "/else/sv.h5");
  EXPECT_EQ(config.section<TestWatershed>("watershed").model, "/data/models/m.h5");
  EXPECT_EQ(config.execution.profile, "/data/lab/site.yml");
  const fs::path here = fs::current_path();
  const RunConfig set = parse(kHead, {"dataset.root=some/where/", "watershed.model=https://host/m.h5"});
  EXPECT_EQ(set.dataset.root, (here / "some/where").string());
  EXPECT_EQ(set.section<TestWatershed>("watershed").model, "https://host/m.h5");
  EXPECT_EQ(parse(kHead, {"dataset.root=/"}).dataset.root, "/");
  EXPECT_EQ(parse(kHead, {"dataset.root=."}).dataset.root, here.string());
}

TEST(ConfigLoad, FromAFile) {
  const fs::path folder = fs::temp_directory_path() / ("config_load." + std::to_string(::getpid()));
  make_folder(folder);
  write_file_atomically(folder / "run.yml", kHead);
  const RunConfig config = load_config(folder / "run.yml", {"contacts.closings=2"}, test_sections());
  EXPECT_EQ(config.file, folder / "run.yml");
  EXPECT_EQ(config.folder, folder);
  EXPECT_EQ(config.dataset.root, folder.string());
  EXPECT_EQ(config.where("dataset.name"), (folder / "run.yml").string() + ":2:9");
  fs::remove_all(folder);
  try {
    load_config(folder / "run.yml", {}, test_sections());
    ADD_FAILURE() << "a missing file was read";
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::input);
  }
}

TEST(ConfigLoad, SectionOfWrongNameOrType) {
  const RunConfig config = parse(kHead);
  EXPECT_THROW(config.section<TestContacts>("watershed"), std::logic_error);
  EXPECT_THROW(config.section<TestContacts>("nothing"), std::logic_error);
}

}  // namespace
}  // namespace syconn
