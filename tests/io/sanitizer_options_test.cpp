// SPDX-License-Identifier: GPL-3.0-or-later
// HDF5 1.10 itself leaks small blocks when it gives up on a damaged file or a full disk, which the tests here provoke
// on purpose. Leaks inside its library are not reported; leaks of our own memory are.
#if defined(__SANITIZE_ADDRESS__)
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5_serial\n"; }
#endif
