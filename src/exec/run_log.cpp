// SPDX-License-Identifier: GPL-3.0-or-later
#include "run_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>

#include "syconn/core/error.h"

namespace syconn {

struct RunLog::Impl {
  spdlog::logger logger;
};

RunLog::RunLog(const fs::path& path) {
  make_folder(path.parent_path());
  try {
    impl_ = std::make_unique<Impl>(
        Impl{spdlog::logger("step", std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string()))});
  } catch (const spdlog::spdlog_ex& e) {
    throw Error(Category::runtime, "cannot open log '" + path.string() + "': " + e.what());
  }
  impl_->logger.set_pattern("%Y-%m-%d %H:%M:%S.%e [%P] %v");
  impl_->logger.flush_on(spdlog::level::info);
}

RunLog::~RunLog() = default;

void RunLog::line(const std::string& text) { impl_->logger.log(spdlog::level::info, text); }

}  // namespace syconn
