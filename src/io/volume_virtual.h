// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "volume_hdf5.h"

namespace syconn {

/// A virtual dataset, read from its source files by our own reader: HDF5 would show a missing source as fill values.
/// Throws Error{input}: missing sources (listed), mappings that are not boxes.
std::unique_ptr<VolumeReader> open_virtual_volume(const fs::path& path, h5::Dataset dataset, const std::string& name,
                                                  OpenContext context);

}  // namespace syconn
