// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/diagnostics.h"

#include <algorithm>
#include <tuple>

namespace syconn {

std::string Place::text() const {
  return line == 0 ? origin : origin + ":" + std::to_string(line) + ":" + std::to_string(column);
}

namespace {

/// What the user wrote may hold line ends and terminal codes; an error is one line of text.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

void Diagnostics::error(const Place& place, const std::string& message) { entries_.push_back({place, message}); }

void Diagnostics::take(const Diagnostics& other, const Place& place) {
  for (const Entry& e : other.entries_) error(place, e.message);
}

std::string Diagnostics::text() const {
  std::vector<Entry> sorted = entries_;
  const auto order = [&](const Entry& e) {
    return std::tuple(e.place.origin != origin_, e.place.line, e.place.column);
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Entry& a, const Entry& b) { return order(a) < order(b); });
  std::string result;
  for (const Entry& e : sorted) result += one_line(e.place.text() + ": error: " + e.message) + "\n";
  return result + origin_ + ": " + std::to_string(count()) + (count() == 1 ? " error" : " errors") +
         ", nothing was run.";
}

void Diagnostics::throw_if_any() const {
  if (!entries_.empty()) throw Error(Category::config, text());
}

}  // namespace syconn
