// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "../../src/stages/point_predict.h"
#include "stages/soma_oracle.h"
#include "support/stage_run.h"
#include "support/without_columns.h"
#include "syconn/algo/label_votes.h"
#include "syconn/nn/room.h"

namespace syconn {
namespace {

// Three whole cells in a 30 um box, and the same without what the stage is to find.
struct Cells {
  Cells() {
    test::run_stages(
        "dataset:\n  name: cells\n  voxel_size_nm: [10, 10, 25]\n  box_vx: {min: [0, 0, 0], max: [3000, 3000, 1200]}\n"
        "  volumes: {}\nstages: [phantom-vector]\nphantom-vector: {n_cells: 3, seed: 3, mesh_grid_nm: 400}\n",
        folder.path(), "truth");
  }
  /// A run folder of that name with the tables.
  fs::path copy(const std::string& name) const {
    const fs::path from = folder / "truth" / "datasets", to = folder / name / "datasets";
    test::copy_without(from, "ssv", to, {"axon_um", "dend_um", "soma_um", "vertex_comp"});
    test::copy_without(from, "syn_ssv", to,
                       {"comp_a", "comp_b", "spine_head_vol_um3", "pre_id", "post_id", "pre_comp", "post_comp",
                        "pre_type", "post_type"});
    for (const char* type : {"mi", "vc"}) test::copy_without(from, type, to, {});
    return folder / name;
  }
  test::TempFolder folder;
};
const Cells& cells() {
  static const Cells made;
  return made;
}

PointModelCard card_of(const std::string& name, const std::vector<std::string>& classes) {
  PointModelCard card;
  const bool surface_only = name == "astrocyte" || name == "fine";
  card.name = name, card.classes = classes;
  card.inputs =
      surface_only ? std::vector<std::string>{"surface"} : std::vector<std::string>{"surface", "mi", "vc", "syn"};
  card.n_points = 128, card.context_nm = 6000, card.pivot_nm = 6000;
  card.surface_voxel_nm = card.organelle_voxel_nm = card.synapse_voxel_nm = 400;
  card.architecture =
      segmentation_net(static_cast<int>(card.inputs.size()), static_cast<int>(classes.size()), card.n_points, 4);
  return card;
}

const std::map<std::string, std::vector<std::string>>& classes() {
  static const std::map<std::string, std::vector<std::string>> of{
      {"ads", {"soma", "dendrite", "axon"}},
      {"abt", {"axon", "bouton_en_passant", "bouton_terminal"}},
      {"dnh", {"shaft", "spine_neck", "spine_head"}},
      {"astrocyte", {"neuron", "astrocyte"}}};
  return of;
}

/// The published pair.
const std::map<std::string, std::vector<std::string>>& pair_classes() {
  static const std::map<std::string, std::vector<std::string>> of{{"coarse", {"other", "dendrite"}},
                                                                  {"fine", {"spine_head", "shaft", "spine_neck"}}};
  return of;
}

/// Mean output of each class over some contexts of the cells.
std::vector<double> mean_outputs(PointTrainer& net, const PointModelCard& card) {
  const CellReader reader(cells().folder / "truth");
  std::vector<double> mean(card.classes.size(), 0);
  double n = 0;
  for (std::uint32_t shard = 0; shard < reader.cells().n_shards(); ++shard)
    reader.cells().for_each(shard, [&](Id id, Row row) {
      const CellParts cell = reader.read(id, row);
      const CellCloud cloud = cell_cloud(cell, card);
      CellSamples samples(cell, cloud, card);
      for (const std::uint32_t pivot : samples.draw_pivots(4, 1)) {
        const PointSample sample = samples.sample(samples.points(pivot, 1), 1);
        const std::vector<double> out = net.outputs({std::span(&sample.pyramid, 1), sample.features});
        for (std::size_t i = 0; i < out.size(); ++i) mean[i % mean.size()] += out[i];
        n += static_cast<double>(out.size() / mean.size());
      }
    });
  for (double& v : mean) v /= n;
  return mean;
}

/// Random weights and a head that gives each class its share; `always` >= 0: that class everywhere.
void write_model(const fs::path& file, const PointModelCard& card, int always = -1) {
  const auto seed = static_cast<std::uint64_t>(card.name.at(1));  // no two alike
  const auto net = nn_room().point_trainer(card.architecture, {}, {"cpu", false, 1}, seed);
  std::vector<float> weight = net->tensor("head.weight"), bias(card.classes.size(), 0);
  if (always >= 0) {
    std::fill(weight.begin(), weight.end(), 0.0F);
    bias[static_cast<std::size_t>(always)] = 4;
  } else {
    const std::vector<double> mean = mean_outputs(*net, card);
    bias = net->tensor("head.bias");
    for (std::size_t k = 0; k < bias.size(); ++k) bias[k] -= static_cast<float>(mean[k]);
  }
  net->set_tensor("head.weight", weight), net->set_tensor("head.bias", bias);
  net->export_model(file, card);
}

fs::path models() {
  static const test::TempFolder folder;
  static const bool written = [] {
    for (const auto* all : {&classes(), &pair_classes()})
      for (const auto& [name, of] : *all) write_model(folder / (name + ".pt"), card_of(name, of));
    return true;
  }();
  return written ? folder.path() : fs::path();
}

std::string yaml(const std::string& keys, const std::string& box_max = "[64, 64, 64]",
                 const std::string& execution = "threads: 1") {
  return "dataset: {name: cells, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: " + box_max +
         "}, volumes: {}}\nstages: [pointcloud]\nexecution: {" + execution + "}\npointcloud:\n  {device: cpu, " + keys +
         "}\n";
}
std::string all_models(const std::map<std::string, std::vector<std::string>>& named = classes()) {
  std::string keys;
  for (const auto& [name, of] : named) keys += name + ": '" + (models() / (name + ".pt")).string() + "', ";
  return keys + "seed: 7";
}

/// What the stage gave, in the order of the ids.
struct Results {
  std::map<Id, std::vector<std::uint8_t>> vertex, node;
  std::map<Id, std::vector<float>> numbers;
  std::map<Id, std::array<int, 2>> sides;

