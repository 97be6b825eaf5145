// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/libraries.h"

#include "syconn/algo/libraries.h"
#include "syconn/exec/libraries.h"
#include "syconn/io/libraries.h"
#include "syconn/nn/room.h"

namespace syconn {

std::vector<LibraryVersion> linked_libraries() {
  std::vector<LibraryVersion> all;
  for (const auto& room : {core_libraries(), algo_libraries(), io_libraries(), exec_libraries()})
    all.insert(all.end(), room.begin(), room.end());
  if (nn_room_is_built()) all.push_back({"libtorch", libtorch_version()});
  return all;
}

NetworkLibraries network_libraries() {
  NnRoom& room = nn_room();
  return {room.description(), blas_library()};
}

}  // namespace syconn
