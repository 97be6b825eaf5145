// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "syconn/core/error.h"
#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "train_plot.h"

namespace syconn {

/// checkpoint.pt of a trainer with what it was made with, and the losses so far (checkpoint.json, drawn in loss.png).
struct TrainingCheckpoint {
  fs::path weights, notes;
  std::string settings;  ///< hash of all that training depends on but the number of steps

  TrainingCheckpoint(const fs::path& folder, std::string hash)
      : weights(folder / "checkpoint.pt"), notes(folder / "checkpoint.json"), settings(std::move(hash)) {}

  template <class Net>
  void save(const Net& net, const std::vector<double>& losses) const {
    write_file_atomically(notes, Json{{"settings", settings}, {"losses", losses}}.dump() + "\n");
    const fs::path temporary = temporary_name(weights);
    net.save_checkpoint(temporary);
    commit_file(temporary, weights);
    draw_losses(weights.parent_path() / "loss.png", losses);
  }
  /// Into `net`; the losses of its steps. Without a checkpoint nothing. Throws Error{config} for one of other settings.
  template <class Net>
  std::vector<double> load(Net& net) const {
    if (!fs::exists(weights)) return {};
    const Json json = parse_json(read_file(notes), notes.string());
    if (json.at("settings").get<std::string>() != settings)
      throw Error(Category::config, weights.string() +
                                        ": the checkpoint was made with other settings or data; use "
                                        "another folder, or remove it");
    net.load_checkpoint(weights);
    auto losses = json.at("losses").get<std::vector<double>>();  // written first, so never shorter
    losses.resize(static_cast<std::size_t>(net.steps_done()));
    return losses;
  }
};

/// Steps of `net` up to number `steps`, from its checkpoint on: `one_step(step)` trains and returns the loss. A
/// checkpoint every `every` steps and at the end. When `stop` is set: after the step and a checkpoint Error{retry}.
/// Returns the losses of all steps.
template <class Net, class OneStep>
std::vector<double> run_training(Net& net, const TrainingCheckpoint& checkpoint, std::int64_t steps, std::int64_t every,
                                 const OneStep& one_step, const std::function<void(std::int64_t, double)>& progress,
                                 const std::atomic<int>* stop) {
  std::vector<double> losses = checkpoint.load(net);
  for (std::int64_t step = net.steps_done(); step < steps; ++step) {
    losses.push_back(one_step(static_cast<std::uint64_t>(step)));
    progress(step + 1, losses.back());
    const bool told = stop != nullptr && stop->load() != 0;
    if (told || (step + 1) % every == 0 || step + 1 == steps) checkpoint.save(net, losses);
    if (told)
      throw Error(Category::retry,
                  "told to stop after step " + std::to_string(step + 1) + "; the same command goes on from there");
  }
  return losses;
}

/// folder/model.pt with the card inside, and model.json.
template <class Net, class Card>
void export_model_to(const fs::path& folder, const Net& net, const Card& card) {
  const fs::path temporary = temporary_name(folder / "model.pt");
  net.export_model(temporary, card);
  commit_file(temporary, folder / "model.pt");
  write_file_atomically(folder / "model.json", card.to_json().dump(1) + "\n");
}

}  // namespace syconn
