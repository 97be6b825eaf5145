// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "support/temp_folder.h"
#include "syconn/core/json.h"
#include "syconn/io/connectome.h"
#include "syconn/io/sqlite_writer.h"
#include "syconn/serve/server.h"

namespace syconn::test {

inline constexpr std::int64_t kLargeId = 9007199254740993;  // 2^53 + 1: JavaScript has no such number

/// Four cells; synapses 1 → 2 (three of them, one weak), 2 → 1, 3 without a direction to 1, kLargeId → 1.
inline void write_tables(const fs::path& run) {
  fs::create_directories(run);
  SqliteWriter sql(run / "connectome.sqlite", kConnectomeFile);
  const SqlType real = SqlType::real, text = SqlType::text;
  const SqlTable cells{"cells", {{"id"}, {"type"}, {"name", text}}, {"id"}};
  sql.begin_table(cells);
  const std::pair<std::int64_t, std::int64_t> types[] = {{1, 0}, {2, 1}, {3, 1}, {kLargeId, 0}};
  for (const auto& [id, type] : types) sql.add(id).add(type).add("<b>" + std::to_string(type)).end_row();
  SqlTable synapses{
      "synapses",
      {{"id"}, {"pre_id"}, {"post_id"}, {"cell_a"}, {"cell_b"}, {"prob", real}, {"area_um2", real}, {"post_comp"}},
      {"id"}};
  synapses.indices = synapse_indices(synapses.columns);
  sql.begin_table(synapses);
  struct Synapse {
    std::int64_t id, pre, post;
    double prob, area;
  };
  for (const Synapse& s : {Synapse{11, 1, 2, 0.9, 0.5},
                           {12, 1, 2, 0.95, 0.25},
                           {13, 1, 2, 0.55, 1},
                           {14, 2, 1, 0.8, 2},
                           {16, kLargeId, 1, 0.7, 1}})
    sql.add(s.id)
        .add(s.pre)
        .add(s.post)
        .add(std::min(s.pre, s.post))
        .add(std::max(s.pre, s.post))
        .add(s.prob)
        .add(s.area)
        .add(std::int64_t{1})
        .end_row();
  sql.add(std::int64_t{15})
      .add_null()
      .add_null()
      .add(std::int64_t{1})
      .add(std::int64_t{3})
      .add(0.6)
      .add_null()
      .add_null()
      .end_row();
  const SqlTable edges{"edges", {{"pre_id"}, {"post_id"}, {"n_syn"}}, {"pre_id", "post_id"}};
  sql.begin_table(edges);
  sql.add(std::int64_t{1}).add(std::int64_t{2}).add(std::int64_t{3}).end_row();
  sql.begin_table(
      {"columns",
       {{"table_name", text}, {"column_name", text}, {"type", text}, {"units", text}, {"description", text}},
       {"table_name", "column_name"}});
  for (const SqlTable* t : std::initializer_list<const SqlTable*>{&cells, &synapses, &edges})
    for (const SqlColumn& c : t->columns)
      sql.add(t->name)
          .add(c.name)
          .add(c.type == real   ? "REAL"
               : c.type == text ? "TEXT"
                                : "INTEGER")
          .add("")
          .add("")
          .end_row();
  sql.begin_table({"meta", {{"name", text}, {"value", text}}, {"name", "value"}});
  sql.add("cell_types").add(R"({"0":"MSN","1":"GP"})").end_row();
  sql.add("dataset").add("tiny").end_row();
  sql.close();
}

/// A layer `seg` and what must not be reached: a secret beside the export, a link to it, a named pipe.
inline void write_layers(const fs::path& run) {
  const fs::path layers = run / "export" / "neuroglancer";
  fs::create_directories(layers / "seg");
  const auto put = [](const fs::path& path, const std::string& text) { write_file_atomically(path, text); };
  put(layers / "seg" / "info", "{\"scales\": []}");
  std::string shard;
  for (int i = 0; i < 1000; ++i) shard += static_cast<char>(i * 7);
  put(layers / "seg" / "0.shard", shard);
  put(layers / "seg" / "empty", "");
  put(run / "secret", "secret");
  fs::create_symlink(run / "secret", layers / "seg" / "link");
  fs::create_directory_symlink("/etc", layers / "etc");
}

struct HttpAnswer {
  int status = 0;
  std::string head, body;  ///< head: with lower-case names
  Json json() const { return Json::parse(body); }
  std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    return at == head.npos ? "" : head.substr(at + name.size() + 4, head.find("\r\n", at + 2) - at - name.size() - 4);
  }
};

/// A connection to 127.0.0.1 that gives up after some seconds; -1 if there is none.
inline int connect_to(int port, int seconds = 20) {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval patience{seconds, 0};
  ::setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (s >= 0 && ::connect(s, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return s;
  ::close(s);
  return -1;
}

inline bool send_all(int s, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(s, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

inline std::string receive_all(int s) {
  std::string all(1 << 16, '\0'), got;
  for (ssize_t n = 0; (n = ::recv(s, all.data(), all.size(), 0)) > 0;)
    got.append(all.data(), static_cast<std::size_t>(n));
  return got;
}

inline HttpAnswer parse_answer(const std::string& text) {
  HttpAnswer answer;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos || !text.starts_with("HTTP/1.1 ")) return answer;
  answer.status = std::atoi(text.c_str() + 9);
  answer.head = text.substr(0, end + 2), answer.body = text.substr(end + 4);
  bool name = true;
  for (char& c : answer.head) {
    if (name && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    name = c == '\n' || (name && c != ':');
  }
  return answer;
}

/// Sends bytes as they are and reads until the server closes.
inline HttpAnswer exchange(int port, const std::string& bytes) {
  const int s = connect_to(port);
  if (s < 0) return {};
  send_all(s, bytes);
  const std::string text = receive_all(s);
  ::close(s);
  return parse_answer(text);
}

/// A server in a thread of its own.
class RunningServer {
 public:
  explicit RunningServer(ServeOptions options) : server_((options.port = 0, std::move(options))) {
    thread_ = std::thread([this] { server_.run(stop_); });
  }
  ~RunningServer() {
    stop_ = 1;
    thread_.join();
  }
  int port() const { return server_.port(); }
  HttpAnswer get(const std::string& target, const std::string& headers = "", const std::string& method = "GET") const {
    return exchange(port(),
                    method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n");
  }

 private:
  Server server_;
  std::atomic<int> stop_{0};
  std::thread thread_;
};

}  // namespace syconn::test
