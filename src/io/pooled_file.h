// SPDX-License-Identifier: GPL-3.0-or-later
// Immutable files read by position. At most kMaxOpen of them are open at a time in this process, whatever number is in
// use: a dataset of 900 shard files stays below the usual limit of 1,024 open files.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "syconn/core/files.h"

namespace syconn {

class PooledFile {
 public:
  static constexpr std::size_t kMaxOpen = 256;

  /// Opens nothing yet.
  explicit PooledFile(fs::path path);
  ~PooledFile();
  const fs::path& path() const { return path_; }
  /// Size when first opened; a file that has another size when it is opened again is Error{input}.
  std::uint64_t size() const;
  /// Reads exactly `bytes` bytes at offset `at`; throws Error{input} beyond the end. Safe from several threads.
  void read(std::uint64_t at, std::uint64_t bytes, void* out) const;

  struct Descriptor;
  struct Slot;

 private:
  std::shared_ptr<Descriptor> descriptor() const;
  fs::path path_;
  std::shared_ptr<Slot> slot_;
};

}  // namespace syconn
