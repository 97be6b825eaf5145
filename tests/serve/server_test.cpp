// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/serve/server.h"

#include <gmock/gmock.h>

#include "serve_support.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using test::HttpAnswer;

class Serve : public testing::Test {
 protected:
  Serve() {
    test::write_tables(run_);
    test::write_layers(run_);
  }
  ServeOptions options() const {
    ServeOptions o;
    o.run = run_;
    return o;
  }
  test::TempFolder folder_;
  fs::path run_ = folder_ / "run";
};

TEST_F(Serve, FilesWithRangesAndTags) {
  const test::RunningServer server(options());
  const HttpAnswer whole = server.get("/data/seg/0.shard");
  EXPECT_EQ(whole.status, 200);
  ASSERT_EQ(whole.body.size(), 1000U);
  EXPECT_EQ(whole.header("accept-ranges"), "bytes");
  EXPECT_EQ(whole.header("content-type"), "application/octet-stream");
  EXPECT_EQ(whole.header("x-content-type-options"), "nosniff");
  struct Case {
    const char* range;
    int status;
    std::size_t begin, n;
  };
  for (const Case& c : {Case{"bytes=0-9", 206, 0, 10},
                        {"bytes=990-", 206, 990, 10},
                        {"bytes=-5", 206, 995, 5},
                        {"bytes=990-5000", 206, 990, 10},
                        {"bytes=0-0", 206, 0, 1},
                        {"bytes=-5000", 206, 0, 1000},
                        {"bytes=0-1,5-6", 200, 0, 1000}}) {
    const HttpAnswer part = server.get("/data/seg/0.shard", std::string("Range: ") + c.range + "\r\n");
    EXPECT_EQ(part.status, c.status) << c.range;
    EXPECT_EQ(part.body, whole.body.substr(c.begin, c.n)) << c.range;
    if (c.status == 206) {
      EXPECT_EQ(part.header("content-range"),
                "bytes " + std::to_string(c.begin) + "-" + std::to_string(c.begin + c.n - 1) + "/1000");
    }
  }
  for (const char* range : {"bytes=1000-", "bytes=-0", "bytes=7-3", "bytes=99999999999999999999-"})
    EXPECT_EQ(server.get("/data/seg/0.shard", std::string("Range: ") + range + "\r\n").status, 416) << range;
  EXPECT_EQ(server.get("/data/seg/0.shard", "If-None-Match: " + whole.header("etag") + "\r\n").status, 304);
  EXPECT_EQ(server.get("/data/seg/0.shard", "If-None-Match: \"x\"\r\n").status, 200);
  const HttpAnswer head = server.get("/data/seg/0.shard", "", "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "1000");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(server.get("/data/seg/empty").status, 200);
  EXPECT_EQ(server.get("/data/seg/info").header("content-type"), "application/json");
}

TEST_F(Serve, NothingOutsideTheExport) {
  const test::RunningServer server(options());
  for (const char* path : {"/data/../secret",
                           "/data/../../connectome.sqlite",
                           "/data/seg/../../../secret",
                           "/data//etc/passwd",
                           "/data/%2e%2e/%2e%2e/secret",
                           "/data/..%2f..%2fsecret",
                           "/data/seg/link",
                           "/data/etc/passwd",
                           "/data/seg",
                           "/data/seg/",
                           "/data/",
                           "/data",
                           "/data/seg/info%00.txt",
                           "/data/seg\\info",
                           "/data/./seg/info",
                           "/data/seg/%ff%fe",
                           "/../secret",
                           "/secret",
                           "/data/%",
                           "/data/%zz",
                           "/data/seg/info/x"}) {
    const HttpAnswer answer = server.get(path);
    EXPECT_GE(answer.status, 400) << path;
    EXPECT_LT(answer.status, 500) << path;
    EXPECT_EQ(answer.body.find("secret\n"), std::string::npos) << path;
    EXPECT_NE(answer.body, "secret") << path;
  }
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PRI", "X"}) {
    const HttpAnswer answer = server.get("/api/run", "", method);
    EXPECT_GE(answer.status, 400) << method;
  }
  EXPECT_EQ(server.get("/api/run", "", "DELETE").status, 405);
}

