// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/table_csv.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "store_support.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn::store_test {
namespace {

std::string message_of(const std::string& text, const std::function<void(CsvReader&)>& use = {},
                       const std::vector<std::string>& required = {}) {
  const fs::path path = fresh_folder() / "t.csv";
  write_bytes(path, text);
  try {
    CsvReader reader(path, required);
    while (reader.next())
      if (use) use(reader);
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), Category::input);
    const std::string what = error.what();
    EXPECT_TRUE(what.starts_with(path.string() + ":")) << what;
    return what.substr(path.string().size() + 1);
  }
  return "";
}

TEST(Csv, WrittenTablesReadBackTheSame) {
  const fs::path path = fresh_folder() / "t.csv";
  const std::vector<std::string> texts = {"plain",       "",         "a,b",     "say \"no\"", "two\nlines",
                                          "#no comment", " spaces ", "cr\r\nlf"};
  const std::vector<double> numbers = {0.1,
                                       -1e300,
                                       5e-324,
                                       3,
                                       std::numeric_limits<double>::quiet_NaN(),
                                       1.0 / 3,
                                       -0.0,
                                       std::numeric_limits<double>::infinity()};
  CsvWriter writer(path, {"text", "id", "integer", "number", "float"}, {"made by a test", "second"});
  for (std::size_t i = 0; i < texts.size(); ++i)
    writer.add(texts[i])
        .add(UINT64_MAX - i)
        .add(INT64_MIN + static_cast<std::int64_t>(i))
        .add(numbers[i])
        .add(0.1F)
        .end_row();
  writer.close();
  CsvReader reader(path, {"id", "text"});
  EXPECT_EQ(reader.columns(), (std::vector<std::string>{"text", "id", "integer", "number", "float"}));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.text(0), texts[i]);
    EXPECT_EQ(reader.id(1), UINT64_MAX - i);
    EXPECT_EQ(reader.integer(2), INT64_MIN + static_cast<std::int64_t>(i));
    EXPECT_TRUE(std::isnan(numbers[i]) ? std::isnan(reader.number(3)) : reader.number(3) == numbers[i]) << numbers[i];
    EXPECT_EQ(static_cast<float>(reader.number(4)), 0.1F);
  }
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_THAT(
      read_file(path),
      testing::StartsWith("# made by a test\n# second\ntext,id,integer,number,float\nplain,18446744073709551615,"));
}

TEST(Csv, OneColumnOfEmptyTextKeepsItsRows) {
  const fs::path path = fresh_folder() / "t.csv";
  CsvWriter writer(path, {"a"});
  writer.add("").end_row(), writer.add("").end_row();
  writer.close();
  CsvReader reader(path);
  EXPECT_TRUE(reader.next());
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST(Csv, CommentsEmptyLinesAndLineEndsAreTolerated) {
  const fs::path path = fresh_folder() / "t.csv";
  for (const std::string& end : {std::string("\n"), std::string("\r\n")}) {
    for (const bool ended : {false, true}) {
      write_bytes(path, "\xef\xbb\xbf# graph" + end + end + "sv_a,sv_b" + end + "1,2" + end + "# later" + end +
                            "3,18446744073709551615" + (ended ? end : ""));
      CsvReader reader(path, {"sv_a", "sv_b"});
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.id(0), 1U);
      EXPECT_EQ(reader.line(), 4U);
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.id(1), UINT64_MAX);
      EXPECT_EQ(reader.line(), 6U);
      EXPECT_FALSE(reader.next());
    }
  }
}

TEST(Csv, ErrorsNameFileAndLine) {
  using testing::AllOf;
  using testing::HasSubstr;
  using testing::StartsWith;
  const auto ids = [](CsvReader& r) { r.id(0), r.id(1); };
  EXPECT_THAT(message_of("", {}), AllOf(StartsWith("1:1: "), HasSubstr("header")));
  EXPECT_THAT(message_of("# only\n", {}), HasSubstr("header"));
  EXPECT_THAT(message_of("a,b\n1,2\n3\n", {}), AllOf(StartsWith("3:1: "), HasSubstr("1 fields under 2 columns")));
  EXPECT_THAT(message_of("a,b\n1,2,3\n", {}), AllOf(StartsWith("2:5: "), HasSubstr("3 fields")));
  EXPECT_THAT(message_of("a,b\n1,2\n", {}, {"sv_a"}), AllOf(StartsWith("1:1: "), HasSubstr("'sv_a'; columns: a, b")));
  EXPECT_THAT(message_of("a,b\n1,x\n", ids), AllOf(StartsWith("2:3: "), HasSubstr("'b': 'x' is not an id")));
  for (const char* bad : {"-1", "1.0", "1e3", " 1", "1 ", "+1", "", "18446744073709551616", "0x1"})
    EXPECT_THAT(message_of(std::string("a,b\n1,") + bad + "\n", ids),
                AllOf(StartsWith("2:3: "), HasSubstr("not an id")))
        << bad;
  EXPECT_THAT(message_of("a,b\n1,\"2\n", {}), AllOf(StartsWith("2:3: "), HasSubstr("does not end")));
  EXPECT_THAT(message_of("a,b\n1,\"2\"3\n", {}), AllOf(StartsWith("2:6: "), HasSubstr("after a closing quote")));
  EXPECT_THAT(message_of("a,b\n1,2\"3\n", {}), AllOf(StartsWith("2:4: "), HasSubstr("quote inside")));
  EXPECT_THAT(message_of("a,b\n\"x\ny\",2\n1\n", {}), StartsWith("4:1: "));
  EXPECT_THAT(message_of("a,b\n\"\xc3\xa9\",x\n", [](CsvReader& r) { r.id(1); }), StartsWith("2:5: "));
  EXPECT_THAT(message_of("a,b\n1,2\n", [](CsvReader& r) { r.fail(1, "wrong"); }), "2:3: column 'b': wrong");
  EXPECT_THAT(message_of("a,b\n1,2\n", [](CsvReader& r) { r.fail("wrong"); }), "2: wrong");
  EXPECT_THAT(message_of("a,b\n1,2\r3\n", {}), AllOf(StartsWith("2:4: "), HasSubstr("without a line feed")));
  EXPECT_THROW(CsvReader("/nowhere/t.csv"), Error);
}

TEST(Csv, WriterRefusesHalfRowsAndFullDisks) {
  const fs::path folder = fresh_folder();
  CsvWriter writer(folder / "t.csv", {"a", "b"});
  writer.add(std::uint64_t{1});
  EXPECT_THROW(writer.end_row(), Error);
  EXPECT_THROW(writer.close(), Error);
  EXPECT_THROW(CsvWriter("/nowhere/t.csv", {"a"}), Error);
  if (fs::exists("/dev/full")) {
    CsvWriter full("/dev/full", {"a"});
    EXPECT_THROW(full.close(), Error);
  }
}

TEST(Csv, AnyBytesGiveRowsOrAnError) {
  const fs::path path = fresh_folder() / "t.csv";
  Rng rng(1);
  const std::string alphabet = "a1,\"\"\n\r# ";
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::uint64_t n = rng.below(40); n > 0; --n) text += alphabet[rng.below(alphabet.size())];
    write_bytes(path, text);
    try {
      CsvReader reader(path);
      while (reader.next())
        for (std::size_t c = 0; c < reader.columns().size(); ++c) reader.text(c);
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::input);
    }
  }
}

}  // namespace
}  // namespace syconn::store_test
