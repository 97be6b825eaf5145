// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to `syconn serve` behind HTTP: "path?name=value&…" to the API, and the same path among the files of an
// export.
#include <map>

#include "fuzz_target.h"
#include "serve/api.h"
#include "serve/gatekeeper.h"
#include "serve/layer_files.h"
#include "serve/serve_support.h"

namespace syconn::fuzz {
namespace {

struct Served {
  test::TempFolder folder;
  fs::path run = folder / "run";
  std::optional<Api> api;
  Served() {
    test::write_tables(run);
    test::write_layers(run);
    api.emplace(run);
  }
};

ApiRequest request_of(const std::string& text) {
  ApiRequest request;
  const std::size_t question = std::min(text.find('?'), text.size());
  request.path = text.substr(0, question);
  for (std::size_t at = question + 1; at < text.size();) {
    const std::size_t end = std::min(text.find('&', at), text.size()), equal = std::min(text.find('=', at), end);
    request.parameters.emplace(text.substr(at, equal - at), equal < end ? text.substr(equal + 1, end - equal - 1) : "");
    at = end + 1;
  }
  return request;
}

void check_reply(const ApiReply& reply) {
  require(reply.status == 200 || reply.status == 400 || reply.status == 404 || reply.status == 500,
          "a status of another kind");
  const std::string text = reply.body.dump(-1, ' ', false, Json::error_handler_t::replace);
  require(reply.status == 200 || !reply.body.at("error").at("message").get<std::string>().empty(),
          "an error without a message: " + text);
  // What is wrong with these tables is only what the question makes of them, as SQLite's limit of depth.
  require(reply.status != 500 || text.find("SQLite") != text.npos, "the server's fault: " + text);
}

}  // namespace

std::vector<std::string> seeds() {
  return {"run",
          "columns",
          "cells?where=type==GP&order_by=-id&limit=2&offset=1&codes=1",
          "synapses?group_by=pre_id&agg=n,sum(area_um2),median(prob)&order_by=-n",
          "cells/1",
          "cells/9007199254740993/partners?direction=in&min_synapses=2&where=prob>=0.5",
          "cells/1/synapses?partner=2&where=prob>0.5 and post_comp==spine_head&limit=3",
          "synapses/11",
          "common?cells=1,2&direction=in",
          "matrix?by_type=1",
          "matrix?cells=1,2&value=mean_area&per=post.id",
          "seg/info",
          "seg/../../secret",
          "etc/passwd"};
}
std::vector<std::string> tokens() {
  return {"cells",
          "synapses",
          "edges",
          "contacts",
          "partners",
          "common",
          "matrix",
          "run",
          "columns",
          "seg",
          "info",
          "link",
          "0.shard",
          "/",
          "//",
          "..",
          ".",
          "?",
          "&",
          "=",
          "where=",
          "columns=",
          "group_by=",
          "agg=",
          "order_by=",
          "limit=",
          "offset=",
          "codes=1",
          "direction=",
          "partner=",
          "cells=",
          "value=",
          "per=",
          "by_type=1",
          "min_synapses=",
          "n",
          "sum(prob)",
          "-",
          ",",
          "1",
          "0",
          "-1",
          "9223372036854775807",
          "9223372036854775808",
          "1e9",
          "'",
          "\"",
          ";--",
          "(",
          ")",
          " or ",
          " and ",
          "==",
          "%00",
          std::string(1, '\0'),
          "\xff"};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syconn;
  static const fuzz::Served served;
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::check_reply(served.api->answer(fuzz::request_of(text)));
  names_this_machine(text), borne_token(text, text);
  if (const auto file = open_layer_file(*served.api->layers(), text.substr(0, text.find('?')))) {
    std::string bytes(file->bytes, '\0');
    fuzz::require(file->read(0, bytes.data(), bytes.size()), "a file that cannot be read");
    fuzz::require(bytes.find("secret") == bytes.npos && file->bytes <= 1000, "a file from outside");
    if (const auto part =
            byte_range(static_cast<std::int64_t>(size) - 20, static_cast<std::int64_t>(size % 7) - 1, file->bytes))
      fuzz::require(part->n > 0 && part->begin + part->n <= file->bytes, "a range beyond the file");
  }
  return 0;
}
