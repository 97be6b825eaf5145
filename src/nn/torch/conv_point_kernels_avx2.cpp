// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -mavx2 -mfma (CMakeLists.txt).
#define SYCONN_KERNELS kernels_avx2
#include "conv_point_kernels_body.h"
