// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/room.h"

#include <dlfcn.h>

#include <cstdlib>
#include <optional>
#include <sstream>

#include "syconn/nn/room_entry.h"

namespace syconn {
namespace {

constexpr const char* kLibrary = "libsyconn_nn.so";

/// Beside the program (a build tree), or in lib beside its folder (an installation).
std::optional<fs::path> library_file() {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return std::nullopt;
  const fs::path bin = program.parent_path();
  for (const fs::path& folder : {bin / ".." / "lib", bin / ".." / "lib" / "syconn", bin})
    if (fs::exists(folder / kLibrary)) return fs::weakly_canonical(folder / kLibrary);
  return std::nullopt;
}

/// OpenBLAS chooses its kernels by the CPU's model number; of one younger than itself it knows nothing and takes
/// kernels for SSE3, five times slower. So it is told by what the CPU can do, which is what it finds itself on those it
/// knows.
void choose_blas_kernels() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_is("intel")) return;
  constexpr int kKeep = 0;  // what the user set holds
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
    setenv("OPENBLAS_CORETYPE", "SkylakeX", kKeep);
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    setenv("OPENBLAS_CORETYPE", "Haswell", kKeep);
#endif
}

NnRoom* open_room() {
  const std::optional<fs::path> file = library_file();
  if (!file)
    throw Error(Category::config, std::string("networks need LibTorch: ") + kLibrary +
                                      " is not beside this program. Install libtorch-dev and libopenblas0-openmp and "
                                      "build again with SYCONN_NN=ON (the default)");
  choose_blas_kernels();
  void* library = dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = dlerror();
    throw Error(Category::config, file->string() + " cannot be opened: " + (why != nullptr ? why : "no reason given") +
                                      "; install libtorch1.13 and libopenblas0-openmp");
  }
  auto* entry = reinterpret_cast<NnRoomEntry*>(dlsym(library, kNnRoomEntry));
  if (entry == nullptr) throw Error(Category::config, file->string() + " is of another version of syconn; build again");
  return entry(kNnRoomVersion);
}

}  // namespace

std::unique_ptr<PointNet> PointNet::load(const fs::path& archive, const DeviceOptions& device) {
  return nn_room().point_net(archive, device);
}

std::string blas_library() {
  std::istringstream maps(read_file("/proc/self/maps"));
  std::string found;
  for (std::string line; std::getline(maps, line);) {
    const std::size_t at = line.find('/');
    if (at == std::string::npos) continue;
    const std::string file = line.substr(at), name = file.substr(file.rfind('/') + 1);
    if (name.starts_with("libmkl_") || name.starts_with("libopenblas") || name.starts_with("libblis")) return file;
    if (name.starts_with("libblas.so") || name.starts_with("libcblas.so")) found = file;
  }
  return found;
}

std::string slow_blas_warning() {
  const std::string file = blas_library();
  for (const char* fast : {"openblas", "mkl", "blis", "atlas"})
    if (file.empty() || file.find(fast) != std::string::npos) return "";
  return "the linear algebra library here is the slow reference one (" + file +
         "): networks take three to ten times as long; install libopenblas0-openmp";
}

#ifndef SYCONN_LIBTORCH_VERSION  // built without LibTorch
#define SYCONN_LIBTORCH_VERSION ""
#endif
const char* libtorch_version() { return SYCONN_LIBTORCH_VERSION; }

bool nn_room_is_built() { return library_file().has_value(); }

NnRoom& nn_room() {
  static NnRoom* const room = open_room();  // an exception leaves it unset: the next call tries again
  if (room == nullptr) throw Error(Category::config, std::string(kLibrary) + " is of another version; build again");
  return *room;
}

}  // namespace syconn
