// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/sqlite_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

constexpr SqlFileKind kKind{0x53594e31, 7};

SqlTable pairs_table() {
  return {"pairs",
          {{"a", SqlType::integer}, {"b", SqlType::integer}, {"x", SqlType::real}, {"name", SqlType::text}},
          {"a", "b"},
          {{"b", "a"}}};
}

void write_pairs(const fs::path& path, int rows) {
  SqliteWriter out(path, kKind);
  out.begin_table(pairs_table());
  for (int i = 0; i < rows; ++i)
    out.add(std::uint64_t(i / 7))
        .add(std::int64_t{i})
        .add(Rng(1, std::uint64_t(i)).uniform())
        .add("n" + std::to_string(i % 5))
        .end_row();
  out.begin_table({"ids", {{"id", SqlType::integer}, {"v", SqlType::real}}, {"id"}});
  for (int i = 1; i <= rows; ++i) out.add(std::int64_t{i}).add(0.5 * i).end_row();
  out.close();
}

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(SqliteWriter, WhatIsWrittenIsRead) {
  const test::TempFolder folder;
  const fs::path path = folder / "t.sqlite";
  {
    SqliteWriter out(path, kKind);
    out.begin_table({"t", {{"id"}, {"x", SqlType::real}, {"text", SqlType::text}}, {"id"}});
    out.add(std::uint64_t{9223372036854775807ULL}).add(0.1).add("it's \"so\"\xc3\xa4").end_row();
    out.add(std::int64_t{-5}).add(std::nan("")).add_null().end_row();
    out.close();
  }
  SqliteQuery rows(path, "SELECT * FROM t ORDER BY id");
  EXPECT_THAT(rows.columns(), testing::ElementsAre("id", "x", "text"));
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.integer(0), -5);
  EXPECT_TRUE(rows.is_null(1) && rows.is_null(2));
  EXPECT_TRUE(std::isnan(rows.number(1)));
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.integer(0), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(rows.number(1), 0.1);
  EXPECT_EQ(rows.text(2), "it's \"so\"\xc3\xa4");
  EXPECT_FALSE(rows.next());
}

