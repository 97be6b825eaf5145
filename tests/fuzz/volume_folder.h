// SPDX-License-Identifier: GPL-3.0-or-later
// Volumes that are folders of files, as one text that a fuzzer can change: "\x1c<name>\x1d<content>" a file.
#pragma once
#include <algorithm>
#include <fstream>
#include <iterator>

#include "fuzz_target.h"
#include "support/foreign_volumes.h"
#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/io/volume_reader.h"

namespace syconn::fuzz {

inline constexpr char kFileBegin = '\x1c', kNameEnd = '\x1d';

/// In memory where the system has such a folder: every input is written.
class InputFolder {
 public:
  InputFolder() {
    std::string name = fs::is_directory("/dev/shm") ? "/dev/shm/syconn_fuzz_XXXXXX"
                                                    : (fs::temp_directory_path() / "syconn_fuzz_XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "no folder for the inputs");
    path_ = name;
  }
  ~InputFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  InputFolder(const InputFolder&) = delete;
  InputFolder& operator=(const InputFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::string packed_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    text += kFileBegin + fs::relative(file, folder).string() + kNameEnd;
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  return text;
}

/// Names that leave the folder, or that the system does not take, give no file.
inline void unpack_folder(const std::string& text, const fs::path& folder) {
  for (std::size_t at = text.find(kFileBegin); at != text.npos;) {
    const std::size_t next = text.find(kFileBegin, at + 1);
    const std::string part = text.substr(at + 1, next == text.npos ? next : next - at - 1);
    at = next;
    const std::size_t name_end = part.find(kNameEnd);
    if (name_end == part.npos || name_end == 0 || name_end > 200) continue;
    const std::string name = part.substr(0, name_end);
    if (name.find("..") != name.npos || name.front() == '/' || name.find('\0') != name.npos) continue;
    std::error_code ignored;
    const fs::path file = folder / name;
    fs::create_directories(file.parent_path(), ignored);
    std::ofstream(file, std::ios::binary) << part.substr(name_end + 1);
  }
}

/// Opens the folder and asks everything of it that a run asks; whatever is wrong with it must be an Error.
inline void read_volume_folder(const fs::path& folder) {
  constexpr std::int64_t kMostVoxels = 1 << 16;
  for (const bool allow_missing : {false, true}) {
    try {
      const auto volume = open_volume(folder, "", {.allow_missing = allow_missing, .level = 0});
      volume_fingerprint(*volume);
      const Box3 all = volume->info().box();
      const Vec3i size = min(all.size(), Vec3i(32));
      require(all.min.x < all.max.x && all.min.y < all.max.y && all.min.z < all.max.z, "a volume without a voxel");
      if (size.product() > kMostVoxels) continue;
      for (const Box3& box : {Box3{all.min, all.min + size}, Box3{all.max - size, all.max}}) volume->read_labels(box);
    } catch (const Error& error) {
      require(error.category() == Category::input || error.category() == Category::config,
              std::string("an error of another kind: ") + error.what());
      require(std::string_view(error.what()).size() < 4096, "an endless message");
    }
  }
}

inline int fuzz_volume_folder(const std::uint8_t* data, std::size_t size) {
  const InputFolder folder;
  unpack_folder(std::string(reinterpret_cast<const char*>(data), size), folder.path());
  read_volume_folder(folder.path());
  return 0;
}

/// 5 x 4 x 3 voxels with few labels, some beyond 32 bits where T has them.
template <class T>
test::Plain<T> small_volume() {
  test::Plain<T> volume{{5, 4, 3}, {}};
  for (int i = 0; i < 60; ++i) volume.values.push_back(static_cast<T>(i % 7 == 0 ? ~std::uint64_t{0} >> 2 : i / 20));
  return volume;
}

/// What `write` puts into a folder, as an input.
template <class Write>
std::string seed_of(const Write& write) {
  const InputFolder folder;
  write(folder.path());
  return packed_folder(folder.path());
}

}  // namespace syconn::fuzz
