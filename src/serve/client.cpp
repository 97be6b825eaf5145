// SPDX-License-Identifier: GPL-3.0-or-later
#include "client.h"

#include "syconn/core/markup.h"

namespace syconn {

const char* client_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".wasm")) return "application/wasm";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return name.ends_with(".txt") ? "text/plain; charset=utf-8" : "application/octet-stream";
}

std::string plain_page(const std::string& name, const std::string& viewer_link, const std::string& hint) {
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped_markup(name) +
                     "</title><style>body{font:1.1em sans-serif;max-width:40em;margin:2em auto;padding:0 1em}"
                     "code{background:#eee;padding:0 .2em}</style></head><body><h1>" +
                     escaped_markup(name) + "</h1>\n";
  if (!viewer_link.empty())
    page +=
        "<p><a href=\"" + escaped_markup(viewer_link) +
        "\">Look at the layers in Neuroglancer</a> (the viewer is a page of another server; this one must be started "
        "with <code>--cors https://neuroglancer-demo.appspot.com</code>).</p>\n";
  if (!hint.empty()) page += "<p>There are no layers to look at yet: <code>" + escaped_markup(hint) + "</code></p>\n";
  return page +
         "<p>Questions, answered as JSON: <a href=\"/api/run\">the run</a>, <a href=\"/api/columns\">tables and "
         "columns</a>, <a href=\"/api/cells?limit=20\">cells</a>, <a href=\"/api/synapses?limit=20\">synapses</a>, "
         "<a href=\"/api/edges?limit=20&amp;order_by=-n_syn\">connections</a>.</p>\n</body></html>\n";
}

}  // namespace syconn
