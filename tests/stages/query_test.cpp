// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "query_support.h"
#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/core/rng.h"
#include "syconn/stages/import_synapses.h"
#include "syconn/stages/query.h"

namespace syconn {
namespace {

using test::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Row {
  int id;
  std::optional<int> pre, post;
  double area, prob;
  int comp;
  std::string type;
};

/// Synapses among twelve cells, some without a partner; the type follows from the cell.
std::vector<Row> random_rows(int n) {
  std::vector<Row> rows;
  for (int i = 1; i <= n; ++i) {
    Rng rng(3, static_cast<std::uint64_t>(i));
    Row r{i,
          {},
          {},
          0.01 * static_cast<double>(1 + rng.below(200)),
          0.01 * static_cast<double>(rng.below(101)),
          static_cast<int>(rng.below(7)),
          ""};
    if (rng.below(10) > 0) r.pre = static_cast<int>(1 + rng.below(12));
    if (rng.below(10) > 0) r.post = static_cast<int>(1 + rng.below(12));
    r.type = r.pre ? (*r.pre % 3 == 0 ? "MSN" : "GP") : "";
    rows.push_back(r);
  }
  return rows;
}

class Query : public ::testing::Test {
 protected:
  void SetUp() override {
    rows_ = random_rows(600);
    std::string csv = "n,from,to,um2,p,c,t\n";
    const auto cell = [](const std::optional<int>& v) { return v ? std::to_string(*v) : "-1"; };
    for (const Row& r : rows_)
      csv += std::to_string(r.id) + "," + cell(r.pre) + "," + cell(r.post) + "," + std::to_string(r.area) + "," +
             std::to_string(r.prob) + "," + std::to_string(r.comp) + "," + r.type + "\n";
    write_file_atomically(folder_ / "s.csv", csv);
    SynapseImport import{folder_ / "s.csv", folder_ / "c.sqlite", "test", {}, {"-1"}};
    import.map = {"id=n", "pre_id=from", "post_id=to", "area_um2=um2", "prob=p", "post_comp=c", "pre_type=t"};
    done_ = import_synapses(import);
  }
  Connectome open() const { return Connectome(folder_ / "c.sqlite"); }

