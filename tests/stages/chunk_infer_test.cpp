// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "support/network_file.h"
#include "support/stage_run.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

Volume<std::uint8_t> random_image(const Vec3i& size) {
  Volume<std::uint8_t> image(Box3::of_size(size));
  Rng rng(3);
  for (std::size_t i = 0; i < image.count(); ++i) image.data()[i] = static_cast<std::uint8_t>(rng.below(256));
  return image;
}

std::string config_text(const std::string& chunk_vx, const std::string& rest, int threads = 1) {
  return "dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: [130, 70, 67]}, chunk_vx: " +
         chunk_vx + ", volumes: {raw: {path: raw.h5, dataset: raw, kind: image}}}\nexecution: {threads: " +
         std::to_string(threads) + "}\n" + rest;
}

Volume<std::uint8_t> map_of(const fs::path& run, const std::string& name) {
  const auto reader = open_volume(run / "volumes" / (name + ".json"), name);
  Volume<std::uint8_t> map(reader->info().box());
  reader->read_map(map.view());
  return map;
}

bool same(const Volume<std::uint8_t>& a, const Volume<std::uint8_t>& b) {
  return a.box() == b.box() && std::equal(a.data(), a.data() + a.count(), b.data());
}

std::string refusal(const std::string& text, const fs::path& folder) {
  try {
    test::run_stages(text, folder);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

class ChunkInfer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
    network_ = test::small_network();
    write_model({10, 10, 25});
    test::write_volume(folder_ / "raw.h5", "raw", image_);
  }
  void write_model(const Vec3d& voxel_size_nm) {
    network_->export_model(folder_ / "m.pt", test::small_card(voxel_size_nm));
  }
  /// Class `c` of the network over what lies in `seen` of the image, zeros elsewhere.
  Volume<std::uint8_t> plain(const Volume<std::uint8_t>& image, std::size_t c, const Box3& seen) const {
    std::vector<float> in(static_cast<std::size_t>(seen.voxels()));
    const Box3 inside = intersect(seen, image.box());
    const auto for_each = [&](const auto& use) {
      for (std::int64_t z = inside.min.z; z < inside.max.z; ++z)
        for (std::int64_t y = inside.min.y; y < inside.max.y; ++y)
          for (std::int64_t x = inside.min.x; x < inside.max.x; ++x) use(Vec3i(x, y, z));
    };
    const VolumeView<float> view(in.data(), seen.size(), seen.min);
    for_each([&](const Vec3i& p) { view.at(p) = static_cast<float>(image.at(p)) / 255.0F; });
    const std::vector<float> logits = network_->logits(in, seen.size());
    Volume<std::uint8_t> map(inside);
    for_each([&](const Vec3i& at) {
      double p[3] = {}, sum = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        p[k] = std::exp(VolumeView<const float>(logits.data() + k * in.size(), seen.size(), seen.min).at(at));
        sum += p[k];
      }
      map.at(at) = static_cast<std::uint8_t>(255 * p[c] / sum);
    });
    return map;
  }
  /// Over the whole image at once, in zeros that reach farther than the network sees.
  Volume<std::uint8_t> plain(const Volume<std::uint8_t>& image, std::size_t c) const {
    const Vec3i rim(16, 16, 8), size = (image.box().size() + 2 * rim + Vec3i(1)) / 2 * 2;
    return plain(image, c, Box3::of_size(size).shifted(-rim));
  }

  const test::TempFolder folder_;
  const Volume<std::uint8_t> image_ = random_image({130, 70, 67});
  std::unique_ptr<UNetTrainer> network_;
};

TEST_F(ChunkInfer, EqualsTheNetworkOnTheWholeImage) {
  test::run_stages(config_text("[64, 64, 64]", "stages: [chunk-infer]\nchunk-infer: {models: {a: {model: m.pt}}}\n"),
                   folder_.path());
  std::size_t levels = 0;
  for (const auto& [name, c] : std::map<std::string, std::size_t>{{"mi_prob", 1}, {"vc_prob", 2}}) {
    const Volume<std::uint8_t> got = map_of(folder_ / "run", name), want = plain(image_, c);
    std::vector<bool> seen(256);
    int off_by_one = 0, off_by_more = 0;
    for (std::size_t i = 0; i < got.count(); ++i) {
      const int difference = std::abs(got.data()[i] - want.data()[i]);
      off_by_one += difference == 1, off_by_more += difference > 1;
      seen[got.data()[i]] = true;
    }
    EXPECT_EQ(off_by_more, 0) << name;
    EXPECT_LT(off_by_one, 2000) << name;  // float sums in another order, cut to whole numbers
    levels += static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
  }
  EXPECT_GT(levels, 100U);
}

