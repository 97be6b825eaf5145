// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/error.h"
#include "syconn/core/files.h"
#include "syconn/core/json.h"

namespace syconn {

/// checkpoint.pt of a trainer with what it was made with, and the losses so far (checkpoint.json).
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

}  // namespace syconn
