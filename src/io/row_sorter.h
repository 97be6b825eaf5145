// SPDX-License-Identifier: GPL-3.0-or-later
// External merge sort of byte records by id within a memory cap.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

namespace syconn {

class RowSorter {
 public:
  /// Spills into unnamed files in `spill_folder`; if that is empty, exceeding the cap is Error{runtime}.
  RowSorter(std::uint64_t memory_bytes, fs::path spill_folder);
  ~RowSorter();
  /// Room for one record of `bytes` bytes, to be filled before the next call.
  char* add(Id id, std::size_t bytes);
  std::uint64_t size() const { return size_; }
  std::uint64_t spills() const { return runs_.size(); }
  /// Calls fn(id, record) in ascending order of ids, equal ids in the order added; the sorter is empty afterwards.
  void drain(const std::function<void(Id, std::span<const char>)>& fn);

 private:
  struct Entry {
    Id id;
    const char* data;
    std::uint64_t bytes;
  };
  struct Run {
    std::uint64_t begin, end;  ///< bytes of the spill file
  };
  class RunReader;
  void sort_entries();
  void spill();
  void merge_runs(const std::function<void(Id, std::span<const char>)>& fn);
  void clear_memory();

  std::uint64_t memory_bytes_;
  fs::path spill_folder_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_left_ = 0;
  char* block_at_ = nullptr;
  std::uint64_t used_bytes_ = 0;
  std::vector<Entry> entries_;
  std::uint64_t size_ = 0;
  int spill_file_ = -1;
  std::uint64_t spill_end_ = 0;
  std::vector<Run> runs_;
};

}  // namespace syconn
