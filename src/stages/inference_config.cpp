// SPDX-License-Identifier: GPL-3.0-or-later
#include "inference_config.h"

#include <algorithm>

namespace syconn {
namespace {

constexpr const char* kStage = "chunk-infer";

const ChunkInferConfig* section_of(const RunConfig& config) {
  return config.sections.contains(kStage) ? &config.section<ChunkInferConfig>(kStage) : nullptr;
}

bool is_map_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string key_of(const std::string& model) { return std::string(kStage) + ".models." + model; }

}  // namespace

void InferModelConfig::describe(Fields& f) {
  f.add("model", model, "TorchScript archive, with its card inside or as model.json beside it").required().file_path();
  f.add("raw", raw, "image volume it reads, by its name in dataset.volumes");
  f.add("outputs", outputs, "maps to write, as name: class of the model; empty: every class but the first, by its name")
      .example("{mi: mi, vc: vc}");
  f.add("tile_vx", tile_vx, "what one pass predicts, instead of the card's; a multiple of the card's stride", Range{1});
  f.add("halo_vx", halo_vx, "what it sees around that on each side, instead of the card's; likewise", Range{0});
  f.add(
      "voxels", voxels,
      "what the maps are written in: model, the model's voxels; or dataset, the dataset's, each with the value of the "
      "model's voxel it lies in (watershed and contacts need these)",
      Choices{"model", "dataset"});
}

void ChunkInferConfig::describe(Fields& f) {
  f.add("device", device, "where networks run; auto: a CUDA device if there is one", Choices{"auto", "cpu", "cuda"})
      .no_effect_on_results();
  f.add("half", half, "half precision (cuda) or bfloat16 (cpu): faster, values may differ by a few grey levels");
  f.add("overlap", overlap,
        "what a tile sees around it: card, as its model's card says; or paper, 30, 31 and 20 voxels as in SyConn2",
        Choices{"card", "paper"});
  f.add("voxel_size_tolerance", voxel_size_tolerance,
        "a model's voxels are taken for a whole multiple of the dataset's if they are that close to it (relative)",
        Range{0, 0.5})
      .no_effect_on_results();
  f.add("models", models, "networks to run, by a name of yours");
}

ModelCard card_of_model(const RunConfig& config, const std::string& model) {
  const auto& section = config.section<ChunkInferConfig>(kStage);
  const InferModelConfig& c = section.models.at(model);
  const bool paper = section.overlap == "paper";
  if (paper && c.halo_vx)
    throw Error(Category::config, config.where(key_of(model) + ".halo_vx") +
                                      ": overlap: paper sets the halo of all models; take one of the two away");
  try {
    ModelCard card = read_model_card(c.model);
    if (paper) card.halo_vx = Vec3i(0);
    if (c.tile_vx) card.tile_vx = *c.tile_vx;
    if (c.halo_vx) card.halo_vx = *c.halo_vx;
    card = ModelCard::from_json(card.to_json(), key_of(model) + ".tile_vx, halo_vx");
    if (paper) card.halo_vx = kPaperOverlap;  // no multiple of any stride
    return card;
  } catch (const Error& e) {
    throw e.with_context(config.where(key_of(model) + ".model"));
  }
}

std::map<std::string, std::string> outputs_of_model(const RunConfig& config, const std::string& model,
                                                    const ModelCard& card) {
  std::map<std::string, std::string> outputs = config.section<ChunkInferConfig>(kStage).models.at(model).outputs;
  if (outputs.empty())
    for (std::size_t i = 1; i < card.classes.size(); ++i) outputs[card.classes[i]] = card.classes[i];
  for (const auto& [name, of_class] : outputs) {
    const std::string where = config.where(key_of(model) + ".outputs") + ": ";
    if (!is_map_name(name))
      throw Error(Category::config, where + "map '" + name + "': names are made of lower-case letters, digits and '_'");
    if (config.dataset.volumes.contains(name))
      throw Error(Category::config, where + "the model's map '" + name +
                                        "' is among dataset.volumes already; take one "
                                        "of them away");
    try {
      card.class_index(of_class);
    } catch (const Error& e) {
      throw e.with_context(config.where(key_of(model) + ".outputs"));
    }
  }
  return outputs;
}

bool is_inferred(const RunConfig& config, const std::string& name) {
  const ChunkInferConfig* section = section_of(config);
  const auto& stages = config.stages;
  if (section == nullptr || (!stages.empty() && std::find(stages.begin(), stages.end(), kStage) == stages.end()))
    return false;
  for (const auto& [model, c] : section->models)
    if (c.outputs.contains(name) ||
        (c.outputs.empty() && outputs_of_model(config, model, card_of_model(config, model)).contains(name)))
      return true;
  return false;
}

}  // namespace syconn
