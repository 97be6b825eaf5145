// SPDX-License-Identifier: GPL-3.0-or-later
// Step `join`: components of all chunks become those of the dataset; objects get their ids.
#include <algorithm>
#include <limits>

#include "organelle_maps.h"
#include "syconn/core/union_find.h"
#include "watershed_records.h"
#include "watershed_steps.h"

namespace syconn {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// Components of one kind over all chunks; sizes and places are right at the roots after sum_up().
struct Joined {
  std::vector<std::uint32_t> offset{0};  // of each chunk's components
  std::vector<std::uint64_t> size_vx, first;
  UnionFind sets;

  void add(const MaskComponent& c) { size_vx.push_back(c.size_vx), first.push_back(c.first), sets.add(); }
  void end_chunk() {
    if (size_vx.size() >= kNone) throw Error(Category::runtime, "the mask has 2^32 components or more");
    offset.push_back(static_cast<std::uint32_t>(size_vx.size()));
  }
  void sum_up() {
    for (std::uint32_t i = 0; i < sets.size(); ++i) {
      const std::uint32_t root = sets.find(i);
      if (root == i) continue;
      size_vx[root] += size_vx[i], first[root] = std::min(first[root], first[i]);
    }
  }
};

class JoinJob {
 public:
  JoinJob(JobContext& ctx, std::string name, const OrganelleTypeConfig& type)
      : ctx_(ctx), name_(std::move(name)), type_(type), seeded_(!type.seed_ops().empty()) {}

  void run() {
    load();
    unite(mask_, kMaskFaces);
    unite(seeds_, kSeedFaces);
    mask_.sum_up(), seeds_.sum_up();
    place_seeds();
    number_objects();
    write();
  }

 private:
  std::int64_t chunks() const { return ctx_.geometry().grid().count(); }
  RecordFile file(std::int64_t chunk) const { return RecordFile(ctx_.work_input("mask", name_, chunk)); }