  friend bool operator==(const Results&, const Results&) = default;
};
Results results(const fs::path& run) {
  Results r;
  const auto ssv = SegmentationDataset::open(run / "datasets/ssv.h5"),
             syn = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  for (std::uint32_t s = 0; s < ssv.n_shards(); ++s)
    ssv.for_each(s, [&](Id id, Row row) {
      r.vertex[id] = ssv.ragged<std::uint8_t>("vertex_comp", "values")(row);
      r.node[id] = ssv.ragged<std::uint8_t>("node_comp", "values")(row);
      for (const char* name : {"axon_um", "dend_um", "soma_um", "astrocyte_score"})
        r.numbers[id].push_back(ssv.column<float>(name)(row));
    });
  for (std::uint32_t s = 0; s < syn.n_shards(); ++s)
    syn.for_each(s, [&](Id id, Row row) {
      r.sides[id] = {syn.column<std::uint8_t>("comp_a")(row), syn.column<std::uint8_t>("comp_b")(row)};
      EXPECT_TRUE(std::isnan(syn.column<float>("spine_head_vol_um3")(row)));  // no voxels
    });
  return r;
}

std::map<std::string, std::string> bytes_of(const fs::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(run / "datasets"))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(run).string()] = read_file(entry.path());
  return files;
}

// ---- the same by brute force ---------------------------------------------------------------------------------------

using Codes = std::vector<std::int32_t>;

/// Majority of all contexts of the network, none left out; vertices that no context drew: -1.
Codes voted(const CellParts& cell, const std::string& name, const std::vector<std::int32_t>& codes) {
  const auto net = PointNet::load(models() / (name + ".pt"), {"cpu", false, 1});
  const CellCloud cloud = cell_cloud(cell, net->card());
  CellSamples samples(cell, cloud, net->card());
  std::vector<std::array<int, 3>> votes(cell.surface_nm.size(), {0, 0, 0});
  predict_contexts(
      *net, samples, samples.pivots(), 7, 1, [&](std::size_t, const PointSample& s, const std::vector<float>& out) {
        for (std::size_t i = 0; i < s.points.size(); ++i) {
          if (cloud.vertex[s.points[i]] == kNoVertex) continue;
          const auto* row = out.data() + codes.size() * i;
          ++votes[cloud.vertex[s.points[i]]][static_cast<std::size_t>(std::max_element(row, row + codes.size()) - row)];
        }
      });
  Codes best;
  for (const auto& v : votes) {
    const auto most = std::max_element(v.begin(), v.end());
    best.push_back(*most == 0 ? -1 : codes[static_cast<std::size_t>(most - v.begin())]);
  }
  return best;
}

