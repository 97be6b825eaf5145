// SPDX-License-Identifier: GPL-3.0-or-later
// HDF5 behind RAII handles, private to the room io. Every failure is an Error that names file and object and carries
// HDF5's own words; nothing is printed. Files made here have no time stamps and a fixed format version: same calls,
// same bytes.
#pragma once
#include <hdf5.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syconn/core/error.h"
#include "syconn/core/files.h"
#include "syconn/io/dtype.h"

namespace syconn::h5 {

/// Turns HDF5's printing off for the calling thread and registers the zstd filter (once a process).
void prepare();
/// "outermost message: innermost message" of the calling thread's error stack, which is cleared.
std::string error_text();
/// Throws Error{category, "what 'where': error_text()"}.
[[noreturn]] void fail(Category category, std::string_view what, std::string_view where);

/// Owns one HDF5 id of any kind. A null handle has id -1.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() { reset(); }
  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  hid_t release() { return std::exchange(id_, -1); }
  void reset();

 private:
  hid_t id_ = -1;
};

/// Something that carries attributes: a file's root group, a group or a dataset.
class Object {
 public:
  hid_t id() const { return handle_.id(); }
  /// "path/to/file.h5" or "path/to/file.h5:/dataset", for messages.
  const std::string& where() const { return where_; }

  bool has_attribute(const std::string& name) const;
  /// Strings are written with fixed length, UTF-8. Numbers become a scalar or a 1-D array. Throws Error{runtime}.
  void write_attribute(const std::string& name, std::string_view text) const;
  void write_attribute(const std::string& name, std::span<const double> values) const;
  void write_attribute(const std::string& name, std::span<const std::int64_t> values) const;
  void write_attribute(const std::string& name, std::int64_t value) const;
  /// Any string (fixed or variable length), any number type, scalar or array. Throws Error{input} if absent or of
  /// another kind.
  std::string string_attribute(const std::string& name) const;
  std::vector<double> double_attribute(const std::string& name) const;
  std::vector<std::int64_t> int_attribute(const std::string& name) const;

 protected:
  Object() = default;
  Object(Handle handle, std::string where) : handle_(std::move(handle)), where_(std::move(where)) {}
  Handle handle_;
  std::string where_;

 private:
  void write_numbers(const std::string& name, hid_t file_type, hid_t memory_type, const hsize_t* size,
                     const void* data) const;
  template <class T>
  std::vector<T> numbers(const std::string& name, hid_t memory_type) const;
};

/// An open file; as an Object its root group.
class File : public Object {
 public:
  /// Creates or replaces. Throws Error{runtime}.
  static File create(const fs::path& path);
  /// For reading. Throws Error{input} (missing, truncated, not HDF5).
  static File open(const fs::path& path);

  const fs::path& path() const { return path_; }
  hid_t file_id() const { return file_.id(); }
  bool has(const std::string& object) const;
  /// Names in a group, ascending. Throws Error{input} if there is no such group.
  std::vector<std::string> list(const std::string& group = "/") const;
  bool is_group(const std::string& object) const;
  void create_group(const std::string& name) const;
  /// Flushes and closes; throws Error{runtime} (disk full, objects still open). A file not closed so is garbage.
  void close();

 private:
  fs::path path_;
  Handle file_;
};

/// How a dataset is stored.
struct Creation {
  std::vector<hsize_t> chunk;  ///< empty: contiguous, space allocated at once
  int zstd_level = 0;          ///< > 0: filter 32015 on each chunk
  bool shuffle = false;        ///< before it
};

/// One dataset. Shapes are HDF5's (slowest axis first).
class Dataset : public Object {
 public:
  static Dataset create(const File& file, const std::string& name, DType dtype, const std::vector<hsize_t>& shape,
                        const Creation& creation = {});
  static Dataset open(const File& file, const std::string& name);
  /// Wraps a dataset made elsewhere (a virtual one).
  static Dataset adopt(const File& file, const std::string& name, Handle handle);

  std::vector<hsize_t> shape() const;
  std::vector<hsize_t> chunk() const;  ///< empty if not chunked
  std::size_t elements() const;
  /// Throws Error{input} for types outside DType (compounds, strings, …).
  DType dtype() const;
  bool is_native_order() const;  ///< stored little-endian, so that raw bytes can be used as they are

  /// Whole dataset or the hyperslab [start, start+count), converted to `dtype` in memory. read: Error{input}; write:
  /// Error{runtime}.
  void read(DType dtype, void* out) const;
  void read(DType dtype, std::span<const hsize_t> start, std::span<const hsize_t> count, void* out) const;
  void write(DType dtype, const void* data) const;
  void write(DType dtype, std::span<const hsize_t> start, std::span<const hsize_t> count, const void* data) const;
  template <class T>
  std::vector<T> read_all() const {
    std::vector<T> values(elements());
    if (!values.empty()) read(dtype_of<T>(), values.data());
    return values;
  }
  /// One encoded chunk at element offset `start` (a multiple of the chunk's shape).
  void write_chunk(std::span<const hsize_t> start, const void* encoded, std::size_t bytes) const;
};

/// Creates and writes a whole dataset.
template <class T>
Dataset write_dataset(const File& file, const std::string& name, const std::vector<hsize_t>& shape,
                      std::span<const T> values, const Creation& creation = {}) {
  Dataset dataset = Dataset::create(file, name, dtype_of<T>(), shape, creation);
  if (!values.empty()) dataset.write(dtype_of<T>(), values.data());
  return dataset;
}

hid_t memory_type(DType dtype);  ///< native, owned by HDF5
hid_t file_type(DType dtype);    ///< little-endian, owned by HDF5
/// Dataset creation properties: no object times, fill value never written for contiguous data.
Handle dataset_properties(const Creation& creation, std::size_t rank);

}  // namespace syconn::h5
