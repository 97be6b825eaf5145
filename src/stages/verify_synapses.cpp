// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "verify_state.h"

/// Checks of `syconn verify` on synapses: their two cells, what is said of each side, and where they lie.
namespace syconn {
namespace {

constexpr std::int64_t kUnknown = 255;

/// A column that may be absent, one value at a time.
class Values {
 public:
  Values(const SegmentationDataset& set, const std::string& name) : column_(set, name) {}
  bool exist() const { return column_.exists(); }
  std::int64_t operator()(Row row) const { return column_.load(row, 1).integers.at(0); }

 private:
  AnyColumn column_;
};

class Sides {
 public:
  explicit Sides(const VerifiedShard& s)
      : s_(s),
        a_(s.set, "cell_a"),
        b_(s.set, "cell_b"),
        comp_a_(s.set, "comp_a"),
        comp_b_(s.set, "comp_b"),
        pre_(s.set, "pre"),
        post_(s.set, "post") {
    const std::string cells = VerifiedRun::top("ssv");
    if (s.sink.is_damaged(cells))
      s.sink.not_done(cells + " is damaged");
    else if (s.run.has("ssv"))
      cells_ = &s.run.open("ssv");
    if (cells_ != nullptr) type_.emplace(*cells_, "cell_type");
  }

  void run() {
    s_.set.for_each(s_.shard, [&](Id id, Row row) {
      const std::int64_t a = a_(row), b = b_(row);
      if (s_.run.has_supervoxels() && static_cast<Id>(a) >= static_cast<Id>(b))
        s_.add("cell_a", id, "less than cell_b", text(a) + ", cell_b is " + text(b));
      if (!pre_.cell.exist() || !post_.cell.exist()) return;
      const std::int64_t pre = pre_.cell(row), post = post_.cell(row);
      const bool forward = pre == a && post == b, backward = pre == b && post == a, unknown = pre == 0 && post == 0;
      if (!forward && !backward && !unknown)
        return s_.add("pre_id", id, "one of " + text(a) + " and " + text(b) + ", post_id the other, or both 0",
                      text(pre) + ", post_id is " + text(post));
      if (unknown && !forward) return;
      check(id, row, pre_, forward ? comp_a_ : comp_b_);
      check(id, row, post_, forward ? comp_b_ : comp_a_);
    });
  }

 private:
  /// pre_id and its kind, or post_id.
  struct Side {
    Side(const SegmentationDataset& set, const std::string& which)
        : name(which), cell(set, which + "_id"), comp(set, which + "_comp"), type(set, which + "_type") {}
    std::string name;
    Values cell, comp, type;
  };
  static std::string text(std::int64_t id) { return std::to_string(static_cast<Id>(id)); }
  void check(Id id, Row row, const Side& side, const Values& comp) const {
    if (side.comp.exist() && comp.exist() && side.comp(row) != comp(row))
      s_.add(side.name + "_comp", id, std::to_string(comp(row)) + ", as on its cell", std::to_string(side.comp(row)));
    if (!side.type.exist() || !type_ || !type_->exist()) return;
    const auto at = cells_->find(static_cast<Id>(side.cell(row)));
    if (const std::int64_t expected = at ? (*type_)(*at) : kUnknown; side.type(row) != expected)
      s_.add(side.name + "_type", id, std::to_string(expected) + ", the cell_type of " + text(side.cell(row)),
             std::to_string(side.type(row)));
  }

  const VerifiedShard& s_;
  Values a_, b_, comp_a_, comp_b_;
  Side pre_, post_;
  const SegmentationDataset* cells_ = nullptr;
  std::optional<Values> type_;
};

/// The contact sites a synapse is made of lie between its two cells.
void check_contacts(const VerifiedShard& s) {
  const SegmentationDataset &cs = s.run.open("cs"), &sv = s.run.open("sv");
  const auto list = s.set.ragged<Id>("cs_ids", "ids");
  const auto a = s.set.column<Id>("cell_a"), b = s.set.column<Id>("cell_b"), cell = sv.column<Id>("cell_id");
  const std::array of{cs.column<Id>("sv_a"), cs.column<Id>("sv_b")};
  std::vector<Id> ids;
  s.set.for_each(s.shard, [&](Id id, Row row) {
    list.read(row, ids);
    if (ids.empty()) s.add("cs_ids/ids", id, "a contact site at least", "none");
    for (const Id contact : ids) {
      const auto at = cs.find(contact);
      if (!at) continue;  // told by known-ids
      std::array<Id, 2> cells{};
      for (std::size_t k = 0; k < 2; ++k)
        if (const auto part = sv.find(of[k](*at))) cells[k] = cell(*part);
      std::sort(cells.begin(), cells.end());
      if (cells[0] != a(row) || cells[1] != b(row))
        s.add("cs_ids/ids", id, "contact sites of cells " + std::to_string(a(row)) + " and " + std::to_string(b(row)),
              "site " + std::to_string(contact) + " of cells " + std::to_string(cells[0]) + " and " +
                  std::to_string(cells[1]));
    }
  });
}

/// How far from a cell's voxels the voxels of a contact may lie, by the definition of contacts: closing and dilation,
/// and half the window in which the partner is looked for.
Vec3i reach_vx(const VerifiedRun& run) {
  const Json keys = result_keys(*run.run().config().sections.at("contacts"));
  const auto window = keys.at("window_vx").get<std::array<std::int64_t, 3>>();
  const std::int64_t steps = 2 * keys.at("closings").get<std::int64_t>() + keys.at("dilations").get<std::int64_t>();
  return Vec3i(steps) + Vec3i{window[0] / 2, window[1] / 2, window[2] / 2};
}

void check_places(const VerifiedShard& s) {
  const SegmentationDataset& ssv = s.run.open("ssv");
  const auto rep = s.set.column<std::int64_t>("rep_vx");
  const BoxColumns boxes(ssv);
  const Vec3i reach = reach_vx(s.run);
  for (const std::string name : {"cell_a", "cell_b"}) {
    const auto cell = s.set.column<Id>(name);
    s.set.for_each(s.shard, [&](Id id, Row row) {
      const auto at = ssv.find(cell(row));
      if (!at) return;  // told by known-ids, or no cell
      const Box3 near = boxes(*at).grown(reach);
      if (const Vec3i r = vector_at(rep, row); !near.contains(r))
        s.add("rep_vx", id,
              "within " + text_of(near) + ", the box of " + name + " " + std::to_string(cell(row)) +
                  " and the reach of contacts",
              text_of(r));
    });
  }
}

}  // namespace

std::vector<VerifyCheck> synapse_checks(const VerifiedRunPtr& run) {
  return {type_check(run, "partners",
                     "pre and post are the two cells of a synapse, with the compartments and types of these", "syn_ssv",
                     [](const VerifiedShard& s) { Sides(s).run(); }),
          type_check(run, "synapse-contacts", "synapses are made of contact sites between their two cells", "syn_ssv",
                     check_contacts, {"cs", "sv"}),
          type_check(run, "synapse-places", "synapses lie within reach of the boxes of both cells", "syn_ssv",
                     check_places, {"ssv"})};
}

}  // namespace syconn
