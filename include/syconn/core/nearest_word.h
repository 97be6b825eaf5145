// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

namespace syconn {

/// The known word nearest to `word` in Levenshtein distance (at most a third of its length, at least 1 edit; a swap of
/// neighbours counts as one), or "" if none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);
/// " Did you mean 'x'?" or "".
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace syconn
