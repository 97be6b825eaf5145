// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "syconn/algo/runs.h"
#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// Parameters of the contact-site step. All of them change results.
struct ContactParams {
  Vec3i window_vx{13, 13, 7};  ///< odd edges, 1..255; the partner is the majority in this window
  int closings = 7;            ///< iterations of the 6-connected closing a pair, 0..60
  int dilations = 2;           ///< iterations of the 6-connected dilation after it, 0..60
};

/// Voxels a write box must be grown by (and then clipped at the dataset) for an exact result: the cross steps
/// 2*closings + dilations, plus half the window (at least the one voxel the boundary test looks at).
/// Default: (22,22,19). Throws Error{config} for parameters out of range.
Vec3i contact_halo(const ContactParams& params);

/// Contact voxels of one write box: pairs ascending by (sv_a, sv_b), sv_a < sv_b; the runs of pair p are
/// runs[run_offset[p] .. run_offset[p+1]), canonical (raster order, maximal within the write box), dataset coordinates.
struct ContactSet {
  std::vector<Id> sv_a, sv_b;
  std::vector<std::uint64_t> run_offset{0};
  std::vector<Run> runs;

  std::size_t n_pairs() const { return sv_a.size(); }
  std::span<const Run> runs_of(std::size_t pair) const {
    return {runs.data() + run_offset[pair], runs.data() + run_offset[pair + 1]};
  }
  void clear();
  friend bool operator==(const ContactSet&, const ContactSet&) = default;
};

/// Contact sites of supervoxel pairs (docs/algorithms/contacts.md). A contact voxel is a non-background voxel with a
/// 6-neighbour in the dataset of another id; its partner is the most frequent other non-background id in the window
/// (tie: smallest). The contact set of a pair is closed and dilated on the unbounded grid; contact voxels keep their
/// pair, any other voxel goes to the pair among those that cover it whose contact voxels are nearest in L1
/// (tie: smallest pair). The result for a voxel does not depend on the write box.
/// Keeps its buffers between calls; one object a thread.
class ContactExtractor {
 public:
  explicit ContactExtractor(const ContactParams& params = {});
  ~ContactExtractor();
  ContactExtractor(ContactExtractor&&) noexcept;
  ContactExtractor& operator=(ContactExtractor&&) noexcept;

  /// `labels` must cover `write` grown by contact_halo() and clipped at `dataset`; `write` lies in `dataset`.
  /// Throws Error{runtime} otherwise.
  void extract(VolumeView<const Id> labels, const Box3& dataset, const Box3& write, ContactSet& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Upper bound of the memory one ContactExtractor and its result hold for write boxes of `chunk_vx`, without the
/// labels themselves, for segmentations with at most one x-run in `voxels_per_run` voxels (measured on real ones:
/// 15-30).
std::uint64_t contact_memory_bytes(const Vec3i& chunk_vx, const ContactParams& params, int voxels_per_run = 8);

/// What of the contact set lies on synaptic junctions: the runs of every pair cut to the junction mask (pairs and
/// numbering as in the contact set, empty pairs included), and the junction voxels of each type a pair.
struct SynapseFragments {
  std::vector<std::uint64_t> run_offset{0};
  std::vector<Run> runs;
  std::vector<std::uint64_t> size_vx, n_sym, n_asym;

  std::span<const Run> runs_of(std::size_t pair) const {
    return {runs.data() + run_offset[pair], runs.data() + run_offset[pair + 1]};
  }
};

/// Cuts `contacts` to the non-zero voxels of `junction`; `sym` and `asym` may be empty views (data == nullptr).
/// The masks must cover every run; throws Error{runtime} otherwise.
SynapseFragments junction_overlap(const ContactSet& contacts, VolumeView<const std::uint8_t> junction,
                                  VolumeView<const std::uint8_t> sym = {}, VolumeView<const std::uint8_t> asym = {});

}  // namespace syconn
