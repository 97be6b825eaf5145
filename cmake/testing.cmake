# SPDX-License-Identifier: GPL-3.0-or-later
# add_room_tests(<room>): tests/<room>/*_test.cpp as one program a label. A file's name tells its label:
# x_slow_test.cpp -> slow, x_data_test.cpp -> data (real data sets), x_gpu_test.cpp -> gpu (a CUDA device), everything
# else -> unit.
find_package(GTest CONFIG REQUIRED)
include(GoogleTest)

function(add_room_tests room)
  file(GLOB all CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${room}/*_test.cpp)
  foreach(label unit slow data gpu)
    set(files ${all})
    if(label STREQUAL "unit")
      list(FILTER files EXCLUDE REGEX "_(slow|data|gpu)_test\\.cpp$")
    else()
      list(FILTER files INCLUDE REGEX "_${label}_test\\.cpp$")
    endif()
    if(NOT files)
      continue()
    endif()
    set(target ${room}_${label}_tests)
    add_executable(${target} ${files})
    # A room's tests may also use its private headers and its libraries' headers.
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests
                               $<TARGET_PROPERTY:syconn_${room},INCLUDE_DIRECTORIES>)
    target_link_libraries(${target} PRIVATE syconn_${room} syconn_flags GTest::gmock GTest::gtest_main ${ARGN})
    target_compile_definitions(${target} PRIVATE
      SYCONN_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SYCONN_BINARY_DIR="${PROJECT_BINARY_DIR}"
      SYCONN_EXECUTABLE="${PROJECT_BINARY_DIR}/bin/syconn")
    gtest_discover_tests(${target} TEST_PREFIX ${room}/ DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS ${label} TIMEOUT 1200)
  endforeach()
endfunction()