TEST_F(ChunkInfer, SameBytesForAnyChunksAndThreads) {
  const std::string rest =
      "stages: [chunk-infer]\nchunk-infer: {device: cpu, models: {a: {model: m.pt, outputs: {x: vc}}}}\n";
  test::run_stages(config_text("[512, 512, 512]", rest), folder_.path(), "whole");
  const Volume<std::uint8_t> whole = map_of(folder_ / "whole", "x_prob");
  test::run_stages(config_text("[64, 64, 64]", rest, 2), folder_.path(), "small");
  EXPECT_TRUE(same(map_of(folder_ / "small", "x_prob"), whole));
  test::run_stages(config_text("[128, 64, 192]", rest + "\n", 2), folder_.path(), "odd");
  EXPECT_TRUE(same(map_of(folder_ / "odd", "x_prob"), whole));
  EXPECT_FALSE(fs::exists(folder_ / "odd" / "volumes" / "mi_prob.json"));
}

TEST_F(ChunkInfer, ThePapersOverlapGivesTheSameBytesForAnyChunks) {
  const std::string rest =
      "stages: [chunk-infer]\nchunk-infer: {overlap: paper, models: {a: {model: m.pt, tile_vx: [64, 32, 32], outputs: "
      "{x: vc}}}}\n";
  test::run_stages(config_text("[512, 512, 512]", rest), folder_.path(), "whole");
  const Volume<std::uint8_t> whole = map_of(folder_ / "whole", "x_prob");
  test::run_stages(config_text("[64, 64, 64]", rest, 2), folder_.path(), "small");
  EXPECT_TRUE(same(map_of(folder_ / "small", "x_prob"), whole));
  // Each tile with 30, 31, 20 voxels around it.
  for (const Vec3i& at : {Vec3i(0, 0, 0), Vec3i(64, 32, 32), Vec3i(128, 64, 64)}) {
    const Vec3i overlap(30, 31, 20);
    const Box3 seen{at - overlap, at + Vec3i(64, 32, 32) + overlap}, tile = Box3::of_size({64, 32, 32}).shifted(at);
    const Volume<std::uint8_t> want = plain(image_, 2, seen);
    const Box3 box = intersect(tile, image_.box());
    for (std::int64_t z = box.min.z; z < box.max.z; ++z)
      for (std::int64_t y = box.min.y; y < box.max.y; ++y)
        for (std::int64_t x = box.min.x; x < box.max.x; ++x)
          ASSERT_LE(std::abs(whole.at({x, y, z}) - want.at({x, y, z})), 1) << Vec3i(x, y, z);
  }
  EXPECT_THAT(
      refusal(config_text("[64, 64, 64]",
                          "stages: [chunk-infer]\nchunk-infer: {overlap: paper, models: {a: {model: m.pt, halo_vx: [8, "
                          "8, 8]}}}\n"),
              folder_.path()),
      ::testing::HasSubstr("take one of the two away"));
}

TEST_F(ChunkInfer, CoarserVoxelsAreMeans) {
  write_model({20, 20, 50});
  const std::string rest = "stages: [chunk-infer]\nchunk-infer: {models: {a: {model: m.pt, outputs: {mi: mi}}}}\n";
  test::run_stages(config_text("[64, 64, 64]", rest), folder_.path());
  const Volume<std::uint8_t> got = map_of(folder_ / "run", "mi_prob");
  EXPECT_EQ(got.box(), Box3::of_size({65, 35, 34}));
  Volume<std::uint8_t> half(got.box());
  for (std::int64_t z = 0; z < 34; ++z)
    for (std::int64_t y = 0; y < 35; ++y)
      for (std::int64_t x = 0; x < 65; ++x) {
        int sum = 0, n = 0;
        for (const Vec3i& v :
             {Vec3i{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 0}, {0, 0, 1}, {1, 0, 1}, {0, 1, 1}, {1, 1, 1}})
          if (const Vec3i p = 2 * Vec3i{x, y, z} + v; image_.box().contains(p)) sum += image_.at(p), ++n;
        half.at({x, y, z}) = static_cast<std::uint8_t>(std::floor(double(sum) / n + 0.5));
      }
  const Volume<std::uint8_t> want = plain(half, 1);
  for (std::size_t i = 0; i < got.count(); ++i) ASSERT_LE(std::abs(got.data()[i] - want.data()[i]), 1) << i;
}

