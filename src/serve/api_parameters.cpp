// SPDX-License-Identifier: GPL-3.0-or-later
#include "api_parameters.h"

#include <algorithm>
#include <charconv>

#include "syconn/core/nearest_word.h"

namespace syconn {

ApiParameters::ApiParameters(const ApiRequest& request, const std::vector<std::string>& known)
    : given_(request.parameters) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  for (const auto& [name, value] : given_) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error(Category::usage, "unknown parameter '" + name + "'." + did_you_mean(name, known) +
                                       (all.empty() ? " There are none here" : " Known: " + all));
    if (given_.count(name) > 1) throw Error(Category::usage, "parameter '" + name + "' is given twice");
  }
}

std::string ApiParameters::text(const std::string& name, const std::string& otherwise) const {
  const auto found = given_.find(name);
  return found == given_.end() ? otherwise : found->second;
}

std::vector<std::string> ApiParameters::list(const std::string& name) const {
  std::vector<std::string> parts;
  const std::string all = text(name);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t comma = std::min(all.find(',', at), all.size());
    if (comma > at) parts.push_back(all.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

std::int64_t ApiParameters::whole(const std::string& name, std::int64_t otherwise, std::int64_t low,
                                  std::int64_t high) const {
  return given_.contains(name) ? whole_text(text(name), "parameter '" + name + "'", low, high) : otherwise;
}

bool ApiParameters::flag(const std::string& name) const { return whole(name, 0, 0, 1) == 1; }

std::string ApiParameters::one_of(const std::string& name, const std::vector<std::string>& words) const {
  const std::string word = text(name, words.front());
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  std::string all;
  for (const std::string& w : words) all += (all.empty() ? "" : ", ") + w;
  throw Error(Category::usage, "parameter '" + name + "': '" + word + "' is none of " + all);
}

std::int64_t whole_text(const std::string& text, const std::string& what, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw Error(Category::usage, what + " must be a whole number of " + std::to_string(low) + " to " +
                                     std::to_string(high) + ", not '" + text + "'");
  return value;
}

}  // namespace syconn
