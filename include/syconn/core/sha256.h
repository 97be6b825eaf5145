// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <string_view>

namespace syconn {

/// SHA-256 (FIPS 180-4) of `bytes` as 64 lower-case hex digits. For short texts such as configs, not for bulk data.
std::string sha256_hex(std::string_view bytes);

}  // namespace syconn
