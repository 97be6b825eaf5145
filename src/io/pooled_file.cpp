// SPDX-License-Identifier: GPL-3.0-or-later
#include "pooled_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>

#include "syconn/core/error.h"

namespace syconn {

struct PooledFile::Descriptor {
  int number = -1;
  std::uint64_t bytes = 0;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

struct PooledFile::Slot {
  std::atomic<std::shared_ptr<Descriptor>> open;
  std::atomic<std::uint64_t> first_bytes{UINT64_MAX};
};

namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path, int error) {
  const std::string hint = error == EMFILE ? " (raise the limit of open files: ulimit -n)" : "";
  throw Error(Category::input, what + " '" + path.string() + "': " + std::strerror(error) + hint);
}

/// The open slots, oldest first; what exceeds the limit is closed when its last reader is done.
void remember(const std::shared_ptr<PooledFile::Slot>& slot) {
  static std::mutex mutex;
  static std::deque<std::weak_ptr<PooledFile::Slot>> open;
  const std::lock_guard lock(mutex);
  open.push_back(slot);
  while (open.size() > PooledFile::kMaxOpen) {
    if (const auto oldest = open.front().lock(); oldest && oldest != slot) oldest->open.store(nullptr);
    open.pop_front();
  }
}

}  // namespace

PooledFile::PooledFile(fs::path path) : path_(std::move(path)), slot_(std::make_shared<Slot>()) {}
PooledFile::~PooledFile() = default;

std::shared_ptr<PooledFile::Descriptor> PooledFile::descriptor() const {
  if (auto open = slot_->open.load()) return open;
  auto fresh = std::make_shared<Descriptor>();
  fresh->number = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fresh->number < 0) fail("cannot open", path_, errno);
  struct stat status {};
  if (::fstat(fresh->number, &status) != 0) fail("cannot stat", path_, errno);
  fresh->bytes = static_cast<std::uint64_t>(status.st_size);
  std::uint64_t expected = UINT64_MAX;
  if (!slot_->first_bytes.compare_exchange_strong(expected, fresh->bytes) && expected != fresh->bytes)
    throw Error(Category::input, "'" + path_.string() + "' has changed while it was in use");
  slot_->open.store(fresh);
  remember(slot_);
  return fresh;
}

std::uint64_t PooledFile::size() const { return descriptor()->bytes; }

void PooledFile::read(std::uint64_t at, std::uint64_t bytes, void* out) const {
  const auto file = descriptor();
  char* to = static_cast<char*>(out);
  if (at > file->bytes || bytes > file->bytes - at)
    throw Error(Category::input, "'" + path_.string() + "' ends before byte " + std::to_string(at + bytes));
  while (bytes > 0) {
    const ssize_t n = ::pread(file->number, to, bytes, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot read", path_, errno);
    if (n == 0) throw Error(Category::input, "'" + path_.string() + "' is truncated");
    to += n, bytes -= static_cast<std::uint64_t>(n), at += static_cast<std::uint64_t>(n);
  }
}

}  // namespace syconn
