// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace syconn {

namespace fs = std::filesystem;

/// Name for an unfinished `path`, in the same folder, unique to this process and call: .NAME.tmp.<host>.<pid>.<n>
fs::path temporary_name(const fs::path& path);
bool is_temporary_name(const fs::path& path);

/// fsync(temporary), rename to `path`, fsync of the folder. Throws Error{runtime} (disk full, …) and leaves `path` as it was.
void commit_file(const fs::path& temporary, const fs::path& path);
/// Writes `text` so that readers see the old file or the new one, never half of it.
void write_file_atomically(const fs::path& path, std::string_view text);

/// Whole file; throws Error{input} naming the file.
std::string read_file(const fs::path& path);
/// CRC-32C of a file's bytes, read in blocks.
std::uint32_t file_crc32c(const fs::path& path);
/// Creates the folder and its parents; throws Error{runtime} naming it and the reason.
void make_folder(const fs::path& path);
/// Removes unfinished files (see temporary_name) that dead processes of this host left in `folder`; nothing else.
void sweep_temporaries(const fs::path& folder);
/// Free bytes of the file system that holds `path`.
std::uint64_t free_bytes(const fs::path& path);

}  // namespace syconn
