// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <mutex>
#include <sstream>

#include "coarser.h"
#include "inference_config.h"
#include "syconn/exec/job.h"
#include "syconn/io/volume_writer.h"
#include "syconn/nn/tiles.h"
#include "volumes.h"

/// Maps of organelles, myelin and the like from the image by a network: docs/stages/chunk-infer.md.
namespace syconn {
namespace {

std::string volume_of(const std::string& map) { return map + "_prob"; }

/// One model over the dataset: the dataset's voxels and the model's, which are `mag` times as large.
struct Task {
  std::string name;
  const InferModelConfig* config;
  ModelCard card;
  Vec3i mag;
  std::map<std::string, std::string> outputs;

  bool in_dataset_voxels() const { return config->voxels == "dataset"; }
  /// What a chunk's maps cover, in their voxels.
  Box3 map_box(const Box3& chunk) const { return in_dataset_voxels() ? chunk : coarser_box(chunk, mag); }
  /// What the network predicts for them, in its own.
  Box3 model_box(const Box3& chunk) const {
    return in_dataset_voxels() ? Box3{chunk.min / mag, (chunk.max + mag - Vec3i(1)) / mag} : coarser_box(chunk, mag);
  }
};

Task task_of(const RunConfig& config, const std::string& model) {
  const auto& section = config.section<ChunkInferConfig>("chunk-infer");
  Task t{model, &section.models.at(model), card_of_model(config, model), {}, {}};
  const std::string where = config.where("chunk-infer.models." + model);
  t.mag = model_mag(t.card, config.dataset.voxel_size_nm, section.voxel_size_tolerance, where + ": " + t.config->model);
  t.outputs = outputs_of_model(config, model, t.card);
  return t;
}

std::vector<Task> tasks_of(const RunConfig& config) {
  std::vector<Task> tasks;
  std::map<std::string, std::string> made_by;
  for (const auto& entry : config.section<ChunkInferConfig>("chunk-infer").models) {
    tasks.push_back(task_of(config, entry.first));
    for (const auto& output : tasks.back().outputs)
      if (!made_by.emplace(output.first, entry.first).second)
        throw Error(Category::config, config.where("chunk-infer.models." + entry.first) + ": map '" + output.first +
                                          "' is made by model '" + made_by[output.first] + "' too");
  }
  return tasks;
}

/// Loading takes a second: one a process and model is kept for all jobs.
std::shared_ptr<Network> network_of(const JobContext& ctx, const ChunkInferConfig& config, const Task& task) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<Network>> loaded;
  const std::lock_guard lock(mutex);
  auto& network = loaded[ctx.hash() + config.device + task.name];
  if (network == nullptr) {
    if (loaded.size() > 16) loaded.clear();
    return loaded[ctx.hash() + config.device + task.name] =
               nn_room().load(task.config->model, task.card, {config.device, config.half, 1});
  }
  return network;
}

// ---- infer: the maps of one chunk ----------------------------------------------------------------------------------

/// Grey values of `box` in the model's voxels: means of mag.x·mag.y·mag.z dataset voxels, 0 outside the dataset.
void read_grey(const VolumeReader& raw, const Box3& dataset, const Vec3i& mag, const Box3& box,
               Volume<std::uint8_t>& out) {
  out.reset(box);
  const Box3 fine = intersect({box.min * mag, box.max * mag}, dataset);
  if (fine.empty()) return;
  coarser_grey(raw.read_image(fine), mag, out);
}

VolumeMeta meta_of(const JobContext& ctx, const Task& task, const std::string& map) {
  VolumeMeta meta;
  meta.voxel_size_nm = ctx.geometry().voxel_size_nm * (task.in_dataset_voxels() ? Vec3d(1) : Vec3d(task.mag));
  meta.units = "probability / 255";
  meta.description = map + ": class '" + task.outputs.at(map) + "' of model '" + task.card.name + "'";
  meta.provenance = ctx.provenance_json();
  return meta;
}

/// Every dataset voxel of `box` with the value of the model's voxel it lies in.
Volume<std::uint8_t> repeated(const Volume<std::uint8_t>& map, const Vec3i& mag, const Box3& box) {
  Volume<std::uint8_t> out(box);
  std::size_t i = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) out.data()[i++] = map.at({x / mag.x, y / mag.y, z / mag.z});
  return out;
}

