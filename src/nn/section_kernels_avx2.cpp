// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -mavx2 -mfma (CMakeLists.txt).
#define SYCONN_KERNELS sections_avx2
#define SYCONN_LANES 8
#define SYCONN_BLOCK 4
#include "section_kernels_body.h"
