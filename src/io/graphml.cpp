// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/graphml.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "number_text.h"
#include "syconn/core/error.h"
#include "syconn/core/markup.h"

namespace syconn {
namespace {

std::string keys(const std::vector<GraphAttribute>& attributes, const std::string& prefix, const std::string& of) {
  constexpr const char* kTypes[] = {"long", "double", "string"};
  std::string text;
  for (std::size_t i = 0; i < attributes.size(); ++i)
    text += "  <key id=\"" + prefix + std::to_string(i) + "\" for=\"" + of + "\" attr.name=\"" +
            escaped_markup(attributes[i].name) + "\" attr.type=\"" + kTypes[static_cast<int>(attributes[i].type)] +
            "\"/>\n";
  return text;
}

std::string data(const std::string& prefix, const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!values[i].empty())
      text += "<data key=\"" + prefix + std::to_string(i) + "\">" + escaped_markup(values[i]) + "</data>";
  return text;
}

}  // namespace

struct GraphWriter::Impl {
  fs::path path, temporary;
  std::ofstream out;
};

GraphWriter::GraphWriter(const fs::path& path, const std::vector<GraphAttribute>& of_nodes,
                         const std::vector<GraphAttribute>& of_edges)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path, impl_->temporary = temporary_name(path);
  impl_->out.open(impl_->temporary, std::ios::binary);
  impl_->out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
                "  <key id=\"id\" for=\"node\" attr.name=\"id\" attr.type=\"string\"/>\n"
             << keys(of_nodes, "n", "node") << keys(of_edges, "e", "edge")
             << "  <graph id=\"connectome\" edgedefault=\"directed\">\n";
}

GraphWriter::~GraphWriter() {
  std::error_code ignored;
  fs::remove(impl_->temporary, ignored);
}

void GraphWriter::node(Id id, const std::vector<std::string>& values) {
  impl_->out << "    <node id=\"n" << id << "\"><data key=\"id\">" << id << "</data>" << data("n", values)
             << "</node>\n";
}

void GraphWriter::edge(Id from, Id to, const std::vector<std::string>& values) {
  impl_->out << "    <edge source=\"n" << from << "\" target=\"n" << to << "\">" << data("e", values) << "</edge>\n";
}

void GraphWriter::close() {
  impl_->out << "  </graph>\n</graphml>\n";
  impl_->out.close();
  if (!impl_->out)
    throw Error(Category::runtime, "cannot write '" + impl_->path.string() + "': " + std::strerror(errno));
  commit_file(impl_->temporary, impl_->path);
}

std::string graph_number(double value) { return number_text(value); }

}  // namespace syconn