TEST(SqliteWriter, SameRowsSameBytesAndNothingBeside) {
  const test::TempFolder folder;
  write_pairs(folder / "a.sqlite", 5000);
  write_pairs(folder / "b.sqlite", 5000);
  EXPECT_EQ(read_file(folder / "a.sqlite"), read_file(folder / "b.sqlite"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 2);
  SqliteQuery check(folder / "a.sqlite", "PRAGMA integrity_check");
  ASSERT_TRUE(check.next());
  EXPECT_EQ(check.text(0), "ok");
}

TEST(SqliteWriter, KindAndIndices) {
  const test::TempFolder folder;
  write_pairs(folder / "a.sqlite", 20);
  SqliteQuery application(folder / "a.sqlite", "PRAGMA application_id");
  ASSERT_TRUE(application.next());
  EXPECT_EQ(application.integer(0), kKind.application_id);
  SqliteQuery user(folder / "a.sqlite", "PRAGMA user_version");
  ASSERT_TRUE(user.next());
  EXPECT_EQ(user.integer(0), 7);
  SqliteQuery plan(folder / "a.sqlite", "EXPLAIN QUERY PLAN SELECT a FROM pairs WHERE b = 3");
  ASSERT_TRUE(plan.next());
  EXPECT_THAT(plan.text(3), testing::HasSubstr("pairs_b_a"));
}

TEST(SqliteWriter, ErrorsSayWhatToDo) {
  const test::TempFolder folder;
  SqliteWriter out(folder / "t.sqlite", kKind);
  out.begin_table({"t", {{"id"}, {"v"}}, {"id"}});
  EXPECT_THAT(message_of([&] { out.add(std::uint64_t{1} << 63); }), testing::HasSubstr("9223372036854775808 is 2^63"));
  out.add(std::int64_t{1});
  EXPECT_THAT(message_of([&] { out.end_row(); }), testing::HasSubstr("1 values under 2 columns"));
  out.add(std::int64_t{1});
  EXPECT_THAT(message_of([&] { out.add(std::int64_t{2}); }), testing::HasSubstr("more values"));
  out.end_row();
  out.add(std::int64_t{1}).add(std::int64_t{2});
  EXPECT_THAT(message_of([&] { out.end_row(); }), testing::HasSubstr("UNIQUE"));
  EXPECT_THAT(message_of([&] { SqliteWriter bad(folder / "no" / "such", kKind); }), testing::HasSubstr("no/such"));
}

TEST(SqliteWriter, AFullDiskIsAnError) {
  const test::TempFolder folder;
  // A page limit makes SQLite report what a full disk does.
  SqliteWriter out(folder / "t.sqlite", kKind);
  out.execute("PRAGMA max_page_count = 4");
  out.begin_table({"t", {{"id"}, {"text", SqlType::text}}, {"id"}});
  EXPECT_THAT(message_of([&] {
                for (std::int64_t i = 1; i < 1000; ++i) out.add(i).add(std::string(200, 'x')).end_row();
              }),
              testing::HasSubstr("the disk is full"));
}

TEST(SqliteQuery, SumsDoNotDependOnTheOrderOfRows) {
  const test::TempFolder folder;
  const fs::path file = folder / "a.sqlite";
  write_pairs(file, 2);
  const auto number = [&](const std::string& sql) {
    SqliteQuery query(file, sql);
    EXPECT_TRUE(query.next());
    return query.number(0);
  };
  const std::string values = " FROM (VALUES (1e16), (1.0), (NULL), (-1e16), (1.0))";
  EXPECT_EQ(number("SELECT sum(column1)" + values), 2);  // 1 with a rounding at each step
  EXPECT_EQ(number("SELECT avg(column1)" + values), 0.5);
  EXPECT_EQ(number("SELECT total(column1)" + values), 2);
  EXPECT_EQ(number("SELECT total(column1) FROM (VALUES (NULL))"), 0);
  EXPECT_TRUE(std::isnan(number("SELECT sum(column1) FROM (VALUES (NULL))")));
  EXPECT_EQ(number("SELECT std(column1) FROM (VALUES (1e8), (1e8 + 1), (1e8 + 2))"), 1);
  EXPECT_TRUE(std::isnan(number("SELECT std(column1) FROM (VALUES (1))")));
  SqliteQuery whole(file, "SELECT sum(column1) FROM (VALUES (9007199254740993), (2))");
  ASSERT_TRUE(whole.next());
  EXPECT_EQ(whole.integer(0), 9007199254740995);  // no double
  EXPECT_EQ(whole.type(0), SqlType::integer);
  EXPECT_THAT(message_of([&] { SqliteQuery(file, "SELECT sum(column1) FROM (VALUES (1 << 62), (1 << 62))").next(); }),
              testing::HasSubstr("overflow"));
  SqliteQuery moving(file, "SELECT sum(column1) OVER (ROWS 1 PRECEDING) FROM (VALUES (1e16), (1.0), (2.0), (4.0))");
  for (const double expected : {1e16, 1e16, 3.0, 6.0}) {  // 1e16 + 1 is 1e16
    ASSERT_TRUE(moving.next());
    EXPECT_EQ(moving.number(0), expected);
  }
}

TEST(SqliteQuery, ErrorsNameTheFile) {
  const test::TempFolder folder;
  EXPECT_THAT(message_of([&] { SqliteQuery q(folder / "absent.sqlite", "SELECT 1"); }),
              testing::HasSubstr("absent.sqlite"));
  write_pairs(folder / "a.sqlite", 2);
  EXPECT_THAT(message_of([&] { SqliteQuery q(folder / "a.sqlite", "SELECT absent FROM pairs"); }),
              testing::HasSubstr("no such column"));
}

}  // namespace
}  // namespace syconn
