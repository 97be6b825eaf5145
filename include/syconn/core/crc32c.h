// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace syconn {

/// CRC-32C (Castagnoli, reflected 0x82F63B78) of a byte range; `crc` continues an earlier call (0 to start).
/// Uses the CPU's crc32 instruction where there is one, else tables; both give the same value.
std::uint32_t crc32c(const void* data, std::size_t bytes, std::uint32_t crc = 0);
std::uint32_t crc32c_portable(const void* data, std::size_t bytes, std::uint32_t crc = 0);

/// 8 lower-case hex digits.
std::string hex8(std::uint32_t value);

}  // namespace syconn
