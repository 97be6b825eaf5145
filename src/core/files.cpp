// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "syconn/core/crc32c.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path, int error) {
  std::string hint;
  if (error == ENOSPC || error == EDQUOT) hint = " (the disk or quota is full: free space, then run again to resume)";
  throw Error(Category::runtime, what + " '" + path.string() + "': " + std::strerror(error) + hint);
}

void sync_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) fail("cannot open", path, errno);
  const int rc = ::fsync(fd), error = errno;
  ::close(fd);
  if (rc != 0 && error != EINVAL) fail("cannot fsync", path, error);  // EINVAL: a file system without fsync on folders
}

std::string host_name() {
  char buffer[256] = "host";
  ::gethostname(buffer, sizeof buffer - 1);
  for (char* c = buffer; *c != 0; ++c)
    if (*c == '.' || *c == '/') *c = '-';
  return buffer;
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  std::ostringstream name;
  name << '.' << path.filename().string() << ".tmp." << host_name() << '.' << ::getpid() << '.' << counter++;
  return path.parent_path() / name.str();
}

bool is_temporary_name(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') && name.find(".tmp.") != std::string::npos;
}

void commit_file(const fs::path& temporary, const fs::path& path) {
  sync_path(temporary, O_RDONLY);
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("cannot rename to", path, errno);
  sync_path(folder_of(path), O_RDONLY | O_DIRECTORY);
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  const fs::path temporary = temporary_name(path);
  {
    std::ofstream out(temporary, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out) {
      const int error = errno;
      std::error_code ignored;
      fs::remove(temporary, ignored);
      fail("cannot write", path, error);
    }
  }
  commit_file(temporary, path);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(Category::input, "cannot read '" + path.string() + "': " + std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) throw Error(Category::input, "cannot read '" + path.string() + "'");
  return std::move(text).str();
}

std::uint32_t file_crc32c(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(Category::input, "cannot read '" + path.string() + "': " + std::strerror(errno));
  std::vector<char> block(1 << 20);
  std::uint32_t crc = 0;
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    crc = crc32c(block.data(), static_cast<std::size_t>(in.gcount()), crc);
  return crc;
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error(Category::runtime, "cannot create folder '" + path.string() + "': " + error.message());
}

void sweep_temporaries(const fs::path& folder) {
  const std::string mark = ".tmp." + host_name() + ".";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const auto at = name.rfind(mark);
    if (!name.starts_with('.') || at == std::string::npos) continue;
    const long pid = std::strtol(name.c_str() + at + mark.size(), nullptr, 10);
    const bool dead = pid > 0 && ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
    std::error_code ignored;
    if (dead) fs::remove(entry.path(), ignored);
  }
}

std::uint64_t free_bytes(const fs::path& path) {
  std::error_code error;
  const auto space = fs::space(path, error);
  return error ? 0 : space.available;
}

}  // namespace syconn
