// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <vector>

namespace syconn {

/// Replaces `out` by a gzip stream of `bytes`, without a time stamp. Same bytes, same stream.
void gzip_encode(std::span<const char> bytes, std::vector<char>& out);

}  // namespace syconn
