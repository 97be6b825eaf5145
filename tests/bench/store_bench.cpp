// SPDX-License-Identifier: GPL-3.0-or-later
// The SegmentationDataset store with 10^6 objects of about 1 kB (fixed columns, a compressed mesh-like part and a plain
// id list), one thread, warm cache. Targets: write >= 300,000 objects/s, fixed look-up <= 3 us, plain ragged <= 10 us,
// compressed ragged <= 200 us, open <= 20 ms. `store_bench [objects]`, default 10^6; the dataset lies in the temporary
// folder.
#include <benchmark/benchmark.h>
#include <time.h>
#include <unistd.h>

#include <iostream>

#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"

namespace syconn {
namespace {

std::int64_t g_objects = 1000000;
constexpr std::uint32_t kShards = 16;

fs::path folder() { return fs::temp_directory_path() / ("syconn-store-bench-" + std::to_string(::getpid())); }

DatasetSchema schema(bool compressed) {
  DatasetSchema schema{"mi", {10, 10, 25}, "{}", common_columns(), {}};
  schema.columns.push_back({"mesh_area_um2", DType::f32, 1, "um2"});
  schema.fields = {voxels_field(),
                   ids_field("sv_overlap", "supervoxels", {{.name = "voxels", .dtype = DType::u64, .bulk = false}})};
  schema.fields[0].parts[0].bulk = compressed;
  return schema;
}

Id id_of(std::int64_t i) { return mix64(static_cast<std::uint64_t>(i)) | 1; }

/// Runs along x as a blob of voxels has them: neighbouring rows, similar lengths.
void make_runs(std::int64_t i, std::vector<std::int32_t>& runs) {
  Rng rng(static_cast<std::uint64_t>(i));
  runs.clear();
  const std::int32_t x = static_cast<std::int32_t>(rng.below(20000)), y = static_cast<std::int32_t>(rng.below(20000)),
                     z = static_cast<std::int32_t>(rng.below(5000));
  for (std::int32_t r = 0; r < 48; ++r) {
    const std::int32_t shift = static_cast<std::int32_t>(rng.below(5));
    runs.insert(runs.end(), {x - shift, y + r % 8, z + r / 8, 8 + 2 * shift});
  }
}

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

const std::vector<std::vector<Id>>& ids_by_shard() {
  static const auto ids = [] {
    std::vector<std::vector<Id>> all(kShards);
    for (std::int64_t i = 0; i < g_objects; ++i) all[shard_of(id_of(i), kShards)].push_back(id_of(i));
    return all;
  }();
  return ids;
}

const std::vector<std::vector<std::int32_t>>& run_pool() {
  static const auto pool = [] {
    std::vector<std::vector<std::int32_t>> all(4096);
    for (std::size_t i = 0; i < all.size(); ++i) make_runs(static_cast<std::int64_t>(i), all[i]);
    return all;
  }();
  return pool;
}

void fill(ShardBuilder& b, const std::vector<Id>& ids) {
  const int runs = b.part_index("voxels", "runs_vx"), overlap = b.part_index("sv_overlap", "ids"),
            voxels = b.part_index("sv_overlap", "voxels");
  for (const Id id : ids) {
    const std::vector<std::int32_t>& r = run_pool()[id % run_pool().size()];
    const Id three[] = {id, id + 1, id + 2};
    const Vec3i at(r[0], r[1], r[2]);
    b.begin(id);
    b.set<std::uint64_t>(0, 1000);
    b.set(1, at), b.set(2, at + Vec3i(9)), b.set(3, at), b.set(4, Vec3d(at)), b.set(5, static_cast<float>(r[0]));
    b.append<std::int32_t>(runs, r), b.append<Id>(overlap, three), b.append<std::uint64_t>(voxels, three);
    b.end();
  }
}

/// Writes and commits the whole dataset.
void write_dataset(bool compressed, int threads) {
  make_folder(folder() / "mi");
  const ShardSet set = shard_set("mi", "bench", "00000000", kShards);
  for (std::uint32_t k = 0; k < kShards; ++k) {
    BuilderOptions options;
    options.shard = k, options.n_shards = kShards, options.spill_folder = folder(), options.threads = threads;
    ShardBuilder builder(schema(compressed), options);
    fill(builder, ids_by_shard()[k]);
    builder.commit(folder() / set.files[k]);
  }
  commit_top_file(folder() / "mi.h5", {{set}, "{}", true});
}

const SegmentationDataset& dataset() {
  static const SegmentationDataset opened = [] {
    write_dataset(true, 1);
    return SegmentationDataset::open(folder() / "mi.h5");
  }();
  return opened;
}

/// The rate by CPU time stands beside the rate by the clock: on a shared machine only the former is the program's.
void write(benchmark::State& state, bool compressed, int threads) {
  ids_by_shard(), run_pool();
  const double start = cpu_seconds();
  for (auto _ : state) write_dataset(compressed, threads);
  const double objects = static_cast<double>(state.iterations() * g_objects);
  state.SetItemsProcessed(state.iterations() * g_objects);
  state.counters["objects_per_cpu_s"] = objects / (cpu_seconds() - start);
}
void BM_WritePlain(benchmark::State& state) { write(state, false, 1); }
void BM_WriteCompressed(benchmark::State& state) { write(state, true, 1); }
void BM_WriteCompressedTwoThreads(benchmark::State& state) { write(state, true, 2); }
BENCHMARK(BM_WritePlain)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK(BM_WriteCompressedTwoThreads)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK(BM_WriteCompressed)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(2);

void BM_Open(benchmark::State& state) {
  dataset();
  for (auto _ : state) benchmark::DoNotOptimize(SegmentationDataset::open(folder() / "mi.h5").size());
}
BENCHMARK(BM_Open)->Unit(benchmark::kMillisecond);

void BM_OpenAndTouchEveryShard(benchmark::State& state) {
  dataset();
  for (auto _ : state) {
    const SegmentationDataset opened = SegmentationDataset::open(folder() / "mi.h5");
    for (std::int64_t i = 0; i < 200; ++i) benchmark::DoNotOptimize(opened.find(id_of(i)));
  }
}
BENCHMARK(BM_OpenAndTouchEveryShard)->Unit(benchmark::kMillisecond);

void BM_FindId(benchmark::State& state) {
  std::int64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(dataset().find(id_of((i += 7919) % g_objects)));
}
BENCHMARK(BM_FindId)->Unit(benchmark::kMicrosecond);

std::vector<Row> some_rows() {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 4096; ++i) rows.push_back(dataset().at(id_of((i * 7919) % g_objects)));
  return rows;
}

template <class Reader>
void look_up(benchmark::State& state, const Reader& read) {
  const std::vector<Row> rows = some_rows();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(read(rows[i++ % rows.size()]));
}

void BM_FixedRow(benchmark::State& state) {
  const auto column = dataset().column<std::uint64_t>("size_vx");
  look_up(state, [&](Row row) { return column(row); });
}
BENCHMARK(BM_FixedRow)->Unit(benchmark::kMicrosecond);

void BM_FindIdAndFixedRow(benchmark::State& state) {
  const auto column = dataset().column<std::uint64_t>("size_vx");
  std::int64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(column(dataset().at(id_of((i += 7919) % g_objects))));
}
BENCHMARK(BM_FindIdAndFixedRow)->Unit(benchmark::kMicrosecond);

void BM_RaggedPlain(benchmark::State& state) {
  const auto ids = dataset().ragged<Id>("sv_overlap", "ids");
  std::vector<Id> out;
  look_up(state, [&](Row row) { return ids.read(row, out), out.data(); });
}
BENCHMARK(BM_RaggedPlain)->Unit(benchmark::kMicrosecond);

void BM_RaggedCompressed(benchmark::State& state) {
  const auto runs = dataset().ragged<std::int32_t>("voxels", "runs_vx");
  std::vector<std::int32_t> out;
  look_up(state, [&](Row row) { return runs.read(row, out), out.data(); });
}
BENCHMARK(BM_RaggedCompressed)->Unit(benchmark::kMicrosecond);

void BM_IterateCompressed(benchmark::State& state) {
  const auto runs = dataset().ragged<std::int32_t>("voxels", "runs_vx");
  std::vector<std::int32_t> out;
  for (auto _ : state)
    dataset().for_each(0, [&](Id, Row row) { runs.read(row, out), benchmark::DoNotOptimize(out.data()); });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(dataset().shard_size(0)));
}
BENCHMARK(BM_IterateCompressed)->Unit(benchmark::kMillisecond);

void BM_WholeColumn(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(dataset().column<std::uint64_t>("size_vx").all().data());
  state.SetBytesProcessed(state.iterations() * g_objects * 8);
}
BENCHMARK(BM_WholeColumn)->Unit(benchmark::kMillisecond);

void BM_VerifyFull(benchmark::State& state) {
  for (auto _ : state)
    if (!dataset().verify(VerifyLevel::full).empty()) state.SkipWithError("verify found something");
  state.SetItemsProcessed(state.iterations() * g_objects);
}
BENCHMARK(BM_VerifyFull)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace syconn

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) syconn::g_objects = std::atoll(argv[1]);
  benchmark::RunSpecifiedBenchmarks();
  if (!syconn::fs::exists(syconn::folder())) return 0;  // a filter left none that writes
  std::uintmax_t bytes = 0;
  for (const auto& entry : syconn::fs::recursive_directory_iterator(syconn::folder()))
    if (entry.is_regular_file()) bytes += entry.file_size();
  std::cout << syconn::g_objects << " objects, " << bytes << " bytes on disk\n";
  syconn::fs::remove_all(syconn::folder());
  return 0;
}
