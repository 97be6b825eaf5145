// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/run_page.h"

#include <gtest/gtest.h>

#include "algo/label_patterns.h"
#include "support/markup_reader.h"
#include "support/stage_run.h"
#include "syconn/core/html.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

using test::MarkupReader;

constexpr const char* kAll = "contacts, sso, synapses, tables";
constexpr const char* kRun = "a <b> & \"c\"";  // asks for escapes

/// Cells, junctions, mitochondria and vesicle clouds at random; `stages` of them.
fs::path make_run(const test::TempFolder& folder, const std::string& stages) {
  const Box3 box = Box3::of_size({150, 140, 70});
  const Volume<Id> blobs = patterns::voronoi(box, 60, 0.5, 9);
  Volume<std::uint8_t> sj(box);
  for (std::size_t i = 0; i < sj.count(); ++i) sj.data()[i] = blobs.data()[i] != 0 ? 255 : 0;
  const auto write = [&](const std::string& name, Volume<Id> ids) {
    for (std::size_t i = 0; i < ids.count(); ++i) ids.data()[i] >>= 1;  // SQLite's integers end below 2^63
    test::write_volume(folder / (name + ".h5"), name, ids);
  };
  write("sv", patterns::voronoi(box, 36, 0.15, 7, {1, 1, 2}));
  write("mi", patterns::voronoi(box, 40, 0.6, 8));
  write("vc", patterns::voronoi(box, 40, 0.6, 5));
  test::write_volume(folder / "sj.h5", "sj", sj);
  const auto labels = [](const std::string& name) {
    return name + ": {path: " + name + ".h5, dataset: " + name + ", kind: labels}, ";
  };
  test::run_stages("dataset: {name: t, voxel_size_nm: [10, 10, 25], chunk_vx: [64, 64, 64], volumes: {" + labels("sv") +
                       labels("mi") + labels("vc") + "sj: {path: sj.h5, dataset: sj, kind: probability}}}\nstages: [" +
                       stages +
                       "]\nsso: {organelles: {mi: {min_ratio: 0.1, min_vx: 50}, vc: {min_ratio: 0.1, min_vx: "
                       "50}}}\nexecution: {threads: 2}\n",
                   folder.path(), kRun);
  return folder / kRun;
}

/// The number of a row: its second cell.
std::string number(const std::string& page, const std::string& key) {
  const std::size_t row = page.find("data-key=\"" + key + "\"");
  if (row == page.npos) return "no " + key;
  const std::size_t begin = page.find("<td>", row) + 4;
  return page.substr(begin, page.find("</td>", begin) - begin);
}

std::string count(const fs::path& run, const std::string& select) {
  SqliteQuery row(run / "connectome.sqlite", select);
  row.next();
  return count_text(row.integer(0));
}

void expect_stands_alone(const std::string& text) {
  const MarkupReader page(text);
  for (const auto& e : page.elements())
    for (const auto& [name, value] : e.attributes) {
      if (name == "xmlns") continue;  // a name, not an address
      EXPECT_EQ(value.find("://"), value.npos) << value;
      EXPECT_TRUE(name != "src" || value.rfind("data:image/png;base64,", 0) == 0) << value.substr(0, 60);
      EXPECT_TRUE(name != "href" || value.rfind('#', 0) == 0) << value;
    }
  EXPECT_TRUE(page.named("script").empty());
  EXPECT_TRUE(page.named("link").empty());
  EXPECT_EQ(page.named("style").at(0)->text.find("url("), std::string::npos);
  for (const auto* image : page.named("img")) EXPECT_FALSE(image->attributes.at("alt").empty());
  for (const auto* link : page.named("a")) EXPECT_TRUE(page.has("id", link->attributes.at("href").substr(1)));
  EXPECT_EQ(page.named("h1").size(), 1U);
  EXPECT_LT(text.size(), 3'000'000U);
}

class RunPage : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TempFolder;
    make_run(*folder_, kAll);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  /// A copy to damage.
  fs::path copy() const {
    fs::copy(*folder_ / kRun, own_ / "run", fs::copy_options::recursive);
    return own_ / "run";
  }
  fs::path run() const { return *folder_ / kRun; }

  static test::TempFolder* folder_;
  test::TempFolder own_;
};
test::TempFolder* RunPage::folder_ = nullptr;

TEST_F(RunPage, StandsAloneAndIsTheSameAgain) {
  const std::string page = run_page(run());
  expect_stands_alone(page);
  EXPECT_EQ(page, run_page(run()));
  EXPECT_NE(page.find("<dd><code>" + escaped_markup(run().string()) + "</code></dd>"), std::string::npos);
}

