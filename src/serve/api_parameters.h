// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "api.h"

namespace syconn {

/// The parameters of one request. Every getter is Error{usage} that names the parameter and what it may be.
class ApiParameters {
 public:
  /// `known`: all that the route takes; another one, or one given twice, is an error.
  ApiParameters(const ApiRequest& request, const std::vector<std::string>& known);

  std::string text(const std::string& name, const std::string& otherwise = {}) const;
  std::vector<std::string> list(const std::string& name) const;  ///< by commas
  std::int64_t whole(const std::string& name, std::int64_t otherwise, std::int64_t low, std::int64_t high) const;
  bool flag(const std::string& name) const;                                                  ///< 1 or 0
  std::string one_of(const std::string& name, const std::vector<std::string>& words) const;  ///< else the first

 private:
  std::multimap<std::string, std::string> given_;
};

/// An id or count as text: digits only, below 2^63. Throws Error{usage} naming `what`.
std::int64_t whole_text(const std::string& text, const std::string& what, std::int64_t low = 0,
                        std::int64_t high = INT64_MAX);

}  // namespace syconn
