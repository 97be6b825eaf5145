// SPDX-License-Identifier: GPL-3.0-or-later
#include "tables_rows.h"

#include <algorithm>
#include <stdexcept>

namespace syconn {
namespace {

constexpr std::uint64_t kBlockRows = 1024;

}  // namespace

MergedRows::MergedRows(const SegmentationDataset& dataset, const std::vector<std::string>& columns)
    : dataset_(dataset), names_(columns), streams_(dataset.n_shards()) {
  for (const std::string& name : columns) columns_.emplace_back(dataset, name);
  for (std::uint32_t s = 0; s < dataset.n_shards(); ++s) load(s);
}

void MergedRows::load(std::uint32_t shard) {
  Stream& s = streams_[shard];
  s.ids = dataset_.ids(shard, s.first, kBlockRows);
  s.at = 0;
  s.values.clear();
  if (s.ids.empty()) return;
  for (const AnyColumn& column : columns_) s.values.push_back(column.load({shard, s.first}, s.ids.size()));
  s.first += s.ids.size();
  heap_.push({s.ids[0], shard});
}

bool MergedRows::next() {
  if (current_ >= 0) {
    const auto shard = static_cast<std::uint32_t>(current_);
    Stream& s = streams_[shard];
    if (++s.at < s.ids.size())
      heap_.push({s.ids[s.at], shard});
    else
      load(shard);
  }
  if (heap_.empty()) return false;
  id_ = heap_.top().first, current_ = heap_.top().second;
  heap_.pop();
  return true;
}

int MergedRows::index(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) throw std::logic_error("column '" + name + "' was not asked for");
  return static_cast<int>(found - names_.begin());
}

std::int64_t MergedRows::integer(int c, int k) const {
  const Stream& s = streams_[static_cast<std::size_t>(current_)];
  const auto at = s.at * static_cast<std::uint64_t>(column(c).width()) + static_cast<std::uint64_t>(k);
  return s.values[static_cast<std::size_t>(c)].integers[at];
}
double MergedRows::real(int c, int k) const {
  const Stream& s = streams_[static_cast<std::size_t>(current_)];
  const auto at = s.at * static_cast<std::uint64_t>(column(c).width()) + static_cast<std::uint64_t>(k);
  const ColumnValues& v = s.values[static_cast<std::size_t>(c)];
  return column(c).is_real() ? v.reals[at] : static_cast<double>(v.integers[at]);
}

}  // namespace syconn
