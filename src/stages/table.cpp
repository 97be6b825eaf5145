// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/table.h"

#include <algorithm>

#include "volumes.h"

namespace syconn {

#define STAGE(name) Stage name##_stage();
#include "stages.def"
#undef STAGE

namespace {

Stage named(Stage stage, std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  stage.name = stage.section.name = std::move(name);
  return stage;
}

StageTable make_table() {
  StageTable table;
#define STAGE(name) table.stages.push_back(named(name##_stage(), #name));
#include "stages.def"
#undef STAGE
  table.dataset_box = dataset_box;
  table.missing_chunks = missing_chunks;
  return table;
}

}  // namespace

const StageTable& stage_table() {
  static const StageTable table = make_table();
  return table;
}

}  // namespace syconn
