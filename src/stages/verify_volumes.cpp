// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <atomic>
#include <set>
#include <unordered_map>

#include "verify_state.h"
#include "volumes.h"

/// The check of `syconn verify` that counts voxels: size, box and representative voxel of each object against the label
/// volume it is of. Tile by tile; above the memory for ids in slices of ids, each once over the volume.
namespace syconn {
namespace {

constexpr Vec3i kTile{256, 256, 64};

/// An object as its dataset has it, and as its voxels do.
struct Tally {
  Id id = 0;
  std::uint64_t stored_size = 0, size = 0;
  Box3 stored_box, box;
  Vec3i rep;
  bool rep_inside = false;
};

/// Ids of one slice of one volume: filled tile by tile from any thread, then compared.
class SliceTally {
 public:
  SliceTally(const SegmentationDataset& set, const Box3& box, std::uint32_t slice, std::uint32_t slices)
      : slice_(slice), slices_(slices) {
    const auto size = set.column<std::uint64_t>("size_vx");
    const auto rep = set.column<std::int64_t>("rep_vx");
    const BoxColumns boxes(set);
    for (std::uint32_t shard = 0; shard < set.n_shards(); ++shard)
      set.for_each(shard, [&](Id id, Row row) {
        if (is_mine(id)) rows_.push_back({id, size(row), 0, boxes(row), {}, vector_at(rep, row), false});
      });
    std::sort(rows_.begin(), rows_.end(), [](const Tally& x, const Tally& y) { return x.id < y.id; });
    left_ = ChunkGrid(box, kTile).count();
  }

  void add(const Volume<Id>& labels) {
    std::unordered_map<Id, Tally> local;
    Id last = kBackground;
    Tally* tally = nullptr;
    const auto view = labels.view();
    for (std::int64_t z = 0; z < view.size.z; ++z)
      for (std::int64_t y = 0; y < view.size.y; ++y) {
        const Id* row = view.row(y, z);
        for (std::int64_t x = 0, end = 0; x < view.size.x; x = end) {
          for (end = x + 1; end < view.size.x && row[end] == row[x];) ++end;
          if (row[x] == kBackground || !is_mine(row[x])) continue;
          if (row[x] != last) tally = &start(local, last = row[x]);
          const Vec3i from = view.origin + Vec3i{x, y, z}, to = view.origin + Vec3i{end, y + 1, z + 1};
          tally->size += static_cast<std::uint64_t>(end - x);
          tally->box = unite(tally->box, {from, to});
          tally->rep_inside |= Box3{from, to}.contains(tally->rep);
        }
      }
    merge(local);
  }

  /// True once, after the last tile.
  bool is_last_tile() { return --left_ == 0; }

  void compare(const VerifiedShard& of) const {
    const auto tell = [&](const std::string& name, Id id, const std::string& expected, const std::string& found) {
      const std::uint32_t shard = shard_of(id, of.set.n_shards());
      VerifiedShard{of.run, of.type, of.set, shard, of.sink}.add(name, id, expected, found);
    };
    for (const Tally& t : rows_) {
      if (t.size != t.stored_size)
        tell("size_vx", t.id, std::to_string(t.size) + " voxels in the volume", std::to_string(t.stored_size));
      if (t.size > 0 && !(t.box == t.stored_box))
        tell("bbox_max_vx", t.id, text_of(t.box) + ", its voxels", text_of(t.stored_box));
      if (t.size > 0 && !t.rep_inside) tell("rep_vx", t.id, "a voxel of it", text_of(t.rep));
    }
    for (const Id id : unknown_) tell("id", id, "a row for the label in the volume", "none");
  }

 private:
  bool is_mine(Id id) const { return slices_ == 1 || part_of(mix64(id), slices_) == slice_; }
  Tally* find(Id id) {
    const auto at = std::lower_bound(rows_.begin(), rows_.end(), id, [](const Tally& t, Id i) { return t.id < i; });
    return at == rows_.end() || at->id != id ? nullptr : &*at;
  }
  Tally& start(std::unordered_map<Id, Tally>& local, Id id) {
    const auto [place, is_new] = local.try_emplace(id);
    if (const Tally* known = is_new ? find(id) : nullptr; known != nullptr) place->second.rep = known->rep;
    return place->second;
  }
  void merge(const std::unordered_map<Id, Tally>& local) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, part] : local) {
      Tally* tally = find(id);
      if (tally == nullptr) {
        unknown_.insert(id);
        continue;
      }
      tally->size += part.size;
      tally->box = unite(tally->box, part.box);
      tally->rep_inside |= part.rep_inside;
    }
  }

  std::uint32_t slice_, slices_;
  std::vector<Tally> rows_;  ///< by id
  std::set<Id> unknown_;
  std::atomic<std::int64_t> left_{0};
  std::mutex mutex_;
};