/// The code of the nearest vertex with one, among those that `may` be asked.
template <class May>
std::int32_t nearest_code(const std::vector<Vec3f>& vertices, const Codes& codes, const Vec3f& at, const May& may) {
  std::int32_t best = -1;
  double least = INFINITY;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < 0 || !may(i)) continue;
    const Vec3d d = Vec3d(vertices[i]) - Vec3d(at);
    if (d.dot(d) < least) best = codes[i], least = d.dot(d);
  }
  return best;
}

constexpr std::size_t kStride = 7;  // brute force takes its time: every so many vertices are checked

Codes combined(const CellParts& cell) {
  const auto& v = cell.surface_nm;
  const Codes ads = voted(cell, "ads", {kSoma, kShaft, kAxon});
  const std::map<std::int32_t, Codes> fine{{kAxon, voted(cell, "abt", {kAxon, kBoutonEnPassant, kTerminalBouton})},
                                           {kShaft, voted(cell, "dnh", {kShaft, kSpineNeck, kSpineHead})}};
  Codes coarse = ads, out;
  for (std::size_t i = 0; i < v.size(); ++i)
    if (coarse[i] < 0 && (i % kStride == 0 || fine.at(kAxon)[i] >= 0 || fine.at(kShaft)[i] >= 0))
      coarse[i] = nearest_code(v, ads, v[i], [](std::size_t) { return true; });
  for (std::size_t i = 0; i < v.size(); i += kStride) {
    const auto found = fine.find(coarse[i]);
    std::int32_t code = coarse[i];
    if (found != fine.end()) {
      const Codes& own = found->second;
      code = own[i] >= 0 ? own[i] : nearest_code(v, own, v[i], [&](std::size_t k) { return coarse[k] == coarse[i]; });
      if (code < 0) code = coarse[i];
    }
    out.push_back(code);
  }
  return out;
}

/// Of every kStride-th vertex, by the pair of coarse and fine, where nodes of `radius_nm` or more start a soma.
Codes paired(const CellParts& cell, float radius_nm) {
  const auto& v = cell.surface_nm;
  const Codes says = voted(cell, "coarse", {kAxon, kShaft}),
              fine = voted(cell, "fine", {kSpineHead, kShaft, kSpineNeck});
  Codes thick;
  for (const float radius : cell.node_radius_nm) thick.push_back(radius >= radius_nm ? kSoma : kUnknownCompartment);
  const std::vector<bool> soma = test::soma_oracle({cell.nodes_nm, cell.node_radius_nm, cell.edges}, thick, 0);
  const auto coarse = [&](std::size_t i) {
    std::int32_t code = says[i] >= 0 ? says[i] : nearest_code(v, says, v[i], [](std::size_t) { return true; });
    std::size_t node = 0;
    for (std::size_t n = 1; n < soma.size(); ++n) {
      const Vec3d d = Vec3d(cell.nodes_nm[n]) - Vec3d(v[i]), best = Vec3d(cell.nodes_nm[node]) - Vec3d(v[i]);
      if (d.dot(d) < best.dot(best)) node = n;
    }
    return code == kAxon && soma[node] ? Codes::value_type{kSoma} : code;
  };
  Codes shafts = fine, out;  // what the fine network says of vertices on dendrite
  for (std::size_t i = 0; i < v.size(); ++i)
    if (fine[i] >= 0 && coarse(i) != kShaft) shafts[i] = -1;
  for (std::size_t i = 0; i < v.size(); i += kStride) {
    const std::int32_t code = coarse(i);
    const std::int32_t finer = code == kShaft ? nearest_code(v, shafts, v[i], [](std::size_t) { return true; }) : -1;
    out.push_back(finer >= 0 ? finer : code);
  }
  return out;
}

