// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "verify_state.h"

/// Checks of `syconn verify` on what datasets say of each other's objects: each id that one names is in the other, and
/// what is made of supervoxels or contact sites agrees with these.
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
  std::vector<Reference> all{{"sv", "cell_id", "ssv"},
                             {"cs", "sv_a", "sv"},
                             {"cs", "sv_b", "sv"},
                             {"syn", "sv_a", "sv"},
                             {"syn", "sv_b", "sv"},
                             {"syn", "id", "cs"},
                             {"ssv", "sv_ids/ids", "sv"},
                             {"ssv", "syn_ids/ids", "syn_ssv"},
                             {"syn_ssv", "cs_ids/ids", "cs"},
                             {"syn_ssv", "cs_ids/ids", "syn"},
                             {"syn_ssv", "cell_a", "ssv", unknown},
                             {"syn_ssv", "cell_b", "ssv", unknown},
                             {"syn_ssv", "pre_id", "ssv", true},
                             {"syn_ssv", "post_id", "ssv", true}};
  for (const std::string& type : run.organelles()) {
    all.push_back({type, "cell_id", "ssv", true});
    all.push_back({type, "sv_overlap/ids", "sv", true});
    all.push_back({"ssv", type + "_ids/ids", type});
    all.push_back({"sv", type + "_overlap/ids", type});
  }
  std::erase_if(all, [&](const Reference& r) {
    if (!run.has(r.type) || !run.has(r.target)) return true;
    if (!run.opens(r.type) || !run.opens(r.target)) return false;  // to say that it was not done
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
  return {"known-ids",
          VerifyDepth::semantic,
          "every id that a dataset names is one of the dataset it means",
          {},
          [=](VerifySink& sink, std::int64_t i) {
            const auto& [reference, shard] = listed->at(static_cast<std::size_t>(i));
            for (const std::string& type : {reference.type, reference.target})
              if (const std::string top = VerifiedRun::top(type); sink.is_damaged(top))
                return sink.not_done(top + " is damaged");
            check_reference({*run, reference.type, run->open(reference.type), shard, sink}, reference);
          },
          [=] {
            listed->clear();
            for (const Reference& r : references(*run)) {
              const std::uint32_t shards = run->opens(r.type) ? run->open(r.type).n_shards() : 1;
              for (std::uint32_t shard = 0; shard < shards; ++shard) listed->push_back({r, shard});
            }
            return static_cast<std::int64_t>(listed->size());
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
    if (volume && std::abs((*volume)(row)-expected) > 1e-5 * expected)
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
  return {known_ids(run),
          type_check(run, "cell-sums", "sizes, boxes and volumes of cells are those of their supervoxels together",
                     "ssv", check_cells, {"sv"}),
          type_check(run, "contacts", "contact sites name the smaller supervoxel first", "cs", check_order),
          type_check(run, "fragments", "synaptic fragments name the supervoxels of their contact sites", "syn",
                     check_fragments, {"cs"})};
}

}  // namespace syconn
