// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <stdexcept>
#include <string>

namespace syconn {

/// What went wrong; the value is the process's exit code.
enum class Category {
  runtime = 1,   ///< run-time failure
  usage = 2,     ///< wrong command line
  config = 3,    ///< invalid configuration
  input = 4,     ///< input missing or corrupt
  verify = 5,    ///< a check of results failed
  partial = 6,   ///< some jobs failed after retries
  retry = 75,    ///< worth a retry: previous step incomplete, device failed, told to stop
};

/// The one exception type. Messages name file, key, id or chunk, and the way out.
class Error : public std::runtime_error {
 public:
  Error(Category category, const std::string& message) : std::runtime_error(message), category_(category) {}
  Category category() const { return category_; }
  int exit_code() const { return static_cast<int>(category_); }
  /// Same category, the message prefixed by where it happened.
  Error with_context(const std::string& where) const { return {category_, where + ": " + what()}; }

 private:
  Category category_;
};

}  // namespace syconn
