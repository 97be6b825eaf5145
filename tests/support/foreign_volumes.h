// SPDX-License-Identifier: GPL-3.0-or-later
// Foreign volumes as other programs write them, from the formats' descriptions. Nothing of the readers is used.
#pragma once
#include <blosc.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "support/voxels.h"
#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "syconn/io/dtype.h"
#include "syconn/io/png.h"

namespace syconn::test {

inline std::string gzipped(const std::string& plain) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, plain.size()), '\0');
  out.resize(libdeflate_gzip_compress(compressor, plain.data(), plain.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

/// Unlike write_file_atomically without waiting for the disk.
inline void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// A volume in memory, x fastest.
template <class T>
struct Plain {
  Vec3i size;
  std::vector<T> values;

  /// The bytes of a box, x fastest; voxels outside are whatever `outside` says.
  std::string bytes(const Box3& box, T outside = T{}) const {
    std::vector<T> part;
    for_each_voxel(box, [&](const Vec3i& p) {
      part.push_back(Box3::of_size(size).contains(p)
                         ? values[static_cast<std::size_t>(p.x + size.x * (p.y + size.y * p.z))]
                         : outside);
    });
    return {reinterpret_cast<const char*>(part.data()), part.size() * sizeof(T)};
  }
};

// --- precomputed -----------------------------------------------------------------------------------------------------

inline std::uint64_t test_hash(std::uint64_t key) {  // MurmurHash3_x86_128, seed 0, by the four-word algorithm
  constexpr std::uint32_t c[4] = {0x239b961bU, 0xab0e9789U, 0x38b34ae5U, 0xa1e38b93U};
  const auto turn = [](std::uint32_t v, int n) { return v << n | v >> (32 - n); };
  const auto mix = [](std::uint32_t v) {
    v = (v ^ v >> 16) * 0x85ebca6bU;
    v = (v ^ v >> 13) * 0xc2b2ae35U;
    return v ^ v >> 16;
  };
  std::uint32_t h[4] = {turn(static_cast<std::uint32_t>(key) * c[0], 15) * c[1],
                        turn(static_cast<std::uint32_t>(key >> 32) * c[1], 16) * c[2], 0, 0};
  for (std::uint32_t& word : h) word ^= 8;
  const auto spread = [&] {
    h[0] += h[1] + h[2] + h[3];
    for (int i = 1; i < 4; ++i) h[i] += h[0];
  };
  spread();
  for (std::uint32_t& word : h) word = mix(word);
  spread();
  return h[0] | static_cast<std::uint64_t>(h[1]) << 32;
}

inline std::string u64_bytes(const std::vector<std::uint64_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), 8 * numbers.size()};
}

/// The member `sharding` of a description.
inline Json sharding(const char* hash, int preshift, int minishard, int shard, const char* index, const char* data) {
  return {{"@type", "neuroglancer_uint64_sharded_v1"},
          {"preshift_bits", preshift},
          {"hash", hash},
          {"minishard_bits", minishard},
          {"shard_bits", shard},
          {"minishard_index_encoding", index},
          {"data_encoding", data}};
}

/// All shards of `values`; a few bytes that belong to nobody lie between the values.
inline void write_shards(const fs::path& folder, const Json& spec, const std::map<std::uint64_t, std::string>& values) {
  const int m = spec.at("minishard_bits"), s = spec.at("shard_bits"), p = spec.at("preshift_bits");
  const auto low = [](std::uint64_t v, int bits) { return v & ((std::uint64_t{1} << bits) - 1); };
  std::map<std::uint64_t, std::map<std::uint64_t, std::vector<std::uint64_t>>> places;
  for (const auto& [key, value] : values) {
    const std::uint64_t hash = spec.at("hash") == "identity" ? key >> p : test_hash(key >> p);
    places[low(hash >> m, s)][low(hash, m)].push_back(key);
  }
  for (const auto& [shard, minishards] : places) {
    std::vector<std::uint64_t> ranges(std::size_t{2} << m, 0);
    std::string body;
    for (const auto& [minishard, keys] : minishards) {
      std::vector<std::uint64_t> rows[3];
      std::uint64_t last_key = 0, last_end = 0;
      for (const std::uint64_t key : keys) {
        body += "gap";
        const std::string data = spec.at("data_encoding") == "gzip" ? gzipped(values.at(key)) : values.at(key);
        rows[0].push_back(key - last_key), rows[1].push_back(body.size() - last_end), rows[2].push_back(data.size());
        body += data;
        last_key = key, last_end = body.size();
      }
      std::string index = u64_bytes(rows[0]) + u64_bytes(rows[1]) + u64_bytes(rows[2]);
      if (spec.at("minishard_index_encoding") == "gzip") index = gzipped(index);
      ranges[2 * minishard] = body.size(), ranges[2 * minishard + 1] = body.size() + index.size();
      body += index;
    }
    char name[32];
    std::snprintf(name, sizeof name, "%0*llx.shard", std::max(1, (s + 3) / 4), static_cast<unsigned long long>(shard));
    write_text(folder / name, u64_bytes(ranges) + body);
  }
}