  TempFolder folder_;
  std::vector<Row> rows_;
  SynapseImported done_;
};

TEST_F(Query, ImportCountsWhatItRead) {
  EXPECT_EQ(done_.synapses, 600U);
  EXPECT_EQ(done_.cells, 12U);
  std::set<std::pair<int, int>> pairs;
  std::uint64_t undirected = 0;
  for (const Row& r : rows_)
    if (r.pre && r.post)
      pairs.emplace(*r.pre, *r.post);
    else
      ++undirected;
  EXPECT_EQ(done_.edges, pairs.size());
  EXPECT_EQ(done_.undirected, undirected);
  EXPECT_EQ(done_.types_in_doubt, 0U);
  EXPECT_THAT(open().cell_types(), ElementsAre(std::pair(0, "GP"), std::pair(1, "MSN")));
}

TEST_F(Query, RowsAreThoseOfTheFilterAndTheRemovedAreCounted) {
  KeptAnswer answer;
  RowsQuestion q;
  q.where = "prob>=0.5 and post_comp in (spine, soma) and pre_type==MSN", q.columns = {"id", "area_um2"};
  ask_rows(open(), q, answer);
  std::vector<int> ids;
  std::uint64_t low = 0, comp = 0, type = 0;
  for (const Row& r : rows_) {
    if (r.prob < 0.5)
      ++low;
    else if (r.comp != 1 && r.comp != 2 && r.comp != 6)
      ++comp;
    else if (r.type != "MSN")
      ++type;
    else
      ids.push_back(r.id);
  }
  ASSERT_EQ(answer.rows.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(answer.integer(i, "id"), ids[i]);
  ASSERT_EQ(answer.about.clauses.size(), 3U);
  EXPECT_EQ(answer.about.clauses[0].removed, low);
  EXPECT_EQ(answer.about.clauses[1].removed, comp);
  EXPECT_EQ(answer.about.clauses[2].removed, type);
  EXPECT_EQ(answer.about.rows, 600U);
  EXPECT_EQ(answer.about.rows_left(), ids.size());
  EXPECT_TRUE(answer.ended);
}

TEST_F(Query, OneScanAndTwoGiveTheSameAnswer) {
  // With a limit, and where the rows do not fit, the clauses are counted apart.
  for (const char* where : {"prob>=0.5", "prob>=0.5 and area_um2<1 and (post_comp==axon or prob<0.9)", "prob>2",
                            "not prob>=0.5 and pre_id is not null and prob is not null"}) {
    RowsQuestion q;
    q.where = where;
    const auto ask = [&] {
      KeptAnswer answer;
      ask_rows(open(), q, answer);
      EXPECT_TRUE(answer.ended);
      return answer;
    };
    const KeptAnswer one = ask();
    EXPECT_EQ(one.about.rows, rows_.size());
    EXPECT_EQ(one.about.rows_left(), one.rows.size());
    q.held_bytes = 1000;
    const KeptAnswer streamed = ask();
    q.limit = 1'000'000;
    const KeptAnswer limited = ask();
    for (const KeptAnswer* other : {&streamed, &limited}) {
      EXPECT_EQ(other->rows, one.rows) << where;
      EXPECT_EQ(other->about.lines(), one.about.lines()) << where;
    }
    q.held_bytes = 64 << 20, q.limit = -1;
    for (const bool by_comp : {false, true})
      for (const char* aggregate : {"n", "mean(area_um2)", "max(id)", "min(pre_id)"}) {
        q.limit = -1, q.aggregates = {aggregate};
        q.group_by = by_comp ? std::vector<std::string>{"post_comp"} : std::vector<std::string>{};
        const KeptAnswer groups = ask();
        EXPECT_EQ(groups.about.rows_left(), one.rows.size()) << aggregate;
        q.limit = 1'000'000;
        EXPECT_EQ(ask().rows, groups.rows) << aggregate;
        EXPECT_EQ(groups.about.clauses.size(), ask().about.clauses.size());
      }
  }
}

TEST_F(Query, GroupsEqualSumsByHand) {
  KeptAnswer answer;
  RowsQuestion q;
  q.group_by = {"post_comp"},
  q.aggregates = {"n", "mean(area_um2)", "median(area_um2)", "std(prob)", "max(prob)", "n(pre_id)"};
  ask_rows(open(), q, answer);
  ASSERT_EQ(answer.rows.size(), 7U);
  for (std::size_t c = 0; c < 7; ++c) {
    std::vector<double> areas, probs;
    int known = 0;
    for (const Row& r : rows_)
      if (r.comp == static_cast<int>(c)) areas.push_back(r.area), probs.push_back(r.prob), known += r.pre.has_value();
    std::sort(areas.begin(), areas.end());
    const std::size_t n = areas.size();
    double sum = 0, mean_p = 0, squares = 0;
    for (const double a : areas) sum += a;
    for (const double p : probs) mean_p += p / static_cast<double>(n);
    for (const double p : probs) squares += (p - mean_p) * (p - mean_p);
    EXPECT_EQ(answer.integer(c, "n"), static_cast<std::int64_t>(n));
    EXPECT_NEAR(answer.real(c, "mean_area_um2"), sum / static_cast<double>(n), 1e-12);
    EXPECT_NEAR(answer.real(c, "median_area_um2"), n % 2 == 1 ? areas[n / 2] : 0.5 * (areas[n / 2 - 1] + areas[n / 2]),
                1e-12);
    EXPECT_NEAR(answer.real(c, "std_prob"), std::sqrt(squares / static_cast<double>(n - 1)), 1e-12);
    EXPECT_EQ(answer.real(c, "max_prob"), *std::max_element(probs.begin(), probs.end()));
    EXPECT_EQ(answer.integer(c, "n_pre_id"), known);
  }
}

TEST_F(Query, OrderAndLimit) {
  KeptAnswer answer;
  RowsQuestion q;
  q.order_by = {"-area_um2"}, q.limit = 50;
  ask_rows(open(), q, answer);
  ASSERT_EQ(answer.rows.size(), 50U);
  for (std::size_t i = 1; i < 50; ++i) {
    const double before = answer.real(i - 1, "area_um2"), now = answer.real(i, "area_um2");
    EXPECT_TRUE(before > now || (before == now && answer.integer(i - 1, "id") < answer.integer(i, "id")));
  }
}

TEST_F(Query, PartnersEqualCountingByHand) {
  KeptAnswer answer;
  PartnersQuestion q;
  q.cell = 3, q.direction = "out", q.where = "prob>0.205";
  ask_partners(open(), q, answer);
  std::map<int, std::pair<int, double>> by_hand;
  int nowhere = 0;
  for (const Row& r : rows_) {
    if (r.pre != 3 || r.prob <= 0.205) continue;
    if (r.post)
      ++by_hand[*r.post].first, by_hand[*r.post].second += r.prob;
    else
      ++nowhere;
  }
  ASSERT_EQ(answer.rows.size(), by_hand.size() + (nowhere > 0));
  std::int64_t before = INT64_MAX;
  for (std::size_t i = 0; i < answer.rows.size(); ++i) {
    EXPECT_LE(answer.integer(i, "n"), before);
    before = answer.integer(i, "n");
    if (answer.unknown(i, "partner")) {
      EXPECT_EQ(answer.integer(i, "n"), nowhere);
      continue;
    }
    const auto& [n, p] = by_hand.at(static_cast<int>(answer.integer(i, "partner")));
    EXPECT_EQ(answer.integer(i, "n"), n);
    EXPECT_NEAR(answer.real(i, "n_expected"), p, 1e-9);
  }
  KeptAnswer both;
  q.direction = "all";
  ask_partners(open(), q, both);
  // A synapse of the cell with itself counts once.
  EXPECT_EQ(both.about.lines(),
            count_clauses(open(), "synapses", "pre_id = 3 OR post_id = 3", q.where, both.about.question).lines());
  EXPECT_GT(both.rows.size(), answer.rows.size());
  q.cell = 99;
  EXPECT_THROW(ask_partners(open(), q, both), Error);
}

TEST_F(Query, MatrixByCellAndByType) {
  MatrixQuestion q;
  q.value = "area";
  const Matrix m = ask_matrix(open(), q);
  std::map<std::pair<std::int64_t, std::int64_t>, double> by_hand;
  for (const Row& r : rows_)
    if (r.pre && r.post) by_hand[{*r.pre, *r.post}] += r.area;
  ASSERT_EQ(m.entries.size(), by_hand.size());
  auto expected = by_hand.begin();
  for (const MatrixEntry& e : m.entries) {
    EXPECT_EQ(std::pair(e.pre, e.post), expected->first);
    EXPECT_NEAR(e.value, expected->second, 1e-9);
    ++expected;
  }
  EXPECT_EQ(m.labels.size(), 12U);
  q.cells = {1, 2};
  for (const MatrixEntry& e : ask_matrix(open(), q).entries) EXPECT_TRUE(e.pre <= 2 && e.post <= 2);
  q.by_type = true;
  EXPECT_THROW(ask_matrix(open(), q), Error);  // no post_type was imported
}

TEST_F(Query, CommonPartnersAreThoseOfAll) {
  KeptAnswer answer;
  ask_common(open(), {{1, 2, 4}, "out", "prob>0.605", 1}, answer);
  std::map<int, std::map<int, int>> targets;
  for (const Row& r : rows_)
    if (r.pre && r.post && r.prob > 0.605 && (*r.pre == 1 || *r.pre == 2 || *r.pre == 4)) ++targets[*r.post][*r.pre];
  std::size_t n = 0;
  for (const auto& [cell, by] : targets) n += by.size() == 3 ? 3 : 0;
  ASSERT_EQ(answer.rows.size(), n);
  for (std::size_t i = 0; i < n; ++i)
    EXPECT_EQ(
        answer.integer(i, "n"),
        targets.at(static_cast<int>(answer.integer(i, "partner"))).at(static_cast<int>(answer.integer(i, "cell"))));
  EXPECT_THROW(ask_common(open(), {{1, 1}, "out", "", 1}, answer), Error);
}

TEST_F(Query, ReciprocalPairsAndPaths) {
  std::map<std::pair<int, int>, int> n;
  for (const Row& r : rows_)
    if (r.pre && r.post && r.prob > 0.705) ++n[{*r.pre, *r.post}];
  std::size_t pairs = 0;
  for (const auto& [k, count] : n)
    pairs += k.first < k.second && count >= 2 && n.contains({k.second, k.first}) && n[{k.second, k.first}] >= 2;
  KeptAnswer answer;
  ask_reciprocal(open(), {"prob>0.705", 2}, answer);
  EXPECT_EQ(answer.rows.size(), pairs);
  for (std::size_t i = 0; i < answer.rows.size(); ++i)
    EXPECT_EQ(answer.integer(i, "n_ab"),
              (n[{static_cast<int>(answer.integer(i, "cell_a")), static_cast<int>(answer.integer(i, "cell_b"))}]));

  KeptAnswer paths;
  PathsQuestion p;
  p.where = "prob>0.905", p.from = 1, p.to = 5;
  ask_paths(open(), p, paths);
  for (std::size_t i = 0; i < paths.rows.size(); ++i) {
    if (paths.integer(i, "step") == 1)
      EXPECT_EQ(paths.integer(i, "pre"), 1);
    else
      EXPECT_EQ(paths.integer(i, "pre"), paths.integer(i - 1, "post"));
  }
  ASSERT_FALSE(paths.rows.empty());
  EXPECT_EQ(paths.integer(paths.rows.size() - 1, "post"), 5);
  p.to = 77;
  EXPECT_THROW(ask_paths(open(), p, paths), Error);
}

TEST_F(Query, MotifsNameTheirNull) {
  KeptAnswer answer;
  MotifsQuestion q;
  q.min_synapses = 4, q.n_null = 20;
  ask_motifs(open(), q, answer);
  ASSERT_EQ(answer.rows.size(), 17U);
  EXPECT_EQ(std::get<std::string>(answer.rows[0][0]), "reciprocal");
  double triples = 0;
  for (std::size_t i = 1; i < 17; ++i) triples += answer.real(i, "count");
  EXPECT_EQ(triples, 12 * 11 * 10 / 6);
  EXPECT_THAT(answer.about.notes.back(), HasSubstr("20 random graphs"));
}

TEST_F(Query, AnswersInEveryFormat) {
  RowsQuestion q;
  q.columns = {"id", "pre_id", "post_comp", "prob"}, q.limit = 3, q.where = "id<=3";
  for (const auto& [format, name] : {std::pair(AnswerFormat::text, "a.txt"), std::pair(AnswerFormat::csv, "a.csv"),
                                     std::pair(AnswerFormat::json, "a.json")}) {
    ask_rows(open(), q, *answer_writer(format, (folder_ / name).string(), false));
    const std::string text = read_file(folder_ / name);
    EXPECT_THAT(text, HasSubstr(compartment_names().at(rows_[0].comp)));
    EXPECT_THAT(text, HasSubstr("removed"));
  }
  const Json json = parse_json(read_file(folder_ / "a.json"), "a.json");
  EXPECT_EQ(json.at("rows").size(), 3U);
  EXPECT_EQ(json.at("about").at("rows_left"), 3);
  EXPECT_EQ(json.at("rows").at(0).at("id"), 1);
  ask_rows(open(), q, *answer_writer(AnswerFormat::csv, (folder_ / "c.csv").string(), true));
  EXPECT_THAT(read_file(folder_ / "c.csv"), HasSubstr("\n1," + (rows_[0].pre ? std::to_string(*rows_[0].pre) : "") +
                                                      "," + std::to_string(rows_[0].comp) + ","));
}

TEST_F(Query, QuestionsThatMakeNoSenseAreRefused) {
  KeptAnswer answer;
  const auto refused = [&](const RowsQuestion& q) {
    try {
      ask_rows(open(), q, answer);
    } catch (const Error& e) {
      EXPECT_EQ(e.category(), Category::usage);
      return std::string(e.what());
    }
    return std::string("answered");
  };
  RowsQuestion q;
  q.table = "synapse";
  EXPECT_THAT(refused(q), HasSubstr("Did you mean 'synapses'?"));
  q.table = "synapses", q.columns = {"are_um2"};
  EXPECT_THAT(refused(q), HasSubstr("Did you mean 'area_um2'?"));
  q.columns = {}, q.aggregates = {"men(area_um2)"};
  EXPECT_THAT(refused(q), HasSubstr("Did you mean 'mean'?"));
  q.aggregates = {"mean area"};
  EXPECT_THAT(refused(q), HasSubstr("F(COLUMN)"));
  q.aggregates = {"n"}, q.group_by = {"post_comp"}, q.order_by = {"prob"};
  EXPECT_THAT(refused(q), HasSubstr("not a column of this answer"));
}

TEST_F(Query, FilesThatAreNoConnectomeAreRefused) {
  EXPECT_THROW(Connectome(folder_ / "none.sqlite"), Error);
  EXPECT_THROW(Connectome(folder_ / "s.csv"), Error);
}

std::string import_failure(const TempFolder& folder, const std::string& csv, std::vector<std::string> map) {
  write_file_atomically(folder / "bad.csv", csv);
  try {
    import_synapses({folder / "bad.csv", folder / "bad.sqlite", "bad", std::move(map), {}});
  } catch (const Error& e) {
    EXPECT_FALSE(fs::exists(folder / "bad.sqlite"));
    return e.what();
  }
  return "imported";
}

TEST(ImportSynapses, ErrorsNameLineAndColumn) {
  const TempFolder folder;
  const std::vector<std::string> map{"pre_id=a", "post_id=b"};
  EXPECT_EQ(import_failure(folder, "a,b\n1,2\n", map), "imported");
  fs::remove(folder / "bad.sqlite");
  EXPECT_THAT(import_failure(folder, "a,b\n1,x\n", map), HasSubstr("bad.csv:2:3: column 'b': 'x'"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,-5\n", map), HasSubstr("--null"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,9223372036854775808\n", map), HasSubstr("below 2^63"));
  EXPECT_THAT(import_failure(folder, "a,c\n1,2\n", map), HasSubstr("'b'"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,2\n", {"pre_id=a"}), HasSubstr("no 'post_id'"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,2\n", {"pre_id=a", "post_id=b", "pre_id=b"}), HasSubstr("given twice"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,2\n", {"pre_id=a", "post_id=b*x"}), HasSubstr("'x' is no number"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,2\n", {"pre_id"}), HasSubstr("no '='"));
  EXPECT_THAT(import_failure(folder, "a,b,c\n1,2,9\n", {"pre_id=a", "post_id=b", "post_comp=c"}),
              HasSubstr("no compartment"));
  EXPECT_THAT(import_failure(folder, "a,b,c\n1,2,9\n", {"pre_id=a", "post_id=b", "pre_type=c:1=X"}),
              HasSubstr("no word for '9'"));
  EXPECT_THAT(import_failure(folder, "a,b,c\n1,2,3\n1,2,3\n", {"pre_id=a", "post_id=b", "id=c"}),
              HasSubstr("bad.csv:3:5: column 'c': the id '3' a second time"));
  EXPECT_THAT(import_failure(folder, "a,b,c\n1,2,\xff\n", {"pre_id=a", "post_id=b", "pre_type=c"}),
              HasSubstr("bad.csv:2:5: column 'c': a type's name"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,2\n", {"pre_id=a", "post_id=b", "own=a", "Own=b"}),
              HasSubstr("given twice"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,2\n", {"pre_id=a", "post_Id=b"}), HasSubstr("written 'post_id'"));
  EXPECT_THAT(import_failure(folder, "a,b\n1,2\n", {"pre_id=a", "post_id=b", "ID=a"}), HasSubstr("written 'id'"));
}

TEST(ImportSynapses, OtherColumnsKeepTheirKind) {
  const TempFolder folder;
  write_file_atomically(folder / "k.csv", "a,b,i,r,t,x\n1,2,5,0.5,word,3\n2,1,6,7,8,4\n");
  import_synapses(
      {folder / "k.csv", folder / "k.sqlite", "k", {"pre_id=a", "post_id=b", "i=i", "r=r", "t=t", "x_nm=x*1000"}, {}});
  const Connectome c(folder / "k.sqlite");
  EXPECT_EQ(find_column(c.columns("synapses"), "i").type, SqlType::integer);
  EXPECT_EQ(find_column(c.columns("synapses"), "r").type, SqlType::real);
  EXPECT_EQ(find_column(c.columns("synapses"), "t").type, SqlType::text);
  KeptAnswer answer;
  ask_rows(c, {}, answer);
  EXPECT_EQ(answer.real(0, "x_nm"), 3000);
  EXPECT_EQ(answer.real(1, "r"), 7);
}

}  // namespace
}  // namespace syconn
