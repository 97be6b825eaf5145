// SPDX-License-Identifier: GPL-3.0-or-later
// The export, read back by a reader that shares no code with it (read_export.py); meshes decoded by Draco.
#include <draco/compression/decode.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include "stages/child_process.h"
#include "stages/export_fixture.h"
#include "syconn/algo/simplify.h"

namespace syconn {
namespace {

using test::ExportRun;

std::map<std::string, std::string> bytes_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

/// What read_export.py says; fails where it finds a difference.
std::string read_back(const ExportRun& run) {
  make_folder(run.temp / "meshes");
  const std::string out = (run.temp / "read.txt").string();
  const std::string command = "HDF5_PLUGIN_PATH='" SYCONN_BINARY_DIR
                              "/lib/hdf5_plugins' /usr/bin/python3 " SYCONN_SOURCE_DIR "/tests/stages/read_export.py " +
                              run.run().string() + (run.with_raw ? " " + (run.temp / "raw.h5").string() : " -") +
                              (run.with_sv ? " " + (run.temp / "sv.h5").string() : " -") + " " +
                              (run.temp / "meshes").string() + " > " + out + " 2>&1";
  const int status = std::system(command.c_str());
  const std::string text = read_file(out);
  EXPECT_EQ(status, 0) << text;
  return text;
}

void do_export(const ExportRun& run, int threads = 1) { test::run_stages(run.yaml(threads), run.temp.path()); }

/// A manifest and its fragments as meshes, one a level, as a viewer puts them together.
std::vector<Mesh> decode(const std::string& manifest, const std::string& fragments) {
  const char* at = manifest.data();
  const auto take = [&]<class T>(T& value) { std::memcpy(&value, at, sizeof value), at += sizeof value; };
  const auto list = [&]<class T>(std::vector<T>& values) {
    for (T& v : values) take(v);
  };
  std::vector<float> chunk(3), origin(3);
  list(chunk), list(origin);
  std::uint32_t n = 0;
  take(n);
  std::vector<float> scales(n), offsets(3 * n);
  std::vector<std::uint32_t> counts(n);
  list(scales), list(offsets), list(counts);
  std::vector<Mesh> meshes(n);
  const char* data = fragments.data();
  for (std::uint32_t level = 0; level < n; ++level) {
    std::vector<std::uint32_t> positions(3 * counts[level]), sizes(counts[level]);
    list(positions), list(sizes);
    for (std::uint32_t f = 0; f < counts[level]; ++f) {
      if (sizes[f] == 0) continue;
      draco::DecoderBuffer buffer;
      buffer.Init(data, sizes[f]);
      data += sizes[f];
      const auto decoded = draco::Decoder().DecodeMeshFromBuffer(&buffer);
      EXPECT_TRUE(decoded.ok());
      const draco::Mesh& part = *decoded.value();
      const draco::PointAttribute* attribute = part.GetNamedAttribute(draco::GeometryAttribute::POSITION);
      EXPECT_EQ(attribute->data_type(), draco::DT_UINT32);
      const auto first = static_cast<std::uint32_t>(meshes[level].vertices_nm.size());
      for (draco::PointIndex v(0); v < part.num_points(); ++v) {
        std::uint32_t steps[3];
        attribute->GetMappedValue(v, steps);
        Vec3f p;
        for (int axis = 0; axis < 3; ++axis) {
          const auto k = static_cast<std::size_t>(axis);
          EXPECT_LT(steps[k], 65536U);
          p[axis] = static_cast<float>(static_cast<double>(origin[k]) +
                                       std::ldexp(static_cast<double>(chunk[k]), static_cast<int>(level)) *
                                           (positions[k * counts[level] + f] + steps[k] / 65535.0));
        }
        meshes[level].vertices_nm.push_back(p);
      }
      for (draco::FaceIndex face(0); face < part.num_faces(); ++face) {
        std::uint32_t halves[3] = {3, 3, 3};  // which halves of the fragment the face lies in, an axis
        for (int corner = 0; corner < 3; ++corner) {
          const draco::PointIndex v = part.face(face)[static_cast<std::size_t>(corner)];
          meshes[level].faces.push_back(first + v.value());
          std::uint32_t steps[3];
          attribute->GetMappedValue(v, steps);
          for (std::size_t k = 0; k < 3; ++k)
            halves[k] &= (steps[k] <= 32767 ? 1U : 0U) | (steps[k] >= 32767 ? 2U : 0U);
        }
        if (level > 0) {
          for (const std::uint32_t half : halves) EXPECT_NE(half, 0U) << "a face crosses a middle plane";
        }
      }
    }
  }
  EXPECT_EQ(at, manifest.data() + manifest.size());
  EXPECT_EQ(data, fragments.data() + fragments.size());
  return meshes;
}

void check_meshes(const ExportRun& run) {
  for (const auto& [id, mesh] : run.meshes) {
    const fs::path stem = run.temp / "meshes" / std::to_string(id);
    const std::vector<Mesh> levels =
        decode(read_file(stem.string() + ".manifest"), read_file(stem.string() + ".fragments"));
    ASSERT_EQ(levels.size() > 1, mesh.n_faces() > 2048) << id;
    const MeshBounds bounds = mesh_bounds(mesh);
    // Half a step of the 16 bits along each axis, and the float32 of the test's own positions.
    const float edge = (bounds.max_nm - bounds.min_nm).max_element();
    const double step = 1.5 * static_cast<double>(edge) / 65535 + 0.01;
    EXPECT_LT(distance_to_surface(mesh.vertices_nm, levels[0]).max_nm, step);
    EXPECT_LT(distance_to_surface(levels[0].vertices_nm, mesh).max_nm, step);
    EXPECT_NEAR(mesh_volume_um3(levels[0]), mesh_volume_um3(mesh), 1e-3 * mesh_volume_um3(mesh));
    for (std::size_t l = 1; l < levels.size(); ++l) {
      EXPECT_LT(levels[l].n_faces(), levels[l - 1].n_faces());
      EXPECT_LT(distance_to_surface(mesh.vertices_nm, levels[l]).max_nm,
                80 * std::ldexp(1.0, static_cast<int>(l)) + step);
    }
  }
}

TEST(Export, EverythingReadsBack) {
  ExportRun run(Box3::of_size({270, 40, 70}));
  run.more = "export: {annotation_limit: 20}\n";
  run.write();
  do_export(run);
  const std::string text = read_back(run);
  EXPECT_NE(text.find("seg 3 scales\nraw 3 scales\n"), std::string::npos) << text;
  check_meshes(run);
}

TEST(Export, ABoxInsideTheDatasetAndPng) {
  ExportRun run(Box3({37, 21, 5}, {201, 60, 20}));
  run.more = "export: {annotation_limit: 1, raw_encoding: png}\n";
  run.write();
  do_export(run);
  read_back(run);
}

TEST(Export, OneVoxel) {
  ExportRun run(Box3::of_size({1, 1, 1}));
  run.write();
  do_export(run);
  read_back(run);
}

TEST(Export, WithoutVolumes) {
  ExportRun run(Box3::of_size({100, 90, 80}));
  run.with_sv = run.with_raw = false;
  run.write();
  do_export(run);
  read_back(run);
}

TEST(Export, WithoutSynapses) {
  ExportRun run(Box3::of_size({100, 90, 10}));
  run.with_synapses = false, run.n_supervoxels = 1;
  run.write();
  do_export(run);
  EXPECT_FALSE(fs::exists(run.run() / "export/neuroglancer/synapses/by_id"));
}

TEST(Export, SameBytesForAnyThreadsAndChunks) {
  ExportRun run(Box3::of_size({200, 170, 67}));
  run.write();
  do_export(run);
  const auto first = bytes_of(run.run() / "export");
  ASSERT_GT(first.size(), 20U);
  ExportRun other(run.box);
  other.write();
  test::run_stages(other.yaml(2, "[128, 64, 192]"), other.temp.path());
  EXPECT_EQ(bytes_of(other.run() / "export"), first);
}

TEST(Export, AnotherUrlChangesTheSmallFilesOnly) {
  ExportRun run(Box3::of_size({70, 70, 30}));
  run.write();
  do_export(run);
  run.more = "export: {url: https://data.example.org/t}\n";
  const RunSummary again = test::run_stages(run.yaml(), run.temp.path());
  EXPECT_EQ(again.jobs_run, 1);
  const std::string state = read_file(run.run() / "export/neuroglancer/state.json");
  EXPECT_NE(state.find("precomputed://https://data.example.org/t/seg"), std::string::npos);
}

TEST(Export, AnUnknownSupervoxelIsAnError) {
  ExportRun run(Box3::of_size({20, 20, 20}));
  run.write();
  Volume<Id> sv(run.box, 12345);
  test::write_volume(run.temp / "sv.h5", "sv", sv);
  try {
    do_export(run);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::input);
    EXPECT_NE(std::string(e.what()).find("supervoxel 12345"), std::string::npos) << e.what();
  }
}

TEST(Export, ResumesAfterKills) {
  ExportRun run(Box3::of_size({200, 170, 67}));
  run.write();
  do_export(run);
  const auto expected = bytes_of(run.run() / "export");
  fs::remove_all(run.run() / "export"), fs::remove_all(run.run() / "work");
  write_file_atomically(run.temp / "run.yml", run.yaml(2));
  const std::vector<std::string> command{
      "export", "neuroglancer", run.run().string(), "-c", (run.temp / "run.yml").string(), "-q"};
  int kills = 0, code = -1;
  for (int i = 0; i < 100 && code != 0; ++i) {
    const pid_t child = test::start_syconn(command, run.temp / "out.txt");
    std::this_thread::sleep_for(std::chrono::milliseconds(30 + 20 * i));
    ::kill(child, SIGKILL);
    code = test::wait_for(child);
    kills += code == 1000 + SIGKILL;
  }
  EXPECT_EQ(code, 0);
  EXPECT_GT(kills, 0);
  EXPECT_EQ(bytes_of(run.run() / "export"), expected);
}

}  // namespace
}  // namespace syconn