/// Most frequent code of the k nearest, tie: the one met first.
std::int32_t majority_near(const std::vector<Vec3f>& points, const std::vector<std::uint8_t>& codes, const Vec3f& at,
                           std::size_t k) {
  std::vector<std::pair<float, std::size_t>> order;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Vec3f d = points[i] - at;
    order.emplace_back(d.x * d.x + d.y * d.y + d.z * d.z, i);
  }
  k = std::min(k, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end());
  std::array<std::size_t, 256> count{};
  for (std::size_t i = 0; i < k; ++i) ++count[codes[order[i].second]];
  const std::size_t most = *std::max_element(count.begin(), count.end());
  for (std::size_t i = 0; i < k; ++i)
    if (count[codes[order[i].second]] == most) return codes[order[i].second];
  return kUnknownCompartment;
}

class Pointcloud : public testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  }
  static void expect_refused(const std::string& text, const std::string& folder, const std::string& why) {
    try {
      test::run_stages(text, cells().folder.path(), folder);
      ADD_FAILURE() << "not refused: " << why;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr(why));
    }
  }
};

TEST_F(Pointcloud, EqualsBruteForce) {
  const fs::path run = cells().copy("oracle");
  test::run_stages(yaml(all_models()), cells().folder.path(), "oracle");
  const Results got = results(run);
  const CellReader reader(run);
  const auto syn = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  std::array<std::size_t, 7> seen{};
  for (const auto& [id, vertex] : got.vertex) {
    const CellParts cell = reader.read(id, reader.cells().at(id));
    const Codes want = combined(cell);
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(vertex[i * kStride], want[i]) << id << ' ' << i * kStride;
    ASSERT_EQ(want.size(), (vertex.size() + kStride - 1) / kStride);
    for (const std::uint8_t code : vertex) ++seen.at(code);
    Codes nodes;
    for (const Vec3f& node : cell.nodes_nm) nodes.push_back(majority_near(cell.surface_nm, vertex, node, 50));
    const SkeletonShape shape{cell.nodes_nm, cell.node_radius_nm, cell.edges};
    nodes = test::without_patches(shape, nodes, test::soma_oracle(shape, nodes, 4000));
    std::vector<SkeletonEdge> neurites;
    for (const SkeletonEdge& e : cell.edges)
      if (nodes[e[0]] != kSoma && nodes[e[1]] != kSoma) neurites.push_back(e);
    nodes = component_compartments(cell.edges, smooth_compartments(cell.nodes_nm, neurites, nodes, 10000), 0.66);
    EXPECT_EQ(Codes(got.node.at(id).begin(), got.node.at(id).end()), nodes);
    const float path = reader.cells().column<float>("path_length_um")(reader.cells().at(id));
    const std::vector<float>& n = got.numbers.at(id);
    EXPECT_NEAR(n[0] + n[1] + n[2], path, 1e-3F * path);
    EXPECT_TRUE(n[3] > 0 && n[3] < 1);
  }
  EXPECT_GE(std::count_if(seen.begin(), seen.end(), [](std::size_t n) { return n > 0; }), 4) << "too easy";
  std::size_t sides = 0;
  for (const auto& [id, codes] : got.sides) {
    const Row row = syn.at(id);
    const auto rep = syn.column<std::int64_t>("rep_vx").values(row);
    const Vec3f at((Vec3d(Vec3i{rep[0], rep[1], rep[2]}) + Vec3d(0.5)) * Vec3d{10, 10, 25});
    for (const std::size_t side : {0U, 1U}) {
      const Id cell = syn.column<Id>(side == 0 ? "cell_a" : "cell_b")(row);
      if (cell == kBackground) {
        EXPECT_EQ(codes[side], 255);
        continue;
      }
      const CellParts parts = reader.read(cell, reader.cells().at(cell));
      EXPECT_EQ(codes[side], majority_near(parts.surface_nm, got.vertex.at(cell), at, 20));
      if (++sides == 40) return;
    }
  }
  EXPECT_GT(sides, 5U);
}

