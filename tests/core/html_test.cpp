// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/html.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/markup_reader.h"

namespace syconn {
namespace {

TEST(Html, NumbersAsPeopleReadThem) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(-1234567), "-1,234,567");
  EXPECT_EQ(measure_text(0), "0");
  EXPECT_EQ(measure_text(0.04321), "0.0432");
  EXPECT_EQ(measure_text(2.5), "2.5");
  EXPECT_EQ(measure_text(99.96), "100");
  EXPECT_EQ(measure_text(1234.5), "1,234");
  EXPECT_EQ(measure_text(-0.5), "-0.5");
  EXPECT_EQ(measure_text(1.5e-7), "1.50e-07");
  EXPECT_EQ(measure_text(std::nan("")), "–");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(999.7), "1 kB");
  EXPECT_EQ(bytes_text(2.5e9), "2.5 GB");
  EXPECT_EQ(share_text(1, 8), "12.5 %");
  EXPECT_EQ(share_text(1, 0), "–");
}

// The vectors of RFC 4648, section 10.
TEST(Html, Base64OfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\0\xff\xfe", 3)), "AP/+");
}

TEST(Html, TablesAreWellFormed) {
  HtmlTable table;
  table.caption = "a < b";
  table.heads = {"name & more", "n"};
  table.add({"<code>x</code>", "3"}, "first").add({"sum", "3"}, "", true);
  const test::MarkupReader page("<body>" + table.html() + html_figure("<img alt=\"\"/>\n", "<b>c</b>") +
                                html_details("s > t", "<p>u</p>") + "</body>");
  EXPECT_EQ(page.with("data-key", "first").text, "x3");
  EXPECT_EQ(page.with("class", "sum").text, "sum3");
  EXPECT_EQ(page.named("caption").at(0)->text, "a &lt; b");
}

TEST(Html, TheReaderOfTestsIsStrict) {
  for (const char* wrong : {"<a><b></a></b>", "<a>", "</a>", "<a b=c></a>", "<a>1 & 2</a>", "<a>1 > 2</a>", "x",
                            "<a b=\"1\" b=\"2\"></a>", "<a b=\"&x;\"></a>"})
    EXPECT_THROW(test::MarkupReader{wrong}, std::runtime_error) << wrong;
}

}  // namespace
}  // namespace syconn
