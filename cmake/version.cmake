# SPDX-License-Identifier: GPL-3.0-or-later
# Version and git hash, compiled into src/core/version.cpp alone; yaml-cpp has no version in its headers.
find_package(Git QUIET)
set(SYCONN_GIT unknown)
if(Git_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty=+ --exclude=* WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND described)
    set(SYCONN_GIT ${described})
  endif()
endif()
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/core/version.cpp PROPERTY COMPILE_DEFINITIONS
             SYCONN_VERSION="${PROJECT_VERSION}" SYCONN_GIT="${SYCONN_GIT}")
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/exec/libraries.cpp PROPERTY COMPILE_DEFINITIONS
             SYCONN_YAML_CPP_VERSION="${yaml-cpp_VERSION}")
