// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/exec/config.h"

namespace syconn {

/// The top-level keys of a config file: dataset, stages, a section a stage, execution. `config.sections` must hold all.
Fields root_fields(RunConfig& config, const std::vector<Section>& sections);
/// A config of defaults.
RunConfig default_config(const std::vector<Section>& sections);

}  // namespace syconn
