// SPDX-License-Identifier: GPL-3.0-or-later
// Step `resolve`: pieces without a seed in sight join a neighbour; then the size filter.
#include <algorithm>
#include <map>

#include "organelle_maps.h"
#include "watershed_records.h"
#include "watershed_steps.h"

namespace syconn {
namespace {

class ResolveJob {
 public:
  ResolveJob(JobContext& ctx, std::string name, const OrganelleTypeConfig& type)
      : ctx_(ctx), name_(std::move(name)), min_obj_vx_(static_cast<std::uint64_t>(type.min_obj_vx)) {}

  void run() {
    load();
    while (resolve_some()) {
    }
    for (const auto& [label, piece] : pieces_) {
      if (piece.joined == kBackground)
        throw Error(Category::runtime, name_ + ": a piece of the mask touches no object; its seed is lost");
      size_vx_[piece.joined] += piece.size_vx;
    }
    write();
  }

 private:
  struct Piece {
    std::uint64_t size_vx = 0;
    Id joined = kBackground;
    std::map<Id, std::uint64_t> faces;  // shared with labels of other chunks
  };
  std::int64_t chunks() const { return ctx_.geometry().grid().count(); }
  RecordFile file(std::int64_t chunk) const { return RecordFile(ctx_.work_input("flood", name_, chunk)); }

  void load() {
    for (std::int64_t i = 0; i < chunks(); ++i) {
      const RecordFile own = file(i);
      bool open = false;
      for (const LabelSize& s : read_slice<LabelSize>(own, kLabelSizes)) {
        if (s.label >= kOpenLabel)
          pieces_[s.label].size_vx = s.size_vx, open = true;
        else
          size_vx_[s.label] += s.size_vx;
      }
      if (open) count_faces(own, i);
    }
  }
  void count_faces(const RecordFile& own, std::int64_t chunk) {
    for (int face = 0; face < 6; ++face) {
      const std::int64_t other = chunk_beyond(ctx_.geometry().grid(), chunk, face);
      if (other < 0) continue;
      const auto side = static_cast<std::uint32_t>(face);
      match_faces(read_slice<FaceRun>(own, kLabelFaces + side),
                  read_slice<FaceRun>(file(other), kLabelFaces + (side ^ 1U)), [&](Id a, Id b, std::uint32_t n) {
                    if (a >= kOpenLabel) pieces_[a].faces[b] += n;
                  });
    }
  }
  // One round: all pieces that touch an object (or a piece that joined one in an earlier round) join it at once.
  bool resolve_some() {
    std::vector<std::pair<Piece*, Id>> joins;
    for (auto& [label, piece] : pieces_) {
      if (piece.joined != kBackground) continue;
      std::map<Id, std::uint64_t> shared;
      for (const auto& [other, n] : piece.faces) {
        const Id id = other < kOpenLabel ? other : pieces_.at(other).joined;
        if (id != kBackground) shared[id] += n;
      }
      const auto most = std::max_element(shared.begin(), shared.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      if (most != shared.end()) joins.emplace_back(&piece, most->first);
    }
    for (const auto& [piece, id] : joins) piece->joined = id;
    return !joins.empty();
  }
  void write() {
    RecordFileWriter out(ctx_.work_output(name_), static_cast<std::uint32_t>(chunks()), 0);
    for (std::int64_t i = 0; i < chunks(); ++i)
      for (const LabelSize& s : read_slice<LabelSize>(file(i), kLabelSizes)) {
        const Id id = s.label < kOpenLabel ? s.label : pieces_.at(s.label).joined;
        const LabelChange change{s.label, size_vx_.at(id) < min_obj_vx_ ? kBackground : id};
        if (change.to != change.from) out.append(static_cast<std::uint32_t>(i), &change, sizeof change);
      }
    out.close();
    const auto small =
        std::count_if(size_vx_.begin(), size_vx_.end(), [&](const auto& s) { return s.second < min_obj_vx_; });
    ctx_.note(name_ + ": " + std::to_string(size_vx_.size()) + " objects touch others, " + std::to_string(small) +
              " of them below min_obj_vx were dropped; " + std::to_string(pieces_.size()) +
              " pieces without a seed in sight joined a neighbour");
  }

  JobContext& ctx_;
  std::string name_;
  std::uint64_t min_obj_vx_;
  std::map<Id, Piece> pieces_;
  std::map<Id, std::uint64_t> size_vx_;
};

}  // namespace

void watershed_resolve(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& name : watershed_types(ctx.config())) ResolveJob(ctx, name, config.types.at(name)).run();
}

}  // namespace syconn
