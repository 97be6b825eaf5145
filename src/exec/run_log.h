// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>

#include "syconn/core/files.h"

namespace syconn {

/// A step's log file, appended to; thread-safe lines with time stamps.
class RunLog {
 public:
  explicit RunLog(const fs::path& path);
  ~RunLog();
  void line(const std::string& text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syconn