/// One slice of the objects of one type, and the volume they are of.
struct CountedVolume {
  std::string type;
  std::uint32_t slice = 0, slices = 1;
  std::int64_t first_part = 0;
  std::unique_ptr<VolumeReader> labels = {};
  std::unique_ptr<SliceTally> tally = {};
  std::once_flag once = {};
  std::string why_not = {};
  std::atomic<bool> unread{false};  ///< a tile could not be read: sums say nothing
};

/// Opens what the objects of `type` are of: supervoxels, a volume of `watershed`, or labels of the inputs. Nothing
/// where there is no such volume.
std::unique_ptr<VolumeReader> open_labels(const VerifiedRun& run, const std::string& type) {
  const RunConfig& config = run.run().config();
  const std::string derived = "volumes/" + type + "_seg.json";
  if (type != "sv" && fs::exists(run.path(derived))) return open_volume(run.path(derived), type + "_seg");
  const auto found = config.dataset.volumes.find(type);
  if (found == config.dataset.volumes.end() || found->second.kind != "labels" || !found->second.foreground.empty())
    return nullptr;
  return open_covering(config, type, run.box());
}

bool is_labelled(const VerifiedRun& run, const std::string& type) {
  if (type == "sv") return run.has_supervoxels();
  const auto& volumes = run.run().config().dataset.volumes;
  const auto found = volumes.find(type);
  return fs::exists(run.path("volumes/" + type + "_seg.json")) ||
         (found != volumes.end() && found->second.kind == "labels" && found->second.foreground.empty());
}

class Counting {
 public:
  explicit Counting(VerifiedRunPtr run) : run_(std::move(run)) {}

  std::int64_t plan() {
    volumes_.clear();
    grid_ = ChunkGrid(run_->box(), kTile);
    std::vector<std::string> types = run_->organelles();
    types.insert(types.begin(), "sv");
    std::int64_t parts = 0;
    for (const std::string& type : types) {
      if (!run_->has(type) || !is_labelled(*run_, type)) continue;
      const std::uint64_t objects = run_->opens(type) ? run_->open(type).size() : 0;
      const auto slices = static_cast<std::uint32_t>(run_->slices(objects, sizeof(Tally)));
      for (std::uint32_t k = 0; k < slices; ++k) {
        volumes_.push_back(std::make_unique<CountedVolume>(type, k, slices, parts));
        parts += grid_.count();
      }
    }
    return parts;
  }

  void run(VerifySink& sink, std::int64_t part) {
    const auto found = std::upper_bound(volumes_.begin(), volumes_.end(), part,
                                        [](std::int64_t p, const auto& v) { return p < v->first_part; });
    CountedVolume& v = **std::prev(found);
    std::call_once(v.once, [&] { begin(v, sink); });
    if (!v.why_not.empty()) return;
    try {
      v.tally->add(v.labels->read_labels(grid_.chunk_box(part - v.first_part)));
    } catch (const Error& error) {
      v.unread = true;
      sink.not_done(error.what());
    }
    if (!v.tally->is_last_tile()) return;
    if (!v.unread) v.tally->compare({*run_, v.type, run_->open(v.type), 0, sink});
    v.tally.reset(), v.labels.reset();
  }

 private:
  void begin(CountedVolume& v, VerifySink& sink) {
    for (const std::string& file : {VerifiedRun::top(v.type), "volumes/" + v.type + "_seg.json"})
      if (sink.is_damaged(file)) v.why_not = file + " is damaged";
    try {
      if (v.why_not.empty()) v.labels = open_labels(*run_, v.type);
    } catch (const Error& error) {
      v.why_not = error.what();
    }
    if (!v.why_not.empty()) return sink.not_done(v.why_not);
    v.tally = std::make_unique<SliceTally>(run_->open(v.type), run_->box(), v.slice, v.slices);
  }

  VerifiedRunPtr run_;
  ChunkGrid grid_;
  std::vector<std::unique_ptr<CountedVolume>> volumes_;
};

}  // namespace

std::vector<VerifyCheck> volume_checks(const VerifiedRunPtr& run) {
  const auto counting = std::make_shared<Counting>(run);
  return {{"labels",
           VerifyDepth::semantic,
           "label volumes hold the voxels that sizes, boxes and representative voxels tell of",
           {},
           [=](VerifySink& sink, std::int64_t part) { counting->run(sink, part); },
           [=] { return counting->plan(); }}};
}

}  // namespace syconn
