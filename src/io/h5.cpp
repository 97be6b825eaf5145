// SPDX-License-Identifier: GPL-3.0-or-later
#include "h5.h"

#include <algorithm>
#include <numeric>

#include "zstd_filter.h"

namespace syconn::h5 {
namespace {

std::string where_of(const fs::path& path, const std::string& object) { return path.string() + ":/" + object; }

/// One format version for every file, whatever HDF5 is installed: its metadata carries checksums.
Handle access_properties() {
  Handle properties(H5Pcreate(H5P_FILE_ACCESS));
  if (!properties || H5Pset_libver_bounds(properties.id(), H5F_LIBVER_V110, H5F_LIBVER_V110) < 0)
    fail(Category::runtime, "HDF5 cannot set the file format version", "");
  return properties;
}

Handle simple_space(const std::vector<hsize_t>& shape) {
  return Handle(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
}

herr_t add_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->push_back(name);
  return 0;
}

}  // namespace

void prepare() {
  thread_local const bool quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  (void)quiet;
  register_zstd_filter();
}

std::string error_text() {
  std::vector<std::string> texts;
  const auto collect = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    if (error->desc != nullptr && *error->desc != 0)
      static_cast<std::vector<std::string>*>(out)->push_back(error->desc);
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, collect, &texts);
  H5Eclear2(H5E_DEFAULT);
  if (texts.empty()) return "unknown HDF5 error";
  return texts.size() == 1 || texts.front() == texts.back() ? texts.front() : texts.front() + ": " + texts.back();
}

void fail(Category category, std::string_view what, std::string_view where) {
  std::string message(what);
  if (!where.empty()) message.append(" '").append(where).append("'");
  throw Error(category, message + ": " + error_text());
}

void Handle::reset() {
  if (id_ >= 0) H5Idec_ref(id_);
  id_ = -1;
}

File File::create(const fs::path& path) {
  prepare();
  const Handle creation(H5Pcreate(H5P_FILE_CREATE));
  if (!creation || H5Pset_obj_track_times(creation.id(), false) < 0)
    fail(Category::runtime, "cannot create", path.string());
  File file;
  file.path_ = path;
  file.where_ = path.string();
  file.file_ = Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access_properties().id()));
  if (!file.file_) fail(Category::runtime, "cannot create", file.where_);
  file.handle_ = Handle(H5Gopen2(file.file_.id(), "/", H5P_DEFAULT));
  if (!file.handle_) fail(Category::runtime, "cannot create", file.where_);
  return file;
}

File File::open(const fs::path& path) {
  prepare();
  std::error_code error;
  if (!fs::exists(path, error)) throw Error(Category::input, "file '" + path.string() + "' is missing");
  File file;
  file.path_ = path;
  file.where_ = path.string();
  file.file_ = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (!file.file_) fail(Category::input, "cannot open", file.where_);
  file.handle_ = Handle(H5Gopen2(file.file_.id(), "/", H5P_DEFAULT));
  if (!file.handle_) fail(Category::input, "cannot open", file.where_);
  return file;
}

bool File::has(const std::string& object) const {
  prepare();
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    const htri_t exists = H5Lexists(file_.id(), object.substr(0, end).c_str(), H5P_DEFAULT);
    if (exists < 0) fail(Category::input, "cannot look up", where_of(path_, object));
    if (exists == 0) return false;
    if (end == std::string::npos) return true;
  }
}

std::vector<std::string> File::list(const std::string& group) const {
  prepare();
  const Handle opened(H5Gopen2(file_.id(), group.c_str(), H5P_DEFAULT));
  std::vector<std::string> names;
  if (!opened || H5Literate(opened.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add_name, &names) < 0)
    fail(Category::input, "cannot list group", where_of(path_, group));
  return names;
}

bool File::is_group(const std::string& object) const {
  prepare();
  const Handle opened(H5Oopen(file_.id(), object.c_str(), H5P_DEFAULT));
  if (!opened) fail(Category::input, "cannot open", where_of(path_, object));
  return H5Iget_type(opened.id()) == H5I_GROUP;
}