TEST_F(RunPage, NumbersAreThoseOfTheTables) {
  const std::string page = run_page(run());
  EXPECT_EQ(number(page, "n_cells"), count(run(), "SELECT count(*) FROM cells"));
  EXPECT_EQ(number(page, "n_fragments"), count(run(), "SELECT total(fragment) FROM cells"));
  EXPECT_EQ(number(page, "n_synapses"), count(run(), "SELECT count(*) FROM synapses"));
  EXPECT_EQ(number(page, "n_undirected"), count(run(), "SELECT count(*) FROM synapses WHERE pre_id IS NULL"));
  EXPECT_EQ(number(page, "n_edges"), count(run(), "SELECT count(*) FROM edges"));
  EXPECT_EQ(number(page, "n_contacts"), count(run(), "SELECT count(*) FROM contacts"));
  EXPECT_EQ(number(page, "n_mi"), count(run(), "SELECT count(*) FROM organelles WHERE type = 'mi'"));
  EXPECT_EQ(number(page, "rung_kept"), number(page, "n_synapses"));
  SqliteQuery volume(run() / "connectome.sqlite", "SELECT count(*) / (1.5 * 1.4 * 1.75) FROM synapses");
  ASSERT_TRUE(volume.next());
  EXPECT_EQ(number(page, "synapse_density"), measure_text(volume.number(0)) + " per µm³");
}

TEST_F(RunPage, DrawsTheThreeCellsWithMostSynapses) {
  const std::string text = run_page(run());
  const MarkupReader page(text);
  const auto pictures = page.named("img");
  ASSERT_EQ(pictures.size(), 3U);
  SqliteQuery cells(run() / "connectome.sqlite",
                    "SELECT id, n_syn_in + n_syn_out + n_syn_undirected FROM cells ORDER BY 2 DESC, size_vx DESC, 1");
  for (const auto* picture : pictures) {
    ASSERT_TRUE(cells.next());
    EXPECT_EQ(
        picture->attributes.at("alt").rfind(
            "Cell " + std::to_string(cells.integer(0)) + " with its " + count_text(cells.integer(1)) + " synapses", 0),
        0U)
        << picture->attributes.at("alt");
  }
}

TEST_F(RunPage, SaysWhatIsMissing) {
  EXPECT_EQ(MarkupReader(run_page(run())).with("data-state", "complete").text,
            "Complete: all 4 stages of this run are done.");
  const fs::path partial = copy();
  fs::remove_all(partial / "work/tables");
  const std::string stale = run_page(partial);
  const MarkupReader earlier(stale);
  EXPECT_NE(earlier.with("data-state", "incomplete").text.find("3 of 4 stages done; not: tables."), std::string::npos);
  EXPECT_NE(stale.find("from tables of an earlier state"), std::string::npos);
  fs::remove(partial / "connectome.sqlite");
  fs::remove(partial / "datasets/ssv.h5");
  const std::string page = run_page(partial);
  expect_stands_alone(page);
  EXPECT_EQ(number(page, "n_cells"), "no n_cells");
  EXPECT_EQ(number(page, "stored_ssv"), "no stored_ssv");
  EXPECT_NE(number(page, "stored_syn_ssv"), "no stored_syn_ssv");
  EXPECT_NE(page.find("has not written connectome.sqlite"), std::string::npos);
}

TEST_F(RunPage, StagesCalledAloneCountAsPartsOfTheRun) {
  const fs::path run = copy();
  Json plan = parse_json(read_file(run / "plan.json"), "plan.json");
  plan["stages"] = Json::array({plan["stages"][0]});
  write_file_atomically(run / "plan.json", plan.dump());
  EXPECT_TRUE(MarkupReader(run_page(run)).has("data-state", "complete"));
  EXPECT_NE(run_page(run).find("all 4 stages"), std::string::npos);
}

TEST(RunPageAlone, OfContactsOnly) {
  const test::TempFolder folder;
  const std::string page = run_page(make_run(folder, "contacts"));
  expect_stands_alone(page);
  EXPECT_NE(number(page, "stored_cs"), "no stored_cs");
  EXPECT_NE(page.find("not listed in <code>stages</code>"), std::string::npos);
}

TEST(RunPageAlone, NoRunIsAnError) {
  const test::TempFolder folder;
  EXPECT_THROW(run_page(folder.path()), Error);
}

}  // namespace
}  // namespace syconn