void infer_task(JobContext& ctx, const ChunkInferConfig& config, const Task& task) {
  const Box3 box = task.model_box(ctx.job().box), dataset = ctx.geometry().box;
  if (box.empty()) return;
  const auto network = network_of(ctx, config, task);
  if (const std::string slow = slow_blas_warning(); !slow.empty()) ctx.note(slow);
  const auto raw = open_covering(ctx.config(), task.config->raw, dataset);
  Volume<std::uint8_t> grey;
  const auto scale = static_cast<float>(task.card.scale), offset = static_cast<float>(task.card.offset);
  const ReadTile read = [&](const Box3& tile, std::span<float> out) {
    read_grey(*raw, dataset, task.mag, tile, grey);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(grey.data()[i]) * scale + offset;
  };
  std::vector<Volume<std::uint8_t>> maps;
  std::vector<std::size_t> classes;
  for (const auto& output : task.outputs)
    maps.emplace_back(box), classes.push_back(task.card.class_index(output.second));
  std::vector<VolumeView<std::uint8_t>> views;
  for (auto& map : maps) views.push_back(map.view());
  TiledInference tiles(*network, task.card);
  tiles.run(read, classes, views);
  std::ostringstream note;
  note << "model " << task.name << ": tiles of " << tiles.tile_vx() << " voxels after too little memory for "
       << task.card.tile_vx;
  if (tiles.tile_vx() != task.card.tile_vx) ctx.note(note.str());
  std::size_t i = 0;
  for (const auto& output : task.outputs) {
    const std::string name = volume_of(output.first);
    Volume<std::uint8_t>& map = maps[i++];
    if (task.in_dataset_voxels()) map = repeated(map, task.mag, ctx.job().box);
    write_volume_chunk(ctx.output("volumes" / volume_chunk_file(name, map.box())), name, std::as_const(map).view(),
                       meta_of(ctx, task, output.first));
  }
}

void infer(JobContext& ctx, const ChunkInferConfig& config) {
  for (const Task& task : tasks_of(ctx.config())) infer_task(ctx, config, task);
}

// ---- publish -------------------------------------------------------------------------------------------------------

void publish(JobContext& ctx, const ChunkInferConfig&) {
  const ChunkGrid grid = ctx.geometry().grid();
  for (const Task& task : tasks_of(ctx.config()))
    for (const auto& output : task.outputs) {
      const std::string name = volume_of(output.first);
      std::vector<VolumePart> parts;
      for (std::int64_t i = 0; i < grid.count(); ++i)
        if (const Box3 box = task.map_box(grid.chunk_box(i)); !box.empty())
          parts.push_back({box, volume_chunk_file(name, box)});
      publish_volume(ctx, name, parts, meta_of(ctx, task, output.first));
    }
}

// ---- plan ----------------------------------------------------------------------------------------------------------

/// A tile in the network, its grey values before and after averaging, the chunk's maps, LibTorch and the weights.
std::uint64_t infer_memory(const RunConfig& config, const Geometry& g) {
  std::uint64_t most = 0;
  for (const Task& t : tasks_of(config)) {
    const auto tile = static_cast<std::uint64_t>(t.card.input_vx().product());
    const auto chunk = static_cast<std::uint64_t>(min(g.chunk_vx, g.box.size()).product() / t.mag.product() + 1);
    const std::uint64_t in_network = tile * (t.card.bytes_per_voxel + 4 * t.card.classes.size() + 16);
    most = std::max(most, in_network + tile * static_cast<std::uint64_t>(t.mag.product()) +
                              chunk * (t.outputs.size() + (t.in_dataset_voxels() ? 2 * t.mag.product() : 1)) +
                              4 * fs::file_size(t.config->model));
  }
  return most + (std::uint64_t{512} << 20);
}

bool on_gpu(const RunConfig& config) { return config.section<ChunkInferConfig>("chunk-infer").device == "cuda"; }

StageInputs inputs(const RunConfig& config, const Geometry& g) {
  StageInputs in;
  const auto& section = config.section<ChunkInferConfig>("chunk-infer");
  if (section.models.empty()) in.missing.push_back("a model in chunk-infer.models");
  for (const auto& [name, model] : section.models) {
    if (!fs::is_regular_file(model.model))
      throw Error(Category::input,
                  config.where("chunk-infer.models." + name + ".model") + ": there is no file '" + model.model + "'");
    require_volume(config, g.box, model.raw, true, in);
    in.fingerprints["model " + name] = {{"bytes", fs::file_size(model.model)},
                                        {"crc32c", file_crc32c(model.model)},
                                        {"card", card_of_model(config, name).to_json()}};
  }
  if (in.missing.empty()) tasks_of(config);
  return in;
}

}  // namespace

Stage chunk_infer_stage() {
  Stage stage = make_stage<ChunkInferConfig>(
      "Maps of organelles from the image by networks",
      {
          {"infer", per_chunk, infer, {.mvx_per_s = 0.3, .bytes_per_voxel = 0.5}, infer_memory},
          {"publish", once, publish, {.mem_gb = 0.5}},
      });
  stage.steps.front().wants_gpu = on_gpu;
  return stage
      .reading(inputs, {"dataset.volumes.raw of kind image", "the archives of chunk-infer.models (TorchScript)"})
      .writing({"DIR/volumes/<name>_prob.h5 (probability of each voxel, 0..255)"});
}

}  // namespace syconn
