// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -mavx512f (CMakeLists.txt).
#define SYCONN_KERNELS sections_avx512
#define SYCONN_LANES 16
#define SYCONN_BLOCK 8
#include "section_kernels_body.h"
