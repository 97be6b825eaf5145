// SPDX-License-Identifier: GPL-3.0-or-later
// What nobody should send. The server must answer others meanwhile and afterwards.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstring>
#include <vector>

#include "serve_support.h"

namespace syconn {
namespace {

class HostileClients : public testing::Test {
 protected:
  HostileClients() {
    test::write_tables(run_);
    test::write_layers(run_);
    ServeOptions o;
    o.run = run_;
    server_.emplace(o);
  }
  bool is_well() const { return server_->get("/api/cells/1").status == 200; }

  test::TempFolder folder_;
  fs::path run_ = folder_ / "run";
  std::optional<test::RunningServer> server_;
};

TEST_F(HostileClients, RequestsThatAreNone) {
  const std::string host = "Host: localhost\r\n";
  for (const std::string& bytes :
       {std::string(), std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string(1000, '\0'),
        std::string("GET /api/run HTTP/1.1\r\n") + host + "Content-Length: 99999999999999999999\r\n\r\n",
        std::string("POST /api/run HTTP/1.1\r\n") + host + "Content-Length: 1000000000000\r\n\r\nx",
        std::string("POST /api/run HTTP/1.1\r\n") + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        std::string("POST /api/run HTTP/1.1\r\n") + host +
            "Content-Type: multipart/form-data; boundary=\r\nContent-Length: 4\r\n\r\n----",
        "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n" + host + "\r\n",
        "GET /api/cells?where=" + std::string(8000, '(') + " HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n",
        "GET / HTTP/1.1\r\n" + host + "X: " + std::string(100'000, 'b') + "\r\n\r\n",
        "GET /data/seg/0.shard HTTP/1.1\r\n" + host + "Connection: close\r\nRange: bytes=" + std::string(7000, '1') +
            "-\r\n\r\n",
        "GET /data/seg/0.shard HTTP/1.1\r\n" + host + "Connection: close\r\nRange: bytes=" + std::string(8000, '-') +
            "\r\n\r\n"}) {
    const int s = test::connect_to(server_->port(), 5);
    ASSERT_GE(s, 0);
    test::send_all(s, bytes);
    ::shutdown(s, SHUT_WR);
    const std::string answer = test::receive_all(s);
    ::close(s);
    EXPECT_TRUE(answer.empty() || test::parse_answer(answer).status >= 200) << answer.substr(0, 200);
    EXPECT_TRUE(is_well()) << bytes.substr(0, 100);
  }
}

TEST_F(HostileClients, ManyHeadersAndRanges) {
  std::string headers, ranges = "Range: bytes=0-999";
  for (int i = 0; i < 5000; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
  for (int i = 0; i < 1000; ++i) ranges += ",0-999";
  server_->get("/api/run", headers);
  EXPECT_LE(server_->get("/data/seg/0.shard", ranges + "\r\n").body.size(), 2000U);  // not a megabyte
  EXPECT_TRUE(is_well());
}

TEST_F(HostileClients, SlowOnesDoNotKeepOthersWaiting) {
  std::vector<int> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(test::connect_to(server_->port()));
    ASSERT_GE(slow.back(), 0);
    test::send_all(slow.back(), "GET /api/run HTTP/1.1\r\nHost: loc");
  }
  EXPECT_TRUE(is_well());
  for (const int s : slow) ::close(s);
  EXPECT_TRUE(is_well());
}

/// `syconn serve` as a process of its own, which has its own limit of open files.
class ServeProcess {
 public:
  explicit ServeProcess(const fs::path& run) {
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    const std::string folder = run.string();
    const char* arguments[] = {SYCONN_EXECUTABLE, "serve", folder.c_str(), "--port", "0", nullptr};
    ::posix_spawn(&process_, SYCONN_EXECUTABLE, &actions, nullptr, const_cast<char**>(arguments), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    char url[64] = {};
    if (::read(out[0], url, sizeof url - 1) > 0) port_ = std::atoi(std::strrchr(url, ':') + 1);
    ::close(out[0]);
  }
  /// What it ends with when it is told to.
  int stop() {
    ::kill(process_, SIGTERM);
    int status = 0;
    ::waitpid(process_, &status, 0);
    return status;
  }
  int port() const { return port_; }

 private:
  pid_t process_ = -1;
  int port_ = 0;
};

TEST_F(HostileClients, AThousandAtOnce) {
  ServeProcess server(run_);
  ASSERT_GT(server.port(), 0);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::max<rlim_t>(files.rlim_cur, 1200);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  std::vector<int> connections;
  for (int i = 0; i < 1000; ++i) {
    connections.push_back(test::connect_to(server.port(), 60));
    ASSERT_GE(connections.back(), 0);
  }
  for (const int s : connections)
    test::send_all(s, "GET /api/cells/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  std::size_t answered = 0;
  for (const int s : connections) {
    answered += test::parse_answer(test::receive_all(s)).status == 200;
    ::close(s);
  }
  EXPECT_EQ(answered, 1000U);
  EXPECT_EQ(test::exchange(server.port(), "GET /api/run HTTP/1.0\r\nHost: localhost\r\n\r\n").status, 200);
  const int status = server.stop();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace syconn
