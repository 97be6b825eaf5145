# SPDX-License-Identifier: GPL-3.0-or-later
# Every third-party library, found once. The set-up script apps/setup installs them on Debian.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(HDF5 1.10 REQUIRED COMPONENTS C)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(blosc REQUIRED IMPORTED_TARGET blosc)
pkg_check_modules(snappy REQUIRED IMPORTED_TARGET snappy)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
find_package(PNG REQUIRED)
find_package(draco CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
# Headers only; one file (src/algo/poisson_field.cpp) pays for CGAL.
find_package(CGAL 5.5 CONFIG REQUIRED)
find_package(Eigen3 3.4 CONFIG REQUIRED)
