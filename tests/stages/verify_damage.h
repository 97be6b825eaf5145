// SPDX-License-Identifier: GPL-3.0-or-later
// Damage for tests of `syconn verify`: values changed inside shards and tables, with checksums and markers set right
// again, so that only checks of their meaning can find them.
#pragma once
#include <hdf5.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "syconn/core/crc32c.h"
#include "syconn/core/json.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/shard_builder.h"

namespace syconn::test {

inline void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("damage: " + what);
}

/// The file that holds a column or field of a shard.
inline fs::path shard_of_column(const fs::path& run, const std::string& type, const std::string& name,
                                std::size_t shard) {
  for (const ShardSet& set : read_top_file(run / "datasets" / (type + ".h5")).sets)
    for (const auto* list : {&set.columns, &set.fields})
      if (std::find(list->begin(), list->end(), name) != list->end()) return run / "datasets" / set.files.at(shard);
  if (name == "id")
    return run / "datasets" / read_top_file(run / "datasets" / (type + ".h5")).sets.at(0).files.at(shard);
  throw std::runtime_error("no column " + name + " of " + type);
}

template <class T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint32_t>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
}

/// Sets the entry of `dataset` in the attribute `checksums` of an open file.
inline void set_checksum(hid_t file, const std::string& dataset, std::uint32_t crc) {
  const hid_t attribute = H5Aopen(file, "checksums", H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);
  std::string text(H5Tget_size(type), '\0');
  require(attribute >= 0 && H5Aread(attribute, type, text.data()) >= 0, "no checksums");
  const std::string key = "\"" + dataset + "\":\"";
  std::size_t at = text.find(key);
  require(at != std::string::npos, "no checksum of " + dataset);
  text.replace(at + key.size(), 8, hex8(crc));
  require(H5Awrite(attribute, type, text.data()) >= 0, "checksums not written");
  H5Tclose(type), H5Aclose(attribute);
}

/// Changes the values of one dataset of an HDF5 file in place, and its checksum.
template <class T>
void edit_dataset(const fs::path& path, const std::string& dataset,
                  const std::function<void(std::vector<T>&)>& change) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  require(file >= 0, "cannot open " + path.string());
  const hid_t values = H5Dopen2(file, dataset.c_str(), H5P_DEFAULT);
  const hid_t space = H5Dget_space(values);
  std::vector<T> v(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  require(H5Dread(values, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, v.data()) >= 0, "cannot read " + dataset);
  change(v);
  require(H5Dwrite(values, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, v.data()) >= 0, "cannot write " + dataset);
  H5Sclose(space), H5Dclose(values);
  set_checksum(file, dataset, crc32c(v.data(), v.size() * sizeof(T)));
  require(H5Fclose(file) >= 0, "cannot close " + path.string());
}

/// The same of a column of one shard; `name` is that of the column, or field/part.
template <class T>
void edit_column(const fs::path& run, const std::string& type, const std::string& name,
                 const std::function<void(std::vector<T>&)>& change, std::size_t shard = 0) {
  edit_dataset<T>(shard_of_column(run, type, name.substr(0, name.find('/')), shard), name, change);
}

inline void edit_sql(const fs::path& run, const std::string& statement) {
  sqlite3* db = nullptr;
  require(sqlite3_open((run / "connectome.sqlite").c_str(), &db) == SQLITE_OK, "no database");
  char* why = nullptr;
  const int code = sqlite3_exec(db, statement.c_str(), nullptr, nullptr, &why);
  const std::string text = why == nullptr ? "" : why;
  const int changed = sqlite3_changes(db);
  sqlite3_close(db);
  require(code == SQLITE_OK && changed > 0, statement + ": " + text);
}

/// Markers and top files name the bytes that there are now.
inline void settle(const fs::path& run) {
  for (const auto& entry : fs::directory_iterator(run / "datasets"))
    if (entry.path().extension() == ".h5") {
      const TopFile top = read_top_file(entry.path());
      if (!SegmentationDataset::verify(entry.path(), VerifyLevel::files).empty()) commit_top_file(entry.path(), top);
    }
  for (const auto& entry : fs::recursive_directory_iterator(run / "work")) {
    if (entry.path().parent_path().filename() != "done") continue;
    Json marker = parse_json(read_file(entry.path()), entry.path());
    for (Json& file : marker.at("files")) {
      const fs::path path = run / file.at("path").get<std::string>();
      if (!fs::exists(path)) continue;
      file["bytes"] = fs::file_size(path), file["crc32c"] = hex8(file_crc32c(path));
    }
    write_file_atomically(entry.path(), marker.dump() + "\n");
  }
}

inline void overwrite(const fs::path& path, std::uint64_t at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  require(file.good(), "cannot overwrite " + path.string());
}

}  // namespace syconn::test
