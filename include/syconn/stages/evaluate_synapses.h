// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "syconn/core/box3.h"
#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/stages/evaluate_volumes.h"

/// Synapses (dataset syn_ssv) against a phantom's truth or against an expert's map. Exact definitions: docs/evaluate.md.
/// Memory: 24 bytes an x-run of the truth's junctions, 100 a synapse.
namespace syconn {

/// Found of what there is, right of what was found.
struct DetectionScore {
  std::int64_t truths = 0, found = 0;   ///< true synapses; of these with an object
  std::int64_t objects = 0, right = 0;  ///< objects; of these with a true synapse

  double recall() const { return share(found, truths); }
  double precision() const { return share(right, objects); }
  /// Harmonic mean; NaN where either is, 0 where both are 0.
  double f1() const;
  /// part / whole; NaN for 0 of 0.
  static double share(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
  }
};

/// Voxels that an object and a true label share.
struct ObjectOverlap {
  Id object = 0, truth = 0;
  std::uint64_t n_vx = 0;
  friend bool operator==(const ObjectOverlap&, const ObjectOverlap&) = default;
};
/// One-to-one matching, greedy: the largest overlap first; ties by smaller truth, then smaller object. In that order.
std::vector<ObjectOverlap> match_by_overlap(std::vector<ObjectOverlap> overlaps);

/// Why no object stands for a junction. Where several hold, the one that comes first here.
enum class MissReason {
  shared,           ///< an object between the right cells covers it, but stands for another one
  other_cells,      ///< an object between other cells covers it and stands for another one
  prob_too_low,     ///< the objects that cover it are below prob_min
  object_size,      ///< a fragment between two cells covers it, but became no object: below the size filter
  within_one_cell,  ///< the fragments that cover it (else the contacts) lie within one cell
  fragment_size,    ///< a contact between two cells covers it, but no fragment: below the size filter
  no_cell,          ///< fragments or contacts cover it, but with supervoxels that belong to no cell
  no_contact,       ///< no contact of supervoxels covers it
};
const char* name_of(MissReason reason);

/// What an object lies on that stands for no true synapse.
enum class FalseKind { decoy, dropped, second_object, other_cells, nothing };
const char* name_of(FalseKind kind);

struct SynapseHit {
  Id truth = 0, object = 0;
  std::uint64_t n_vx = 0;  ///< shared
  bool pair_right = false, sign_right = false;
  double area_um2 = 0, truth_area_um2 = 0;
};
struct SynapseMiss {
  Id truth = 0;
  Vec3i voxel;  ///< one of its voxels
  MissReason reason = MissReason::no_contact;
};
struct FalseSynapse {
  Id object = 0, truth = 0;  ///< the label below it, 0: none
  double prob = 0;           ///< NaN: none
  FalseKind kind = FalseKind::nothing;
};

struct SynapseScore {
  double prob_min = 0.5;
  DetectionScore all, excitatory, inhibitory;
  struct AreaBin {
    double min_um2 = 0, max_um2 = 0;  ///< half-open
    DetectionScore score;
  };
  std::vector<AreaBin> area_bins;
  struct CurvePoint {
    double prob_min = 0;
    DetectionScore score;
  };
  std::vector<CurvePoint> curve;  ///< prob_min 0, 0.05 … 1
  std::int64_t pairs_right = 0, signs_right = 0;
  std::optional<std::int64_t> pres_right;  ///< pair and direction right; absent before the stage `tables`
  double area_error_median = 0;            ///< |area - a| / a of the hits; NaN without any
  std::vector<SynapseHit> hits;            ///< ascending by truth
  std::vector<SynapseMiss> misses;         ///< ascending by truth
  std::vector<FalseSynapse> false_objects;  ///< ascending by object
};
/// `run`: folder with datasets/{syn_ssv,syn,cs,sv}.h5 over the whole phantom; `phantom`: folder that `syconn phantom`
/// wrote. Throws Error{input}, Error{config} for prob_min outside 0..1.
SynapseScore evaluate_synapses(const fs::path& run, const fs::path& phantom, double prob_min);

/// A 26-connected part of an expert's junction map.
struct JunctionPart {
  Id part = 0;  ///< from 1, by smallest raster voxel
  std::uint64_t size_vx = 0;
  Box3 box;
  bool covered = false;                ///< by an object of prob >= prob_min or without prob
  Id object = 0, cell_a = 0, cell_b = 0;  ///< the one that covers most of it; also below prob_min; 0: none
  double prob = 0;                     ///< of that object; NaN: none
  std::uint64_t n_vx = 0;              ///< its voxels on the part
  MissReason reason = MissReason::no_contact;  ///< where not covered
};
/// The parts of `junctions` (labels: not 0; floats: above 0.5), ascending. An object may cover several parts.
std::vector<JunctionPart> evaluate_junctions(const fs::path& run, const VolumeSource& junctions, double prob_min);

}  // namespace syconn
