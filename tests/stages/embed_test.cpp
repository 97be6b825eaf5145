// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "../../src/stages/cell_vectors.h"
#include "support/stage_run.h"
#include "syconn/algo/umap.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/shard_builder.h"
#include "syconn/nn/room.h"
#include "syconn/stages/draw.h"
#include "syconn/stages/evaluate_embedding.h"

namespace syconn {
namespace {

constexpr std::uint64_t kBare = 3;  // a cell without a mesh, so without points

PointModelCard small_card() {
  PointModelCard card;
  PointNetConfig& net = card.architecture;
  net = embedding_net(6, 4);
  net.levels = {PointNetConfig::kInput, 32};
  net.layers = {{6, 8, 0, 1, 8}};
  net.hidden = 8;
  card.name = "small", card.inputs = {"surface", "mi", "vc", "syn_symmetric", "syn_asymmetric", "myelinated"};
  card.context_nm = 4000, card.n_points = 100, card.pivot_nm = 2000;
  card.normalisation = "divide", card.scale_nm = 400;
  card.surface_voxel_nm = card.organelle_voxel_nm = card.synapse_voxel_nm = 200;
  return card;
}

fs::path write_model(const fs::path& folder, const PointModelCard& card) {
  const fs::path file = folder / (card.name + ".pt");
  nn_room().point_trainer(card.architecture, {}, {"cpu", false, 1}, 5)->export_model(file, card);
  return file;
}

/// A straight neurite of 21 nodes from x = 0 to 20 um with a tube of vertices around it; axon from the middle on.
void add_cell(ShardBuilder& shard, Id id, bool with_mesh) {
  std::vector<float> nodes, vertices;
  std::vector<std::uint32_t> edges;
  std::vector<std::uint8_t> compartment;
  for (std::uint32_t i = 0; i <= 20; ++i) {
    nodes.insert(nodes.end(), {1000.0F * static_cast<float>(i), 0, 300.0F * static_cast<float>(id)});
    if (i > 0) edges.insert(edges.end(), {i - 1, i});
    compartment.push_back(i < 8 ? 0 : i < 10 ? 6 : 3);
    for (int k = 0; k < 40 && with_mesh; ++k) {
      const float angle = 0.157F * static_cast<float>(k), radius = 100.0F * static_cast<float>(id % 5 + 1);
      vertices.insert(vertices.end(), {nodes[3 * i] + 25.0F * static_cast<float>(k), radius * std::cos(angle),
                                       nodes[3 * i + 2] + radius * std::sin(angle)});
    }
  }
  shard.begin(id);
  for (const char* column : {"bbox_min_vx", "bbox_max_vx", "rep_vx"}) shard.set(column, Vec3i{0, 0, 0});
  shard.set("size_vx", std::uint64_t{1}), shard.set("centroid_nm", Vec3d{0, 0, 0});
  shard.set("cell_type", static_cast<std::uint8_t>(id % 2));
  shard.append<float>("mesh", "vertices_nm", vertices);
  shard.append<float>("skeleton", "nodes_nm", nodes);
  shard.append<std::uint32_t>("skeleton", "edges", edges);
  shard.append<std::uint8_t>("skeleton", "compartment", compartment);
  shard.append<float>("skeleton", "radius_nm", std::vector<float>(21, 100));
  std::vector<std::int32_t> parent;
  for (std::int32_t i = 0; i <= 20; ++i) parent.push_back(i - 1);
  shard.append<std::int32_t>("skeleton", "parent", parent);
  shard.end();
}

/// datasets/ssv.h5 with ids 1 to 8 (and one above 2^40) in two shards; more shards than the stage has jobs come out
/// right, too.
void write_cells(const fs::path& run, std::uint32_t n_shards = 2) {
  make_folder(run / "datasets/ssv");
  DatasetSchema s;
  s.type = "ssv", s.voxel_size_nm = {10, 10, 25};
  s.columns = common_columns();
  s.columns.push_back({"cell_type", DType::u8, 1, "", "", R"({"0":"even","1":"odd"})"});
  s.fields = {mesh_field(), skeleton_field({{"compartment", DType::u8, 1, "node_offset"}})};
  for (std::uint32_t shard = 0; shard < n_shards; ++shard) {
    ShardBuilder builder(s, {.shard = shard, .n_shards = n_shards, .spill_folder = {}});
    for (Id id : {Id{1}, Id{2}, Id{3}, Id{4}, Id{5}, Id{6}, Id{7}, Id{8}, Id{1} << 40})
      if (shard_of(id, n_shards) == shard) add_cell(builder, id, id != kBare);
    builder.commit(run / "datasets" / shard_file_name("ssv", "made", "00000000", shard));
  }
  commit_top_file(run / "datasets/ssv.h5", {{shard_set("ssv", "made", "00000000", n_shards)}});
}

std::string yaml(const fs::path& model, int threads) {
  return "dataset:\n  name: cells\n  voxel_size_nm: [10, 10, 25]\n  box_vx: {min: [0, 0, 0], max: [64, 64, 64]}\n"
         "  volumes: {}\nstages: [embed]\nembed: {model: '" +
         model.string() +
         "', device: cpu, umap: {neighbours: 4, epochs: 50}}\nexecution: {threads: " + std::to_string(threads) + "}\n";
}

struct Embedded {
  std::map<Id, std::vector<float>> cell, umap, nodes;
};
Embedded read_all(const fs::path& run) {
  const auto cells = SegmentationDataset::open(run / "datasets/ssv.h5");
  const auto cell = cells.column<float>("cell_embedding"), umap = cells.column<float>("umap");
  const auto nodes = cells.ragged<float>("embedding", "values");
  Embedded all;
  for (std::uint32_t s = 0; s < cells.n_shards(); ++s) {
    const std::vector<float> vectors = cell.shard(s), places = umap.shard(s);
    std::size_t i = 0;
    cells.for_each(s, [&](Id id, Row row) {
      all.cell[id].assign(vectors.begin() + std::ptrdiff_t(4 * i), vectors.begin() + std::ptrdiff_t(4 * i + 4));
      all.umap[id].assign(places.begin() + std::ptrdiff_t(2 * i), places.begin() + std::ptrdiff_t(2 * i + 2));
      all.nodes[id] = nodes(row);
      ++i;
    });
  }
  return all;
}
std::string bytes_of(const Embedded& e) {
  std::string bytes;
  for (const auto* map : {&e.cell, &e.umap, &e.nodes})
    for (const auto& [id, values] : *map)
      bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return bytes;
}

class Embed : public testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
    model_ = write_model(folder_.path(), small_card());
  }
  fs::path run(const std::string& name, int threads = 1, std::uint32_t n_shards = 2) {
    write_cells(folder_.path() / name, n_shards);
    test::run_stages(yaml(model_, threads), folder_.path(), name);
    return folder_.path() / name;
  }
  test::TempFolder folder_;
  fs::path model_;
};

