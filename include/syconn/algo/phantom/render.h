// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/algo/phantom/model.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// Which volumes to make; bits of `what`.
enum PhantomVolume : std::uint32_t {
  kPhantomCell = 1,
  kPhantomSv = 2,
  kPhantomSj = 4,
  kPhantomMi = 8,
  kPhantomVc = 16,
  kPhantomSjProb = 32,
  kPhantomMiProb = 64,
  kPhantomVcProb = 128,
  kPhantomSynType = 256,
  kPhantomCompartment = 512,
  kPhantomMyelin = 1024,
  kPhantomRaw = 2048,
  kPhantomAll = 4095
};

/// Voxels of one box; volumes that were not asked for stay empty.
struct PhantomVolumes {
  Volume<std::uint64_t> cell;  ///< truth: cell id, 0 extracellular, gap or myelin sheath
  Volume<std::uint64_t> sv;  ///< supervoxels as the pipeline gets them: cuts, wrong merges, erosion of the noise level
  Volume<std::uint64_t> sj, mi, vc;                ///< truth instances: PhantomSynapse::id, PhantomOrganelle::id
  Volume<std::uint8_t> sj_prob, mi_prob, vc_prob;  ///< maps of the noise level, v/255
  Volume<std::uint8_t> syn_type;                   ///< on the sj map's truth: 1 asymmetric, 2 symmetric
  Volume<std::uint8_t> compartment;                ///< PhantomCompartment, 255 outside cells
  Volume<std::uint8_t> myelin;                     ///< 255 in the sheath and the axon it wraps
  Volume<std::uint8_t> raw;                        ///< electron micrograph
};

/// Draws any part of the phantom. Each voxel is a function of the model and its position, so any chunking gives
/// the same bytes. Thread-safe; about linear in voxels.
class PhantomRenderer {
 public:
  explicit PhantomRenderer(const PhantomModel& model);  ///< keeps a reference to `model`
  ~PhantomRenderer();
  PhantomRenderer(const PhantomRenderer&) = delete;
  PhantomRenderer& operator=(const PhantomRenderer&) = delete;

  /// Fills the volumes named in `what` (bits of PhantomVolume) over `box` (any box; outside the dataset too).
  void render(const Box3& box, std::uint32_t what, PhantomVolumes& out, int threads = 1) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Bytes render() needs for a chunk of this size, results included, without the model.
std::uint64_t phantom_memory_bytes(const PhantomParams& params, const Vec3i& chunk_vx, std::uint32_t what,
                                   int threads = 1);

}  // namespace syconn
