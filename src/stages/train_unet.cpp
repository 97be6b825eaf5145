// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_unet.h"

#include <algorithm>
#include <cmath>

#include "syconn/core/run_stats.h"
#include "syconn/core/sha256.h"
#include "syconn/core/version.h"
#include "syconn/io/volume_reader.h"
#include "syconn/nn/patches.h"
#include "syconn/nn/tiles.h"
#include "train_plot.h"
#include "training_loop.h"

namespace syconn {
namespace {

struct Loaded {
  LabelledVolume voxels;
  Vec3d voxel_size_nm{1, 1, 1};
  std::string fingerprint;
};

void paint(const ClassSource& source, std::uint8_t of_class, Loaded& into) {
  const auto reader = open_volume(source.volume.file, source.volume.dataset);
  const DType dtype = reader->info().dtype;
  const Box3 box = into.voxels.raw.box();
  if (!reader->info().box().contains(box))
    throw Error(Category::input, source.volume.file.string() + ": does not cover the image it labels");
  into.fingerprint += volume_fingerprint(*reader);
  if (source.is_map || dtype == DType::f32 || dtype == DType::f64) {
    const Volume<std::uint8_t> mask = reader->read_mask(0.5, box);
    for (std::size_t i = 0; i < mask.count(); ++i)
      if (mask.data()[i] != 0) into.voxels.labels.data()[i] = of_class;
    return;
  }
  for (std::int64_t z = box.min.z; z < box.max.z; ++z) {  // a section at a time: ids take 8 bytes
    const Box3 section({box.min.x, box.min.y, z}, {box.max.x, box.max.y, z + 1});
    const Volume<Id> ids = reader->read_labels(section);
    const VolumeView<std::uint8_t> out = into.voxels.labels.view().sub(section);
    for (std::size_t i = 0; i < ids.count(); ++i)
      if (ids.data()[i] != kBackground) out.data[i] = of_class;
  }
}

Loaded load(const LabelledSource& source) {
  const auto raw = open_volume(source.raw.file, source.raw.dataset);
  Loaded loaded;
  loaded.voxels.raw = raw->read_image(raw->info().box());
  loaded.voxels.labels.reset(raw->info().box());
  if (!raw->info().voxel_size_nm)
    throw Error(Category::input, source.raw.file.string() +
                                     ": the image does not tell its voxel size (attribute "
                                     "voxel_size_nm)");
  loaded.voxel_size_nm = *raw->info().voxel_size_nm, loaded.fingerprint = volume_fingerprint(*raw);
  std::uint8_t of_class = 1;
  for (const ClassSource& label : source.labels) paint(label, of_class++, loaded);
  return loaded;
}

LabelledVolume cropped(const LabelledVolume& from, const Box3& box) {
  LabelledVolume part{Volume<std::uint8_t>(box), Volume<std::uint8_t>(box)};
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y) {
      const Vec3i at(box.min.x, y, z);
      std::copy_n(&from.raw.at(at), box.size().x, &part.raw.at(at));
      std::copy_n(&from.labels.at(at), box.size().x, &part.labels.at(at));
    }
  return part;
}

struct Data {
  std::vector<LabelledVolume> train;
  std::vector<std::pair<LabelledVolume, Box3>> test;  ///< the whole volume, and which part of it is tested
  std::vector<std::string> classes{"background"};
  Vec3d voxel_size_nm{1, 1, 1};
  std::string hash;
};

Data read_data(const UNetTraining& t) {
  if (t.train.empty()) throw Error(Category::config, "there is no volume to train on");
  Data data;
  for (const ClassSource& label : t.train.front().labels) data.classes.push_back(label.name);
  std::string fingerprints;
  for (const LabelledSource& source : t.train) {
    Loaded v = load(source);
    fingerprints += v.fingerprint, data.voxel_size_nm = v.voxel_size_nm;
    if (!t.test.empty()) {
      data.train.push_back(std::move(v.voxels));
      continue;
    }
    const Box3 box = v.voxels.raw.box();
    Box3 seen = box, kept = box;
    seen.max.z = kept.min.z = box.max.z - std::llround(t.held_out * static_cast<double>(box.size().z));
    data.train.push_back(cropped(v.voxels, seen));
    if (!kept.empty()) data.test.emplace_back(std::move(v.voxels), kept);
  }
  for (const LabelledSource& source : t.test) {
    Loaded v = load(source);
    const Box3 box = v.voxels.raw.box();
    data.test.emplace_back(std::move(v.voxels), box);
  }
  data.hash = sha256_hex(fingerprints);
  return data;
}

Vec3i up_to(const Vec3i& v, const Vec3i& stride) { return (v + stride - Vec3i(1)) / stride * stride; }

ModelCard card_of(const UNetTraining& t, const Data& data) {
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
                   {"patch_vx", {t.patch_vx.x, t.patch_vx.y, t.patch_vx.z}},
                   {"learning_rate", o.learning_rate},
                   {"weight_decay", o.weight_decay},
                   {"decay_every", o.decay_every},
                   {"decay", o.decay},
                   {"cross_entropy", o.cross_entropy},
                   {"class_weights", o.class_weights},
                   {"held_out", t.test.empty() ? t.held_out : 0.0},
                   {"threads", t.device.threads}};
  return card;
}

