// SPDX-License-Identifier: GPL-3.0-or-later
// KNOSSOS: .k.toml and knossos.conf, raw cubes, PNG, Snappy and ZIP archives of Snappy.
#include "volume_folder.h"

namespace syconn::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::string> all{"\x1cx.k.toml\x1d[[Layer]]\n", "\x1cknossos.conf\x1d"};
  for (const char* conf : {"", "knossos.conf"})
    for (const char* extension : {".raw", ".png"})
      all.push_back(seed_of([&](const fs::path& folder) {
        test::write_knossos(folder, small_volume<std::uint8_t>(), {.extension = extension, .conf = conf, .cube = 4});
      }));
  for (const char* extension : {".seg.sz", ".seg.sz.zip"})
    for (const bool deflate : {false, true})
      all.push_back(seed_of([&](const fs::path& folder) {
        test::write_knossos(folder, small_volume<std::uint64_t>(),
                            {.extension = extension, .cube = 4, .deflate = deflate});
      }));
  return all;
}
std::vector<std::string> tokens() {
  return {"[[Layer]]\n",
          "Name = \"a\"\n",
          "ServerFormat = 'knossos'\n",
          "FileExtension = ['.raw']\n",
          ".seg.sz.zip",
          "Extent_px = [",
          "VoxelSize_nm = [[",
          "CubeShape_px = [",
          "URL = \"http://x\"\n",
          "experiment name \"",
          "boundary x ",
          "scale y ",
          "magnification 2;\n",
          "compression_ratio 0;",
          "\x1c",
          "\x1d",
          "\x1cmag1/x0000/y0000/z0000/tissue_mag1_x0000_y0000_z0000.raw\x1d",
          "\"\"\"",
          "'",
          "\"",
          "#",
          "\n",
          "[",
          "]",
          "{",
          "}",
          ",",
          "=",
          "true",
          "inf",
          "nan",
          "-1",
          "0",
          "1e300",
          "128",
          "9223372036854775807",
          "PK\x03\x04",
          "PK\x01\x02",
          "PK\x05\x06",
          std::string(4, '\0'),
          std::string(4, '\xff'),
          "\x89PNG",
          "IHDR",
          "IDAT"};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return syconn::fuzz::fuzz_volume_folder(data, size);
}
