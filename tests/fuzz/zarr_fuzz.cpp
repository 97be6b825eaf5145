// SPDX-License-Identifier: GPL-3.0-or-later
// Zarr v2 and OME-Zarr: .zarray, .zattrs and chunks of every compressor.
#include "volume_folder.h"

namespace syconn::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::string> all{"\x1c.zarray\x1d{}", "\x1c.zattrs\x1d{\"multiscales\":[]}"};
  for (const char* packing : {"", "gzip", "zlib", "zstd", "zstd without size", "lz4", "lz4hc", "blosclz"})
    all.push_back(seed_of([&](const fs::path& folder) {
      test::write_zarr(folder, small_volume<std::uint32_t>(), {.packing = packing, .chunk = {4, 4, 4}});
    }));
  all.push_back(seed_of([](const fs::path& folder) {
    test::write_zarr(
        folder, small_volume<std::uint64_t>(),
        {.chunk = {4, 4, 4}, .separator = "/", .axes = "tczyx", .big_endian = true, .ome = true, .offset = {2, 4, 6}});
  }));
  all.push_back(seed_of([](const fs::path& folder) {
    test::write_zarr(folder, small_volume<float>(), {.chunk = {4, 4, 4}, .axes = "xyz", .fortran = true});
  }));
  return all;
}
std::vector<std::string> tokens() {
  return {"\"zarr_format\":2",
          "\"shape\":[",
          "\"chunks\":[",
          "\"dtype\":\"<u8\"",
          "\"|b1\"",
          "\">f8\"",
          "\"compressor\":",
          "\"id\":\"blosc\"",
          "\"cname\":\"lz4hc\"",
          "\"shuffle\":2",
          "\"fill_value\":",
          "\"NaN\"",
          "\"order\":\"F\"",
          "\"filters\":[]",
          "\"dimension_separator\":\"/\"",
          "\"multiscales\":[",
          "\"axes\":",
          "\"datasets\":",
          "\"path\":\"0\"",
          "\"coordinateTransformations\":",
          "\"scale\":[",
          "\"translation\":[",
          "\"unit\":\"nanometer\"",
          "\"version\":\"0.4\"",
          "\"_ARRAY_DIMENSIONS\":",
          "\"voxel_size_nm\":",
          "\"offset_vx\":",
          "\x1c",
          "\x1d",
          "\x1c"
          "0.0.0\x1d",
          "\x1c.zgroup\x1d",
          "null",
          "{",
          "}",
          "[",
          "]",
          ",",
          "-1",
          "0",
          "1e300",
          "0.5",
          "9223372036854775807",
          std::string(4, '\0'),
          std::string(4, '\xff'),
          "\x28\xb5\x2f\xfd"};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return syconn::fuzz::fuzz_volume_folder(data, size);
}
