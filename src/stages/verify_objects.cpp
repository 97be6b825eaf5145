// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <set>

#include "verify_state.h"

/// Checks of `syconn verify` that look at one object at a time: box, numbers, codes, counts of its own lists.
namespace syconn {
namespace {

void check_boxes(const VerifiedShard& s) {
  const auto lo = s.set.column<std::int64_t>("bbox_min_vx"), hi = s.set.column<std::int64_t>("bbox_max_vx"),
             rep = s.set.column<std::int64_t>("rep_vx");
  const auto centroid = s.set.column<double>("centroid_nm");
  const auto size = s.set.column<std::uint64_t>("size_vx");
  const Box3 all = s.run.box();
  const bool bounded = s.run.has_supervoxels() && !all.empty();  // meshes may reach beyond the box
  const Vec3d nm = s.set.voxel_size_nm();
  s.for_blocks([&](Row first, const std::vector<Id>& ids) {
    const auto los = lo.block(first, ids.size()), his = hi.block(first, ids.size()),
               reps = rep.block(first, ids.size());
    const auto centres = centroid.block(first, ids.size());
    const auto sizes = size.block(first, ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto at = [&](const auto& v) { return Vec3{v[3 * i], v[3 * i + 1], v[3 * i + 2]}; };
      const Box3 box{at(los), at(his)};
      const std::string text = text_of(box);
      if (box.empty() || (bounded && !all.contains(box))) {
        s.add("bbox_max_vx", ids[i], "a box within " + text_of(all), text);
        continue;
      }
      if (!box.contains(at(reps))) s.add("rep_vx", ids[i], "inside " + text, text_of(at(reps)));
      const Vec3d c = at(centres) / nm;
      const bool inside = (c - Vec3d(box.min)).min_element() >= 0 && (Vec3d(box.max) - c).min_element() >= 0;
      if (!inside && std::isfinite(c.x) && std::isfinite(c.y) && std::isfinite(c.z))  // else told by `finite`
        s.add("centroid_nm", ids[i], "inside " + text + " voxels",
              "(" + text_of(c.x) + "," + text_of(c.y) + "," + text_of(c.z) + ") voxels");
      if (const auto most = static_cast<std::uint64_t>(box.voxels()); sizes[i] < 1 || sizes[i] > most)
        s.add("size_vx", ids[i], "1 to " + std::to_string(most) + ", the voxels of its box", std::to_string(sizes[i]));
    }
  });
}

/// Numbers that may be unknown, NaN.
const std::set<std::string> kMayBeUnknown{"prob",
                                          "mito_dist_nm",
                                          "spine_head_vol_um3",
                                          "astrocyte_score",
                                          "cell_type_certainty",
                                          "cell_embedding",
                                          "umap",
                                          "embedding/values",
                                          "soma_radius_nm",
                                          "type_logits/values",
                                          "skeleton/myelin_share",
                                          "features",
                                          "myelin_fraction",
                                          "volume_um3"};

struct NumberRange {
  double least, most;
  std::string text() const { return text_of(least) + " to " + text_of(most); }
};
const double kEndless = std::numeric_limits<double>::infinity();
const std::map<std::string, NumberRange> kRanges{{"prob", {0, 1}},
                                                 {"cell_fraction", {0, 1}},
                                                 {"cell_type_certainty", {0, 1}},
                                                 {"astrocyte_score", {0, 1}},
                                                 {"myelin_fraction", {0, 1}},
                                                 {"skeleton/myelin_share", {0, 1}},
                                                 {"skeleton/myelin", {0, 1}},
                                                 {"direction_vc", {-1, 1}},
                                                 {"sign", {-1, 1}},
                                                 {"fragment", {0, 1}},
                                                 {"complete", {0, 1}},
                                                 {"skeleton/radius_nm", {0, kEndless}},
                                                 {"mesh_area_um2", {0, kEndless}},
                                                 {"area_um2", {0, kEndless}},
                                                 {"volume_um3", {0, kEndless}},
                                                 {"path_length_um", {0, kEndless}},
                                                 {"axon_um", {0, kEndless}},
                                                 {"dend_um", {0, kEndless}},
                                                 {"soma_um", {0, kEndless}},
                                                 {"soma_radius_nm", {0, kEndless}},
                                                 {"mito_dist_nm", {0, kEndless}},
                                                 {"spine_head_vol_um3", {0, kEndless}}};

using CheckValue = std::function<void(Id, double)>;

/// Gives every number of a shard's columns and parts to the function that `check_of` (name, enum) has for it, if any.
void for_numbers(const VerifiedShard& s,
                 const std::function<CheckValue(const std::string&, DType, const std::string&)>& check_of) {
  for (const ColumnSpec& c : s.set.columns()) {
    const CheckValue check = check_of(c.name, c.dtype, c.enum_json);
    if (!check) continue;
    const AnyColumn column(s.set, c.name);
    s.for_blocks([&](Row first, const std::vector<Id>& ids) {
      const ColumnValues v = column.load(first, ids.size());
      const auto width = static_cast<std::size_t>(c.width);
      for (std::size_t i = 0; i < ids.size() * width; ++i)
        check(ids[i / width], column.is_real() ? v.reals[i] : static_cast<double>(v.integers[i]));
    });
  }
  for (const FieldSpec& field : s.set.fields())
    for (const PartSpec& p : field.parts) {
      const CheckValue check = check_of(field.name + "/" + p.name, p.dtype, p.enum_json);
      if (!check) continue;
      const AnyPart part(s.set, field.name, p);
      s.set.for_each(s.shard, [&](Id id, Row row) {
        for (const double v : part.load(row)) check(id, v);
      });
    }
}

void check_finite(const VerifiedShard& s) {
  for_numbers(s, [&](const std::string& name, DType dtype, const std::string&) -> CheckValue {
    if (dtype != DType::f32 && dtype != DType::f64) return {};
    const bool unknown = kMayBeUnknown.contains(name);
    return [&s, name, unknown](Id id, double v) {
      if (!std::isfinite(v) && !(unknown && std::isnan(v))) s.add(name, id, "a finite number", text_of(v));
    };
  });
}

void check_ranges(const VerifiedShard& s) {
  for_numbers(s, [&](const std::string& name, DType, const std::string&) -> CheckValue {
    const auto found = kRanges.find(name);
    if (found == kRanges.end()) return {};
    return [&s, name, range = found->second](Id id, double v) {
      if (v < range.least || v > range.most) s.add(name, id, range.text(), text_of(v));
    };
  });
}

void check_codes(const VerifiedShard& s) {
  for_numbers(s, [&](const std::string& name, DType, const std::string& names) -> CheckValue {
    if (names.empty()) return {};
    std::set<double> codes;
    const Json json = parse_json(names, name + ", attribute 'enum'");
    for (const auto& entry : json.items()) codes.insert(std::stod(entry.key()));
    return [&s, name, codes](Id id, double v) {
      if (!codes.contains(v)) s.add(name, id, "a code of its attribute 'enum'", text_of(v));
    };
  });
}

/// n_<x> counts the list <x>_ids; lists of ids ascend.
void check_counts(const VerifiedShard& s) {
  for (const FieldSpec& field : s.set.fields()) {
    if (!s.set.has_part(field.name, "ids")) continue;
    const auto list = s.set.ragged<Id>(field.name, "ids");
    const std::string counter = "n_" + field.name.substr(0, field.name.find("_ids"));
    std::optional<Column<std::uint32_t>> count;
    if (field.name.ends_with("_ids") && s.set.has_column(counter)) count = s.set.column<std::uint32_t>(counter);
    std::vector<Id> ids;
    s.set.for_each(s.shard, [&](Id id, Row row) {
      list.read(row, ids);
      if (std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) != ids.end())
        s.add(field.name + "/ids", id, "ids that ascend", "ids that do not, or one twice");
      if (!count) return;
      if (const std::uint32_t n = (*count)(row); n != ids.size())
        s.add(counter, id, std::to_string(ids.size()) + ", the length of " + field.name, std::to_string(n));
    });
  }
}

bool has_box(const SegmentationDataset& set) {
  return set.has_column("bbox_min_vx") && set.has_column("bbox_max_vx") && set.has_column("rep_vx") &&
         set.has_column("centroid_nm") && set.has_column("size_vx");
}

}  // namespace

std::vector<VerifyCheck> object_checks(const VerifiedRunPtr& run) {
  const auto every = [](const SegmentationDataset&) { return true; };
  return {
      shard_check(run, "boxes",
                  "boxes lie in the dataset and hold representative voxel and centroid; sizes fit into them", has_box,
                  check_boxes),
      shard_check(run, "finite",
                  "coordinates, areas and lengths are finite, and what may be unknown is a number or NaN", every,
                  check_finite),
      shard_check(run, "ranges", "probabilities and shares are 0 to 1 or NaN, signs -1 to 1, lengths not negative",
                  every, check_ranges),
      shard_check(run, "codes", "compartments, types and methods are codes of their attribute 'enum'", every,
                  check_codes),
      shard_check(run, "counts", "lists of ids ascend, and n_<x> is the length of <x>_ids", every, check_counts),
  };
}

}  // namespace syconn
