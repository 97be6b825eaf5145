// SPDX-License-Identifier: GPL-3.0-or-later
#include "api.h"

#include <gmock/gmock.h>

#include "gatekeeper.h"
#include "serve_support.h"
#include "syconn/io/query.h"

namespace syconn {
namespace {

class ApiAnswers : public testing::Test {
 protected:
  ApiAnswers() { test::write_tables(run_), api_.emplace(run_); }
  ApiReply ask(const std::string& path, const std::multimap<std::string, std::string>& parameters = {}) const {
    return api_->answer({path, parameters});
  }
  /// Values of a column.
  static std::vector<std::string> column(const ApiReply& reply, const std::string& name) {
    std::vector<std::string> values;
    const Json& columns = reply.body.at("columns");
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (columns[c].at("name") == name)
        for (const Json& row : reply.body.at("rows"))
          values.push_back(row.at(c).is_string() ? row.at(c).get<std::string>() : row.at(c).dump());
    return values;
  }
  test::TempFolder folder_;
  fs::path run_ = folder_ / "run";
  std::optional<Api> api_;
};

using testing::ElementsAre;

TEST_F(ApiAnswers, IdsAreTextAndCodesNames) {
  const ApiReply cells = ask("cells");
  EXPECT_EQ(cells.status, 200);
  EXPECT_THAT(column(cells, "id"), ElementsAre("1", "2", "3", "9007199254740993"));
  EXPECT_TRUE(cells.body["rows"][0][0].is_string());
  EXPECT_THAT(column(cells, "type"), ElementsAre("MSN", "GP", "GP", "MSN"));
  EXPECT_THAT(column(ask("cells", {{"codes", "1"}}), "type"), ElementsAre("0", "1", "1", "0"));
  const ApiReply one = ask("cells/9007199254740993");
  EXPECT_EQ(one.body["cell"]["id"], "9007199254740993");
  EXPECT_EQ(one.body["cell"]["name"], "<b>0");
  EXPECT_EQ(ask("synapses/15").body["synapse"]["pre_id"], nullptr);
  EXPECT_EQ(ask("run").body["counts"]["synapses"], 6);
  EXPECT_EQ(ask("run").body["example_cell"], "1");
}

TEST_F(ApiAnswers, SynapsesOfACellMostProbableFirst) {
  EXPECT_THAT(column(ask("cells/1/synapses"), "id"), ElementsAre("12", "11", "14", "16", "15", "13"));
  EXPECT_THAT(column(ask("cells/1/synapses", {{"direction", "out"}}), "id"), ElementsAre("12", "11", "13"));
  EXPECT_THAT(column(ask("cells/1/synapses", {{"direction", "in"}}), "id"), ElementsAre("14", "16"));
  EXPECT_THAT(column(ask("cells/3/synapses", {{"direction", "undirected"}}), "id"), ElementsAre("15"));
  EXPECT_THAT(column(ask("cells/1/synapses", {{"partner", "2"}}), "id"), ElementsAre("12", "11", "14", "13"));
  const ApiReply some = ask("cells/1/synapses", {{"where", "prob>=0.7"}, {"limit", "2"}, {"offset", "1"}});
  EXPECT_THAT(column(some, "id"), ElementsAre("11", "14"));
  EXPECT_EQ(some.body["about"]["rows"], 6);
  EXPECT_EQ(some.body["about"]["filter"][0]["removed"], 2);
}

TEST_F(ApiAnswers, AnswersAreThoseOfQuery) {
  const ApiReply reply = ask("cells/1/partners", {{"direction", "out"}});
  EXPECT_THAT(column(reply, "partner"), ElementsAre("2"));
  EXPECT_THAT(column(reply, "n"), ElementsAre("3"));
  EXPECT_THAT(column(reply, "n_on_spine"), ElementsAre("3"));
  EXPECT_THAT(column(ask("cells/1/partners"), "partner"), ElementsAre("2", "2", "9007199254740993", "3"));
  const ApiReply two = ask("cells/1/partners", {{"limit", "2"}, {"offset", "2"}});
  EXPECT_THAT(column(two, "partner"), ElementsAre("9007199254740993", "3"));
  EXPECT_EQ(two.body["n_rows"], 4);
  EXPECT_THAT(column(ask("synapses", {{"group_by", "pre_id"}, {"agg", "n,sum(area_um2)"}, {"order_by", "-n"}}), "n"),
              ElementsAre("3", "1", "1", "1"));
  EXPECT_THAT(column(ask("common", {{"cells", "2,9007199254740993"}}), "partner"), ElementsAre("1", "1"));
  EXPECT_THAT(column(ask("matrix", {{"cells", "1,2"}}), "n"), ElementsAre("3", "1"));
}

TEST_F(ApiAnswers, MistakesAreToldPlainly) {
  const auto fails = [&](const std::string& path, const std::multimap<std::string, std::string>& p, int status,
                         const std::string& text) {
    const ApiReply reply = ask(path, p);
    EXPECT_EQ(reply.status, status) << path;
    EXPECT_THAT(reply.body["error"]["message"].get<std::string>(), testing::HasSubstr(text));
  };
  fails("cells/7", {}, 404, "there is no cell 7");
  fails("cells/-1", {}, 400, "a cell's id must be");
  fails("cells/1x", {}, 400, "'1x'");
  fails("cells/9223372036854775808", {}, 400, "a cell's id");
  fails("cells/1/friends", {}, 404, "partners and synapses");
  fails("nothing", {}, 404, "no such question");
  fails("", {}, 404, "no such question");
  fails("contacts", {}, 404, "no contacts");
  fails("cells", {{"limt", "1"}}, 400, "Did you mean 'limit'?");
  fails("cells", {{"limit", "10001"}}, 400, "parameter 'limit'");
  fails("cells", {{"limit", "1"}, {"limit", "2"}}, 400, "given twice");
  fails("cells/1/partners", {{"direction", "up"}}, 400, "none of all, out, in, undirected");
  fails("matrix", {}, 400, "by_type=1");
  fails("synapses", {{"where", "prob>=0.5 and x<1"}}, 400, "no column 'x'");
  EXPECT_EQ(ask("synapses", {{"where", "prob>=0.5 and x<1"}}).body["error"]["position"], 15);
}

TEST(Gatekeeper, Tokens) {
  EXPECT_EQ(borne_token("Bearer abc", "syconn_token=x"), "abc");
  EXPECT_EQ(borne_token("", "a=1;syconn_token=x; b=2"), "x");
  EXPECT_EQ(borne_token("Basic abc", "xsyconn_token=y"), "");
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("", "abc"));
  EXPECT_FALSE(same_secret("abcabc", "abc"));
}

}  // namespace
}  // namespace syconn