void File::create_group(const std::string& name) const {
  prepare();
  const Handle properties(H5Pcreate(H5P_GROUP_CREATE));
  if (!properties || H5Pset_obj_track_times(properties.id(), false) < 0 ||
      !Handle(H5Gcreate2(file_.id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT)))
    fail(Category::runtime, "cannot create group", where_of(path_, name));
}

void File::close() {
  prepare();
  handle_.reset();
  if (H5Fget_obj_count(file_.id(), H5F_OBJ_ALL) > 1)
    throw Error(Category::runtime, "cannot close '" + where_ + "': objects in it are still open");
  if (H5Fflush(file_.id(), H5F_SCOPE_LOCAL) < 0 || H5Fclose(file_.release()) < 0)
    fail(Category::runtime, "cannot close", where_);
}

hid_t memory_type(DType dtype) {
  const hid_t types[] = {H5T_NATIVE_UINT8, H5T_NATIVE_INT8,   H5T_NATIVE_UINT16, H5T_NATIVE_INT16, H5T_NATIVE_UINT32,
                         H5T_NATIVE_INT32, H5T_NATIVE_UINT64, H5T_NATIVE_INT64,  H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE};
  return types[static_cast<int>(dtype)];
}

hid_t file_type(DType dtype) {
  const hid_t types[] = {H5T_STD_U8LE,  H5T_STD_I8LE,  H5T_STD_U16LE, H5T_STD_I16LE,  H5T_STD_U32LE,
                         H5T_STD_I32LE, H5T_STD_U64LE, H5T_STD_I64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE};
  return types[static_cast<int>(dtype)];
}

Handle dataset_properties(const Creation& creation, std::size_t rank) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  bool good = properties && H5Pset_obj_track_times(properties.id(), false) >= 0;
  if (creation.chunk.empty()) {
    good = good && H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_EARLY) >= 0 &&
           H5Pset_fill_time(properties.id(), H5D_FILL_TIME_NEVER) >= 0;
  } else {
    good = good && H5Pset_chunk(properties.id(), static_cast<int>(rank), creation.chunk.data()) >= 0;
  }
  if (creation.shuffle) good = good && H5Pset_shuffle(properties.id()) >= 0;
  if (creation.zstd_level > 0) {
    const unsigned level = static_cast<unsigned>(creation.zstd_level);
    good = good && H5Pset_filter(properties.id(), kZstdFilterId, H5Z_FLAG_MANDATORY, 1, &level) >= 0;
  }
  if (!good) fail(Category::runtime, "cannot set dataset properties", "");
  return properties;
}

Dataset Dataset::create(const File& file, const std::string& name, DType dtype, const std::vector<hsize_t>& shape,
                        const Creation& creation) {
  prepare();
  const Handle space = simple_space(shape);
  const Handle properties = dataset_properties(creation, shape.size());
  Handle handle(H5Dcreate2(file.file_id(), name.c_str(), file_type(dtype), space.id(), H5P_DEFAULT, properties.id(),
                           H5P_DEFAULT));
  if (!handle) fail(Category::runtime, "cannot create dataset", where_of(file.path(), name));
  return adopt(file, name, std::move(handle));
}

Dataset Dataset::open(const File& file, const std::string& name) {
  prepare();
  if (!file.has(name)) {
    std::string there;
    for (const std::string& known : file.list()) there += (there.empty() ? "" : ", ") + known;
    throw Error(Category::input, "'" + file.where() + "' has no dataset '" + name + "'; it holds: " + there);
  }
  Handle handle(H5Dopen2(file.file_id(), name.c_str(), H5P_DEFAULT));
  if (!handle) fail(Category::input, "cannot open dataset", where_of(file.path(), name));
  return adopt(file, name, std::move(handle));
}

