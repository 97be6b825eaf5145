// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "syconn/core/files.h"

namespace syconn::store_test {

/// Folder of this test program, removed when it ends.
inline const fs::path& program_folder() {
  struct Folder {
    fs::path path = fs::path(testing::TempDir()) / ("syconn-io-tests-" + std::to_string(::getpid()));
    ~Folder() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return folder.path;
}

/// An empty folder for one test, named after it.
inline fs::path fresh_folder(const std::string& suffix = "") {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(info->test_suite_name()) + "." + info->name() + suffix;
  for (char& c : name)
    if (c == '/') c = '-';
  const fs::path folder = program_folder() / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

inline void write_bytes(const fs::path& path, const std::string& bytes) {
  fs::remove(path);  // ext4 flushes a file that is truncated and written again
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.good()) << path;
}

}  // namespace syconn::store_test
