// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "volume_cache.h"

namespace syconn {

/// The content of the only entry of a ZIP archive in memory, stored or deflated, of at most `max_bytes`; false if it is
/// damaged or anything else.
bool unzip_only_entry(const char* archive, std::size_t bytes, std::size_t max_bytes, BlockBuffer& out);

}  // namespace syconn
