// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

namespace syconn {

/// "0.1.0"; part of the provenance in data files.
const char* version();
/// Short git hash of the build, "+" appended when the tree had changes, "unknown" outside git. Only in logs, plan and
/// runs.jsonl.
const char* git_hash();
const char* compiler();

/// A library that a room links, and its version; of headers alone that of the build.
struct LibraryVersion {
  std::string name, version;
};
std::vector<LibraryVersion> core_libraries();
/// Widest instructions that inner loops take: avx512, avx2 or portable (cpu_level).
const char* simd_level();

}  // namespace syconn
