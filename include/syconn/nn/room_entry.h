// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/nn/room.h"

namespace syconn {

/// What the library exports: `extern "C" NnRoom* syconn_nn_room(int version)`, null for another version of room.h.
using NnRoomEntry = NnRoom*(int);
inline constexpr const char* kNnRoomEntry = "syconn_nn_room";
inline constexpr int kNnRoomVersion = 4;

}  // namespace syconn