TEST_F(Pointcloud, PairOfCoarseAndFineEqualsBruteForce) {
  const fs::path run = cells().copy("pair");
  test::run_stages(yaml(all_models(pair_classes()) + ", soma_radius_um: 2.5"), cells().folder.path(), "pair");
  const Results got = results(run);
  const CellReader reader(run);
  std::array<std::size_t, 7> seen{};
  for (const auto& [id, vertex] : got.vertex) {
    const CellParts cell = reader.read(id, reader.cells().at(id));
    const Codes want = paired(cell, 2500);
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(vertex[i * kStride], want[i]) << id << ' ' << i * kStride;
    for (const std::uint8_t code : vertex) ++seen.at(code);
    EXPECT_TRUE(std::isnan(got.numbers.at(id)[3]));  // no network of astrocytes
  }
  for (const Compartment code : {kShaft, kSpineHead, kSpineNeck, kAxon, kSoma}) EXPECT_GT(seen.at(code), 0U) << code;
  EXPECT_EQ(seen[kBoutonEnPassant] + seen[kTerminalBouton], 0U);
}

TEST_F(Pointcloud, SameBytesForAnyThreadsAndOrderAndAfterDamage) {
  std::map<std::string, std::string> want;
  for (const std::string execution : {"threads: 1", "threads: 2, job_order_seed: 9"}) {
    const std::string out = "bytes" + std::to_string(execution.size());
    const fs::path run = cells().copy(out);
    const std::string text = yaml(all_models(), "[64, 64, 64]", execution);
    test::run_stages(text, cells().folder.path(), out);
    if (want.empty())
      want = bytes_of(run);
    else
      EXPECT_TRUE(bytes_of(run) == want);
    EXPECT_EQ(test::run_stages(text, cells().folder.path(), out).jobs_run, 0);
    fs::remove(run / "work/pointcloud/predict/sides.1");
    EXPECT_GT(test::run_stages(text, cells().folder.path(), out).jobs_run, 0);
    EXPECT_TRUE(bytes_of(run) == want);
  }
}

TEST_F(Pointcloud, NumberOfJobsDoesNotShow) {
  std::vector<Results> all;
  for (const std::string box : {"[64, 64, 64]", "[1000, 1000, 300]"}) {
    const fs::path run = cells().copy("jobs" + box.substr(1, 2));
    test::run_stages(yaml(all_models(), box), cells().folder.path(), run.filename().string());
    all.push_back(results(run));
  }
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0].vertex.size(), 3U);
}

TEST_F(Pointcloud, WhatCannotBeIsRefused) {
  const std::string ads = "ads: '" + (models() / "ads.pt").string() + "'";
  expect_refused(yaml("ads: '" + (models() / "dnh.pt").string() + "'"), "refused",
                 "test.yml:5:22: the model's classes are shaft, spine_neck, spine_head; pointcloud.ads needs axon, "
                 "dendrite, soma");
  expect_refused(yaml(ads + ", astrocyte: '" + (models() / "ads.pt").string() + "'"), "refused",
                 "pointcloud.astrocyte needs two, one of them astrocyte");
  expect_refused(yaml(ads + ", abt: 'none.pt'"), "refused", "there is no file");
  const std::string coarse = "coarse: '" + (models() / "coarse.pt").string() + "'";
  expect_refused(yaml(ads + ", " + coarse), "refused", "give either ads, abt and dnh, or the pair of coarse and fine");
  expect_refused(yaml("coarse: '" + (models() / "ads.pt").string() + "'"), "refused",
                 "pointcloud.coarse needs dendrite, other");
  expect_refused(yaml("fine: '" + (models() / "fine.pt").string() + "'"), "refused", "a model in pointcloud.coarse");
  expect_refused(yaml("seed: 1"), "refused", "a model in pointcloud.ads");
  expect_refused(yaml(ads), "refused", "has no datasets/ssv.h5; run stage sso first");
  // the truth of a phantom is not overwritten
  expect_refused(yaml(ads), "truth", "has axon_um from stage 'phantom-vector' already");
  PointModelCard card = card_of("one", {"soma", "dendrite", "axon"});
  card.architecture = cell_type_net(4, 3);
  card.architecture.levels = {PointNetConfig::kInput, 32}, card.architecture.layers = {{4, 8, 0, 1, 8}};
  const fs::path one = cells().folder / "one.pt";
  nn_room().point_trainer(card.architecture, {}, {"cpu", false, 1}, 5)->export_model(one, card);
  expect_refused(yaml("ads: '" + one.string() + "'"), "refused", "one answer a sample; this needs one a point");
}