TEST_F(ChunkInfer, CoarseMapsInTheDatasetsVoxelsRepeatTheModels) {
  write_model({30, 30, 25});  // chunks end within its voxels
  const std::string coarse = "stages: [chunk-infer]\nchunk-infer: {models: {a: {model: m.pt, outputs: {mi: mi}}}}\n",
                    fine =
                        "stages: [chunk-infer]\nchunk-infer: {models: {a: {model: m.pt, voxels: dataset, outputs: "
                        "{mi: mi}}}}\n";
  test::run_stages(config_text("[64, 64, 64]", coarse), folder_.path(), "coarse");
  const Volume<std::uint8_t> want = map_of(folder_ / "coarse", "mi_prob");
  for (const auto& [chunk, run] :
       std::map<std::string, std::string>{{"[64, 64, 64]", "small"}, {"[128, 64, 192]", "odd"}}) {
    test::run_stages(config_text(chunk, fine), folder_.path(), run);
    const Volume<std::uint8_t> got = map_of(folder_ / run, "mi_prob");
    ASSERT_EQ(got.box(), image_.box());
    for (std::int64_t z = 0; z < 67; ++z)
      for (std::int64_t y = 0; y < 70; ++y)
        for (std::int64_t x = 0; x < 130; ++x) ASSERT_EQ(got.at({x, y, z}), want.at({x / 3, y / 3, z}));
    EXPECT_EQ(open_volume(folder_ / run / "volumes/mi_prob.json", "mi_prob")->info().voxel_size_nm, Vec3d(10, 10, 25));
  }
}

TEST_F(ChunkInfer, WatershedTakesItsMaps) {
  const std::string models = "chunk-infer: {models: {a: {model: m.pt, outputs: {mi: mi}}}}\n";
  const std::string types =
      "watershed: {types: {mi: {threshold: 0.4, morphology: [], min_obj_vx: 1, min_seed_vx: 1}}}\n";
  test::run_stages(config_text("[64, 64, 64]", "stages: [chunk-infer, watershed]\n" + types + models), folder_.path());
  EXPECT_TRUE(fs::exists(folder_ / "run" / "datasets" / "mi.h5"));
  EXPECT_TRUE(fs::exists(folder_ / "run" / "volumes" / "mi_seg.json"));
  // the same objects from the same map as an input volume
  const Volume<std::uint8_t> map = map_of(folder_ / "run", "mi_prob");
  test::write_volume(folder_ / "mi.h5", "mi", map);
  std::string given = config_text("[64, 64, 64]", "stages: [watershed]\n" + types);
  given.replace(given.find("volumes: {"), 10, "volumes: {mi: {path: mi.h5, dataset: mi, kind: probability}, ");
  test::run_stages(given, folder_.path(), "given");
  const auto a = open_volume(folder_ / "run/volumes/mi_seg.json", "mi_seg");
  const auto b = open_volume(folder_ / "given/volumes/mi_seg.json", "mi_seg");
  const Volume<Id> x = a->read_labels(map.box()), y = b->read_labels(map.box());
  EXPECT_TRUE(std::equal(x.data(), x.data() + x.count(), y.data()));
  EXPECT_GT(*std::max_element(x.data(), x.data() + x.count()), 0U);
}

TEST_F(ChunkInfer, WrongModelsAreRefusedWithTheReason) {
  using ::testing::HasSubstr;
  const std::string stages = "stages: [chunk-infer]\n";
  EXPECT_THAT(
      refusal(config_text("[64, 64, 64]", stages + "chunk-infer: {models: {a: {model: m.pt, outputs: {er: er}}}}\n"),
              folder_.path()),
      HasSubstr("no class 'er'; it has background, mi, vc"));
  EXPECT_THAT(
      refusal(config_text("[64, 64, 64]", stages + "chunk-infer: {models: {a: {model: raw.h5}}}\n"), folder_.path()),
      HasSubstr("no ZIP archive"));
  EXPECT_THAT(
      refusal(config_text("[64, 64, 64]", stages + "chunk-infer: {models: {a: {model: m.pt}, b: {model: m.pt}}}\n"),
              folder_.path()),
      HasSubstr("is made by model 'a' too"));
  EXPECT_THAT(
      refusal(config_text("[64, 64, 64]", stages + "chunk-infer: {models: {a: {model: m.pt, halo_vx: [3, 2, 2]}}}\n"),
              folder_.path()),
      HasSubstr("halo_vx"));
  EXPECT_THAT(
      refusal(config_text("[64, 64, 64]", stages + "chunk-infer: {models: {a: {model: m.pt, outputs: {raw: mi}}}}\n"),
              folder_.path()),
      HasSubstr("'raw' is among dataset.volumes already"));
  write_model({14, 14, 30});
  EXPECT_THAT(
      refusal(config_text("[64, 64, 64]", stages + "chunk-infer: {models: {a: {model: m.pt}}}\n"), folder_.path()),
      HasSubstr("made for voxels of (14,14,30) nm, the dataset has (10,10,25) nm"));
}

}  // namespace
}  // namespace syconn