struct PrecomputedLayout {
  Vec3i chunk{16, 16, 16}, offset{};
  Vec3d voxel_size_nm{10, 10, 25};
  Vec3i block{0, 0, 0};  ///< 0: raw
  Json sharding = nullptr;
  bool gz_files = false, gz_content = false;  ///< name.gz; gzip under the plain name
};

inline std::uint64_t test_morton(const Vec3i& cell, const Vec3i& grid) {
  std::uint64_t code = 0, out = 1;
  for (std::int64_t bit = 1; bit < std::max({grid.x, grid.y, grid.z}); bit *= 2)
    for (int axis = 0; axis < 3; ++axis)
      if (bit < grid[axis]) {
        if ((cell[axis] & bit) != 0) code += out;
        out *= 2;
      }
  return code;
}

/// compressed_segmentation with the table of each block in order of appearance, at the very end of the chunk.
template <class T>
std::string cseg_chunk(const std::vector<T>& labels, const Vec3i& size, const Vec3i& block) {
  const Vec3i grid = (size + block - Vec3i(1)) / block;
  const auto n_blocks = static_cast<std::size_t>(grid.product());
  std::vector<std::uint32_t> words(2 * n_blocks);
  std::vector<std::vector<T>> tables;
  for_each_voxel(Box3::of_size(grid), [&](const Vec3i& g) {
    std::vector<T> table;
    std::vector<std::uint32_t> indices;  // of the whole block; voxels outside repeat the first
    for_each_voxel({g * block, (g + Vec3i(1)) * block}, [&](const Vec3i& p) {
      const bool inside = Box3::of_size(size).contains(p);
      const T label = inside ? labels[static_cast<std::size_t>(p.x + size.x * (p.y + size.y * p.z))] : table.front();
      const auto found = std::find(table.begin(), table.end(), label);
      indices.push_back(static_cast<std::uint32_t>(found - table.begin()));
      if (found == table.end()) table.push_back(label);
    });
    std::uint32_t bits = 0;
    while (std::uint64_t{1} << bits < table.size()) bits = bits == 0 ? 1 : 2 * bits;
    words[2 * tables.size()] = bits << 24, words[2 * tables.size() + 1] = static_cast<std::uint32_t>(words.size());
    const std::size_t at = words.size();
    words.resize(at + (bits * indices.size() + 31) / 32);
    for (std::size_t i = 0; bits > 0 && i < indices.size(); ++i)
      words[at + i * bits / 32] |= indices[i] << i * bits % 32;
    tables.push_back(table);
  });
  for (std::size_t b = 0; b < n_blocks; ++b) {
    words[2 * b] |= static_cast<std::uint32_t>(words.size());
    for (const T label : tables[b])
      for (std::size_t w = 0; w < sizeof(T) / 4; ++w)
        words.push_back(static_cast<std::uint32_t>(static_cast<std::uint64_t>(label) >> 32 * w));
  }
  words.insert(words.begin(), 1);
  return {reinterpret_cast<const char*>(words.data()), 4 * words.size()};
}

template <class T>
std::string precomputed_chunk(const Plain<T>& volume, const Box3& box, const Vec3i& block) {
  const std::string raw = volume.bytes(box);
  if constexpr (std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::uint64_t>)
    if (block.x > 0) {
      std::vector<T> labels(raw.size() / sizeof(T));
      std::memcpy(labels.data(), raw.data(), raw.size());
      return cseg_chunk(labels, box.size(), block);
    }
  return raw;
}