TEST_F(Embed, VectorsOfNodesAreThoseOfTheNearestPivotAndOfCellsTheirMeans) {
  const Embedded all = read_all(run("run"));
  ASSERT_EQ(all.cell.size(), 9U);
  const CellReader reader(folder_.path() / "run");
  const auto net = PointNet::load(model_, {"cpu", false, 1});
  for (const auto& [id, rows] : all.nodes) {
    ASSERT_EQ(rows.size(), 21U * 4);
    if (id == kBare) continue;
    const CellParts cell = reader.read(id, reader.cells().at(id));
    const CellCloud cloud = cell_cloud(cell, net->card());
    CellSamples samples(cell, cloud, net->card());
    const PivotVectors pivots = pivot_vectors(*net, samples, 0, 1);
    ASSERT_GT(pivots.pivots.size(), 5U);
    std::vector<double> axon(4, 0), dendrite(4, 0);
    for (std::size_t i = 0; i < 21; ++i) {
      std::size_t nearest = 0;  // along a line the path is the difference of numbers
      const auto steps = [&](std::size_t k) { return std::abs(int(pivots.pivots[k]) - int(i)); };
      for (std::size_t k = 1; k < pivots.pivots.size(); ++k)
        if (steps(k) < steps(nearest)) nearest = k;
      for (std::size_t d = 0; d < 4; ++d) {
        EXPECT_EQ(rows[4 * i + d], pivots.rows[4 * nearest + d]) << "cell " << id << " node " << i;
        if (i < 8) dendrite[d] += rows[4 * i + d] / 8.0;
        if (i >= 10) axon[d] += rows[4 * i + d] / 11.0;
      }
    }
    for (std::size_t d = 0; d < 4; ++d) EXPECT_NEAR(all.cell.at(id)[d], axon[d] + dendrite[d], 1e-5);
  }
}

