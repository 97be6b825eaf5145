// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/serve/server.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include "api.h"
#include "client.h"
#include "gatekeeper.h"
#include "layer_files.h"
#include "syconn/io/sqlite_reader.h"
#include "syconn/io/viewer_files.h"

namespace syconn {
namespace {

constexpr int kConnections = 256;  // threads: a slow client holds one
constexpr int kWaiting = 1024;     // connections that are not accepted yet
constexpr int kQuestions = 4;      // in work at a time
constexpr std::size_t kPiece = 1 << 20;
// What Neuroglancer needs: workers, WebAssembly, pictures of its own making, and functions it makes from text (its
// readers of annotations).
constexpr const char* kPolicy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'; worker-src 'self' blob:; img-src 'self' "
    "data: blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'";

using HttpRequest = httplib::Request;
using HttpReply = httplib::Response;

std::string url_of(const std::string& host, int port) {
  return "http://" + (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(port) + "/";
}

void put_json(const ApiReply& reply, HttpReply& out) {
  out.status = reply.status;
  out.set_header("Cache-Control", "no-cache");
  out.set_content(reply.body.dump(-1, ' ', false, Json::error_handler_t::replace), "application/json");
}

/// Every "precomputed://…/LAYER" of an exported state, pointed at this server.
void point_at(const std::string& url, Json& json) {
  constexpr std::string_view kScheme = "precomputed://";
  if (json.is_structured()) {
    for (Json& child : json) point_at(url, child);
  } else if (json.is_string()) {
    const auto text = json.get<std::string>();
    if (text.starts_with(kScheme)) json = std::string(kScheme) + url + "data" + text.substr(text.rfind('/'));
  }
}

}  // namespace

struct Server::Impl {
  ServeOptions options;
  Api api;
  httplib::Server http;
  int port = 0;
  int listener = -1;  ///< the socket, owned by `http`
  std::counting_semaphore<kQuestions> questions{kQuestions};

  explicit Impl(ServeOptions given) : options(std::move(given)), api(options.run) {}