/// `<folder>/info` and one scale, key "fine".
template <class T>
void write_precomputed(const fs::path& folder, const Plain<T>& volume, const PrecomputedLayout& layout = {}) {
  const Vec3i grid = (volume.size + layout.chunk - Vec3i(1)) / layout.chunk;
  std::map<std::uint64_t, std::string> values;
  for_each_voxel(Box3::of_size(grid), [&](const Vec3i& cell) {
    const Box3 box{cell * layout.chunk, min((cell + Vec3i(1)) * layout.chunk, volume.size)};
    std::string bytes = precomputed_chunk(volume, box, layout.block);
    if (!layout.sharding.is_null()) {
      values[test_morton(cell, grid)] = bytes;
      return;
    }
    const Box3 at = box.shifted(layout.offset);
    std::ostringstream name;
    name << at.min.x << '-' << at.max.x << '_' << at.min.y << '-' << at.max.y << '_' << at.min.z << '-' << at.max.z;
    if (layout.gz_files) name << ".gz";
    write_text(folder / "fine" / name.str(), layout.gz_files || layout.gz_content ? gzipped(bytes) : bytes);
  });
  if (!layout.sharding.is_null()) write_shards(folder / "fine", layout.sharding, values);
  Json scale = {{"key", "fine"},
                {"size", volume.size.array()},
                {"voxel_offset", layout.offset.array()},
                {"chunk_sizes", {layout.chunk.array()}},
                {"resolution", layout.voxel_size_nm.array()},
                {"encoding", layout.block.x > 0 ? "compressed_segmentation" : "raw"}};
  if (layout.block.x > 0) scale["compressed_segmentation_block_size"] = layout.block.array();
  if (!layout.sharding.is_null()) scale["sharding"] = layout.sharding;
  write_text(folder / "info", Json{{"@type", "neuroglancer_multiscale_volume"},
                                   {"type", layout.block.x > 0 ? "segmentation" : "image"},
                                   {"data_type", dtype_name(dtype_of<T>())},
                                   {"num_channels", 1},
                                   {"scales", {scale}}}
                                  .dump());
}

// --- Zarr ------------------------------------------------------------------------------------------------------------

struct ZarrLayout {
  std::string packing = {};  ///< zlib, gzip, zstd, zstd without size, blosc codecs by name; empty: none
  Vec3i chunk{16, 16, 16};
  std::string separator = ".", axes = "zyx";  ///< t and c have length 1
  bool fortran = false, big_endian = false, ome = false;
  int shuffle = 1;
  Vec3i offset{};  ///< told by OME's translation or by the attribute offset_vx
  Json fill = 0;
};

inline std::string packed(const std::string& plain, const ZarrLayout& layout, std::size_t element) {
  if (layout.packing.empty()) return plain;
  if (layout.packing == "gzip") return gzipped(plain);
  std::string out(plain.size() + plain.size() / 8 + 1024, '\0');
  if (layout.packing == "zlib") {
    libdeflate_compressor* compressor = libdeflate_alloc_compressor(1);
    out.resize(libdeflate_zlib_compress(compressor, plain.data(), plain.size(), out.data(), out.size()));
    libdeflate_free_compressor(compressor);
  } else if (layout.packing.starts_with("zstd")) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, layout.packing == "zstd" ? 1 : 0);
    out.resize(ZSTD_compress2(context, out.data(), out.size(), plain.data(), plain.size()));
    ZSTD_freeCCtx(context);
  } else {
    const int used = blosc_compress_ctx(5, layout.shuffle, element, plain.size(), plain.data(), out.data(), out.size(),
                                        layout.packing.c_str(), 0, 1);
    EXPECT_GT(used, 0) << layout.packing;
    out.resize(static_cast<std::size_t>(used));
  }
  return out;
}

inline Json compressor_json(const ZarrLayout& layout) {
  if (layout.packing.empty()) return nullptr;
  if (layout.packing == "gzip" || layout.packing == "zlib") return {{"id", layout.packing}, {"level", 1}};
  if (layout.packing.starts_with("zstd")) return {{"id", "zstd"}, {"level", 3}};
  return {{"id", "blosc"}, {"cname", layout.packing}, {"clevel", 5}, {"shuffle", layout.shuffle}, {"blocksize", 0}};
}

/// Numbers of x, y, z by the letters of `axes`; 1 (or `other`) for further ones.
inline Json by_axis(const std::string& axes, const Vec3d& v, double other) {
  Json list = Json::array();
  for (const char c : axes) list.push_back(c == 'x' ? v.x : c == 'y' ? v.y : c == 'z' ? v.z : other);
  return list;
}

inline Json counts_by_axis(const std::string& axes, const Vec3i& v) {
  Json list = Json::array();
  for (const char c : axes) list.push_back(c == 'x' ? v.x : c == 'y' ? v.y : c == 'z' ? v.z : 1);
  return list;
}

