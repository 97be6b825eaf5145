// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>

#include "syconn/io/volume_reader.h"

namespace syconn {

/// A Neuroglancer precomputed volume: the folder that holds `info`, or that file. `scale` is the key of one of its
/// scales, else options.level counts those that are not hidden. Throws Error{input}.
std::unique_ptr<VolumeReader> open_precomputed_volume(const fs::path& path, const std::string& scale,
                                                      const VolumeOptions& options);

}  // namespace syconn
