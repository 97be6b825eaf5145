// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "syconn/core/files.h"

namespace syconn {

struct ServeOptions {
  fs::path run;                    ///< run folder, or a connectome.sqlite without one
  std::string host = "127.0.0.1";  ///< numeric address; any but loopback needs a token
  int port = 8080;                 ///< 0: a free one
  std::string token = {};          ///< what a request must bear; empty: none
  std::string cors = {};           ///< the one foreign origin that may read answers; empty: none, "*": all
  double question_s = 30;          ///< longer questions are broken off
  std::function<void(const std::string&)> log = {};  ///< a line a request
};

/// The results of a run over HTTP, read-only: `/data` is RUN/export/neuroglancer (Range, ETag), `/api` answers
/// questions as JSON (docs/serve.md), everything else is the web client. Bounded: 64 connections in work at a time, 4
/// questions.
class Server {
 public:
  /// Listens. Throws Error{input}: no such run; Error{usage}: an address beyond this machine without a token, or that
  /// is none; Error{runtime}: the port is taken.
  explicit Server(ServeOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  std::string url() const;  ///< http://127.0.0.1:8080/
  /// Answers until `stop` is not 0 (looked at ten times a second), then lets requests in work end.
  void run(const std::atomic<int>& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syconn
