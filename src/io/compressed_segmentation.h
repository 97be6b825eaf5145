// SPDX-License-Identifier: GPL-3.0-or-later
// Neuroglancer's compressed_segmentation of one chunk with one channel: blocks of voxels, each as indices of 0 to 32
// bits into a table of its labels. Voxels are x fastest, without gaps.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn {

/// Replaces `out` by the encoded chunk. `block` is positive. Throws Error{config} if a table would begin beyond the
/// 24 bits that the format has for it (chunks of about 64 MB encoded). Same labels, same bytes.
void compress_segmentation(const std::uint32_t* labels, const Vec3i& size, const Vec3i& block, std::vector<char>& out);
void compress_segmentation(const std::uint64_t* labels, const Vec3i& size, const Vec3i& block, std::vector<char>& out);

/// False if `in` is damaged (then `labels`, size.product() of them, are undefined).
bool decompress_segmentation(const char* in, std::size_t bytes, const Vec3i& size, const Vec3i& block,
                             std::uint32_t* labels);
bool decompress_segmentation(const char* in, std::size_t bytes, const Vec3i& size, const Vec3i& block,
                             std::uint64_t* labels);

/// No encoding of such a chunk that states each label once a block is larger.
std::size_t max_compressed_segmentation_bytes(const Vec3i& size, const Vec3i& block, std::size_t label_bytes);

}  // namespace syconn
