// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_unet.h"

#include "syconn/core/run_stats.h"
#include "syconn/core/sha256.h"
#include "syconn/core/version.h"
#include "train_unet_data.h"
#include "training_loop.h"
#include "unet_quality.h"

namespace syconn {
namespace {

Vec3i up_to(const Vec3i& v, const Vec3i& stride) { return (v + stride - Vec3i(1)) / stride * stride; }

ModelCard card_of(const UNetTraining& t, const UNetData& data) {
  ModelCard card;
  card.name = t.name, card.description = t.description, card.unet = t.net, card.classes = data.classes;
  card.voxel_size_nm = data.voxel_size_nm;
  card.stride_vx = unet_stride(t.net), card.tile_vx = up_to(t.tile_vx, card.stride_vx);
  card.halo_vx = up_to(unet_reach(t.net), card.stride_vx);
  card.bytes_per_voxel = unet_bytes_per_voxel(t.net);
  card.training_data_hash = data.hash;
  const TrainOptions& o = t.options;
  card.training = {{"tool", "syconn"},
                   {"version", version()},
                   {"seed", t.seed},
                   {"steps", t.steps},
                   {"batch", t.batch},
                   {"mag", {t.mag.x, t.mag.y, t.mag.z}},
                   {"patch_vx", {t.patch_vx.x, t.patch_vx.y, t.patch_vx.z}},
                   {"learning_rate", o.learning_rate},
                   {"weight_decay", o.weight_decay},
                   {"decay_every", o.decay_every},
                   {"decay", o.decay},
                   {"cosine_steps", o.cosine_steps},
                   {"cross_entropy", o.cross_entropy},
                   {"class_weights", o.class_weights},
                   {"held_out", t.test.empty() ? t.held_out : 0.0},
                   {"threads", t.device.threads}};
  if (o.freeze_norms_at > 0) card.training["freeze_norms_at"] = o.freeze_norms_at;
  return card;
}

// ---- the loop ------------------------------------------------------------------------------------------------------

std::vector<double> run_steps(const UNetTraining& t, const UNetData& data, UNetTrainer& net,
                              const TrainingCheckpoint& checkpoint,
                              const std::function<void(std::int64_t, double)>& progress, const std::atomic<int>* stop) {
  const PatchSampler sampler(data.train, static_cast<int>(data.classes.size()), t.patch_vx, t.seed);
  const auto voxels = static_cast<std::size_t>(t.patch_vx.product()), batch = static_cast<std::size_t>(t.batch);
  std::vector<float> images(voxels * batch);
  std::vector<std::uint8_t> labels(images.size());
  const auto draw = [&](std::uint64_t step) {
    for (std::size_t i = 0; i < batch; ++i)
      sampler.draw(step, i, std::span(images).subspan(i * voxels, voxels),
                   std::span(labels).subspan(i * voxels, voxels));
  };
  // the running statistics forget all but the last ten batches, and a net that normalises by two samples at a time sees
  // other values than one that normalises by what is usual
  const auto settle = [&](std::int64_t from) {
    for (std::int64_t k = 0; k < t.settle_steps; ++k) {
      draw(static_cast<std::uint64_t>(from + k));
      net.settle(t.batch, images, t.patch_vx, k);
    }
  };
  const std::int64_t frozen = t.options.freeze_norms_at;
  const auto one_step = [&](std::uint64_t step) {
    if (frozen > 0 && static_cast<std::int64_t>(step) == frozen) settle(frozen);
    draw(step);
    return net.step(t.batch, images, labels, t.patch_vx);
  };
  std::vector<double> losses = run_training(net, checkpoint, t.steps, t.checkpoint_every, one_step, progress, stop);
  if (frozen == 0 || frozen >= t.steps) settle(t.steps);
  return losses;
}

}  // namespace

LabelledSource phantom_source(const fs::path& phantom, const std::vector<std::string>& classes) {
  LabelledSource source{{phantom / "volumes" / "raw.json", "raw"}, {}};
  for (const std::string& name : classes) {
    const fs::path truth = phantom / "volumes" / ("truth_" + name + ".json");
    if (fs::exists(truth))
      source.labels.push_back({name, {truth, "truth_" + name}, false});
    else
      source.labels.push_back({name, {phantom / "volumes" / (name + ".json"), name}, true});
  }
  return source;
}

UNetTrained train_unet(const UNetTraining& asked, const std::function<void(std::int64_t, double)>& progress,
                       const std::atomic<int>* stop) {
  UNetTraining t = asked;
  const Stopwatch watch;
  NnRoom& room = nn_room();
  const UNetData data = read_unet_data(t);
  t.net.classes = static_cast<int>(data.classes.size());
  t.net.check();
  t.patch_vx = up_to(t.patch_vx, unet_stride(t.net));
  make_folder(t.out);
  UNetTrained done{card_of(t, data), {}, {}};
  Json settings = done.card.training;
  settings.erase("steps"), settings.erase("version");
  const TrainingCheckpoint checkpoint(t.out, sha256_hex(settings.dump() + t.net.to_json().dump() + data.hash));
  const auto net = room.unet_trainer(t.net, t.options, t.device, t.seed);
  done.losses = run_steps(t, data, *net, checkpoint, progress, stop);
  const double train_s = watch.seconds();
  export_model_to(t.out, *net, done.card);
  const auto network = room.load(t.out / "model.pt", done.card, t.device);
  done.card.quality = unet_quality(*network, done.card, data, t.min_object_vx);
  export_model_to(t.out, *net, done.card);
  done.report = {{"classes", data.classes}, {"parameters", unet_parameters(t.net)},
                 {"steps", t.steps},        {"quality", done.card.quality},
                 {"losses", done.losses},   {"training_s", train_s}};
  write_file_atomically(t.out / "report.json", done.report.dump(1) + "\n");
  return done;
}

std::string training_warning() {
  nn_room();
  return slow_blas_warning();
}

}  // namespace syconn
