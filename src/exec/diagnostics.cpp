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

namespace {

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before, previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) current[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::move(previous);
    previous = current;
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
  }
  return current[b.size()];
}

}  // namespace

std::string nearest_word(const std::string& word, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t limit = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size()),
                      shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= limit) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= limit || distance >= candidate.size()) continue;
    nearest = candidate;
    limit = distance;
  }
  return nearest;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = nearest_word(word, known);
  return nearest.empty() ? "" : " Did you mean '" + nearest + "'?";
}

}  // namespace syconn
