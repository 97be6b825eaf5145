// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON API without HTTP: a path and parameters in, a status and JSON out.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "syconn/io/connectome.h"

namespace syconn {

struct ApiRequest {
  std::string path;  ///< behind /api/, decoded, as "cells/17/partners"
  std::multimap<std::string, std::string> parameters;
};
struct ApiReply {
  int status = 200;
  Json body;
};

/// What is asked: the tables of a run, and what its export holds.
class Api {
 public:
  /// `path`: a run folder, or a connectome.sqlite. Throws Error{input} where there is neither tables nor an export.
  explicit Api(const fs::path& path);

  /// Never throws but for lack of memory.
  ApiReply answer(const ApiRequest& request) const;
  /// RUN/export/neuroglancer, if there is one.
  const std::optional<fs::path>& layers() const { return layers_; }

 private:
  Json about_run() const;

  fs::path path_;
  std::optional<fs::path> layers_;
  std::optional<Connectome> tables_;
};

/// {"error": {"status", "message", "position"}}; position (from 1) where a message tells one of a filter.
ApiReply api_error(int status, const std::string& message);

}  // namespace syconn