TEST_F(Embed, JobsShareTheReaderOfTablesUntilThoseChange) {
  const fs::path tables = folder_.path() / "tables";
  write_cells(tables, 2);
  const auto reader = shared_cell_reader(tables, {});
  EXPECT_EQ(shared_cell_reader(tables, {}), reader);
  EXPECT_NE(shared_cell_reader(tables, {"embed"}), reader);
  const auto again = shared_cell_reader(tables, {});
  write_cells(tables, 3);
  EXPECT_EQ(shared_cell_reader(tables, {})->cells().n_shards(), 3U);
  EXPECT_EQ(again->cells().n_shards(), 2U);
}

TEST_F(Embed, CellsWithoutPointsHaveNoVectorAndNoPlaceAndTheOthersAreInOnePlane) {
  const Embedded all = read_all(run("run"));
  for (const auto* map : {&all.cell, &all.umap, &all.nodes})
    for (const auto& [id, values] : *map)
      for (const float v : values) EXPECT_EQ(std::isnan(v), id == kBare) << id;
  // The plane is that of the cells' vectors, in the order of shards.
  const auto cells = SegmentationDataset::open(folder_.path() / "run/datasets/ssv.h5");
  std::vector<double> rows;
  std::vector<Id> order;
  for (std::uint32_t s = 0; s < cells.n_shards(); ++s)
    for (const Id id : cells.ids(s))
      if (id != kBare) order.push_back(id), rows.insert(rows.end(), all.cell.at(id).begin(), all.cell.at(id).end());
  UmapParams params;
  params.n_neighbours = 4, params.n_epochs = 50;
  const std::vector<double> plane = umap(rows, 4, params);
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t d = 0; d < 2; ++d) EXPECT_EQ(all.umap.at(order[i])[d], static_cast<float>(plane[2 * i + d]));
}

TEST_F(Embed, TheSameBytesForAnyThreadsAndVectorsForAnyShards) {
  const Embedded one = read_all(run("one")), two = read_all(run("two", 2));
  EXPECT_EQ(bytes_of(one), bytes_of(two));
  const Embedded three = read_all(run("three", 1, 3));  // more shards than jobs; only the plane's order is another
  ASSERT_EQ(three.cell.size(), one.cell.size());
  for (const auto& [id, values] : one.cell) {
    if (id != kBare) {
      EXPECT_EQ(values, three.cell.at(id));
      EXPECT_EQ(one.nodes.at(id), three.nodes.at(id));
    }
  }
}

TEST_F(Embed, ModelsThatTellClassesAndColumnsOfOthersAreRefused) {
  PointModelCard types = small_card();
  types.name = "types", types.classes = {"a", "b", "c", "d"};
  write_cells(folder_.path() / "run");
  try {
    test::run_stages(yaml(write_model(folder_.path(), types), 1), folder_.path());
    FAIL() << "a network of classes was taken";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("tells classes"));
    EXPECT_THAT(e.what(), testing::HasSubstr("test.yml:7:"));
  }
  run("mine");
  const TopFile top = read_top_file(folder_.path() / "mine/datasets/ssv.h5");
  ASSERT_EQ(top.sets.size(), 2U);
  EXPECT_EQ(top.sets[1].stage, "embed");
  TopFile foreign = top;
  foreign.sets[1].stage = "elsewhere";
  commit_top_file(folder_.path() / "mine/datasets/ssv.h5", foreign);
  try {
    std::string other = yaml(model_, 1);
    other.replace(other.find("epochs: 50"), 10, "epochs: 60");
    test::run_stages(other, folder_.path(), "mine");
    FAIL() << "another stage's columns were overwritten";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("from stage 'elsewhere' already"));
  }
}

