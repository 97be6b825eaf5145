// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "verify_state.h"

/// Checks of `syconn verify` on ids and pairs of ids: each id that one dataset names is in the other, and what two
/// datasets say of a pair is the same. Pairs are compared in slices of a hash of their first id, each slice sorted in
/// memory; a slice goes once over both datasets.
namespace syconn {
namespace {

// ---- ids ------------------------------------------------------------------------------------------------------------

/// A column or part that names ids of another type.
struct Reference {
  std::string type, name, target;
  bool zero = false;  ///< 0 says that there is none
};

std::vector<Reference> references(VerifiedRun& run) {
  const bool unknown = !run.has_supervoxels();
  std::vector<Reference> all{{"sv", "cell_id", "ssv"},        {"cs", "sv_a", "sv"},
                             {"cs", "sv_b", "sv"},            {"syn", "sv_a", "sv"},
                             {"syn", "sv_b", "sv"},           {"syn", "id", "cs"},
                             {"ssv", "sv_ids/ids", "sv"},     {"ssv", "syn_ids/ids", "syn_ssv"},
                             {"syn_ssv", "cs_ids/ids", "cs"}, {"syn_ssv", "cs_ids/ids", "syn"},
                             {"syn_ssv", "cell_a", "ssv", unknown}, {"syn_ssv", "cell_b", "ssv", unknown},
                             {"syn_ssv", "pre_id", "ssv", true},    {"syn_ssv", "post_id", "ssv", true}};
  for (const std::string& type : run.organelles()) {
    all.push_back({type, "cell_id", "ssv", true});
    all.push_back({type, "sv_overlap/ids", "sv", true});
    all.push_back({"ssv", type + "_ids/ids", type});
    all.push_back({"sv", type + "_overlap/ids", type});
  }
  std::erase_if(all, [&](const Reference& r) {
    if (!run.has(r.type) || !run.has(r.target)) return true;
    const auto slash = r.name.find('/');
    const SegmentationDataset& set = run.open(r.type);
    return slash == std::string::npos ? !set.has_column(r.name)
                                      : !set.has_part(r.name.substr(0, slash), r.name.substr(slash + 1));
  });
  return all;
}

/// Looks up ids a block at a time, in the order they are stored in.
class IdLookUp {
 public:
  IdLookUp(const VerifiedShard& s, const Reference& r) : s_(s), reference_(r), target_(s.run.open(r.target)) {}
  void add(Id named, Id by) {
    if (named == kBackground && reference_.zero) return;
    block_.emplace_back(named, by);
    if (block_.size() >= std::size_t{1} << 16) flush();
  }
  void flush() {
    std::sort(block_.begin(), block_.end());
    bool known = true;
    for (std::size_t i = 0; i < block_.size(); ++i) {
      if (i == 0 || block_[i].first != block_[i - 1].first) known = target_.find(block_[i].first).has_value();
      if (!known)
        s_.add(reference_.name, block_[i].second, "an id of datasets/" + reference_.target + ".h5",
               std::to_string(block_[i].first));
    }
    block_.clear();
  }

 private:
  const VerifiedShard& s_;
  const Reference& reference_;
  const SegmentationDataset& target_;
  std::vector<std::pair<Id, Id>> block_;
};

void check_reference(const VerifiedShard& s, const Reference& r) {
  IdLookUp ids_of(s, r);
  if (const auto slash = r.name.find('/'); slash != std::string::npos) {
    const auto list = s.set.ragged<Id>(r.name.substr(0, slash), r.name.substr(slash + 1));
    std::vector<Id> named;
    s.set.for_each(s.shard, [&](Id id, Row row) {
      list.read(row, named);
      for (const Id n : named) ids_of.add(n, id);
    });
  } else {
    const auto column = s.set.column<Id>(r.name);
    s.for_blocks([&](Row first, const std::vector<Id>& ids) {
      const std::vector<Id> named = column.block(first, ids.size());
      for (std::size_t i = 0; i < ids.size(); ++i) ids_of.add(named[i], ids[i]);
    });
  }
  ids_of.flush();
}

VerifyCheck known_ids(const VerifiedRunPtr& run) {
  const auto listed = std::make_shared<std::vector<std::pair<Reference, std::uint32_t>>>();
  return {"known-ids", VerifyDepth::semantic, "every id that a dataset names is one of the dataset it means", {},
          [=](VerifySink& sink, std::int64_t i) {
            const auto& [reference, shard] = listed->at(static_cast<std::size_t>(i));
            for (const std::string& type : {reference.type, reference.target})
              if (const std::string top = VerifiedRun::top(type); sink.is_damaged(top))
                return sink.not_done(top + " is damaged");
            check_reference({*run, reference.type, run->open(reference.type), shard, sink}, reference);
          },
          [=] {
            listed->clear();
            for (const Reference& r : references(*run))
              for (std::uint32_t shard = 0; shard < run->open(r.type).n_shards(); ++shard) listed->push_back({r, shard});
            return static_cast<std::int64_t>(listed->size());
          }};
}

// ---- pairs ----------------------------------------------------------------------------------------------------------

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
                if (!std::isnan(prob[i]) && !(prob[i] >= prob_min)) continue;
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
              std::to_string(row), std::to_string(named) + with_voxels(p) + ", as " + other.type + "/" + other.name + " of it",
              other.type + " " + std::to_string(other.by_a ? p.a : p.b) + " does not say so"});
  }
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