  void set_up();
  bool is_allowed(const HttpRequest& request, HttpReply& reply) const;
  void allow_origin(const HttpRequest& request, HttpReply& reply) const;
  void route(HttpRequest& request, HttpReply& reply);
  void answer(const HttpRequest& request, HttpReply& reply);
  void give_layer(HttpRequest& request, HttpReply& reply) const;
  void give_client(const HttpRequest& request, HttpReply& reply) const;
  std::string viewer_link() const;
};

void Server::Impl::set_up() {
  http.new_task_queue = [] { return new httplib::ThreadPool(kConnections); };
  http.set_payload_max_length(4096);
  http.set_keep_alive_max_count(1000);
  http.set_keep_alive_timeout(2);
  http.set_read_timeout(2);
  http.set_write_timeout(10);
  http.set_tcp_nodelay(true);
  // Without SO_REUSEPORT, which lets a second server take half of the requests.
  http.set_socket_options([this](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listener = socket;
  });
  http.set_default_headers({{"X-Content-Type-Options", "nosniff"},
                            {"Referrer-Policy", "no-referrer"},
                            {"Cross-Origin-Opener-Policy", "same-origin"},
                            {"Content-Security-Policy", kPolicy}});
  // All requests go through one function: patterns of the library are regular expressions, which recurse over a path.
  http.set_pre_routing_handler([this](const HttpRequest& request, HttpReply& reply) {
    // The library answers lists of ranges with more bytes than the file has; `route` does ranges itself.
    route(const_cast<HttpRequest&>(request), reply);
    return httplib::Server::HandlerResponse::Handled;
  });
  http.set_error_handler([](const HttpRequest&, HttpReply& reply) {
    if (reply.body.empty() && reply.status >= 400)
      put_json(api_error(reply.status, "the request cannot be understood"), reply);
  });
  http.set_exception_handler([](const HttpRequest&, HttpReply& reply, std::exception_ptr) {
    put_json(api_error(500, "the server failed at this request"), reply);
  });
  if (options.log)
    http.set_logger([this](const HttpRequest& request, const HttpReply& reply) {
      std::string path = request.path.substr(0, 200);
      for (char& c : path)
        if (static_cast<unsigned char>(c) < 0x20) c = '?';
      options.log(request.method + " " + path + " " + std::to_string(reply.status));
    });
}

bool Server::Impl::is_allowed(const HttpRequest& request, HttpReply& reply) const {
  if (options.token.empty()) {
    if (names_this_machine(request.get_header_value("Host"))) return true;
    put_json(api_error(403, "this server answers to its own address only"), reply);
    return false;
  }
  if (same_secret(borne_token(request.get_header_value("Authorization"), request.get_header_value("Cookie")),
                  options.token))
    return true;
  if (request.path == "/" && request.has_param("token") &&
      same_secret(request.get_param_value("token"), options.token)) {
    reply.status = 303;
    reply.set_header("Location", "/");
    reply.set_header("Cache-Control", "no-store");
    reply.set_header("Set-Cookie",
                     std::string(kTokenCookie) + "=" + options.token + "; HttpOnly; SameSite=Strict; Path=/");
    return false;
  }
  reply.set_header("WWW-Authenticate", "Bearer");
  put_json(api_error(401, "a token is needed: the header 'Authorization: Bearer TOKEN', or open /?token=TOKEN once"),
           reply);
  return false;
}

void Server::Impl::allow_origin(const HttpRequest& request, HttpReply& reply) const {
  const std::string origin = request.get_header_value("Origin");
  if (options.cors.empty() || origin.empty()) return;
  reply.set_header("Vary", "Origin");
  if (options.cors != "*" && origin != options.cors) return;
  reply.set_header("Access-Control-Allow-Origin", options.cors == "*" ? "*" : origin);
  reply.set_header("Access-Control-Expose-Headers", "Content-Range, Content-Length, ETag, Accept-Ranges");
  if (request.method != "OPTIONS") return;
  reply.set_header("Access-Control-Allow-Methods", "GET, HEAD");
  reply.set_header("Access-Control-Allow-Headers", "Range, Authorization, If-None-Match");
  reply.set_header("Access-Control-Allow-Private-Network", "true");
}

void Server::Impl::route(HttpRequest& request, HttpReply& reply) {
  allow_origin(request, reply);
  if (request.method == "OPTIONS") {
    reply.status = 204;
    return;
  }
  const bool layer = request.path.starts_with("/data/");
  if (!layer) request.ranges.clear();
  if (request.method != "GET" && request.method != "HEAD") {
    reply.set_header("Allow", "GET, HEAD");
    put_json(api_error(405, "this server only gives: GET and HEAD"), reply);
  } else if (!is_allowed(request, reply)) {
    request.ranges.clear();
  } else if (layer) {
    give_layer(request, reply);
  } else if (request.path.starts_with("/api/")) {
    answer(request, reply);
  } else {
    give_client(request, reply);
  }
}

void Server::Impl::answer(const HttpRequest& request, HttpReply& reply) {
  using namespace std::chrono_literals;
  if (!questions.try_acquire_for(10s)) {
    reply.set_header("Retry-After", "5");
    return put_json(api_error(503, "too many questions at once; try again"), reply);
  }
  const QueryTimeLimit limit(options.question_s);
  const ApiReply answered = api.answer({request.path.substr(5), {request.params.begin(), request.params.end()}});
  questions.release();
  put_json(answered, reply);
}

void Server::Impl::give_layer(HttpRequest& request, HttpReply& reply) const {
  const httplib::Ranges ranges = std::exchange(request.ranges, {});
  if (!api.layers())
    return put_json(api_error(404, "no layers: syconn export neuroglancer " + options.run.string()), reply);
  const auto file = open_layer_file(*api.layers(), request.path.substr(6));
  if (!file) return put_json(api_error(404, "there is no such file in the export"), reply);
  reply.set_header("ETag", file->etag);
  reply.set_header("Accept-Ranges", "bytes");
  reply.set_header("Cache-Control", "no-cache");
  if (request.get_header_value("If-None-Match") == file->etag) {
    reply.status = 304;
    return;
  }
  ByteRange part{0, file->bytes};
  reply.status = 200;
  if (ranges.size() == 1) {  // of several the whole file, as the standard allows
    const auto asked = byte_range(ranges[0].first, ranges[0].second, file->bytes);
    if (!asked) {
      reply.set_header("Content-Range", "bytes */" + std::to_string(file->bytes));
      return put_json(api_error(416, "the file has " + std::to_string(file->bytes) + " bytes"), reply);
    }
    part = *asked;
    reply.status = 206;
    reply.set_header("Content-Range", "bytes " + std::to_string(part.begin) + "-" +
                                          std::to_string(part.begin + part.n - 1) + "/" + std::to_string(file->bytes));
  }
  if (part.n == 0) return reply.set_content("", file->type);
  reply.set_content_provider(
      part.n, file->type, [file = *file, begin = part.begin](std::size_t at, std::size_t n, httplib::DataSink& sink) {
        thread_local std::vector<char> piece;
        piece.resize(std::min(n, kPiece));
        return file.read(begin + at, piece.data(), piece.size()) && sink.write(piece.data(), piece.size());
      });
}

void Server::Impl::give_client(const HttpRequest& request, HttpReply& reply) const {
  const std::string name =
      request.path == "/" ? "index.html" : request.path.substr(std::min<std::size_t>(1, request.path.size()));
  for (const ClientFile& file : client_files()) {
    if (file.name != name) continue;
    reply.status = 200;
    reply.set_header("Content-Encoding", "gzip");
    reply.set_header("Cache-Control", "no-cache");
    // Given piece by piece, so that the library does not compress it again.
    return reply.set_content_provider(file.gzip.size(), client_type(file.name),
                                      [gzip = file.gzip](std::size_t at, std::size_t n, httplib::DataSink& sink) {
                                        return sink.write(gzip.data() + at, std::min(n, kPiece));
                                      });
  }
  if (request.path != "/") return put_json(api_error(404, "there is no such page; see / and /api/run"), reply);
  const ApiReply run = api.answer({"run", {}});
  reply.status = 200;
  reply.set_content(plain_page(run.body.value("name", std::string("run")), viewer_link(),
                               run.body["export_hint"].is_string() ? run.body["export_hint"].get<std::string>() : ""),
                    "text/html; charset=utf-8");
}

std::string Server::Impl::viewer_link() const {
  try {
    if (!api.layers()) return "";
    Json state = parse_json(read_file(*api.layers() / "state.json"), "state.json");
    point_at(url_of(options.host, port), state);
    return neuroglancer_link(state.dump());
  } catch (const std::exception&) {
    return "";  // a state that was changed by hand; the page is as good without the link
  }
}

Server::Server(ServeOptions options) {
  if (options.token.empty() && !is_loopback(options.host))
    throw Error(Category::usage,
                "'" + options.host + "' can be reached from other machines: give a token (--token FILE)");
  impl_ = std::make_unique<Impl>(std::move(options));
  Impl& s = *impl_;
  s.set_up();
  s.port = s.options.port;
  const bool bound = s.options.port == 0 ? (s.port = s.http.bind_to_any_port(s.options.host)) > 0
                                         : s.http.bind_to_port(s.options.host, s.options.port);
  if (!bound)
    throw Error(Category::runtime,
                "cannot listen at " + url_of(s.options.host, s.options.port) +
                    ": the port is taken, or the address is none of this machine. Another --port, or "
                    "--port 0 for a free one");
  ::listen(s.listener, kWaiting);  // the library lets five wait
}
Server::~Server() = default;

int Server::port() const { return impl_->port; }
std::string Server::url() const { return url_of(impl_->options.host, impl_->port); }

void Server::run(const std::atomic<int>& stop) {
  std::atomic<bool> ended{false};
  std::thread watch([&] {
    while (!ended && stop == 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    impl_->http.stop();
  });
  impl_->http.listen_after_bind();
  ended = true;
  watch.join();
}

}  // namespace syconn