TEST_F(Embed, IsComparedWithLabelsAndDrawn) {
  const fs::path run_folder = run("run");
  const EmbeddingScore score = evaluate_embedding(run_folder, std::nullopt, "cell_type", 3);
  EXPECT_EQ(score.cells, 8U);
  EXPECT_EQ(score.without_vector, 1U);
  EXPECT_EQ(score.without_label, 0U);
  EXPECT_EQ(score.classes, (std::vector<std::string>{"even", "odd"}));
  EXPECT_EQ(score.support, (std::vector<std::uint64_t>{5, 3}));
  EXPECT_DOUBLE_EQ(score.majority_baseline, 5.0 / 8);
  std::uint64_t in_clusters = 0;
  for (const auto& row : score.clusters)
    for (const std::uint64_t n : row) in_clusters += n;
  EXPECT_EQ(in_clusters, 8U);
  EXPECT_THROW(evaluate_embedding(run_folder, std::nullopt, "mesh_area_um2"), Error);
  const EmbeddingDrawing drawn = draw_embedding(run_folder, std::nullopt, "cell_type", folder_ / "plane.png");
  EXPECT_EQ(drawn.cells, 8U);
  EXPECT_EQ(drawn.without_place, 1U);
  ASSERT_EQ(drawn.classes.size(), 2U);
  EXPECT_NE(drawn.classes[0].colour, drawn.classes[1].colour);
  EXPECT_GT(fs::file_size(folder_ / "plane.png"), 100U);
  write_cells(folder_ / "bare");
  EXPECT_THROW(evaluate_embedding(folder_ / "bare", std::nullopt, "cell_type"), Error);
  EXPECT_THROW(draw_embedding(folder_ / "bare", std::nullopt, "cell_type", folder_ / "none.png"), Error);
}

TEST_F(Embed, RunsAndTablesOfTheSameCellsAreComparedOnWhatTheyShare) {
  const fs::path one = run("one"), more_shards = run("two", 1, 3);
  const CellVectors vectors = read_cell_vectors(one);
  EXPECT_EQ(vectors.without, std::vector<Id>{kBare});
  ASSERT_EQ(vectors.ids.size(), 8U);
  std::string table = "x0,id,x1,x2,x3\n3,5,,,\n9,77,1,2,3\n";  // a cell without a vector, one that the run lacks
  for (std::size_t i = vectors.ids.size(); i-- > 0;) {
    if (vectors.ids[i] == 5) continue;
    const auto v = [&](std::size_t d) { return std::to_string(1000 * vectors.rows[i * 4 + d]); };
    table += v(1) + "," + std::to_string(vectors.ids[i]) + "," + v(0) + "," + v(3) + "," + v(2) + "\n";
  }
  write_file_atomically(folder_ / "scaled.csv", table);
  const auto same = compare_embeddings({one, more_shards, folder_ / "scaled.csv"}, std::nullopt, "cell_type", 3, {});
  EXPECT_EQ(same.cells, 7U);
  EXPECT_EQ(same.clusters, 2U);
  EXPECT_EQ(same.left_out, (std::vector<std::uint64_t>{1, 1, 1}));
  ASSERT_EQ(same.pairs.size(), 3U);
  EXPECT_DOUBLE_EQ(same.overlap_by_chance, 0.5);
  for (const auto& p : same.pairs) {
    EXPECT_EQ(p.neighbour_overlap, 1) << p.a << ", " << p.b;
    EXPECT_EQ(p.ari, 1);
    EXPECT_NEAR(p.nmi, 1, 1e-12);
  }
  EXPECT_THROW(compare_embeddings({one}, std::nullopt, "cell_type", 3, 2), Error);
  EXPECT_THROW(compare_embeddings({one, more_shards}, std::nullopt, "cell_type", 8, 2), Error);
  EXPECT_THROW(compare_embeddings({folder_ / "scaled.csv", one}, std::nullopt, "cell_type", 3, {}), Error);
  EXPECT_NO_THROW(compare_embeddings({folder_ / "scaled.csv", one}, one, "cell_type", 3, {}));
}

