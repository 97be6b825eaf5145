// SPDX-License-Identifier: GPL-3.0-or-later
// Opening an HDF5 volume: finding the dataset, its type, layout, filters and chunk addresses.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "volume_hdf5.h"
#include "volume_virtual.h"
#include "zstd_filter.h"

namespace syconn {
namespace {

/// HDF5 1.10 finds the k-th chunk by going through all of them: beyond this many, chunks are read through HDF5 by
/// position (about 1 µs each under its lock) and decoded by us all the same.
constexpr hsize_t kMaxTable = 1024;
constexpr std::uint64_t kMaxChunkBytes = 0xffffffffULL;  // HDF5's own bound
constexpr std::int64_t kMaxEdge = std::int64_t{1} << 48;

herr_t add_volume(hid_t root, const char* name, const H5O_info_t* object, void* out) {
  if (object->type != H5O_TYPE_DATASET) return 0;
  const h5::Handle dataset(H5Dopen2(root, name, H5P_DEFAULT));
  const h5::Handle space(dataset ? H5Dget_space(dataset.id()) : -1);
  if (space && H5Sget_simple_extent_ndims(space.id()) == 3)
    static_cast<std::vector<std::string>*>(out)->push_back(name);
  return 0;
}

std::vector<std::string> list_volumes(const h5::File& file) {
  std::vector<std::string> names;
  H5Ovisit2(file.file_id(), H5_INDEX_NAME, H5_ITER_INC, add_volume, &names, H5O_INFO_BASIC);
  h5::prepare();
  H5Eclear2(H5E_DEFAULT);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

std::string find_dataset(const h5::File& file, const std::string& wanted) {
  std::string name = wanted;
  name.erase(0, std::min(name.find_first_not_of('/'), name.size()));
  if (!name.empty() && file.has(name) && !file.is_group(name)) return name;
  const std::vector<std::string> there = list_volumes(file);
  if (name.empty() && there.size() == 1) return there.front();
  const std::string what = name.empty() ? "'" + file.where() + "': which dataset? "
                                        : "'" + file.where() + "' has no dataset '" + name + "'; ";
  throw Error(Category::input, what + "3-D datasets in it: " + listed(there));
}

std::string filter_name(int id) {
  switch (id) {
    case H5Z_FILTER_SZIP:
      return "szip";
    case H5Z_FILTER_NBIT:
      return "nbit";
    case H5Z_FILTER_SCALEOFFSET:
      return "scaleoffset";
    case 305:
      return "LZO";
    case 307:
      return "bzip2";
    case 32000:
      return "LZF";
    case 32001:
      return "Blosc";
    case 32004:
      return "LZ4";
    case 32008:
      return "bitshuffle";
    case 32013:
      return "ZFP";
    case 32026:
      return "Blosc2";
    default:
      return "unknown";
  }
}

std::optional<Vec3d> voxel_size(const h5::Object& dataset) {
  for (const char* name : {"voxel_size_nm", "voxel_size_nm_xyz"}) {
    if (!dataset.has_attribute(name)) continue;
    const std::vector<double> v = dataset.double_attribute(name);
    if (v.size() != 3 || !std::all_of(v.begin(), v.end(), [](double s) { return s > 0 && std::isfinite(s); }))
      throw Error(Category::input,
                  "'" + dataset.where() + "': attribute '" + name + "' must be three positive numbers (x,y,z in nm)");
    return Vec3d(v[0], v[1], v[2]);
  }
  return std::nullopt;
}

}  // namespace

void read_volume_attributes(const h5::Object& dataset, VolumeInfo& info) {
  info.where = dataset.where();
  info.voxel_size_nm = voxel_size(dataset);
  if (!dataset.has_attribute("offset_vx")) return;
  const std::vector<std::int64_t> v = dataset.int_attribute("offset_vx");
  if (v.size() != 3 || std::any_of(v.begin(), v.end(), [](std::int64_t o) { return o < -kMaxEdge || o > kMaxEdge; }))
    throw Error(Category::input, "'" + dataset.where() + "': attribute 'offset_vx' must be three integers (x,y,z)");
  info.offset_vx = {v[0], v[1], v[2]};
}

DType volume_dtype(const h5::Dataset& dataset, bool& big_endian) {
  h5::prepare();
  h5::Handle type(H5Dget_type(dataset.id()));
  if (type && H5Tget_class(type.id()) == H5T_ENUM) type = h5::Handle(H5Tget_super(type.id()));  // h5py's booleans
  if (!type) h5::fail(Category::input, "cannot read the type of", dataset.where());
  for (int i = 0; i <= static_cast<int>(DType::f64); ++i) {
    const DType dtype = static_cast<DType>(i);
    const h5::Handle big(H5Tcopy(h5::file_type(dtype)));
    H5Tset_order(big.id(), H5T_ORDER_BE);
    const bool little = H5Tequal(type.id(), h5::file_type(dtype)) > 0;
    big_endian = !little && H5Tequal(type.id(), big.id()) > 0;
    if (little || big_endian) return dtype;
  }
  throw Error(Category::input,
              "'" + dataset.where() + "': elements must be whole integers of 8 to 64 bits or IEEE floats of 32 or 64");
}

Vec3i volume_size(const h5::Dataset& dataset) {
  const std::vector<hsize_t> shape = dataset.shape();
  if (shape.size() != 3)
    throw Error(Category::input, "'" + dataset.where() + "' has " + std::to_string(shape.size()) +
                                     " dimensions; a volume has 3 (z,y,x)");
  std::uint64_t bytes = 8;
  for (const hsize_t n : shape)
    if (n > static_cast<hsize_t>(kMaxEdge) || __builtin_mul_overflow(bytes, std::max<std::uint64_t>(n, 1), &bytes) ||
        bytes > static_cast<std::uint64_t>(INT64_MAX))
      throw Error(Category::input, "'" + dataset.where() + "' has an impossible shape");
  return {static_cast<std::int64_t>(shape[2]), static_cast<std::int64_t>(shape[1]),
          static_cast<std::int64_t>(shape[0])};
}

Hdf5Volume::Hdf5Volume(h5::File file, h5::Dataset dataset, const std::string& name, OpenContext context)
    : file_(std::move(file)), dataset_(std::move(dataset)), context_(std::move(context)) {
  if (context_.cache == nullptr) context_.cache = std::make_shared<BlockCache>(context_.options.cache_bytes);
  read_volume_attributes(dataset_, info_);
  info_.name = name;
  info_.dtype = volume_dtype(dataset_, swap_);
  info_.size = volume_size(dataset_);
  info_.stored_bytes = H5Dget_storage_size(dataset_.id());
  type_ = h5::Handle(H5Dget_type(dataset_.id()));
  open_descriptor();
  read_layout();
}

/// HDF5's own descriptor where it has one, so that both surely see the same file.
void Hdf5Volume::open_descriptor() {
  void* handle = nullptr;
  const h5::Handle access(H5Fget_access_plist(file_.file_id()));
  const bool plain = access && H5Pget_driver(access.id()) == H5FD_SEC2 &&
                     H5Fget_vfd_handle(file_.file_id(), H5P_DEFAULT, &handle) >= 0 && handle != nullptr;
  const int fd = plain ? ::fcntl(*static_cast<int*>(handle), F_DUPFD_CLOEXEC, 0)
                       : ::open(file_.path().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Error(Category::runtime, "cannot open '" + file_.path().string() + "': " + std::strerror(errno));
  descriptor_ = ReadDescriptor(fd);
}

void Hdf5Volume::read_layout() {
  const h5::Handle properties(H5Dget_create_plist(dataset_.id()));
  if (!properties) h5::fail(Category::input, "cannot read the layout of", info_.where);
  read_fill_value(properties.id());
  const H5D_layout_t layout = H5Pget_layout(properties.id());
  if (layout == H5D_CHUNKED) {
    layout_ = Layout::chunked;
    read_filters(properties.id());
    read_chunk_shape();
    read_chunk_table();
  } else if (layout == H5D_CONTIGUOUS) {
    if (H5Pget_external_count(properties.id()) != 0)
      throw Error(Category::input,
                  "'" + info_.where + "' keeps its voxels in external raw files; copy it with h5repack");
    layout_ = Layout::contiguous;
    address_ = H5Dget_offset(dataset_.id());
    H5Eclear2(H5E_DEFAULT);
  } else if (layout == H5D_COMPACT) {
    layout_ = Layout::whole;
    read_whole();
  } else {
    h5::fail(Category::input, "unknown storage layout of", info_.where);
  }
}

void Hdf5Volume::read_fill_value(hid_t properties) {
  fill_.assign(dtype_bytes(info_.dtype), 0);
  H5D_fill_value_t kind = H5D_FILL_VALUE_ERROR;
  if (H5Pfill_value_defined(properties, &kind) < 0)
    h5::fail(Category::input, "cannot read the fill value of", info_.where);
  if (kind != H5D_FILL_VALUE_USER_DEFINED) return;
  if (H5Tget_size(type_.id()) != fill_.size() || H5Pget_fill_value(properties, type_.id(), fill_.data()) < 0)
    h5::fail(Category::input, "cannot read the fill value of", info_.where);
  if (swap_) swap_bytes(fill_.data(), fill_.size(), fill_.size());
}

void Hdf5Volume::read_whole() {
  constexpr std::int64_t kMaxCompactVoxels = 64 << 10;
  if (info_.size.product() > kMaxCompactVoxels)
    throw Error(Category::input, "'" + info_.where + "' has an impossible shape");
  whole_.resize(static_cast<std::size_t>(info_.size.product()) * fill_.size());
  if (whole_.size() > 0 && H5Dread(dataset_.id(), type_.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, whole_.data()) < 0)
    h5::fail(Category::input, "cannot read", info_.where);
  if (swap_) swap_bytes(whole_.data(), whole_.size(), fill_.size());
}

void Hdf5Volume::read_filters(hid_t properties) {
  const int n = H5Pget_nfilters(properties);
  if (n < 0) h5::fail(Category::input, "cannot read the filters of", info_.where);
  own_decode_ = true;
  codec_.element_bytes = fill_.size();
  for (int i = 0; i < n; ++i) {
    unsigned flags = 0, config = 0, values[16] = {};
    std::size_t n_values = 16;
    const int id = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &n_values, values, 0, nullptr, &config);
    if (id < 0) h5::fail(Category::input, "cannot read the filters of", info_.where);
    const bool first = codec_.packing == ChunkCodec::Packing::none;
    if (id == H5Z_FILTER_SHUFFLE && first && !codec_.shuffled && n_values == 1 && values[0] == codec_.element_bytes) {
      codec_.shuffled = true, codec_.shuffle_bit = static_cast<unsigned>(i);
    } else if ((id == H5Z_FILTER_DEFLATE || id == kZstdFilterId) && first) {
      codec_.packing = id == kZstdFilterId ? ChunkCodec::Packing::zstd : ChunkCodec::Packing::deflate;
      codec_.packing_bit = static_cast<unsigned>(i);
    } else {
      own_decode_ = false;
      if (H5Zfilter_avail(id) <= 0)
        throw Error(Category::input, "'" + info_.where + "' is compressed with filter " + std::to_string(id) + " (" +
                                         filter_name(id) +
                                         "), for which HDF5 has no plugin here; set HDF5_PLUGIN_PATH, "
                                         "or rewrite the file with gzip: h5repack -f GZIP=4 OLD NEW");
    }
  }
  unsigned options = 0;
  if (H5Pget_chunk_opts(properties, &options) < 0 || options != 0) own_decode_ = false;  // unfiltered border chunks
}

void Hdf5Volume::read_chunk_shape() {
  const std::vector<hsize_t> shape = dataset_.chunk();
  std::uint64_t bytes = fill_.size();
  for (const hsize_t n : shape)
    if (n == 0 || __builtin_mul_overflow(bytes, n, &bytes) || bytes > kMaxChunkBytes)
      throw Error(Category::input, "'" + info_.where + "' has an impossible chunk size");
  codec_.chunk_bytes = bytes;
  const auto edge = [&](std::size_t axis) { return static_cast<std::int64_t>(shape[axis]); };
  chunks_ = ChunkLayout(info_.size, {edge(2), edge(1), edge(0)});
}

void Hdf5Volume::read_chunk_table() {
  const h5::Handle space(H5Dget_space(dataset_.id())), creation(H5Fget_create_plist(file_.file_id()));
  hsize_t n = 0, user_block = 0;
  if (!space || H5Dget_num_chunks(dataset_.id(), space.id(), &n) < 0 || !creation ||
      H5Pget_userblock(creation.id(), &user_block) < 0)
    h5::fail(Category::input, "cannot read the chunks of", info_.where);
  n_chunks_stored_ = static_cast<std::int64_t>(n);
  has_table_ = n <= kMaxTable && user_block == 0;  // 1.10 leaves the user block out of addresses
  if (!has_table_) return;
  for (hsize_t i = 0; i < n; ++i) table_.push_back(read_chunk_entry(space.id(), i));
  const auto by_index = [](const Stored& a, const Stored& b) { return a.index < b.index; };
  std::sort(table_.begin(), table_.end(), by_index);
  for (std::size_t i = 1; i < table_.size(); ++i)
    if (table_[i - 1].index == table_[i].index)
      throw Error(Category::input, "'" + info_.where + "': its chunk index is damaged (a chunk is there twice)");
}

Hdf5Volume::Stored Hdf5Volume::read_chunk_entry(hid_t space, hsize_t i) const {
  hsize_t at[3] = {}, bytes = 0;
  haddr_t address = 0;
  Stored stored;
  if (H5Dget_chunk_info(dataset_.id(), space, i, at, &stored.filter_mask, &address, &bytes) < 0)
    h5::fail(Category::input, "cannot read the chunks of", info_.where);
  Vec3i position;
  for (int axis = 0; axis < 3; ++axis) {
    const hsize_t start = at[2 - axis], edge = static_cast<hsize_t>(chunks_.chunk[axis]);
    if (start % edge != 0 || start / edge >= static_cast<hsize_t>(chunks_.grid[axis]))
      throw Error(Category::input, "'" + info_.where + "': its chunk index is damaged");
    position[axis] = static_cast<std::int64_t>(start / edge);
  }
  stored.index = chunks_.index(position);
  stored.address = address, stored.bytes = bytes;
  return stored;
}

std::unique_ptr<VolumeReader> open_hdf5_volume(const fs::path& path, const std::string& dataset,
                                               const VolumeOptions& options) {
  return open_hdf5_volume(path, dataset, OpenContext{options, nullptr, 0, 0});
}

std::unique_ptr<VolumeReader> open_hdf5_volume(const fs::path& path, const std::string& wanted, OpenContext context) {
  std::error_code error;
  if (!fs::exists(path, error)) throw Error(Category::input, "volume file '" + path.string() + "' is missing");
  if (!fs::is_regular_file(path, error)) throw Error(Category::input, "volume '" + path.string() + "' is not a file");
  h5::prepare();
  if (H5Fis_hdf5(path.c_str()) == 0) throw Error(Category::input, "'" + path.string() + "' is not an HDF5 file");
  h5::File file = h5::File::open(path);
  const std::string name = find_dataset(file, wanted);
  h5::Dataset opened = h5::Dataset::open(file, name);
  const h5::Handle properties(H5Dget_create_plist(opened.id()));
  if (properties && H5Pget_layout(properties.id()) == H5D_VIRTUAL)
    return open_virtual_volume(path, std::move(opened), name, std::move(context));
  return std::make_unique<Hdf5Volume>(std::move(file), std::move(opened), name, std::move(context));
}

}  // namespace syconn
