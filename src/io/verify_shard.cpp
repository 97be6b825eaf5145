// SPDX-License-Identifier: GPL-3.0-or-later
#include "shard_file.h"
#include "syconn/core/crc32c.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {
namespace {

std::string checksum_or_error(const ShardFile& file, const ShardFile::Stored& stored) {
  try {
    return hex8(file.crc(stored));
  } catch (const Error& error) {
    return std::string("unreadable (") + error.what() + ")";
  }
}

}  // namespace

void verify_checksums(const ShardFile& file, std::vector<Finding>& findings) {
  const std::string name = file.path().string();
  for (const auto& [path, sum] : file.checksums())
    if (!file.datasets().contains(path)) findings.push_back({name, path, "is missing"});
  for (const auto& [path, stored] : file.datasets()) {
    const auto sum = file.checksums().find(path);
    if (sum == file.checksums().end())
      findings.push_back({name, path, "has no checksum"});
    else if (const std::string found = checksum_or_error(file, stored); found != sum->second)
      findings.push_back({name, path, "checksum is " + found + ", not " + sum->second});
  }
}

std::vector<Finding> verify_shard_file(const fs::path& path) {
  std::vector<Finding> findings;
  try {
    verify_checksums(ShardFile(path), findings);
  } catch (const Error& error) {
    findings.push_back({path.string(), "", error.what()});
  }
  return findings;
}

}  // namespace syconn
