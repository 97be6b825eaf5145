// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <thread>

#include "nn/point_samples.h"
#include "support/temp_folder.h"

namespace syconn {
namespace {

using test::random_pyramid;
using test::random_values;
using test::small_astrocyte_net;
using test::small_global;

TEST(PointNetConfig, ParameterCountsAreThePapers) {
  EXPECT_EQ(point_net_parameters(segmentation_net(1, 3, 512)), 489'507);
  EXPECT_EQ(point_net_parameters(segmentation_net(1, 3, 1024)), 541'603);
  EXPECT_EQ(point_net_parameters(segmentation_net(1, 3, 2048)), 593'699);
  EXPECT_EQ(point_net_parameters(segmentation_net(1, 3, 15'000)), 593'699);
  EXPECT_EQ(point_net_parameters(segmentation_net(4, 2, 15'000)), 595'170);
  EXPECT_EQ(point_net_parameters(cell_type_net(6, 11)), 3'890'043);
  EXPECT_EQ(point_net_parameters(cell_type_net(5, 11)), 3'889'019);
  EXPECT_EQ(point_net_parameters(cell_type_net(5, 8)), 3'888'632);
  EXPECT_EQ(point_net_parameters(embedding_net(6, 10)), 3'889'914);
  EXPECT_EQ(point_net_parameters(astrocyte_net()), 2'127'954);
}

TEST(PointNetConfig, PlanOfThePapersNet) {
  const PyramidPlan plan = pyramid_plan(segmentation_net(1, 3, 4096), 4096);
  EXPECT_EQ(plan.levels, (std::vector<int>{4096, 2048, 1024, 256, 64, 16, 8}));
  std::vector<int> k;
  for (const auto& n : plan.layers) k.push_back(n.k);
  EXPECT_EQ(k, (std::vector<int>{32, 32, 32, 32, 32, 16, 8, 4, 4, 8, 16, 16, 16}));
  EXPECT_EQ(plan.layers[7], (PyramidPlan::Neighbours{6, 5, 4}));
  EXPECT_EQ(pyramid_plan(astrocyte_net(), 200).levels.back(), PointNetConfig::kTargets);
  EXPECT_THROW(pyramid_plan(astrocyte_net(), 0), Error);
}

TEST(PointNetConfig, JsonRoundTripAndErrors) {
  for (const PointNetConfig& c : {segmentation_net(4, 3, 512), cell_type_net(6, 11), astrocyte_net()})
    EXPECT_EQ(PointNetConfig::from_json(c.to_json(), "here").to_json(), c.to_json());
  Json json = segmentation_net(4, 3, 512).to_json();
  json["layers"][2]["in"] = 7;
  EXPECT_THROW(PointNetConfig::from_json(json, "here"), Error);
  json = segmentation_net(4, 3, 512).to_json();
  json["layers"][6]["skip"] = 8;
  EXPECT_THROW(PointNetConfig::from_json(json, "here"), Error);
  json = segmentation_net(4, 3, 512).to_json();
  json["levels"][1] = -1;
  EXPECT_THROW(PointNetConfig::from_json(json, "here"), Error);
  EXPECT_GT(point_net_bytes(segmentation_net(4, 3, 512), 512), 1U << 20);
}

TEST(PointPyramid, WrongOnesAreRefused) {
  const PointNetConfig config = segmentation_net(1, 3, 64, 8);
  const PyramidPlan plan = pyramid_plan(config, 40);
  PointPyramid sample = random_pyramid(config, 40, 1, false);
  EXPECT_NO_THROW(check_pyramid(plan, sample));
  sample.neighbours[1][3] = 40;
  EXPECT_THROW(check_pyramid(plan, sample), Error);
  sample.neighbours[1][3] = -1;
  EXPECT_THROW(check_pyramid(plan, sample), Error);
  sample.neighbours[1].pop_back();
  EXPECT_THROW(check_pyramid(plan, sample), Error);
  EXPECT_THROW(check_pyramid(pyramid_plan(config, 41), random_pyramid(config, 40, 1, false)), Error);
  EXPECT_THROW(check_pyramid(plan, PointPyramid{}), Error);
}

TEST(PointModelCard, RoundTripAndErrors) {
  PointModelCard card;
  card.architecture = segmentation_net(2, 3, 512), card.inputs = {"cell", "synapse"}, card.classes = {"a", "b", "c"};
  EXPECT_EQ(PointModelCard::from_json(card.to_json(), "here").to_json(), card.to_json());
  card.classes.pop_back();
  EXPECT_THROW(PointModelCard::from_json(card.to_json(), "here"), Error);
  card.classes.clear(), card.inputs.pop_back();
  EXPECT_THROW(PointModelCard::from_json(card.to_json(), "here"), Error);
}

/// One layer, by the definition: with the 48 differences to the centres.
std::vector<double> by_definition(const PointTrainer& net, const PointNetConfig& c, const PointPyramid& s,
                                  const std::vector<float>& features) {
  const PointLayer& l = c.layers[0];
  const auto t = [&](const std::string& name) { return net.tensor("layers.0." + name); };
  const auto w = t("weight"), bias = t("bias"), centres = t("centers");
  const auto map = [&](const std::vector<double>& x, const std::string& name) {
    const auto weight = t(name + ".weight"), b = t(name + ".bias");
    std::vector<double> y(b.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = b[i];
      for (std::size_t j = 0; j < x.size(); ++j) y[i] += weight[i * x.size() + j] * x[j];
      y[i] = std::max(0.0, y[i]);
    }
    return y;
  };
  const auto in = static_cast<std::size_t>(l.in), n_out = static_cast<std::size_t>(l.out);
  const auto k = static_cast<std::size_t>(l.neighbours);
  std::vector<double> out;
  for (std::size_t q = 0; q < s.levels[1].size(); ++q) {
    std::vector<double> g(in * 16);
    double longest = 0;
    const auto offset = [&](std::size_t j) {
      const auto p = s.levels[0][static_cast<std::size_t>(s.neighbours[0][q * k + j])];
      return Vec3d(p) - Vec3d(s.levels[1][q]);
    };
    for (std::size_t j = 0; j < k; ++j) longest = std::max(longest, std::sqrt(offset(j).dot(offset(j))));
    for (std::size_t j = 0; j < k; ++j) {
      const Vec3d p = offset(j) / (c.unit_neighbourhoods && longest > 0 ? longest : 1);
      std::vector<double> d(48);
      for (std::size_t i = 0; i < 48; ++i) d[i] = p[static_cast<int>(i / 16)] - centres[i];
      const auto h = map(map(map(d, "mlp.0"), "mlp.1"), "mlp.2");
      const auto point = static_cast<std::size_t>(s.neighbours[0][q * k + j]);
      for (std::size_t a = 0; a < in; ++a)
        for (std::size_t i = 0; i < 16; ++i) g[a * 16 + i] += features[point * in + a] * h[i];
    }
    const bool mean = c.convolution == "mean";
    for (std::size_t o = 0; o < n_out; ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < g.size(); ++i) sum += g[i] * (mean ? w[i * n_out + o] : w[o * g.size() + i]);
      out.push_back(bias[o] + (mean ? sum / static_cast<double>(k) : sum));
    }
  }
  return out;
}

class PointNets : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
  }
  static std::unique_ptr<PointTrainer> trainer(const PointNetConfig& config, PointTrainOptions options = {},
                                               int threads = 1) {
    return nn_room().point_trainer(config, options, {.device = "cpu", .threads = threads}, 7);
  }
  static PointNetConfig one_layer(const std::string& kind, bool unit, int in, int out, int queries, int k) {
    PointNetConfig c;
    c.convolution = kind, c.unit_neighbourhoods = unit, c.head = "none", c.inputs = in, c.outputs = out;
    c.levels = {0, queries}, c.layers = {{in, out, 0, 1, k, -1, false}};
    return c;
  }
};

TEST_F(PointNets, LayerIsItsDefinition) {
  for (const auto& [in, out, queries, k] : {std::tuple{1, 3, 1, 1}, {6, 5, 37, 7}, {11, 2, 50, 32}, {4, 8, 90, 5}})
    for (const std::string kind : {"sum", "mean"})
      for (const bool unit : {false, true}) {
        const PointNetConfig c = one_layer(kind, unit, in, out, queries, k);
        const auto net = trainer(c, {.double_precision = true});
        PointPyramid sample = random_pyramid(c, 60, 3, true);
        if (queries == 50) sample.levels[0].assign(60, Vec3f(1, 2, 3)), sample.levels[1].assign(50, Vec3f(1, 2, 3));
        const std::vector<float> features = random_values(static_cast<std::size_t>(60 * in), 5);
        const auto got = net->outputs({{&sample, 1}, features}), want = by_definition(*net, c, sample, features);
        ASSERT_EQ(got.size(), want.size());
        for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-6 * (1 + std::abs(want[i])));
      }
}

TEST_F(PointNets, GradientsAreDifferences) {
  PointNetConfig c = one_layer("sum", true, 3, 4, 21, 9);
  c.layers[0].activate = true, c.activation = "swish";
  const auto net = trainer(c, {.double_precision = true});
  const PointPyramid sample = random_pyramid(c, 30, 3, true);
  std::vector<float> features = random_values(90, 5);
  const std::vector<float> g = random_values(21 * 4, 6);
  const PointBatch batch{{&sample, 1}, features};
  const auto value = [&] {
    const auto y = net->outputs(batch);
    return std::inner_product(y.begin(), y.end(), g.begin(), 0.0);
  };
  const auto dfeatures = net->backward(batch, g);
  const float step = 0x1p-12F;
  for (const std::size_t i : {0U, 17U, 89U}) {
    const float x = features[i];
    features[i] = x + step;
    const double up = value();
    features[i] = x - step;
    const double down = value(), width = static_cast<double>(x + step) - static_cast<double>(x - step);
    features[i] = x;
    EXPECT_NEAR(dfeatures[i], (up - down) / width, 1e-5 * (1 + std::abs(dfeatures[i]))) << i;
  }
  for (const TensorInfo& info : point_net_tensors(c)) {
    std::vector<float> values = net->tensor(info.name);
    const std::size_t i = values.size() / 2;
    const float x = values[i];
    values[i] = x + step, net->set_tensor(info.name, values);
    const double up = value();
    values[i] = x - step, net->set_tensor(info.name, values);
    const double down = value(), width = static_cast<double>(x + step) - static_cast<double>(x - step);
    values[i] = x, net->set_tensor(info.name, values);
    const double want = net->gradient(info.name)[i];
    EXPECT_NEAR(want, (up - down) / width, 2e-3 * (1 + std::abs(want))) << info.name;
  }
}

TEST_F(PointNets, EveryArchitectureRunsAndLearns) {
  for (const PointNetConfig& c : {segmentation_net(2, 3, 512, 4), small_global(2, 3, 0.3), small_astrocyte_net()}) {
    const auto net = trainer(c, {.learning_rate = 3e-3, .schedule = "constant"}, 2);
    std::vector<PointPyramid> samples{random_pyramid(c, 60, 1, false), random_pyramid(c, 60, 2, false)};
    const std::vector<float> features = random_values(240, 3);
    std::vector<std::uint8_t> labels(net->outputs({samples, features}).size() / 3);
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::uint8_t>(i % 3);
    const double before = net->accumulate({samples, features}, labels);
    net->update();
    double after = 0;
    for (int step = 0; step < 5; ++step) after = net->accumulate({samples, features}, labels), net->update();
    EXPECT_LT(after, before);
    EXPECT_EQ(net->steps_done(), 6);
    labels[0] = 3;
    EXPECT_THROW(net->accumulate({samples, features}, labels), Error);
    EXPECT_THROW(net->outputs({samples, std::span(features).first(10)}), Error);
  }
}

TEST_F(PointNets, ResumedTrainingIsUninterruptedTraining) {
  const test::TempFolder folder;
  const PointNetConfig c = small_global(2, 3, 0.3);
  const std::vector<PointPyramid> samples{random_pyramid(c, 40, 1, false), random_pyramid(c, 40, 2, false)};
  const std::vector<float> features = random_values(160, 3);
  const std::vector<std::uint8_t> labels{0, 2};
  const PointTrainOptions options{.optimiser = "adamw", .schedule = "cosine", .total_steps = 10};
  const auto step = [&](PointTrainer& net) {
    double loss = net.accumulate({samples, features}, labels) + net.accumulate({samples, features}, labels);
    net.update();
    return loss;
  };
  const auto whole = trainer(c, options), again = trainer(c, options, 2);
  std::vector<double> losses;
  for (int i = 0; i < 6; ++i) losses.push_back(step(*whole));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(*again), losses[static_cast<std::size_t>(i)]) << "threads show";
  again->save_checkpoint(folder.path() / "c.pt");
  const auto resumed = trainer(c, options);
  resumed->load_checkpoint(folder.path() / "c.pt");
  for (int i = 3; i < 6; ++i) EXPECT_EQ(step(*resumed), losses[static_cast<std::size_t>(i)]) << i;
  EXPECT_DOUBLE_EQ(resumed->learning_rate(), 1e-3 * (1 + std::cos(0.6 * M_PI)) / 2);
  EXPECT_THROW(trainer(segmentation_net(1, 3, 512, 8))->load_checkpoint(folder.path() / "c.pt"), Error);
}

TEST_F(PointNets, SavedModelPredictsTheSame) {
  const test::TempFolder folder;
  const fs::path file = folder.path() / "model.pt";
  PointModelCard card;
  card.name = "small", card.architecture = segmentation_net(2, 3, 1024, 8);
  card.inputs = {"cell", "synapse"}, card.classes = {"a", "b", "c"};
  const auto net = trainer(card.architecture);
  net->export_model(file, card);
  EXPECT_EQ(read_point_model_card(file).to_json(), card.to_json());
  const auto loaded = PointNet::load(file, {.device = "cpu"});
  const std::vector<PointPyramid> samples{random_pyramid(card.architecture, 300, 1, false),
                                          random_pyramid(card.architecture, 300, 2, false)};
  const std::vector<float> features = random_values(1200, 3);
  const std::vector<float> both = loaded->predict({samples, features});
  const std::vector<double> want = net->outputs({samples, features});
  ASSERT_EQ(both.size(), 2 * 300 * 3U);
  for (std::size_t i = 0; i < both.size(); ++i) ASSERT_EQ(both[i], static_cast<float>(want[i]));
  std::vector<float> first, second;
  std::thread other([&] { first = loaded->predict({std::span(samples).first(1), std::span(features).first(600)}); });
  second = loaded->predict({std::span(samples).last(1), std::span(features).last(600)});
  other.join();
  first.insert(first.end(), second.begin(), second.end());
  EXPECT_EQ(first, both) << "the batch shows";
  write_file_atomically(folder.path() / "no.pt", "nothing");
  EXPECT_THROW(PointNet::load(folder.path() / "no.pt", {.device = "cpu"}), Error);
  EXPECT_THROW(PointNet::load(folder.path() / "absent.pt", {.device = "cpu"}), Error);
}

TEST_F(PointNets, TripletsPullTogether) {
  const PointNetConfig c = small_global(1, 4, 0);
  const auto net = trainer(c, {.learning_rate = 1e-3, .margin = 1});
  std::vector<PointPyramid> samples;
  for (std::uint64_t i = 0; i < 6; ++i) samples.push_back(random_pyramid(c, 40, i, false));
  const std::vector<float> features = random_values(240, 3);
  const double before = net->accumulate_triplets({samples, features});
  net->update();
  for (int i = 0; i < 5; ++i) net->accumulate_triplets({samples, features}), net->update();
  EXPECT_LT(net->accumulate_triplets({samples, features}), before);
  EXPECT_THROW(net->accumulate_triplets({std::span(samples).first(2), std::span(features).first(80)}), Error);
}

TEST_F(PointNets, LossOfNothingIsZero) {
  const std::vector<float> logits{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> labels{255, 255};
  const LossValue value = nn_room().class_loss(logits, labels, 3, {});
  EXPECT_EQ(value.value, 0);
  for (const double g : value.gradient) EXPECT_EQ(g, 0);
  EXPECT_THROW(nn_room().class_loss(logits, labels, 2, {}), Error);
}

TEST_F(PointNets, LinearAlgebraHasAName) {
  EXPECT_NE(nn_room().description().find("BLAS /"), std::string::npos) << nn_room().description();
  EXPECT_EQ(slow_blas_warning().empty(), blas_library().find("/blas/libblas") == std::string::npos);
}

}  // namespace
}  // namespace syconn
