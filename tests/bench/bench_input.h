// SPDX-License-Identifier: GPL-3.0-or-later
// What the benchmarks of kernels run on, and the figures all of them print.
#pragma once
#include <benchmark/benchmark.h>

#include <string>

#include "syconn/algo/phantom/render.h"
#include "syconn/core/ids.h"

namespace syconn::bench {

/// `pinky40`: 320 x 512 x 512 voxels of real tissue at 16 x 16 x 40 nm; `up_sampled`: 256^3 of every second voxel in x
/// and y of it, then 3, 3 and 2 times each; `phantom`: 256^3 of synthetic tissue at 10 x 10 x 25 nm.
enum class Input { pinky40, up_sampled, phantom };

/// Labels of an input; read or made once. Empty where the data are not there (SYCONN_DATA_DIR).
const Volume<Id>& labels_of(Input input);
Vec3d voxel_size_nm(Input input);
/// Cells, mitochondria, vesicle clouds and junctions of the phantom; its `sv` are labels_of(Input::phantom).
const PhantomVolumes& phantom();

/// Skips the benchmark with a message and says so if `labels` could not be read.
bool is_missing(benchmark::State& state, const Volume<Id>& labels);

/// Prints Mvx/s; the bytes a voxel that the kernel must read and write at least, of which `run` makes the share of the
/// machine's bandwidth; and the peak memory of the process. Of every thread `voxels` of its own.
void rate(benchmark::State& state, std::int64_t voxels, double bytes_per_vx);

/// Registers `kernel(state, input)` for the three inputs on one thread and on all.
void on_inputs(const std::string& name, void (*kernel)(benchmark::State&, Input), bool threads = true);

}  // namespace syconn::bench
