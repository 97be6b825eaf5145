// SPDX-License-Identifier: GPL-3.0-or-later
// Codecs of volumes and files, one core: Mvx/s of labels of 64 bits in chunks of 64^3, GB/s of checksums.
#include "bench_input.h"
#include "chunk_codec.h"
#include "compressed_segmentation.h"
#include "syconn/core/crc32c.h"
#include "zstd_filter.h"

namespace syconn::bench {
namespace {

constexpr std::int64_t kEdge = 64;

/// Chunks of an input, one behind the other; whole ones only.
std::vector<Id> chunks_of(const Volume<Id>& labels) {
  std::vector<Id> out;
  const Vec3i n = labels.box().size() / kEdge;
  for (std::int64_t c = 0; c < n.product(); ++c) {
    const Vec3i at = Vec3i{c % n.x, c / n.x % n.y, c / n.x / n.y} * kEdge;
    for (std::int64_t z = 0; z < kEdge; ++z)
      for (std::int64_t y = 0; y < kEdge; ++y) {
        const Id* row = labels.view().row(at.y + y, at.z + z) + at.x;
        out.insert(out.end(), row, row + kEdge);
      }
  }
  return out;
}
constexpr std::size_t kChunk = kEdge * kEdge * kEdge;

void segmentation_encode(benchmark::State& state, Input input) {
  if (is_missing(state, labels_of(input))) return;
  const std::vector<Id> labels = chunks_of(labels_of(input));
  std::vector<char> encoded;
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    for (std::size_t c = 0; c < labels.size(); c += kChunk) {
      compress_segmentation(labels.data() + c, Vec3i(kEdge), Vec3i(8), encoded);
      bytes += encoded.size();
    }
  }
  rate(state, static_cast<std::int64_t>(labels.size()), 8);
  state.counters["encoded_per_vx"] = static_cast<double>(bytes) / static_cast<double>(labels.size());
}

void segmentation_decode(benchmark::State& state, Input input) {
  if (is_missing(state, labels_of(input))) return;
  const std::vector<Id> labels = chunks_of(labels_of(input));
  std::vector<std::vector<char>> encoded(labels.size() / kChunk);
  for (std::size_t c = 0; c < encoded.size(); ++c)
    compress_segmentation(labels.data() + c * kChunk, Vec3i(kEdge), Vec3i(8), encoded[c]);
  std::vector<Id> out(kChunk);
  for (auto _ : state)
    for (const std::vector<char>& chunk : encoded)
      if (!decompress_segmentation(chunk.data(), chunk.size(), Vec3i(kEdge), Vec3i(8), out.data()))
        return state.SkipWithError("a chunk cannot be read back");
  rate(state, static_cast<std::int64_t>(labels.size()), 8);
}

/// As HDF5 chunks are stored: bytes by significance, then zstd.
void zstd_chunks(benchmark::State& state, Input input) {
  if (is_missing(state, labels_of(input))) return;
  const std::vector<Id> labels = chunks_of(labels_of(input));
  std::vector<char> shuffled(kChunk * 8), frame;
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    for (std::size_t c = 0; c < labels.size(); c += kChunk) {
      shuffle(reinterpret_cast<const char*>(labels.data() + c), shuffled.size(), 8, shuffled.data());
      zstd_encode(shuffled.data(), shuffled.size(), kZstdLevel, frame);
      bytes += frame.size();
    }
  }
  rate(state, static_cast<std::int64_t>(labels.size()), 8);
  state.counters["encoded_per_vx"] = static_cast<double>(bytes) / static_cast<double>(labels.size());
}

void unzstd_chunks(benchmark::State& state, Input input) {
  if (is_missing(state, labels_of(input))) return;
  const std::vector<Id> labels = chunks_of(labels_of(input));
  std::vector<std::vector<char>> frames(labels.size() / kChunk);
  std::vector<char> shuffled(kChunk * 8), out(kChunk * 8);
  for (std::size_t c = 0; c < frames.size(); ++c) {
    shuffle(reinterpret_cast<const char*>(labels.data() + c * kChunk), shuffled.size(), 8, shuffled.data());
    zstd_encode(shuffled.data(), shuffled.size(), kZstdLevel, frames[c]);
  }
  for (auto _ : state)
    for (const std::vector<char>& frame : frames) {
      if (!zstd_decode(frame.data(), frame.size(), shuffled.data(), shuffled.size()))
        return state.SkipWithError("a chunk cannot be read back");
      unshuffle(shuffled.data(), shuffled.size(), 8, out.data());
    }
  rate(state, static_cast<std::int64_t>(labels.size()), 8);
}

const int kRegistered = [] {
  on_inputs("compressed_segmentation_encode", segmentation_encode, false);
  on_inputs("compressed_segmentation_decode", segmentation_decode, false);
  on_inputs("zstd_encode", zstd_chunks, false);
  on_inputs("zstd_decode", unzstd_chunks, false);
  return 0;
}();

void checksum(benchmark::State& state) {
  const std::vector<char> bytes(1 << 26, 'a');
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes.data(), bytes.size()));
  state.counters["GB/s"] =
      benchmark::Counter(static_cast<double>(bytes.size()) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(checksum)->Name("crc32c")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace syconn::bench

BENCHMARK_MAIN();
