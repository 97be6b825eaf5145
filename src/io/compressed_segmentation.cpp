// SPDX-License-Identifier: GPL-3.0-or-later
#include "compressed_segmentation.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "syconn/core/error.h"

namespace syconn {
namespace {

using Word = std::uint32_t;
constexpr std::size_t kMaxTableOffset = (std::size_t{1} << 24) - 1;
constexpr std::size_t kChannels = 1;  ///< also the number of words before the channel's data

Vec3i grid_of(const Vec3i& size, const Vec3i& block) { return (size + block - Vec3i(1)) / block; }

std::size_t value_words(unsigned bits, const Vec3i& block) {
  return (bits * static_cast<std::size_t>(block.product()) + 31) / 32;
}

bool is_width(unsigned bits) { return bits <= 32 && (bits & (bits - 1)) == 0; }

/// Calls fn(first voxel, voxels) for each block, in the order of the headers.
template <class Fn>
void for_each_block(const Vec3i& size, const Vec3i& block, const Fn& fn) {
  const Vec3i grid = grid_of(size, block);
  Vec3i g;
  for (g.z = 0; g.z < grid.z; ++g.z)
    for (g.y = 0; g.y < grid.y; ++g.y)
      for (g.x = 0; g.x < grid.x; ++g.x) fn(g * block, min(block, size - g * block));
}

template <class Label>
class Encoder {
 public:
  Encoder(const Label* labels, const Vec3i& size, const Vec3i& block) : labels_(labels), size_(size), block_(block) {}

  void encode(std::vector<char>& out) {
    const std::size_t n_blocks = static_cast<std::size_t>(grid_of(size_, block_).product());
    words_.assign(2 * n_blocks, 0);
    std::size_t header = 0;
    for_each_block(size_, block_, [&](const Vec3i& first, const Vec3i& n) {
      collect(first, n);
      unsigned bits = 0;
      while (bits < 32 && (std::size_t{1} << bits) < table_.size()) bits = bits == 0 ? 1 : 2 * bits;
      const std::size_t values_at = words_.size();
      append_values(first, n, bits);
      const std::size_t table_at = place_table();
      words_[header++] = static_cast<Word>(table_at) | bits << 24;
      words_[header++] = static_cast<Word>(values_at);
    });
    const Word offset = kChannels;
    out.resize((kChannels + words_.size()) * sizeof(Word));
    std::memcpy(out.data(), &offset, sizeof offset);
    std::memcpy(out.data() + sizeof offset, words_.data(), words_.size() * sizeof(Word));
  }

 private:
  const Label* row(const Vec3i& first, std::int64_t y, std::int64_t z) const {
    return labels_ + first.x + size_.x * (first.y + y + size_.y * (first.z + z));
  }

  /// The block's labels, ascending, into table_.
  void collect(const Vec3i& first, const Vec3i& n) {
    table_.clear();
    for (std::int64_t z = 0; z < n.z; ++z)
      for (std::int64_t y = 0; y < n.y; ++y) {
        const Label* in = row(first, y, z);
        for (std::int64_t x = 0; x < n.x; ++x)
          if (table_.empty() || in[x] != table_.back()) table_.push_back(in[x]);
      }
    std::sort(table_.begin(), table_.end());
    table_.erase(std::unique(table_.begin(), table_.end()), table_.end());
  }

  void append_values(const Vec3i& first, const Vec3i& n, unsigned bits) {
    const std::size_t at = words_.size();
    words_.resize(at + value_words(bits, block_), 0);
    if (bits == 0) return;
    Label last = table_.front();
    std::size_t index = 0;
    for (std::int64_t z = 0; z < n.z; ++z)
      for (std::int64_t y = 0; y < n.y; ++y) {
        const Label* in = row(first, y, z);
        std::size_t bit = bits * static_cast<std::size_t>(block_.x * (y + block_.y * z));
        for (std::int64_t x = 0; x < n.x; ++x, bit += bits) {
          if (in[x] != last) {
            last = in[x];
            index = static_cast<std::size_t>(std::lower_bound(table_.begin(), table_.end(), last) - table_.begin());
          }
          words_[at + bit / 32] |= static_cast<Word>(index) << bit % 32;
        }
      }
  }

  std::size_t place_table() {
    const auto [known, is_new] = tables_.emplace(table_, words_.size());
    if (!is_new) return known->second;
    if (words_.size() > kMaxTableOffset)
      throw Error(Category::config, "a chunk of " + std::to_string(size_.x) + "x" + std::to_string(size_.y) + "x" +
                                        std::to_string(size_.z) +
                                        " voxels is too large for compressed_segmentation: make chunks smaller");
    for (const Label label : table_) {
      words_.push_back(static_cast<Word>(label));
      if constexpr (sizeof(Label) == 8) words_.push_back(static_cast<Word>(label >> 32));
    }
    return known->second;
  }

