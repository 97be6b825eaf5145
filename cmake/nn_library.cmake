# SPDX-License-Identifier: GPL-3.0-or-later
# add_nn_library(): src/nn/torch/*.cpp with LibTorch as lib/libsyconn_nn.so, which the room nn opens on first use.
# Without LibTorch everything else builds, and what needs it says at run time what is missing.
function(add_nn_library)
  if(NOT SYCONN_NN)
    return()
  endif()
  find_package(Torch QUIET)
  if(NOT Torch_FOUND)
    message(WARNING "LibTorch not found: built without networks (apt-get install libtorch-dev libopenblas0-openmp)")
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/nn/torch/*.cpp)
  add_library(syconn_nn_torch MODULE ${sources})
  set_target_properties(syconn_nn_torch PROPERTIES OUTPUT_NAME syconn_nn LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/nn/room.cpp PROPERTIES
                              COMPILE_DEFINITIONS "SYCONN_LIBTORCH_VERSION=\"${Torch_VERSION}\"")
  target_link_libraries(syconn_nn_torch PRIVATE syconn_nn syconn_core syconn_flags torch)
endfunction()