  void load() {
    for (std::int64_t i = 0; i < chunks(); ++i) {
      const RecordFile in = file(i);
      for (const MaskComponent& c : read_slice<MaskComponent>(in, kMaskComponents)) mask_.add(c);
      for (const SeedComponent& c : read_slice<SeedComponent>(in, kSeedComponents)) {
        seeds_.add({c.size_vx, c.first});
        holder_.push_back(mask_.offset.back() + static_cast<std::uint32_t>(c.mask_component));
      }
      mask_.end_chunk(), seeds_.end_chunk();
    }
  }
  void unite(Joined& joined, std::uint32_t face_slice) {
    for (std::int64_t i = 0; i < chunks(); ++i) {
      const RecordFile own = file(i);
      for (int face = 0; face < 6; face += 2) {
        const std::int64_t k = chunk_beyond(ctx_.geometry().grid(), i, face);
        if (k < 0) continue;
        const auto side = static_cast<std::uint32_t>(face);
        const std::uint32_t a0 = joined.offset[static_cast<std::size_t>(i)],
                            b0 = joined.offset[static_cast<std::size_t>(k)];
        match_faces(read_slice<FaceRun>(own, face_slice + side), read_slice<FaceRun>(file(k), face_slice + side + 1),
                    [&](std::uint64_t a, std::uint64_t b, std::uint32_t) {
                      joined.sets.unite(a0 + static_cast<std::uint32_t>(a), b0 + static_cast<std::uint32_t>(b));
                    });
      }
    }
  }
  bool kept(std::uint32_t seed_root) const {
    return seeds_.size_vx[seed_root] >= static_cast<std::uint64_t>(type_.min_seed_vx);
  }
  // How many seeds each component of the mask holds, and which if one.
  void place_seeds() {
    n_seeds_.assign(mask_.sets.size(), 0), only_seed_.assign(mask_.sets.size(), kNone);
    for (std::uint32_t s = 0; s < seeds_.sets.size(); ++s) {
      if (seeds_.sets.find(s) != s) continue;
      if (!kept(s)) {
        ++dropped_seeds_;
        continue;
      }
      const std::uint32_t holder = mask_.sets.find(holder_[s]);
      ++n_seeds_[holder], only_seed_[holder] = s;
    }
  }
  void number_objects() {
    struct Object {
      std::uint64_t first;
      std::uint32_t root;
      bool is_seed;
    };
    std::vector<Object> objects;
    for (std::uint32_t s = 0; s < seeds_.sets.size(); ++s)
      if (seeds_.sets.find(s) == s && kept(s)) objects.push_back({seeds_.first[s], s, true});
    for (std::uint32_t m = 0; m < mask_.sets.size(); ++m) {
      if (mask_.sets.find(m) != m || n_seeds_[m] > 0) continue;
      ++unseeded_;
      if (type_.keep_unseeded || !seeded_) objects.push_back({mask_.first[m], m, false});
    }
    std::sort(objects.begin(), objects.end(), [](const Object& a, const Object& b) { return a.first < b.first; });
    seed_id_.assign(seeds_.sets.size(), kBackground), mask_id_.assign(mask_.sets.size(), kBackground);
    Id id = 0;
    for (const Object& object : objects) (object.is_seed ? seed_id_ : mask_id_)[object.root] = ++id;
    n_objects_ = id;
  }
  Id label_of(std::uint32_t mask_root) {
    if (n_seeds_[mask_root] > 1) return kOpenLabel | mask_root;
    const Id id = n_seeds_[mask_root] == 1 ? seed_id_[only_seed_[mask_root]] : mask_id_[mask_root];
    return mask_.size_vx[mask_root] < static_cast<std::uint64_t>(type_.min_obj_vx) ? kBackground : id;
  }
  void write() {
    RecordFileWriter out(ctx_.work_output(name_), static_cast<std::uint32_t>(chunks()), 0);
    ChunkLabels labels;
    for (std::size_t i = 0; i + 1 < mask_.offset.size(); ++i) {
      labels.mask.clear(), labels.seeds.clear();
      for (std::uint32_t m = mask_.offset[i]; m < mask_.offset[i + 1]; ++m)
        labels.mask.push_back(label_of(mask_.sets.find(m)));
      for (std::uint32_t s = seeds_.offset[i]; s < seeds_.offset[i + 1]; ++s)
        labels.seeds.push_back(seed_id_[seeds_.sets.find(s)]);
      append_chunk_labels(out, static_cast<std::uint32_t>(i), labels);
    }
    out.close();
    note();
  }
  void note() {
    std::uint64_t small = 0, touching = 0;
    for (std::uint32_t m = 0; m < mask_.sets.size(); ++m) {
      if (mask_.sets.find(m) != m) continue;
      touching += n_seeds_[m] > 1;
      small += n_seeds_[m] <= 1 && label_of(m) == kBackground && (n_seeds_[m] == 1 || mask_id_[m] != kBackground);
    }
    std::string line = name_ + ": " + std::to_string(n_objects_) + " objects before the size filter, " +
                       std::to_string(touching) + " components hold several; dropped: " + std::to_string(small) +
                       " objects below min_obj_vx";
    if (seeded_)
      line += ", " + std::to_string(dropped_seeds_) + " seeds below min_seed_vx; " + std::to_string(unseeded_) +
              " components without a seed " + (type_.keep_unseeded ? "are objects" : "were dropped");
    ctx_.note(line);
  }

  JobContext& ctx_;
  std::string name_;
  const OrganelleTypeConfig& type_;
  bool seeded_;
  Joined mask_, seeds_;
  std::vector<std::uint32_t> holder_, n_seeds_, only_seed_;
  std::vector<Id> seed_id_, mask_id_;
  std::uint64_t n_objects_ = 0, dropped_seeds_ = 0, unseeded_ = 0;
};

}  // namespace

void watershed_join(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& name : watershed_types(ctx.config())) JoinJob(ctx, name, config.types.at(name)).run();
}

// 64 bytes a component and chunk; tissue has one in 100,000 voxels, 5,000 leave room for noise.
std::uint64_t watershed_join_memory(const RunConfig&, const Geometry& g) {
  return static_cast<std::uint64_t>(g.voxels()) / 5000 * 64 + (std::uint64_t{192} << 20);
}

}  // namespace syconn
