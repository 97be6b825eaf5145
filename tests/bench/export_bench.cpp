// SPDX-License-Identifier: GPL-3.0-or-later
// The annotation layer of a million synapses in 10^6 um^3, from the table to the shards, through the stage itself on
// one core. `export_bench [N [FOLDER]]`; FOLDER keeps the run, as FOLDER/run.
#include <cstdio>
#include <cstdlib>

#include "support/stage_run.h"
#include "syconn/core/rng.h"
#include "syconn/core/run_stats.h"
#include "syconn/io/dataset_builder.h"

namespace syconn {
namespace {

const Vec3i kBox{10000, 10000, 4000};

DatasetSchema schema(const std::string& type) {
  DatasetSchema s;
  s.type = type, s.voxel_size_nm = {10, 10, 25};
  return s;
}

void write_tables(const fs::path& run, std::uint64_t n) {
  DatasetBuilder cells(schema("ssv"), 2);
  cells.begin(1).end();
  cells.commit(run / "datasets", "sso", "00000000");
  DatasetSchema s = schema("syn_ssv");
  s.columns = {{"size_vx", DType::u64}, {"rep_vx", DType::i64, 3}, {"cell_a", DType::u64},
               {"cell_b", DType::u64},  {"pre_id", DType::u64},    {"post_id", DType::u64},
               {"prob", DType::f32},    {"area_um2", DType::f32},  {"sign", DType::i8}};
  DatasetBuilder builder(s, kMaxShards);
  for (Id id = 1; id <= n; ++id) {
    Rng rng(1, id);
    ShardBuilder& shard = builder.begin(id);
    const Id a = 1 + rng.below(10000), b = a + 1 + rng.below(10000);
    shard.set("size_vx", std::uint64_t{100});
    shard.set("rep_vx", Vec3i(Vec3d(kBox) * Vec3d(rng.uniform(), rng.uniform(), rng.uniform())));
    shard.set("cell_a", a), shard.set("cell_b", b), shard.set("pre_id", a), shard.set("post_id", b);
    shard.set("prob", static_cast<float>(rng.uniform(0.5, 1))), shard.set("area_um2", 0.1F);
    shard.set("sign", std::int8_t{1});
    shard.end();
  }
  builder.commit(run / "datasets", "synapses", "00000000");
}

int run(std::uint64_t n, const fs::path& folder) {
  write_tables(folder / "run", n);
  restart_peak_rss();
  const Stopwatch wall;
  const double cpu = process_cpu_s();
  test::run_stages(
      "dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: [10000, 10000, 4000]}, "
      "volumes: {}}\nstages: [export]\nexecution: {threads: 1}\n",
      folder);
  std::printf("%llu synapses: %.1f s, CPU %.1f s, peak %.2f GB\n", static_cast<unsigned long long>(n), wall.seconds(),
              process_cpu_s() - cpu, static_cast<double>(peak_rss_bytes()) / 1e9);
  return 0;
}

}  // namespace
}  // namespace syconn

int main(int argc, char** argv) {
  const std::uint64_t n = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  if (argc > 2) return syconn::run(n, argv[2]);
  const syconn::test::TempFolder temp;
  return syconn::run(n, temp.path());
}
