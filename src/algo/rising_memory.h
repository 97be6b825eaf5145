// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace syconn {

/// Memory for a library that compares addresses: what is allocated later lies higher, so that the order of addresses,
/// and with it the result, is that of every other run. One a thread at a time; nothing is freed before it ends.
class RisingMemory {
 public:
  /// `bytes` of address space are reserved, untouched pages cost nothing. Throws std::bad_alloc.
  explicit RisingMemory(std::size_t bytes)
      : bytes_(std::make_unique_for_overwrite<std::byte[]>(bytes)), next_(bytes_.get()), left_(bytes) {
    current() = this;
  }
  ~RisingMemory() { current() = nullptr; }
  RisingMemory(const RisingMemory&) = delete;
  RisingMemory& operator=(const RisingMemory&) = delete;

  /// Throws std::bad_alloc where the memory is used up or the thread has none.
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    RisingMemory* memory = current();
    if (memory == nullptr) throw std::bad_alloc();
    void* p = memory->next_;
    if (std::align(alignment, bytes, p, memory->left_) == nullptr) throw std::bad_alloc();
    memory->next_ = static_cast<std::byte*>(p) + bytes;
    memory->left_ -= bytes;
    return p;
  }

 private:
  static RisingMemory*& current() {
    thread_local RisingMemory* memory = nullptr;
    return memory;
  }

  std::unique_ptr<std::byte[]> bytes_;
  void* next_;
  std::size_t left_;
};

/// Standard allocator on the thread's RisingMemory.
template <class T>
struct RisingAllocator {
  using value_type = T;
  RisingAllocator() = default;
  template <class U>
  RisingAllocator(const RisingAllocator<U>& /*other*/) {}  // NOLINT(google-explicit-constructor): as the standard's
  T* allocate(std::size_t n) { return static_cast<T*>(RisingMemory::allocate(n * sizeof(T), alignof(T))); }
  void deallocate(T* /*p*/, std::size_t /*n*/) {}
  template <class U>
  bool operator==(const RisingAllocator<U>& /*other*/) const {
    return true;
  }
};

}  // namespace syconn
