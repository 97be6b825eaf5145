// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<QueryColumn>& columns() {
  static const std::vector<QueryColumn> list{{"id", SqlType::integer},
                                             {"prob", SqlType::real},
                                             {"name", SqlType::text},
                                             {"post_comp",
                                              SqlType::integer,
                                              "",
                                              "",
                                              {{0, "shaft"}, {1, "spine_head"}, {2, "spine_neck"}},
                                              {{"spine", {1, 2}}}}};
  return list;
}

std::vector<std::string> sql(const std::string& text) {
  std::vector<std::string> out;
  for (const FilterClause& c : parse_filter(text, columns())) out.push_back(c.sql);
  return out;
}

std::string failure(const std::string& text) {
  try {
    parse_filter(text, columns());
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::usage);
    return e.what();
  }
  return "no error";
}

TEST(Filter, ClausesAreWhatAndJoins) {
  EXPECT_THAT(sql(""), ElementsAre());
  EXPECT_THAT(sql("  "), ElementsAre());
  EXPECT_THAT(sql("prob>=0.8"), ElementsAre("\"prob\" >= 8e-01"));
  EXPECT_THAT(sql("prob >= 0.8 AND id == 7 and name='a b'"),
              ElementsAre("\"prob\" >= 8e-01", "\"id\" = 7", "\"name\" = 'a b'"));
  EXPECT_EQ(parse_filter("prob>=0.8  and id==7", columns()).at(0).text, "prob>=0.8");
}

TEST(Filter, OrNotAndParenthesesKeepTheirMeaning) {
  EXPECT_THAT(sql("id<1 or id>2 and prob<1"), ElementsAre("(\"id\" < 1 OR \"id\" > 2 AND \"prob\" < 1)"));
  EXPECT_THAT(sql("(id<1 or id>2) and prob<1"), ElementsAre("(\"id\" < 1 OR \"id\" > 2)", "\"prob\" < 1"));
  EXPECT_THAT(sql("not (id<1 or id>2)"), ElementsAre("(NOT (\"id\" < 1 OR \"id\" > 2))"));
  EXPECT_THAT(sql("not not id<1"), ElementsAre("(NOT (NOT \"id\" < 1))"));
}

TEST(Filter, CodesHaveNamesAndGroups) {
  EXPECT_THAT(sql("post_comp==spine_head"), ElementsAre("\"post_comp\" = 1"));
  EXPECT_THAT(sql("post_comp==spine"), ElementsAre("\"post_comp\" IN (1,2)"));
  EXPECT_THAT(sql("post_comp!=spine"), ElementsAre("\"post_comp\" NOT IN (1,2)"));
  EXPECT_THAT(sql("post_comp in (spine, 'shaft', 6)"), ElementsAre("\"post_comp\" IN (1,2,0,6)"));
  EXPECT_THAT(sql("post_comp not in (shaft)"), ElementsAre("\"post_comp\" NOT IN (0)"));
  EXPECT_THAT(sql("post_comp is null and post_comp is not null"),
              ElementsAre("\"post_comp\" IS NULL", "\"post_comp\" IS NOT NULL"));
}

TEST(Filter, TextIsQuotedForSql) {
  EXPECT_THAT(sql("name == 'it''s'"), ElementsAre("\"name\" = 'it''s'"));
  EXPECT_THAT(sql("name == \"x'; DROP TABLE cells; --\""), ElementsAre("\"name\" = 'x''; DROP TABLE cells; --'"));
  EXPECT_THAT(sql("name == 5"), ElementsAre("\"name\" = '5'"));
}

TEST(Filter, NumbersAreThoseOfSql) {
  EXPECT_THAT(sql("id == 9223372036854775807"), ElementsAre("\"id\" = 9223372036854775807"));
  EXPECT_THAT(sql("id == -9223372036854775808"), ElementsAre("\"id\" = (-9223372036854775807-1)"));
  EXPECT_THAT(sql("prob > -1.5e-3"), ElementsAre("\"prob\" > -1.5e-03"));
  EXPECT_THAT(sql("prob > +.5"), ElementsAre("\"prob\" > 5e-01"));
  EXPECT_THAT(failure("id == 9223372036854775808"), HasSubstr("beyond 2^63"));
  EXPECT_THAT(failure("prob > 1e999"), HasSubstr("no number"));
  EXPECT_THAT(failure("prob > 1.2.3"), HasSubstr("no number"));
  EXPECT_THAT(failure("prob > 0x10"), HasSubstr("no number"));
}

TEST(Filter, ErrorsPointAtTheCharacter) {
  EXPECT_EQ(failure("prob>=0.8 and porb<1"),
            "filter: no column 'porb'. Did you mean 'prob'? (character 15)\n  prob>=0.8 and porb<1\n                ^");
  EXPECT_THAT(failure("post_comp==spin_head"), HasSubstr("Did you mean 'spine_head'?"));
  EXPECT_THAT(failure("post_comp==spin_head"), HasSubstr("(character 12)"));
  EXPECT_THAT(failure("prob>="), HasSubstr("expected a value (character 7)"));
  EXPECT_THAT(failure("prob>=0.8 id"), HasSubstr("expected 'and', 'or' or the end"));
  EXPECT_THAT(failure("(prob>=0.8"), HasSubstr("expected ')'"));
  EXPECT_THAT(failure("name=='x"), HasSubstr("never closed (character 7)"));
  EXPECT_THAT(failure("prob ~ 1"), HasSubstr("means nothing here (character 6)"));
  EXPECT_THAT(failure("prob == high"), HasSubstr("compared with numbers"));
  EXPECT_THAT(failure("post_comp > spine"), HasSubstr("only == and !="));
  EXPECT_THAT(failure("post_comp not == 1"), HasSubstr("expected 'in'"));
  EXPECT_THAT(failure("id in ()"), HasSubstr("expected a value"));
  EXPECT_THAT(failure(std::string("name == 'a\0b'", 13)), HasSubstr("NUL"));
  EXPECT_THAT(failure(std::string(200, '(') + "id<1"), HasSubstr("more than 100"));
  EXPECT_THAT(failure(std::string(70000, ' ') + "id<1"), HasSubstr("64 KiB"));
  EXPECT_THAT(failure("id<1 and \x1b[31m"), HasSubstr("?[31m"));
}

/// Random texts over the grammar's own pieces and over bytes: an answer or an Error{usage}, never anything else.
TEST(Filter, AnyTextIsAnsweredOrRefused) {
  const std::vector<std::string> pieces{"prob", "id",   "name", "post_comp", "and", "or", "not",   "in",
                                        "is",   "null", "(",    ")",         ",",   "==", "!=",    "<",
                                        ">=",   "0.5",  "-3",   "'a'",       "\"",  "'",  "spine", " ",
                                        "1e5",  "x",    "\n",   "\xff",      "=",   ".",  "-",     "1e"};
  for (std::uint64_t k = 0; k < 20000; ++k) {
    Rng rng(7, k);
    std::string text;
    for (std::uint64_t i = rng.below(20); i > 0; --i)
      text += rng.below(8) == 0 ? std::string(1, static_cast<char>(rng.below(256)))
                                : pieces[rng.below(pieces.size())] + " ";
    try {
      parse_filter(text, columns());
    } catch (const Error& e) {
      ASSERT_EQ(e.category(), Category::usage) << text;
    }
  }
}

}  // namespace
}  // namespace syconn
