// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/error.h"
#include "syconn/core/nearest_word.h"

namespace syconn {

/// Where a value was written: "run.yml" line 14 column 5 (1-based), or "--set contacts.closings" without a line.
struct Place {
  std::string origin;
  int line = 0, column = 0;
  /// "run.yml:14:5" or the origin alone.
  std::string text() const;
};

/// Collects every error of a file before anything is thrown.
class Diagnostics {
 public:
  /// `origin`: the file's name as the user wrote it.
  explicit Diagnostics(std::string origin) : origin_(std::move(origin)) {}
  void error(const Place& place, const std::string& message);
  /// The errors of another, all at `place`.
  void take(const Diagnostics& other, const Place& place);
  std::size_t count() const { return entries_.size(); }
  /// One line an error, the file's in order of position, then those of --set; last "run.yml: 3 errors, nothing was
  /// run."
  std::string text() const;
  /// Throws Error{config} with text() if there was any error.
  void throw_if_any() const;

 private:
  struct Entry {
    Place place;
    std::string message;
  };
  std::string origin_;
  std::vector<Entry> entries_;
};

}  // namespace syconn