VerifyCheck pairs(const VerifiedRunPtr& run) {
  const auto slices = std::make_shared<std::vector<RelationSlice>>();
  return {"pairs", VerifyDepth::semantic,
          "cells list the supervoxels, organelles and kept synapses that name them, and no others; overlaps agree", {},
          [=](VerifySink& sink, std::int64_t i) { check_relation(*run, slices->at(static_cast<std::size_t>(i)), sink); },
          [=] {
            slices->clear();
            for (const Relation& r : relations(*run)) {
              std::uint64_t n = 0;
              for (const PairSide* side : {&r.left, &r.right})
                side->scan(run->open(side->type), [&](const Pair&) { ++n; });
              const std::int64_t of = run->slices(n, sizeof(Pair));
              for (std::int64_t k = 0; k < of; ++k)
                slices->push_back({r, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(of)});
            }
            return static_cast<std::int64_t>(slices->size());
          }};
}

// ---- cells from supervoxels, fragments from contacts ----------------------------------------------------------------

void check_cells(const VerifiedShard& s) {
  const SegmentationDataset& sv = s.run.open("sv");
  const auto members = s.set.ragged<Id>("sv_ids", "ids");
  const auto size = s.set.column<std::uint64_t>("size_vx"), sv_size = sv.column<std::uint64_t>("size_vx");
  const BoxColumns boxes(s.set), sv_boxes(sv);
  const double um3 = s.set.voxel_size_nm().product() * 1e-9;
  std::optional<Column<float>> volume;
  if (s.set.has_column("volume_um3")) volume = s.set.column<float>("volume_um3");
  std::vector<Id> ids;
  s.set.for_each(s.shard, [&](Id id, Row row) {
    members.read(row, ids);
    std::uint64_t voxels = 0;
    Box3 box;
    for (const Id member : ids)
      if (const auto at = sv.find(member)) voxels += sv_size(*at), box = unite(box, sv_boxes(*at));
    if (voxels != size(row))
      s.add("size_vx", id, std::to_string(voxels) + ", the sum of its supervoxels", std::to_string(size(row)));
    if (const Box3 found = boxes(row); !(found == box))
      s.add("bbox_max_vx", id, text_of(box) + ", the box of its supervoxels", text_of(found));
    const double expected = um3 * static_cast<double>(size(row));
    if (volume && std::abs((*volume)(row) - expected) > 1e-5 * expected)
      s.add("volume_um3", id, text_of(expected), text_of(static_cast<double>((*volume)(row))));
  });
}

void check_fragments(const VerifiedShard& s) {
  const SegmentationDataset& cs = s.run.open("cs");
  for (const std::string name : {"sv_a", "sv_b"}) {
    const auto of_syn = s.set.column<Id>(name), of_cs = cs.column<Id>(name);
    s.set.for_each(s.shard, [&](Id id, Row row) {
      const auto contact = cs.find(id);
      if (!contact) return;  // told by known-ids
      if (const Id expected = of_cs(*contact), found = of_syn(row); expected != found)
        s.add(name, id, std::to_string(expected) + ", as the contact site of this id", std::to_string(found));
    });
  }
}

void check_order(const VerifiedShard& s) {
  const auto a = s.set.column<Id>("sv_a"), b = s.set.column<Id>("sv_b");
  s.set.for_each(s.shard, [&](Id id, Row row) {
    if (a(row) >= b(row))
      s.add("sv_a", id, "less than sv_b", std::to_string(a(row)) + ", sv_b is " + std::to_string(b(row)));
  });
}

}  // namespace

std::vector<VerifyCheck> relation_checks(const VerifiedRunPtr& run) {
  return {known_ids(run), pairs(run),
          type_check(run, "cell-sums", "sizes, boxes and volumes of cells are those of their supervoxels together", "ssv",
                     check_cells, {"sv"}),
          type_check(run, "contacts", "contact sites name the smaller supervoxel first", "cs", check_order),
          type_check(run, "fragments", "synaptic fragments name the supervoxels of their contact sites", "syn",
                     check_fragments, {"cs"})};
}

}  // namespace syconn