// ---- voxels
// ----------------------------------------------------------------------------------------------------------

constexpr Id kBall = 9;  // of the supervoxels 9 and 12

Id ball_voxel(const Vec3i& v) {
  const Vec3d d = (Vec3d(v) - Vec3d{45, 50, 20}) * Vec3d{10, 10, 25};
  if (d.dot(d) > 350.0 * 350.0) return v.x >= 85 ? 20 : kBackground;
  return v.x < 40 ? kBall : 12;
}

// A cell that is nothing but a spine head: its volume is that of the ball, whatever else the volume holds.
TEST_F(Pointcloud, VolumeOfASpineHeadOfTwoSupervoxels) {
  const test::TempFolder folder;
  Volume<Id> sv({{1, 0, 0}, {91, 101, 41}});
  double voxels = 0;  // first ones of their blocks
  for (std::int64_t z = 0; z < 41; ++z)
    for (std::int64_t y = 0; y < 101; ++y)
      for (std::int64_t x = 1; x < 91; ++x) {
        const Id id = sv.at({x, y, z}) = ball_voxel({x, y, z});
        voxels += x % 2 == 0 && y % 2 == 0 && (id == kBall || id == 12);
      }
  VolumeMeta meta;
  meta.voxel_size_nm = {10, 10, 25};
  write_volume_chunk(folder / "sv.h5", "sv", sv.view(), meta);
  write_file_atomically(folder / "graph.csv", "sv_a,sv_b\n9,12\n");
  write_model(folder / "ads.pt", card_of("ads", classes().at("ads")), 1);
  write_model(folder / "dnh.pt", card_of("dnh", classes().at("dnh")), 2);
  const std::string text =
      "dataset: {name: ball, voxel_size_nm: [10, 10, 25], supervoxel_graph: graph.csv, volumes: {sv: {path: sv.h5, "
      "dataset: sv, kind: labels}}}\nstages: [sso, pointcloud, tables]\npointcloud: {ads: ads.pt, dnh: dnh.pt, device: "
      "cpu}\n";
  test::run_stages(text, folder.path(), "run", {"sso"});
  DatasetSchema schema;
  schema.type = "syn_ssv", schema.voxel_size_nm = {10, 10, 25};
  schema.columns = common_columns();
  schema.columns.push_back({"cell_a", DType::u64, 1, "", "partner"});
  schema.columns.push_back({"cell_b", DType::u64, 1, "", "partner"});
  DatasetBuilder synapses(schema, 2, {});
  ShardBuilder& row = synapses.begin(3);
  row.set("size_vx", std::uint64_t{1});
  for (const char* name : {"bbox_min_vx", "bbox_max_vx", "rep_vx"}) row.set(name, Vec3i{78, 50, 20});
  row.set("centroid_nm", Vec3d{785, 505, 512});
  row.set("cell_a", kBall), row.set("cell_b", Id{20});
  row.end();
  synapses.commit(folder / "run/datasets", "synapses", "00000000");
  test::run_stages(text, folder.path(), "run", {"pointcloud", "tables"});
  const auto syn = SegmentationDataset::open(folder / "run/datasets/syn_ssv.h5");
  EXPECT_EQ(syn.column<std::uint8_t>("comp_a").all(), std::vector<std::uint8_t>{kSpineHead});
  const double want = voxels * 4 * 10 * 10 * 25 * 1e-9, got = syn.column<float>("spine_head_vol_um3").all().at(0);
  EXPECT_FLOAT_EQ(static_cast<float>(got), static_cast<float>(want));
  const auto ssv = SegmentationDataset::open(folder / "run/datasets/ssv.h5");
  EXPECT_TRUE(std::isnan(ssv.column<float>("astrocyte_score")(ssv.at(kBall))));  // no network for it
  for (const std::uint8_t code : ssv.ragged<std::uint8_t>("vertex_comp", "values", kBall)) ASSERT_EQ(code, kSpineHead);
}

}  // namespace
}  // namespace syconn