TEST_F(Serve, PagesOfOthersAndTokens) {
  {
    const test::RunningServer server(options());
    const auto as = [&](const std::string& host) {
      return test::exchange(server.port(), "GET /api/run HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
          .status;
    };
    for (const char* host : {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:8080", "[::1]:8080"})
      EXPECT_EQ(as(host), 200) << host;
    for (const char* host : {"evil.example", "127.0.0.1.evil.example", "", "localhost.evil", "[::2]", "128.0.0.1"})
      EXPECT_EQ(as(host), 403) << host;
    EXPECT_EQ(server.get("/api/run", "Origin: https://a.example\r\n").header("access-control-allow-origin"), "");
  }
  ServeOptions open = options();
  open.token = "0123456789abcdef", open.cors = "https://a.example";
  const test::RunningServer server(open);
  EXPECT_EQ(server.get("/api/run").status, 401);
  EXPECT_EQ(server.get("/data/seg/info").status, 401);
  EXPECT_EQ(server.get("/").status, 401);
  EXPECT_EQ(server.get("/api/run", "Authorization: Bearer 0123456789abcdeX\r\n").status, 401);
  EXPECT_EQ(server.get("/api/run", "Authorization: Bearer 0123456789abcdef0\r\n").status, 401);
  EXPECT_EQ(server.get("/api/run", "Authorization: Bearer 0123456789abcdef\r\n").status, 200);
  EXPECT_EQ(server.get("/data/seg/info", "Cookie: a=b; syconn_token=0123456789abcdef\r\n").status, 200);
  EXPECT_EQ(server.get("/api/run?token=0123456789abcdef").status, 401);  // only the page takes it from the address
  const HttpAnswer once = server.get("/?token=0123456789abcdef");
  EXPECT_EQ(once.status, 303);
  EXPECT_EQ(once.header("location"), "/");
  EXPECT_THAT(once.header("set-cookie"), testing::HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_EQ(server.get("/api/run", "Origin: https://a.example\r\n").header("access-control-allow-origin"),
            "https://a.example");
  EXPECT_EQ(server.get("/api/run", "Origin: https://b.example\r\n").header("access-control-allow-origin"), "");
  const HttpAnswer preflight =
      server.get("/data/seg/info", "Origin: https://a.example\r\nAccess-Control-Request-Headers: range\r\n", "OPTIONS");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_THAT(preflight.header("access-control-allow-headers"), testing::HasSubstr("Range"));
}

TEST_F(Serve, RefusesWhatItMustNot) {
  ServeOptions o = options();
  o.host = "0.0.0.0";
  EXPECT_THROW(Server{o}, Error);
  const test::RunningServer server(options());
  o = options(), o.port = server.port();
  try {
    Server second(o);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("the port is taken"));
  }
  o = options(), o.run = folder_ / "nothing";
  EXPECT_THROW(Server{o}, Error);
}

TEST_F(Serve, PagesAndAbsentLayers) {
  {
    const test::RunningServer server(options());
    EXPECT_EQ(server.get("/").status, 200);
    EXPECT_THAT(server.get("/").header("content-security-policy"), testing::HasSubstr("frame-ancestors 'none'"));
    EXPECT_EQ(server.get("/absent.js").status, 404);
  }
  fs::remove_all(run_ / "export");
  {
    const test::RunningServer server(options());
    EXPECT_EQ(server.get("/data/seg/info").status, 404);
    EXPECT_THAT(server.get("/api/run").json()["export_hint"].get<std::string>(),
                testing::HasSubstr("syconn export neuroglancer"));
    EXPECT_EQ(server.get("/api/cells").status, 200);
  }
  test::write_layers(run_);
  fs::remove(run_ / "connectome.sqlite");
  const test::RunningServer server(options());
  EXPECT_EQ(server.get("/data/seg/info").status, 200);
  EXPECT_EQ(server.get("/api/cells").status, 503);
}

}  // namespace
}  // namespace syconn