/// The voxels of a chunk in the order of `axes`, first one slowest (C) or fastest (F).
template <class T>
std::string zarr_chunk(const Plain<T>& volume, const Box3& box, const ZarrLayout& layout) {
  std::string order;  // slowest first
  for (const char c : layout.axes)
    if (c == 'x' || c == 'y' || c == 'z') order += c;
  if (layout.fortran) std::reverse(order.begin(), order.end());
  const auto axis = [&](std::size_t i) { return static_cast<int>(std::string("xyz").find(order[i])); };
  std::string bytes;
  Vec3i p;
  for (p[axis(0)] = box.min[axis(0)]; p[axis(0)] < box.max[axis(0)]; ++p[axis(0)])
    for (p[axis(1)] = box.min[axis(1)]; p[axis(1)] < box.max[axis(1)]; ++p[axis(1)])
      for (p[axis(2)] = box.min[axis(2)]; p[axis(2)] < box.max[axis(2)]; ++p[axis(2)]) {
        std::string one = volume.bytes({p, p + Vec3i(1)}, static_cast<T>(77));  // overhang holds anything
        if (layout.big_endian) std::reverse(one.begin(), one.end());
        bytes += one;
      }
  return bytes;
}

template <class T>
std::string zarr_dtype(bool big_endian) {
  const char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
  return std::string(1, sizeof(T) == 1 ? '|' : big_endian ? '>' : '<') + kind + std::to_string(sizeof(T));
}

/// The array `<folder>`, or with layout.ome the image `<folder>` with the arrays 0 and 1, of which 1 is twice as coarse
/// (every second voxel).
template <class T>
void write_zarr_array(const fs::path& folder, const Plain<T>& volume, const ZarrLayout& layout) {
  const Vec3i grid = (volume.size + layout.chunk - Vec3i(1)) / layout.chunk;
  for_each_voxel(Box3::of_size(grid), [&](const Vec3i& cell) {
    std::string name;
    for (const char c : layout.axes) {
      const std::size_t axis = std::string("xyz").find(c);
      name += (name.empty() ? "" : layout.separator) +
              std::to_string(axis == std::string::npos ? 0 : cell[static_cast<int>(axis)]);
    }
    const Box3 box{cell * layout.chunk, (cell + Vec3i(1)) * layout.chunk};
    write_text(folder / name, packed(zarr_chunk(volume, box, layout), layout, sizeof(T)));
  });
  Json array = {{"zarr_format", 2},
                {"shape", counts_by_axis(layout.axes, volume.size)},
                {"chunks", counts_by_axis(layout.axes, layout.chunk)},
                {"dtype", zarr_dtype<T>(layout.big_endian)},
                {"compressor", compressor_json(layout)},
                {"fill_value", layout.fill},
                {"order", layout.fortran ? "F" : "C"},
                {"filters", nullptr}};
  if (layout.separator == "/") array["dimension_separator"] = "/";
  write_text(folder / ".zarray", array.dump());
}

template <class T>
void write_zarr(const fs::path& folder, const Plain<T>& volume, const ZarrLayout& layout = {}) {
  if (!layout.ome) {
    write_zarr_array(folder, volume, layout);
    write_text(folder / ".zattrs", Json{{"voxel_size_nm", {10, 10, 25}}, {"offset_vx", layout.offset.array()}}.dump());
    return;
  }
  Plain<T> coarse{(volume.size + Vec3i(1)) / Vec3i(2), {}};
  for_each_voxel(Box3::of_size(coarse.size), [&](const Vec3i& p) {
    coarse.values.push_back(
        volume.values[static_cast<std::size_t>(2 * p.x + volume.size.x * (2 * p.y + volume.size.y * 2 * p.z))]);
  });
  write_zarr_array(folder / "0", volume, layout);
  write_zarr_array(folder / "1", coarse, layout);
  Json axes = Json::array();
  for (const char c : layout.axes) {
    axes.push_back({{"name", std::string(1, c)}, {"type", c == 't' ? "time" : c == 'c' ? "channel" : "space"}});
    if (c >= 'x') axes.back()["unit"] = "micrometer";
  }
  const Vec3d voxel{0.01, 0.01, 0.025}, start = voxel * Vec3d(layout.offset);
  const auto transforms = [&](const Vec3d& scale, const Vec3d& shift) {
    return Json{{{"type", "scale"}, {"scale", by_axis(layout.axes, scale, 1)}},
                {{"type", "translation"}, {"translation", by_axis(layout.axes, shift, 0)}}};
  };
  write_text(folder / ".zgroup", R"({"zarr_format":2})");
  write_text(
      folder / ".zattrs",
      Json{{"multiscales",
            {{{"version", "0.4"},
              {"axes", axes},
              {"datasets",
               {{{"path", "0"}, {"coordinateTransformations", transforms(voxel, start)}},
                {{"path", "1"}, {"coordinateTransformations", transforms(voxel * 2.0, start + voxel * 0.5)}}}}}}}}
          .dump());
}

