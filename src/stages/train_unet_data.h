// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/nn/patches.h"
#include "syconn/stages/train_unet.h"

namespace syconn {

/// What a U-Net is trained and tested on, in memory and in the network's voxels.
struct UNetData {
  std::vector<LabelledVolume> train;
  std::vector<std::pair<LabelledVolume, Box3>> test;  ///< the whole volume, and which part of it is tested
  std::vector<std::string> classes{"background"};
  Vec3d voxel_size_nm{1, 1, 1};
  std::string hash;  ///< of the volumes and what was taken of them
};
/// Throws Error{input|config}.
UNetData read_unet_data(const UNetTraining& training);

}  // namespace syconn
