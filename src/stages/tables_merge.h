// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/io/record_file.h"

namespace syconn {

/// Sums of all slices in the order of their keys, a block of each in memory.
template <class T, class Key>
class MergedSums {
 public:
  MergedSums(JobContext& ctx, const std::string& name, Key key) : key_(key) {
    for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s) {
      streams_.push_back({RecordFile(ctx.work_input("sum", name, s)), {}, 0, 0});
      push(s);
    }
  }
  bool next() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const std::uint32_t s = heap_.back().second;
    heap_.pop_back();
    row_ = streams_[s].block[streams_[s].at++];
    push(s);
    return true;
  }
  const T& row() const { return row_; }

 private:
  struct Stream {
    RecordFile file;
    std::vector<T> block;
    std::size_t at;
    std::uint32_t next;
  };
  void push(std::uint32_t s) {
    Stream& stream = streams_[s];
    if (stream.at == stream.block.size()) {
      stream.block.clear(), stream.at = 0;
      while (stream.block.empty() && stream.next < stream.file.n_slices())
        read_records(stream.file, stream.next++, stream.block);
      if (stream.block.empty()) return;
    }
    heap_.emplace_back(key_(stream.block[stream.at]), s);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
  Key key_;
  std::vector<Stream> streams_;
  std::vector<std::pair<std::invoke_result_t<Key, const T&>, std::uint32_t>> heap_;
  T row_{};
};

}  // namespace syconn
