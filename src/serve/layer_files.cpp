// SPDX-License-Identifier: GPL-3.0-or-later
#include "layer_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace syconn {
namespace {

/// Whether a relative path has only plain steps.
bool is_plain(const std::string& path) {
  if (path.empty() || path.size() > 4096 || path.front() == '/' || path.find('\0') != path.npos ||
      path.find('\\') != path.npos)
    return false;
  for (const fs::path& step : fs::path(path))
    if (step.empty() || step == "." || step == "..") return false;
  return true;
}

const char* type_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name == "info" || name == "provenance" || name.ends_with(".json")) return "application/json";
  return name.ends_with(".txt") ? "text/plain; charset=utf-8" : "application/octet-stream";
}

}  // namespace

bool LayerFile::read(std::uint64_t offset, char* out, std::size_t n) const {
  while (n > 0) {
    const ssize_t got = ::pread(*descriptor, out, n, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got, offset += static_cast<std::uint64_t>(got), n -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<LayerFile> open_layer_file(const fs::path& root, const std::string& path) {
  if (!is_plain(path)) return std::nullopt;
  std::error_code error;
  const fs::path whole = fs::canonical(root / path, error);
  if (error) return std::nullopt;
  const auto [rest, unused] = std::mismatch(root.begin(), root.end(), whole.begin(), whole.end());
  if (rest != root.end()) return std::nullopt;
  const int opened = ::open(whole.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (opened < 0) return std::nullopt;
  LayerFile file{std::shared_ptr<const int>(new int(opened),
                                            [](const int* d) {
                                              ::close(*d);
                                              delete d;
                                            }),
                 0, "", type_of(whole)};
  struct stat status {};
  if (::fstat(opened, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  file.bytes = static_cast<std::uint64_t>(status.st_size);
  char tag[64];
  std::snprintf(tag, sizeof tag, "\"%llx-%llx-%lx\"", static_cast<unsigned long long>(status.st_size),
                static_cast<unsigned long long>(status.st_mtim.tv_sec), status.st_mtim.tv_nsec);
  file.etag = tag;
  return file;
}

std::optional<ByteRange> byte_range(std::int64_t first, std::int64_t last, std::uint64_t bytes) {
  const auto size = static_cast<std::int64_t>(bytes);
  if (first < 0) {  // the last ones
    if (last <= 0 || size == 0) return std::nullopt;
    const std::int64_t n = std::min(last, size);
    return ByteRange{static_cast<std::uint64_t>(size - n), static_cast<std::uint64_t>(n)};
  }
  if (first >= size || (last >= 0 && last < first)) return std::nullopt;
  const std::int64_t end = last < 0 || last >= size ? size : last + 1;
  return ByteRange{static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(end - first)};
}

}  // namespace syconn