Dataset Dataset::adopt(const File& file, const std::string& name, Handle handle) {
  Dataset dataset;
  dataset.where_ = where_of(file.path(), name);
  dataset.handle_ = std::move(handle);
  return dataset;
}

std::vector<hsize_t> Dataset::shape() const {
  prepare();
  const Handle space(H5Dget_space(id()));
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 0) fail(Category::input, "cannot read the shape of", where_);
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr) < 0)
    fail(Category::input, "cannot read the shape of", where_);
  return dims;
}

std::vector<hsize_t> Dataset::chunk() const {
  prepare();
  const Handle properties(H5Dget_create_plist(id()));
  if (!properties) fail(Category::input, "cannot read the layout of", where_);
  if (H5Pget_layout(properties.id()) != H5D_CHUNKED) return {};
  std::vector<hsize_t> dims(shape().size());
  if (H5Pget_chunk(properties.id(), static_cast<int>(dims.size()), dims.data()) < 0)
    fail(Category::input, "cannot read the chunk size of", where_);
  return dims;
}

std::size_t Dataset::elements() const {
  std::size_t count = 1;
  for (const hsize_t n : shape())
    if (__builtin_mul_overflow(count, n, &count))
      throw Error(Category::input, "'" + where_ + "' has an impossible shape");
  return count;
}

DType Dataset::dtype() const {
  prepare();
  const Handle type(H5Dget_type(id()));
  if (!type) fail(Category::input, "cannot read the type of", where_);
  const H5T_class_t kind = H5Tget_class(type.id());
  const std::size_t bytes = H5Tget_size(type.id());
  const bool sign = kind == H5T_INTEGER && H5Tget_sign(type.id()) == H5T_SGN_2;
  for (int i = 0; i <= static_cast<int>(DType::f64); ++i) {
    const hid_t known = file_type(static_cast<DType>(i));
    if (H5Tget_class(known) != kind || H5Tget_size(known) != bytes) continue;
    if (kind == H5T_FLOAT || (kind == H5T_INTEGER && (H5Tget_sign(known) == H5T_SGN_2) == sign))
      return static_cast<DType>(i);
  }
  throw Error(Category::input, "'" + where_ + "' holds neither integers nor floating-point numbers of 1 to 8 bytes");
}

bool Dataset::is_native_order() const {
  prepare();
  const Handle type(H5Dget_type(id()));
  return type && H5Tequal(type.id(), file_type(dtype())) > 0;
}

void Dataset::read(DType dtype, void* out) const {
  prepare();
  if (H5Dread(id(), memory_type(dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
    fail(Category::input, "cannot read", where_);
}

void Dataset::read(DType dtype, std::span<const hsize_t> start, std::span<const hsize_t> count, void* out) const {
  prepare();
  const Handle file_space(H5Dget_space(id()));
  const Handle memory_space(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  if (H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Dread(id(), memory_type(dtype), memory_space.id(), file_space.id(), H5P_DEFAULT, out) < 0)
    fail(Category::input, "cannot read", where_);
}

void Dataset::write(DType dtype, const void* data) const {
  prepare();
  if (H5Dwrite(id(), memory_type(dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    fail(Category::runtime, "cannot write", where_);
}

void Dataset::write(DType dtype, std::span<const hsize_t> start, std::span<const hsize_t> count,
                    const void* data) const {
  prepare();
  const Handle file_space(H5Dget_space(id()));
  const Handle memory_space(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  if (H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Dwrite(id(), memory_type(dtype), memory_space.id(), file_space.id(), H5P_DEFAULT, data) < 0)
    fail(Category::runtime, "cannot write", where_);
}

void Dataset::write_chunk(std::span<const hsize_t> start, const void* encoded, std::size_t bytes) const {
  prepare();
  if (H5Dwrite_chunk(id(), H5P_DEFAULT, 0, start.data(), bytes, encoded) < 0)
    fail(Category::runtime, "cannot write a chunk of", where_);
}

}  // namespace syconn::h5
