# SPDX-License-Identifier: GPL-3.0-or-later
# add_hdf5_plugin(): the zstd filter as a plugin for h5dump, h5py and others: HDF5_PLUGIN_PATH=<build>/lib/hdf5_plugins.
function(add_hdf5_plugin)
  add_library(h5zstd MODULE ${PROJECT_SOURCE_DIR}/src/io/plugin/h5zstd.cpp)
  set_target_properties(h5zstd PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/hdf5_plugins)
  target_include_directories(h5zstd PRIVATE ${HDF5_INCLUDE_DIRS})
  # Without syconn_flags: a plugin is loaded into foreign programs, which know no sanitizer. HDF5 itself is already there.
  target_compile_options(h5zstd PRIVATE -Wall -Wextra -Werror)
  target_link_libraries(h5zstd PRIVATE PkgConfig::zstd)
  add_dependencies(syconn_io h5zstd)  # whoever writes files can have them read
endfunction()
