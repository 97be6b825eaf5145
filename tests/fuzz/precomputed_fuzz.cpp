// SPDX-License-Identifier: GPL-3.0-or-later
// Neuroglancer precomputed volumes: info, chunks (raw, compressed_segmentation, gzip) and shards.
#include "volume_folder.h"

namespace syconn::fuzz {

std::vector<std::string> seeds() {
  const auto seed = [](const auto& volume, const test::PrecomputedLayout& layout) {
    return seed_of([&](const fs::path& folder) { test::write_precomputed(folder, volume, layout); });
  };
  const auto bytes = small_volume<std::uint8_t>();
  const auto labels = small_volume<std::uint64_t>();
  const Vec3i chunk{4, 4, 4}, block{2, 2, 2};
  return {seed(bytes, {.chunk = chunk}),
          seed(bytes, {.chunk = chunk, .offset = {-3, 5, 7}, .gz_files = true}),
          seed(small_volume<std::uint32_t>(), {.chunk = chunk, .block = block, .gz_content = true}),
          seed(labels, {.chunk = chunk, .block = block}),
          seed(labels, {.chunk = chunk, .block = block, .sharding = test::sharding("identity", 1, 1, 1, "raw", "raw")}),
          seed(bytes, {.chunk = chunk, .sharding = test::sharding("murmurhash3_x86_128", 0, 1, 2, "gzip", "gzip")}),
          "\x1cinfo\x1d{}"};
}
std::vector<std::string> tokens() {
  return {"\"scales\":",
          "\"key\":",
          "\"size\":[",
          "\"chunk_sizes\":[[",
          "\"voxel_offset\":[",
          "\"resolution\":[",
          "\"encoding\":\"raw\"",
          "\"compressed_segmentation\"",
          "\"jpeg\"",
          "\"sharding\":",
          "\"data_type\":",
          "\"uint64\"",
          "\"float32\"",
          "\"num_channels\":",
          "\"hidden\":true",
          "\"minishard_bits\":",
          "\"preshift_bits\":",
          "\x1c",
          "\x1d",
          "\x1c"
          "fine/0-4_0-4_0-3\x1d",
          "null",
          "{",
          "}",
          "[",
          "]",
          ",",
          "-1",
          "0",
          "1e300",
          "64",
          "4294967296",
          "9223372036854775807",
          std::string(4, '\0'),
          std::string(8, '\xff'),
          "\x1f\x8b"};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return syconn::fuzz::fuzz_volume_folder(data, size);
}
