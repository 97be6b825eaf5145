// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip_entry.h"

#include <algorithm>
#include <cstdint>
#include <fstream>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::uint64_t kMaxDirectory = 64U << 20, kMaxEntry = 16U << 20;

class Archive {
 public:
  explicit Archive(const fs::path& path) : path_(path), file_(path, std::ios::binary) {
    if (!file_) throw Error(Category::input, path.string() + ": cannot be opened");
    file_.seekg(0, std::ios::end);
    size_ = static_cast<std::uint64_t>(file_.tellg());
  }
  std::uint64_t size() const { return size_; }
  std::string read(std::uint64_t at, std::uint64_t bytes) {
    if (at > size_ || bytes > size_ - at) damaged();
    std::string out(bytes, '\0');
    file_.seekg(static_cast<std::streamoff>(at));
    if (!file_.read(out.data(), static_cast<std::streamsize>(bytes))) damaged();
    return out;
  }
  [[noreturn]] void damaged() const {
    throw Error(Category::input, path_.string() + ": no ZIP archive (TorchScript is one), or a damaged one");
  }

 private:
  fs::path path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
};

/// Little-endian number of `n` bytes; 0 beyond the end.
std::uint64_t number(const std::string& s, std::size_t at, int n) {
  std::uint64_t v = 0;
  for (int i = n - 1; i >= 0; --i) v = v << 8 | (at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0);
  return v;
}

/// The central directory, from the record at the archive's end or its 64-bit form.
std::string directory(Archive& archive) {
  const std::uint64_t tail_size = std::min<std::uint64_t>(archive.size(), 65557);
  const std::uint64_t tail_at = archive.size() - tail_size;
  const std::string tail = archive.read(tail_at, tail_size);
  const std::size_t end = tail.rfind("PK\5\6");
  if (end == std::string::npos || end + 22 > tail.size()) archive.damaged();
  std::uint64_t bytes = number(tail, end + 12, 4), at = number(tail, end + 16, 4);
  if (end >= 20 && tail.compare(end - 20, 4, "PK\6\7") == 0) {
    const std::string record = archive.read(number(tail, end - 20 + 8, 8), 56);
    if (record.compare(0, 4, "PK\6\6") != 0) archive.damaged();
    bytes = number(record, 40, 8), at = number(record, 48, 8);
  }
  if (bytes > kMaxDirectory) archive.damaged();
  return archive.read(at, bytes);
}

struct Entry {
  std::uint64_t method, packed, bytes, local_at;
};

/// The 64-bit values of an entry whose 32-bit ones are all ones.
void widen(Entry& e, const std::string& extra) {
  for (std::size_t at = 0; at + 4 <= extra.size(); at += 4 + number(extra, at + 2, 2)) {
    if (number(extra, at, 2) != 1) continue;
    std::size_t field = at + 4;
    for (std::uint64_t* value : {&e.bytes, &e.packed, &e.local_at})
      if (*value == 0xFFFFFFFFU) *value = number(extra, field, 8), field += 8;
  }
}

}  // namespace

std::optional<std::string> zip_entry(const fs::path& path, const std::string& name) {
  Archive archive(path);
  const std::string all = directory(archive), wanted = "/" + name;
  for (std::size_t at = 0; at + 46 <= all.size();) {
    if (all.compare(at, 4, "PK\1\2") != 0) archive.damaged();
    const std::size_t n = number(all, at + 28, 2), extra = number(all, at + 30, 2), comment = number(all, at + 32, 2);
    if (at + 46 + n + extra > all.size()) archive.damaged();
    const std::string entry_name = all.substr(at + 46, n);
    if (entry_name.ends_with(wanted)) {
      Entry e{number(all, at + 10, 2), number(all, at + 20, 4), number(all, at + 24, 4), number(all, at + 42, 4)};
      widen(e, all.substr(at + 46 + n, extra));
      if (e.method != 0 || e.packed != e.bytes || e.bytes > kMaxEntry) archive.damaged();
      const std::string local = archive.read(e.local_at, 30);
      return archive.read(e.local_at + 30 + number(local, 26, 2) + number(local, 28, 2), e.bytes);
    }
    at += 46 + n + extra + comment;
  }
  return std::nullopt;
}

}  // namespace syconn
