// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>

#include "syconn/io/volume_reader.h"

namespace syconn {

/// KNOSSOS cubes: the folder of knossos.conf or *.k.toml, or that file. `dataset` is a layer, a magnification (mag2) or
/// both (raw/mag2); options.level counts the magnifications there are. Throws Error{input}.
std::unique_ptr<VolumeReader> open_knossos_volume(const fs::path& path, const std::string& dataset,
                                                  const VolumeOptions& options);

}  // namespace syconn
