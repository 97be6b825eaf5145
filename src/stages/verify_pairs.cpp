// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>

#include "kept_synapses.h"
#include "verify_state.h"

/// The check of `syconn verify` that compares what two datasets say of a pair of ids. In slices of a hash of the first
/// id, each sorted in memory; a slice goes once over both datasets.
namespace syconn {
namespace {

/// What one dataset says: `a` and `b` belong together, by `value` voxels.
struct Pair {
  Id a = 0, b = 0;
  std::uint64_t value = 0;
  friend auto operator<=>(const Pair&, const Pair&) = default;
};
using EmitPair = std::function<void(const Pair&)>;

struct PairSide {
  std::string type, name;
  bool by_a = true;  ///< the row is that of a, else of b
  std::function<void(const SegmentationDataset&, const EmitPair&)> scan;
};
/// Both sides say the same; with `right_only`, what the right side says is said by the left one too.
struct Relation {
  PairSide left, right;
  bool right_only = false;
};

PairSide list_side(const std::string& type, const std::string& field, bool by_a, bool with_voxels = false) {
  return {type, field, by_a, [=](const SegmentationDataset& set, const EmitPair& emit) {
            const auto list = set.ragged<Id>(field, "ids");
            std::optional<Ragged<std::uint64_t>> voxels;
            if (with_voxels) voxels = set.ragged<std::uint64_t>(field, "voxels");
            std::vector<Id> ids;
            std::vector<std::uint64_t> counts;
            for (std::uint32_t shard = 0; shard < set.n_shards(); ++shard)
              set.for_each(shard, [&](Id id, Row row) {
                list.read(row, ids);
                counts.assign(ids.size(), 0);
                if (voxels) voxels->read(row, counts);
                for (std::size_t i = 0; i < ids.size(); ++i)
                  if (ids[i] != kBackground) emit(by_a ? Pair{id, ids[i], counts[i]} : Pair{ids[i], id, counts[i]});
              });
          }};
}

/// cell_id of a type: a is the cell.
PairSide cell_side(const std::string& type) {
  return {type, "cell_id", false, [](const SegmentationDataset& set, const EmitPair& emit) {
            const auto cell = set.column<Id>("cell_id");
            for (std::uint32_t shard = 0; shard < set.n_shards(); ++shard) {
              const std::vector<Id> ids = set.ids(shard), cells = cell.shard(shard);
              for (std::size_t i = 0; i < ids.size(); ++i)
                if (cells[i] != kBackground) emit({cells[i], ids[i], 0});
            }
          }};
}

/// cell_a and cell_b of the synapses that prob_min keeps: a is the cell.
PairSide synapse_side(double prob_min) {
  return {"syn_ssv", "cell_a", false, [prob_min](const SegmentationDataset& set, const EmitPair& emit) {
            const auto a = set.column<Id>("cell_a"), b = set.column<Id>("cell_b");
            for (std::uint32_t shard = 0; shard < set.n_shards(); ++shard) {
              const std::vector<Id> ids = set.ids(shard), as = a.shard(shard), bs = b.shard(shard);
              std::vector<float> prob(ids.size(), std::numeric_limits<float>::quiet_NaN());
              if (set.has_column("prob")) prob = set.column<float>("prob").shard(shard);
              for (std::size_t i = 0; i < ids.size(); ++i) {
                if (!synapse_is_kept(static_cast<double>(prob[i]), prob_min)) continue;
                if (as[i] != kBackground) emit({as[i], ids[i], 0});
                if (bs[i] != kBackground && bs[i] != as[i]) emit({bs[i], ids[i], 0});
              }
            }
          }};
}

/// Below 0.5 several cells may list an organelle, whose cell_id is that of the largest part.
bool has_one_cell(const VerifiedRun& run, const std::string& type) {
  const Json organelles = result_keys(*run.run().config().sections.at("sso")).at("organelles");
  return !organelles.contains(type) || organelles.at(type).value("min_ratio", 0.5) >= 0.5;
}

std::vector<Relation> relations(VerifiedRun& run) {
  std::vector<Relation> all{{list_side("ssv", "sv_ids", true), cell_side("sv")},
                            {list_side("ssv", "syn_ids", true), synapse_side(run.prob_min())}};
  for (const std::string& type : run.organelles()) {
    all.push_back({list_side("ssv", type + "_ids", true), cell_side(type), !has_one_cell(run, type)});
    all.push_back({list_side("sv", type + "_overlap", true, true), list_side(type, "sv_overlap", false, true)});
  }
  const auto is_there = [&](const PairSide& side) {
    if (!run.has(side.type)) return false;
    if (!run.opens(side.type)) return true;  // to say that it was not done
    const SegmentationDataset& set = run.open(side.type);
    return set.has_column(side.name) || set.has_part(side.name, "ids");
  };
  std::erase_if(all, [&](const Relation& r) { return !is_there(r.left) || !is_there(r.right); });
  return all;
}

struct RelationSlice {
  Relation relation;
  std::uint32_t slice = 0, slices = 1;
};

std::vector<Pair> collect(VerifiedRun& run, const PairSide& side, const RelationSlice& s) {
  std::vector<Pair> pairs;
  side.scan(run.open(side.type), [&](const Pair& p) {
    if (part_of(mix64(p.a), s.slices) == s.slice) pairs.push_back(p);
  });
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

std::string with_voxels(const Pair& p) { return p.value == 0 ? "" : " with " + std::to_string(p.value) + " voxels"; }

/// Tells of pairs that `side` has and `other` lacks; ids that are not there at all are told by known-ids.
void tell(VerifiedRun& run, const PairSide& side, const PairSide& other, const std::vector<Pair>& pairs,
          VerifySink& sink) {
  for (const Pair& p : pairs) {
    const Id row = side.by_a ? p.a : p.b, named = side.by_a ? p.b : p.a;
    const SegmentationDataset& set = run.open(side.type);
    if (!run.open(other.type).find(other.by_a ? p.a : p.b)) continue;
    sink.add({run.file(side.type, side.name, shard_of(row, set.n_shards())), side.type + "/" + side.name,
              std::to_string(row),
              std::to_string(named) + with_voxels(p) + ", as " + other.type + "/" + other.name + " of it",
              other.type + " " + std::to_string(other.by_a ? p.a : p.b) + " does not say so"});
  }
}

/// Of both sides; 0 where one cannot be read, which lower levels have told.
std::uint64_t count_pairs(VerifiedRun& run, const Relation& r) {
  std::uint64_t n = 0;
  try {
    for (const PairSide* side : {&r.left, &r.right}) side->scan(run.open(side->type), [&](const Pair&) { ++n; });
  } catch (const Error&) {
    return 0;
  }
  return n;
}

void check_relation(VerifiedRun& run, const RelationSlice& s, VerifySink& sink) {
  const Relation& r = s.relation;
  for (const PairSide* side : {&r.left, &r.right})
    if (const std::string top = VerifiedRun::top(side->type); sink.is_damaged(top))
      return sink.not_done(top + " is damaged");
  const std::vector<Pair> left = collect(run, r.left, s), right = collect(run, r.right, s);
  std::vector<Pair> only;
  std::set_difference(right.begin(), right.end(), left.begin(), left.end(), std::back_inserter(only));
  tell(run, r.right, r.left, only, sink);
  if (r.right_only) return;
  only.clear();
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(only));
  tell(run, r.left, r.right, only, sink);
}

}  // namespace

std::vector<VerifyCheck> pair_checks(const VerifiedRunPtr& run) {
  const auto slices = std::make_shared<std::vector<RelationSlice>>();
  return {
      {"pairs",
       VerifyDepth::semantic,
       "cells list the supervoxels, organelles and kept synapses that name them, and no others; overlaps agree",
       {},
       [=](VerifySink& sink, std::int64_t i) { check_relation(*run, slices->at(static_cast<std::size_t>(i)), sink); },
       [=] {
         slices->clear();
         for (const Relation& r : relations(*run)) {
           const std::int64_t of = run->slices(count_pairs(*run, r), sizeof(Pair));
           for (std::int64_t k = 0; k < of; ++k)
             slices->push_back({r, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(of)});
         }
         return static_cast<std::int64_t>(slices->size());
       }}};
}

}  // namespace syconn
