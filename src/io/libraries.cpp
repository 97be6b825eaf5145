// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/libraries.h"

#include <hdf5.h>
#include <libdeflate.h>
#include <png.h>
#include <sqlite3.h>
#include <zstd.h>

namespace syconn {

std::vector<LibraryVersion> io_libraries() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return {{"hdf5", std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release)},
          {"zstd", ZSTD_versionString()},
          {"libdeflate", LIBDEFLATE_VERSION_STRING},
          {"sqlite", sqlite3_libversion()},
          {"libpng", png_get_libpng_ver(nullptr)}};
}

}  // namespace syconn
