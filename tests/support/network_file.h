// SPDX-License-Identifier: GPL-3.0-or-later
// A small U-Net with random weights as a TorchScript archive, for tests of what reads such files.
#pragma once
#include "syconn/core/rng.h"
#include "syconn/nn/room.h"

namespace syconn::test {

inline UNetConfig small_unet() {
  UNetConfig c;
  c.classes = 3, c.blocks = 2, c.start_filters = 4, c.planar = {0};
  return c;
}

inline ModelCard small_card(const Vec3d& voxel_size_nm) {
  const UNetConfig c = small_unet();
  ModelCard card;
  card.name = "small", card.unet = c, card.classes = {"background", "mi", "vc"};
  card.voxel_size_nm = voxel_size_nm, card.stride_vx = unet_stride(c);
  card.tile_vx = {32, 32, 16}, card.halo_vx = {10, 10, 2};
  card.bytes_per_voxel = unet_bytes_per_voxel(c);
  return card;
}

/// Weights of `sigma`: large ones give maps that are not grey in grey.
inline std::unique_ptr<UNetTrainer> small_network(double sigma = 1) {
  auto net = nn_room().unet_trainer(small_unet(), {}, {.device = "cpu"}, 1);
  Rng rng(5);
  for (const TensorInfo& t : unet_tensors(small_unet())) {
    std::vector<float> values = net->tensor(t.name);
    if (t.shape.size() == 5)
      for (float& v : values) v *= static_cast<float>(sigma * 2);
    else if (t.trainable)
      for (float& v : values) v += static_cast<float>(rng.normal(0, 0.3));
    net->set_tensor(t.name, values);
  }
  return net;
}

}  // namespace syconn::test