  const Label* labels_;
  Vec3i size_, block_;
  std::vector<Word> words_;  ///< headers, then values and tables
  std::vector<Label> table_;
  std::map<std::vector<Label>, std::size_t> tables_;  ///< where each table is
};

template <class Label>
class Decoder {
 public:
  Decoder(const char* channel, std::size_t words, const Vec3i& size, const Vec3i& block, Label* labels)
      : channel_(channel), words_(words), size_(size), block_(block), labels_(labels) {}

  bool decode() const {
    if (static_cast<std::size_t>(grid_of(size_, block_).product()) > words_ / 2) return false;
    std::size_t header = 0;
    bool good = true;
    for_each_block(size_, block_, [&](const Vec3i& first, const Vec3i& n) {
      const Word head = word(header), values_at = word(header + 1);
      header += 2;
      good = good && decode_block(first, n, head >> 24, head & kMaxTableOffset, values_at);
    });
    return good;
  }

 private:
  Word word(std::size_t i) const {
    Word w;
    std::memcpy(&w, channel_ + i * sizeof w, sizeof w);
    return w;
  }

  bool decode_block(const Vec3i& first, const Vec3i& n, unsigned bits, std::size_t table_at,
                    std::size_t values_at) const {
    if (!is_width(bits) || table_at > words_ || values_at > words_ || value_words(bits, block_) > words_ - values_at)
      return false;
    const std::size_t entries = (words_ - table_at) / (sizeof(Label) / sizeof(Word));
    const char* table = channel_ + table_at * sizeof(Word);
    const Word mask = bits == 32 ? ~Word{0} : (Word{1} << bits) - 1;
    std::size_t last = SIZE_MAX;
    Label label = 0;
    for (std::int64_t z = 0; z < n.z; ++z)
      for (std::int64_t y = 0; y < n.y; ++y) {
        Label* out = labels_ + first.x + size_.x * (first.y + y + size_.y * (first.z + z));
        std::size_t bit = bits * static_cast<std::size_t>(block_.x * (y + block_.y * z));
        for (std::int64_t x = 0; x < n.x; ++x, bit += bits) {
          const std::size_t index = bits == 0 ? 0 : word(values_at + bit / 32) >> bit % 32 & mask;
          if (index != last) {
            if (index >= entries) return false;
            std::memcpy(&label, table + index * sizeof(Label), sizeof label);
            last = index;
          }
          out[x] = label;
        }
      }
    return true;
  }

  const char* channel_;
  std::size_t words_;  ///< of the channel
  Vec3i size_, block_;
  Label* labels_;
};

template <class Label>
bool decompress(const char* in, std::size_t bytes, const Vec3i& size, const Vec3i& block, Label* labels) {
  const std::size_t words = bytes / sizeof(Word);
  Word offset = 0;
  if (bytes % sizeof(Word) != 0 || words < kChannels) return false;
  std::memcpy(&offset, in, sizeof offset);
  if (offset < kChannels || offset > words) return false;
  return Decoder<Label>(in + offset * sizeof(Word), words - offset, size, block, labels).decode();
}

}  // namespace

void compress_segmentation(const std::uint32_t* labels, const Vec3i& size, const Vec3i& block, std::vector<char>& out) {
  Encoder(labels, size, block).encode(out);
}

void compress_segmentation(const std::uint64_t* labels, const Vec3i& size, const Vec3i& block, std::vector<char>& out) {
  Encoder(labels, size, block).encode(out);
}

bool decompress_segmentation(const char* in, std::size_t bytes, const Vec3i& size, const Vec3i& block,
                             std::uint32_t* labels) {
  return decompress(in, bytes, size, block, labels);
}

bool decompress_segmentation(const char* in, std::size_t bytes, const Vec3i& size, const Vec3i& block,
                             std::uint64_t* labels) {
  return decompress(in, bytes, size, block, labels);
}

std::size_t max_compressed_segmentation_bytes(const Vec3i& size, const Vec3i& block, std::size_t label_bytes) {
  const std::size_t n_blocks = static_cast<std::size_t>(grid_of(size, block).product());
  const std::size_t block_voxels = static_cast<std::size_t>(block.product());
  return kChannels * sizeof(Word) + n_blocks * (2 * sizeof(Word) + value_words(32, block) * sizeof(Word) +
                                                std::min<std::size_t>(block_voxels, size.product()) * label_bytes);
}

}  // namespace syconn
