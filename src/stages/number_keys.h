// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <queue>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/exec/job.h"
#include "syconn/io/record_file.h"

/// Ids 1..N over all slices by the order of their keys, with one block of keys of each slice in memory.
namespace syconn {

constexpr std::uint32_t kKeysPerBlock = 4096;

/// A slice's sorted keys, in blocks of kKeysPerBlock.
template <class Key>
void write_key_blocks(const fs::path& file, const std::vector<Key>& keys) {
  const std::size_t blocks = keys.empty() ? 1 : (keys.size() + kKeysPerBlock - 1) / kKeysPerBlock;
  RecordWriter<Key> out(file, static_cast<std::uint32_t>(blocks));
  for (std::size_t i = 0; i < keys.size(); ++i) out.append(static_cast<std::uint32_t>(i / kKeysPerBlock), keys[i]);
  out.close();
}

/// Reads them in order, a block in memory.
template <class Key>
class KeyStream {
 public:
  explicit KeyStream(const fs::path& file) : file_(file) { load(); }
  bool done() const { return at_ == block_.size(); }
  const Key& head() const { return block_[at_]; }
  void advance() {
    if (++at_ == block_.size()) load();
  }

 private:
  void load() {
    block_.clear(), at_ = 0;
    while (block_.empty() && next_ < file_.n_slices()) read_records(file_, next_++, block_);
  }
  RecordFile file_;
  std::vector<Key> block_;
  std::size_t at_ = 0;
  std::uint32_t next_ = 0;
};

/// Merges the slices' keys, outputs `name` of an earlier `step`; writes each slice's ids, in its order, to work output
/// `ids`. Returns N.
template <class Key>
Id number_keys(JobContext& ctx, const std::string& step, const std::string& name) {
  const std::uint32_t slices = ctx.geometry().id_slices();
  std::vector<KeyStream<Key>> streams;
  for (std::uint32_t s = 0; s < slices; ++s) streams.emplace_back(ctx.work_input(step, name, s));
  const auto later = [&](std::uint32_t x, std::uint32_t y) { return streams[x].head() > streams[y].head(); };
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, decltype(later)> heap(later);
  for (std::uint32_t s = 0; s < slices; ++s)
    if (!streams[s].done()) heap.push(s);
  RecordWriter<Id> out(ctx.work_output("ids"), slices);
  Id id = 0;
  while (!heap.empty()) {
    const std::uint32_t s = heap.top();
    heap.pop();
    out.append(s, ++id);
    streams[s].advance();
    if (!streams[s].done()) heap.push(s);
  }
  out.close();
  return id;
}

}  // namespace syconn
