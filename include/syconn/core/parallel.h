// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>

namespace syconn {

/// Calls fn(i) for i in [0, n) on up to `threads` threads (the caller is one of them). Work is handed out in order;
/// fn must write only to places owned by i. The exception of the smallest failing i is rethrown after all have stopped.
void parallel_for(std::int64_t n, int threads, const std::function<void(std::int64_t)>& fn);

/// Threads this process may use (its CPU affinity), at least 1.
int available_threads();

}  // namespace syconn