TEST(EmbeddingAgreement, IsTheMeanOfPairsByHand) {
  const auto line = [](const char* name, std::vector<double> rows) {
    return CellVectors{name, {1, 2, 3, 4}, {}, 1, std::move(rows)};
  };
  // Two groups: {1,2} {3,4}; the same; {1,3} {2,4}. Nearest: 2 1 4 3; the same; 3 4 1 2.
  const auto a = agreement_of_embeddings(
      {line("a", {0, 1, 10, 11}), line("b", {5, 5.5, -7, -8}), line("c", {0, 10, 1, 11})}, 1, 2);
  ASSERT_EQ(a.pairs.size(), 3U);
  EXPECT_EQ(a.pairs[0].neighbour_overlap, 1);
  EXPECT_EQ(a.pairs[0].ari, 1);
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    EXPECT_EQ(a.pairs[i].neighbour_overlap, 0);
    EXPECT_DOUBLE_EQ(a.pairs[i].ari, -0.5);  // no pair of cells in common; (0 - 2·2/6) / (2 - 2·2/6)
    EXPECT_NEAR(a.pairs[i].nmi, 0, 1e-12);
  }
  EXPECT_DOUBLE_EQ(a.mean_overlap, 1.0 / 3);
  EXPECT_NEAR(a.mean_ari, 0, 1e-12);
  EXPECT_DOUBLE_EQ(a.overlap_by_chance, 1.0 / 3);
  EXPECT_EQ(a.names, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(EmbeddingAgreement, TablesThatAreNoneAreRefused) {
  const test::TempFolder folder;
  const auto message = [&](const std::string& text) -> std::string {
    write_file_atomically(folder / "t.csv", text);
    try {
      read_cell_vectors(folder / "t.csv");
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message("id,x\n1,2\n1,3\n"), testing::HasSubstr("t.csv:3: cell 1 is there twice"));
  EXPECT_THAT(message("id\n1\n"), testing::HasSubstr("one a dimension"));
  EXPECT_THAT(message("cell,x\n1,2\n"), testing::HasSubstr("'id'"));
  EXPECT_THAT(message("id,x\n1,many\n"), testing::HasSubstr("t.csv:2:3:"));
  EXPECT_THAT(message("id,x\n1,inf\n"), testing::HasSubstr("t.csv:2"));
  EXPECT_THROW(read_cell_vectors(folder / "none"), Error);
}

TEST(ScoreEmbedding, OfGroupsThatAreTheLabelsAndOfNoise) {
  std::vector<double> rows;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 30; ++i) {
    labels.push_back(i % 3 == 0 ? 7 : i % 3 == 1 ? 2 : 4);  // codes are names, not places
    rows.push_back(100 * labels.back() + i), rows.push_back(0.1 * i);
  }
  const std::map<std::int32_t, std::string> names{{2, "two"}, {7, "seven"}};
  const EmbeddingScore good = score_embedding(rows, 2, labels, names);
  EXPECT_EQ(good.classes, (std::vector<std::string>{"two", "4", "seven"}));
  EXPECT_EQ(good.ari, 1);
  EXPECT_EQ(good.nmi, 1);
  EXPECT_EQ(good.knn_accuracy, 1);
  EXPECT_EQ(good.seed_stability, 1);
  EXPECT_GT(good.silhouette, 0.8);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i * i % 7 < 4 ? 2 : 7;
  const EmbeddingScore noise = score_embedding(rows, 2, labels, names);
  EXPECT_LT(noise.ari, 0.3);
  EXPECT_LT(noise.silhouette, 0.3);
  EXPECT_THROW(score_embedding({}, 2, {}, names), Error);
}

}  // namespace
}  // namespace syconn