// --- KNOSSOS ---------------------------------------------------------------------------------------------------------

inline std::string snappy_packed(const std::string& plain) {
  std::string out;
  snappy::Compress(plain.data(), plain.size(), &out);
  return out;
}

/// A ZIP archive of one entry, deflated or stored.
inline std::string zipped_entry(const std::string& name, const std::string& plain, bool deflate) {
  std::string data = plain;
  if (deflate) {
    libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
    data.resize(libdeflate_deflate_compress_bound(compressor, plain.size()));
    data.resize(libdeflate_deflate_compress(compressor, plain.data(), plain.size(), data.data(), data.size()));
    libdeflate_free_compressor(compressor);
  }
  std::string out;
  const auto u16 = [&](std::uint64_t v) { out += static_cast<char>(v & 255), out += static_cast<char>(v >> 8 & 255); };
  const auto u32 = [&](std::uint64_t v) { u16(v & 0xffff), u16(v >> 16); };
  const auto common = [&] {  // version, flags, method, time, date, CRC, sizes, lengths
    u16(20), u16(0), u16(deflate ? 8 : 0), u16(0), u16(33), u32(libdeflate_crc32(0, plain.data(), plain.size()));
    u32(data.size()), u32(plain.size()), u16(name.size()), u16(0);
  };
  u32(0x04034b50), common(), out += name + data;
  const std::size_t directory = out.size();
  u32(0x02014b50), u16(20), common();
  u16(0), u16(0), u16(0), u32(0), u32(0), out += name;
  const std::size_t end = out.size();
  u32(0x06054b50), u16(0), u16(0), u16(1), u16(1), u32(end - directory), u32(directory), u16(4), out += "note";
  return out;
}

struct KnossosLayout {
  std::string extension = ".raw", conf = {};  ///< conf empty: a .k.toml
  std::int64_t cube = 128;
  bool deflate = true;
};

inline std::string numbered(char letter, std::int64_t n) {
  char text[16];
  std::snprintf(text, sizeof text, "%c%04d", letter, static_cast<int>(n));
  return text;
}

inline std::string grey_png(const std::string& grey, std::int64_t width) {
  const auto height = static_cast<std::int64_t>(grey.size()) / width;
  return encode_png({width, height, std::vector<std::uint8_t>(grey.begin(), grey.end())});
}

/// Cubes of a u8 (.raw, .png) or u64 (.seg…) volume.
template <class T>
void write_knossos(const fs::path& folder, const Plain<T>& volume, const KnossosLayout& layout) {
  const Vec3i cube(layout.cube), grid = (volume.size + cube - Vec3i(1)) / cube;
  for_each_voxel(Box3::of_size(grid), [&](const Vec3i& cell) {
    std::string bytes = volume.bytes({cell * cube, (cell + Vec3i(1)) * cube});
    const std::string x = numbered('x', cell.x), y = numbered('y', cell.y), z = numbered('z', cell.z);
    const std::string name = "tissue_mag1_" + x + "_" + y + "_" + z + layout.extension;
    if (layout.extension == ".png") bytes = grey_png(bytes, layout.cube);
    if (layout.extension.starts_with(".seg.sz")) bytes = snappy_packed(bytes);
    if (layout.extension == ".seg.sz.zip") bytes = zipped_entry(name.substr(0, name.size() - 4), bytes, layout.deflate);
    write_text(folder / "mag1" / x / y / z / name, bytes);
  });
  std::ostringstream text;
  if (!layout.conf.empty()) {
    text << "experiment name \"tissue_mag1\";\r\n";
    for (int axis = 0; axis < 3; ++axis)
      text << "boundary "
           << "xyz"[axis] << ' ' << volume.size[axis] << ";\nscale "
           << "xyz"[axis] << (axis == 2 ? " 25.0;\n" : " 10;\n");
    write_text(folder / layout.conf, text.str() + "magnification 1;\n");
    return;
  }
  text << "# a dataset\n[[Layer]]\nName = \"tissue\"\nServerFormat = 'pyk'\nFileExtension = ['" << layout.extension
       << "']\nExtent_px = [" << volume.size.x << ", " << volume.size.y << ",\n  " << volume.size.z
       << "]  # voxels\nVoxelSize_nm = [[10, 10.0, 25], [20, 20, 25]]\nCubeShape_px = [" << cube.x << ',' << cube.y
       << ',' << cube.z << "]\nVisible = true\n";
  write_text(folder / "tissue.k.toml", text.str());
}

}  // namespace syconn::test