// ---- the loop ------------------------------------------------------------------------------------------------------

std::vector<double> run_steps(const UNetTraining& t, const Data& data, UNetTrainer& net,
                              const TrainingCheckpoint& checkpoint,
                              const std::function<void(std::int64_t, double)>& progress, const std::atomic<int>* stop) {
  const PatchSampler sampler(data.train, static_cast<int>(data.classes.size()), t.patch_vx, t.seed);
  const auto voxels = static_cast<std::size_t>(t.patch_vx.product()), batch = static_cast<std::size_t>(t.batch);
  std::vector<float> images(voxels * batch);
  std::vector<std::uint8_t> labels(images.size());
  const auto one_step = [&](std::uint64_t step) {
    for (std::size_t i = 0; i < batch; ++i)
      sampler.draw(step, i, std::span(images).subspan(i * voxels, voxels),
                   std::span(labels).subspan(i * voxels, voxels));
    return net.step(t.batch, images, labels, t.patch_vx);
  };
  return run_training(net, checkpoint, t.steps, t.checkpoint_every, one_step, progress, stop);
}

// ---- the test ------------------------------------------------------------------------------------------------------

struct Overlap {
  std::uint64_t both = 0, predicted = 0, truth = 0;
  double dice() const {
    return predicted + truth == 0 ? std::nan("")
                                  : 2.0 * static_cast<double>(both) / static_cast<double>(predicted + truth);
  }
};

/// Each class where its probability is at least a half, against the truth, as `chunk-infer` would give it.
std::vector<Overlap> overlaps(Network& network, const ModelCard& card, const Data& data) {
  std::vector<Overlap> found(card.classes.size());
  std::vector<std::size_t> classes(card.classes.size());
  for (std::size_t c = 0; c < classes.size(); ++c) classes[c] = c;
  for (const auto& [volume, box] : data.test) {
    const Volume<std::uint8_t>& raw = volume.raw;
    const ReadTile read = [&](const Box3& tile, std::span<float> out) {
      std::size_t i = 0;
      for (std::int64_t z = tile.min.z; z < tile.max.z; ++z)
        for (std::int64_t y = tile.min.y; y < tile.max.y; ++y)
          for (std::int64_t x = tile.min.x; x < tile.max.x; ++x)
            out[i++] = raw.box().contains(Vec3i(x, y, z)) ? static_cast<float>(raw.at({x, y, z})) / 255.0F : 0.0F;
    };
    std::vector<Volume<std::uint8_t>> maps(classes.size(), Volume<std::uint8_t>(box));
    std::vector<VolumeView<std::uint8_t>> views;
    for (auto& map : maps) views.push_back(map.view());
    TiledInference(network, card).run(read, classes, views);
    const VolumeView<const std::uint8_t> truth = std::as_const(volume.labels).view().sub(box);
    std::size_t i = 0;
    for (std::int64_t z = 0; z < truth.size.z; ++z)
      for (std::int64_t y = 0; y < truth.size.y; ++y)
        for (std::int64_t x = 0; x < truth.size.x; ++x, ++i)
          for (std::size_t c = 0; c < classes.size(); ++c) {
            const bool is = truth(x, y, z) == c, said = maps[c].data()[i] >= 128;
            found[c].truth += is, found[c].predicted += said, found[c].both += is && said;
          }
  }
  return found;
}

Json report_of(const std::vector<Overlap>& found, const ModelCard& card, const Data& data) {
  Json quality = Json::object();
  std::uint64_t voxels = 0;
  for (const auto& part : data.test) voxels += static_cast<std::uint64_t>(part.second.voxels());
  for (std::size_t c = 1; c < found.size(); ++c) {
    const Overlap& o = found[c];
    const auto part = [&](std::uint64_t of) { return of == 0 ? Json() : Json(double(o.both) / double(of)); };
    quality["dice"][card.classes[c]] = o.predicted + o.truth == 0 ? Json() : Json(o.dice());
    quality["precision"][card.classes[c]] = part(o.predicted);
    quality["recall"][card.classes[c]] = part(o.truth);
    quality["truth_vx"][card.classes[c]] = o.truth;
  }
  quality["tested_vx"] = voxels;
  return quality;
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
  const Data data = read_data(t);
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
  done.card.quality = report_of(overlaps(*network, done.card, data), done.card, data);
  export_model_to(t.out, *net, done.card);
  done.report = {{"classes", data.classes}, {"parameters", unet_parameters(t.net)},
                 {"steps", t.steps},        {"quality", done.card.quality},
                 {"losses", done.losses},   {"training_s", train_s}};
  write_file_atomically(t.out / "report.json", done.report.dump(1) + "\n");
  draw_losses(t.out / "loss.png", done.losses);
  return done;
}

std::string training_warning() {
  nn_room();
  return slow_blas_warning();
}

}  // namespace syconn
