// SPDX-License-Identifier: GPL-3.0-or-later
// The same tissue as HDF5, precomputed, Zarr and KNOSSOS cubes goes through all stages with the same results.
#include <gmock/gmock.h>

#include "support/foreign_volumes.h"
#include "support/stage_run.h"
#include "syconn/exec/run_report.h"
#include "syconn/nn/room.h"

namespace syconn {
namespace {

using test::Plain;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Vec3i kSize{100, 70, 40};

/// Four supervoxels, a synapse between two of them, two mitochondria, and types of junctions.
struct Tissue {
  Plain<std::uint64_t> sv{kSize, {}}, type{kSize, {}};
  Plain<std::uint8_t> sj{kSize, {}}, mi{kSize, {}}, raw{kSize, {}};

  Tissue() {
    const auto near = [](const Vec3i& p, const Vec3i& centre, std::int64_t radius) {
      const Vec3i d = p - centre;
      return d.x * d.x + d.y * d.y + 4 * d.z * d.z < radius * radius;
    };
    test::for_each_voxel(Box3::of_size(kSize), [&](const Vec3i& p) {
      const bool cleft = p.y == 35;  // background between upper and lower supervoxels
      sv.values.push_back(cleft ? 0
                                : (std::uint64_t{1} << 40) + static_cast<std::uint64_t>(1 + p.x / 50 + 2 * (p.y / 36)));
      const bool junction = near(p, {50, 17, 20}, 12) || near(p, {50, 52, 18}, 9);
      sj.values.push_back(junction ? 230 : p.x % 40 == 0 ? 20 : 0);
      type.values.push_back(junction ? (p.y < 36 ? 1 : 2) : 0);
      mi.values.push_back(near(p, {20, 15, 20}, 13) || near(p, {80, 55, 20}, 12) ? 200 : 0);
      raw.values.push_back(
          static_cast<std::uint8_t>(mix64(static_cast<std::uint64_t>(p.x + 100 * (p.y + 70 * p.z))) % 256));
    });
  }
};

const Tissue& tissue() {
  static const Tissue one;
  return one;
}

/// The shipped networks of all learned stages.
std::string networks() {
  const std::string models = SYCONN_SOURCE_DIR "/models/";
  return "chunk-infer: {models: {myelin: {model: " + models + "myelin/model.pt}}}\n" + "pointcloud: {ads: " + models +
         "compartment_ads/model.pt, abt: " + models + "compartment_abt/model.pt, dnh: " + models +
         "compartment_dnh/model.pt, astrocyte: " + models + "astrocyte/model.pt}\n" + "celltype: {model: " + models +
         "celltype/model.pt, contexts: 2}\nembed: {model: " + models + "embed/model.pt}\n";
}

/// Runs all stages that this build has on volumes at NAME.EXTENSION; `more` goes to each entry of dataset.volumes.
void run(const test::TempFolder& folder, const std::string& out, const std::string& extension,
         const std::string& more = "") {
  const bool learned = nn_room_is_built();
  std::string yaml = "dataset:\n  name: t\n  voxel_size_nm: [10, 10, 25]\n  chunk_vx: [64, 64, 64]\n  volumes:\n";
  for (const std::string& line :
       {std::string("raw: {kind: image"), std::string("sv: {kind: labels"), std::string("sj: {kind: probability"),
        std::string("mi: {kind: probability"), std::string("type: {kind: labels, asym: [1], sym: [2]")}) {
    const std::string name = line.substr(0, line.find(':'));
    yaml += "    " + (name == "type" ? "syn_" + line : line) + ", path: " + name + extension + more + "}\n";
  }
  yaml += learned ? "stages: [chunk-infer, watershed, contacts, sso, synapses, pointcloud, celltype, embed, tables]\n" +
                        networks()
                  : "stages: [watershed, contacts, sso, synapses, tables]\n";
  yaml +=
      "watershed: {types: {mi: {morphology: [], min_seed_vx: 10, min_obj_vx: 50}}}\n"
      "contacts: {sj_morphology: []}\n"
      "execution: {threads: 2}\n";
  test::run_stages(yaml, folder.path(), out);
}

template <class Write>
void write_all(const Write& write) {
  write("sv", tissue().sv), write("type", tissue().type), write("sj", tissue().sj), write("mi", tissue().mi);
  write("raw", tissue().raw);
}

void expect_same_runs(const test::TempFolder& folder, const std::string& one, const std::string& other) {
  const std::string command = "HDF5_PLUGIN_PATH='" SYCONN_BINARY_DIR
                              "/lib/hdf5_plugins' /usr/bin/python3 '" SYCONN_SOURCE_DIR
                              "/tests/support/compare_runs.py' '" +
                              (folder / one).string() + "' '" + (folder / other).string() + "' >'" +
                              (folder / "compared.txt").string() + "' 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << other << ": " << read_file(folder / "compared.txt");
}

void write_hdf5(const test::TempFolder& folder) {
  write_all([&](const std::string& name, const auto& volume) {
    using T = typename std::decay_t<decltype(volume.values)>::value_type;
    Volume<T> voxels(Box3::of_size(kSize));
    std::copy(volume.values.begin(), volume.values.end(), voxels.data());
    test::write_volume(folder / (name + ".h5"), name, voxels);
  });
}

TEST(ForeignVolumes, EveryStageGivesTheSameFromEveryFormat) {
  if (std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) GTEST_SKIP() << "needs python3-h5py";
  const test::TempFolder folder;
  write_hdf5(folder);
  run(folder, "hdf5", ".h5");
  write_all([&](const std::string& name, const auto& volume) {
    using T = typename std::decay_t<decltype(volume.values)>::value_type;
    test::PrecomputedLayout layout{.chunk = {32, 64, 16}};
    layout.sharding = test::sharding("identity", 1, 1, 1, "gzip", "gzip");
    if (sizeof(T) == 8) layout.block = {8, 8, 8};
    test::write_precomputed(folder / (name + "_ng"), volume, layout);
    test::write_zarr(folder / (name + ".zarr"), volume,
                     {.packing = "lz4", .chunk = {50, 40, 16}, .separator = "/", .ome = true});
    test::write_knossos(folder / (name + "_k"), volume,
                        {.extension = sizeof(T) == 8 ? ".seg.sz.zip" : ".raw", .conf = "knossos.conf"});
  });
  for (const char* extension : {"_ng", ".zarr", "_k"}) {
    run(folder, std::string("run") + extension, extension);
    expect_same_runs(folder, "hdf5", std::string("run") + extension);
  }
}

std::string run_error(const test::TempFolder& folder, const std::string& extension, const std::string& more,
                      Category category) {
  try {
    run(folder, "failed", extension, more);
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), category) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(ForeignVolumes, WhatTheConfigSaysMustBeWhatTheVolumeIs) {
  const test::TempFolder folder;
  write_all([&](const std::string& name, const auto& volume) {
    test::write_zarr(folder / (name + ".zarr"), volume, {.ome = true});
  });
  EXPECT_THAT(run_error(folder, ".zarr", ", level: 1", Category::config),
              AllOf(HasSubstr("has voxels of (20,20,50) nm, the dataset of (10,10,25) nm"),
                    HasSubstr("another of its levels")));
  EXPECT_THAT(run_error(folder, ".zarr", ", level: 2", Category::input), HasSubstr("there is no level 2"));
  EXPECT_THAT(run_error(folder, ".zarr", ", format: precomputed", Category::input), HasSubstr("info' is missing"));
  Plain<float> real{kSize, std::vector<float>(tissue().sv.values.size(), 0.5F)};
  test::write_zarr(folder / "sv.zarr", real, {.ome = true});
  EXPECT_THAT(run_error(folder, ".zarr", "", Category::config),
              AllOf(HasSubstr("'sv' is of kind labels"), HasSubstr("holds float32")));
}

TEST(ForeignVolumes, MissingChunksAreErrorsOrCounted) {
  const test::TempFolder folder;
  write_all([&](const std::string& name, const auto& volume) {
    test::write_precomputed(folder / (name + "_ng"), volume, {.chunk = {32, 32, 32}});
  });
  const std::string chunk = "mi_ng/fine/96-100_0-32_32-40";
  ASSERT_TRUE(fs::remove(folder / chunk));
  EXPECT_THAT(run_error(folder, "_ng", "", Category::input), AllOf(HasSubstr(chunk), HasSubstr("is missing")));
  run(folder, "lenient", "_ng", ", allow_missing: true");
  const PipelineRun lenient = PipelineRun::open(folder / "lenient", stage_table());
  const Json missing = missing_chunks_json(lenient);
  EXPECT_EQ(missing.dump(), R"({"mi":1,"raw":0,"sj":0,"sv":0,"syn_type":0})");
  EXPECT_EQ(missing_chunks_text(missing), "volume 'mi' lacks 1 chunks, which are read as empty (allow_missing)\n");
}

}  // namespace
}  // namespace syconn
