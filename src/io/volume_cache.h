// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace syconn {

/// Bytes without initialisation: a damaged size then costs address space, not memory.
class BlockBuffer {
 public:
  BlockBuffer() = default;
  explicit BlockBuffer(std::size_t bytes) { resize(bytes); }
  /// Contents are undefined afterwards. Throws Error{input} if there is no memory for it.
  void resize(std::size_t bytes);
  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

/// Decoded blocks, least recently used ones dropped beyond `bound_bytes` (blocks in use by callers live on until
/// released). Threads that want the same block at once decode it once.
class BlockCache {
 public:
  using Block = std::shared_ptr<const BlockBuffer>;
  using Key = std::pair<std::uint64_t, std::uint64_t>;  ///< source, index
  explicit BlockCache(std::uint64_t bound_bytes) : bound_(bound_bytes) {}

  Block get(const Key& key, std::size_t bytes, const std::function<void(char*)>& decode);
  std::uint64_t held_bytes() const;

 private:
  struct Slot {
    std::mutex mutex;
    Block block;
    bool counted = false;
    std::list<Key>::iterator place;
  };
  void count_in(const Key& key, const std::shared_ptr<Slot>& slot, std::size_t bytes);

  mutable std::mutex mutex_;
  std::map<Key, std::shared_ptr<Slot>> slots_;
  std::list<Key> recent_;  ///< newest first; decoded blocks only
  std::uint64_t held_ = 0;
  std::uint64_t bound_;
};

}  // namespace syconn
