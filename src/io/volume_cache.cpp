// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_cache.h"

#include <new>
#include <string>

#include "syconn/core/error.h"

namespace syconn {

void BlockBuffer::resize(std::size_t bytes) {
  if (bytes > capacity_) {
    data_.reset(new (std::nothrow) char[bytes]);
    capacity_ = data_ == nullptr ? 0 : bytes;
    if (data_ == nullptr)
      throw Error(Category::input, "no memory for a volume block of " + std::to_string(bytes) + " bytes");
  }
  size_ = bytes;
}

BlockCache::Block BlockCache::get(const Key& key, std::size_t bytes, const std::function<void(char*)>& decode) {
  const auto decoded = [&] {
    auto buffer = std::make_shared<BlockBuffer>(bytes);
    decode(buffer->data());
    return buffer;
  };
  if (bytes > bound_) return decoded();
  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Slot>& known = slots_[key];
    if (known == nullptr) known = std::make_shared<Slot>();
    slot = known;
    if (slot->counted) recent_.splice(recent_.begin(), recent_, slot->place);
  }
  const std::lock_guard lock(slot->mutex);
  if (slot->block == nullptr) {
    slot->block = decoded();
    count_in(key, slot, bytes);
  }
  return slot->block;
}

void BlockCache::count_in(const Key& key, const std::shared_ptr<Slot>& slot, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto known = slots_.find(key);
  if (known == slots_.end() || known->second != slot) return;
  recent_.push_front(key);
  slot->place = recent_.begin();
  slot->counted = true;
  held_ += bytes;
  while (held_ > bound_ && recent_.size() > 1) {
    const auto oldest = slots_.find(recent_.back());
    held_ -= oldest->second->block->size();
    slots_.erase(oldest);
    recent_.pop_back();
  }
}

std::uint64_t BlockCache::held_bytes() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

}  // namespace syconn
