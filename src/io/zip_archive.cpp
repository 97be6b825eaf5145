// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip_archive.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "packing.h"

namespace syconn {
namespace {

constexpr std::uint32_t kEndMark = 0x06054b50, kEntryMark = 0x02014b50, kLocalMark = 0x04034b50;
constexpr std::size_t kEndBytes = 22, kEntryBytes = 46, kLocalBytes = 30, kMaxComment = 65535;

std::size_t u16(const char* at) {
  std::uint16_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
std::size_t u32(const char* at) {
  std::uint32_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

/// The record at the archive's end, behind which only its comment may stand; null if there is none.
const char* end_record(const char* archive, std::size_t bytes) {
  if (bytes < kEndBytes) return nullptr;
  for (std::size_t comment = 0; comment <= std::min(bytes - kEndBytes, kMaxComment); ++comment) {
    const char* at = archive + bytes - kEndBytes - comment;
    if (u32(at) == kEndMark && u16(at + 20) == comment) return at;
  }
  return nullptr;
}

}  // namespace

bool unzip_only_entry(const char* archive, std::size_t bytes, std::size_t max_bytes, BlockBuffer& out) {
  const char* end = end_record(archive, bytes);
  if (end == nullptr || u16(end + 10) != 1) return false;
  const std::size_t entry_at = u32(end + 16);
  if (entry_at > bytes || bytes - entry_at < kEntryBytes || u32(archive + entry_at) != kEntryMark) return false;
  const char* entry = archive + entry_at;
  const std::size_t method = u16(entry + 10), crc = u32(entry + 16), packed = u32(entry + 20), plain = u32(entry + 24);
  const std::size_t local_at = u32(entry + 42);
  if (plain > max_bytes || local_at > bytes || bytes - local_at < kLocalBytes || u32(archive + local_at) != kLocalMark)
    return false;
  const std::size_t data_at = local_at + kLocalBytes + u16(archive + local_at + 26) + u16(archive + local_at + 28);
  if (data_at > bytes || packed > bytes - data_at) return false;
  out.resize(plain);
  if (method == 0 && packed == plain)
    std::memcpy(out.data(), archive + data_at, plain);
  else if (method != 8 || !deflate_decode(archive + data_at, packed, out.data(), plain))
    return false;
  return libdeflate_crc32(0, out.data(), plain) == crc;
}

}  // namespace syconn
