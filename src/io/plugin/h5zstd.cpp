// SPDX-License-Identifier: GPL-3.0-or-later
// HDF5 plugin: put its folder into HDF5_PLUGIN_PATH, and h5dump, h5py and every other HDF5 program read zstd chunks.
#include <H5PLextern.h>

#include "zstd_filter_class.h"

extern "C" {
H5PL_type_t H5PLget_plugin_type(void) { return H5PL_TYPE_FILTER; }
const void* H5PLget_plugin_info(void) { return &syconn::zstd_filter::kClass; }
}
