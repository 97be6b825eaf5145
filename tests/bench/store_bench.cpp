// SPDX-License-Identifier: GPL-3.0-or-later
// The SegmentationDataset store with 10^6 objects of about 1 kB (fixed columns, a compressed mesh-like part and a plain
// id list), one thread, warm cache. Targets: write >= 300,000 objects/s, fixed look-up <= 3 us, plain ragged <= 10 us,
// compressed ragged <= 200 us, open <= 20 ms. `store_bench [objects]`, default 10^6; the dataset lies in the temporary
// folder.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <iostream>

#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"

namespace syconn {
namespace {

std::int64_t g_objects = 1000000;
constexpr std::uint32_t kShards = 16;

fs::path folder() { return fs::temp_directory_path() / ("syconn-store-bench-" + std::to_string(::getpid())); }

DatasetSchema schema() {
  DatasetSchema schema{"mi", {10, 10, 25}, "{}", common_columns(), {}};
  schema.columns.push_back({"mesh_area_um2", DType::f32, 1, "um2"});
  schema.fields = {voxels_field(),
                   ids_field("sv_overlap", "supervoxels", {{.name = "voxels", .dtype = DType::u64, .bulk = false}})};
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

/// The dataset of one process, written once; returns the seconds it took.
double write_dataset() {
  const auto start = std::chrono::steady_clock::now();
  double making = 0;
  std::vector<std::int32_t> runs;
  std::vector<std::vector<Id>> ids(kShards);
  for (std::int64_t i = 0; i < g_objects; ++i) ids[shard_of(id_of(i), kShards)].push_back(id_of(i));
  const auto begin = std::chrono::steady_clock::now();
  make_folder(folder() / "mi");
  const ShardSet set = shard_set("mi", "bench", "00000000", kShards);
  std::vector<std::vector<std::int32_t>> pool(4096);
  for (std::size_t i = 0; i < pool.size(); ++i) make_runs(static_cast<std::int64_t>(i), pool[i]);
  making = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (std::uint32_t k = 0; k < kShards; ++k) {
    BuilderOptions options;
    options.shard = k, options.n_shards = kShards, options.spill_folder = folder();
    ShardBuilder b(schema(), options);
    const int runs_part = b.part_index("voxels", "runs_vx"), ids_part = b.part_index("sv_overlap", "ids"),
              voxels_part = b.part_index("sv_overlap", "voxels");
    for (const Id id : ids[k]) {
      const std::vector<std::int32_t>& r = pool[id % pool.size()];
      const Id overlap[] = {id, id + 1, id + 2};
      b.begin(id);
      b.set<std::uint64_t>(0, 1000);
      b.set(1, Vec3i(r[0], r[1], r[2])), b.set(2, Vec3i(r[0] + 9, r[1] + 9, r[2] + 9)),
          b.set(3, Vec3i(r[0], r[1], r[2]));
      b.set(4, Vec3d(static_cast<double>(r[0]) * 10, static_cast<double>(r[1]) * 10, static_cast<double>(r[2]) * 25));
      b.set(5, static_cast<float>(r[0]));
      b.append<std::int32_t>(runs_part, r);
      b.append<Id>(ids_part, overlap);
      b.append<std::uint64_t>(voxels_part, overlap);
      b.end();
    }
    b.commit(folder() / set.files[k]);
  }
  commit_top_file(folder() / "mi.h5", {{set}, "{}", true});
  (void)start;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() - making;
}

const SegmentationDataset& dataset() {
  static const SegmentationDataset opened = [] {
    write_dataset();
    return SegmentationDataset::open(folder() / "mi.h5");
  }();
  return opened;
}

void BM_Write(benchmark::State& state) {
  for (auto _ : state) state.SetIterationTime(write_dataset());
  state.SetItemsProcessed(state.iterations() * g_objects);
}
BENCHMARK(BM_Write)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);

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
  std::uintmax_t bytes = 0;
  for (const auto& entry : syconn::fs::recursive_directory_iterator(syconn::folder()))
    if (entry.is_regular_file()) bytes += entry.file_size();
  std::cout << syconn::g_objects << " objects, " << bytes << " bytes on disk\n";
  syconn::fs::remove_all(syconn::folder());
  return 0;
}
