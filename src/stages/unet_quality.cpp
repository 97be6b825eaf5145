// SPDX-License-Identifier: GPL-3.0-or-later
#include "unet_quality.h"

#include <algorithm>
#include <map>
#include <utility>

#include "syconn/algo/watershed.h"
#include "syconn/nn/tiles.h"

namespace syconn {
namespace {

struct Overlap {
  std::uint64_t both = 0, predicted = 0, truth = 0;
};

/// Objects of both sides, and how many of the predicted ones are those of the truth.
struct Objects {
  std::uint64_t both = 0, predicted = 0, truth = 0;
};

/// Components of `mask`, those below `least` voxels as background, and the sizes of all (0: dropped).
std::pair<Volume<std::uint32_t>, std::vector<std::uint64_t>> objects_of(const Volume<std::uint8_t>& mask,
                                                                        std::uint64_t least) {
  Volume<std::uint32_t> labels(mask.box());
  const std::uint32_t n = label_components(mask.view(), labels.view(), Connectivity::corner26);
  std::vector<std::uint64_t> sizes(n + 1);
  for (std::size_t i = 0; i < labels.count(); ++i) ++sizes[labels.data()[i]];
  sizes[0] = 0;
  for (std::uint64_t& size : sizes)
    if (size < least) size = 0;
  return {std::move(labels), std::move(sizes)};
}

void count_objects(const Volume<std::uint8_t>& predicted, const Volume<std::uint8_t>& truth, std::uint64_t least,
                   Objects& into) {
  const auto [p, p_sizes] = objects_of(predicted, least);
  const auto [t, t_sizes] = objects_of(truth, least);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> shared;
  for (std::size_t i = 0; i < p.count(); ++i)
    if (p_sizes[p.data()[i]] > 0 && t_sizes[t.data()[i]] > 0) ++shared[{p.data()[i], t.data()[i]}];
  // more than half of the union: at most one partner each
  for (const auto& [pair, n] : shared) into.both += 2 * n > p_sizes[pair.first] + t_sizes[pair.second] - n;
  const auto kept = [](const std::vector<std::uint64_t>& sizes) {
    return static_cast<std::uint64_t>(std::count_if(sizes.begin(), sizes.end(), [](auto n) { return n > 0; }));
  };
  into.predicted += kept(p_sizes), into.truth += kept(t_sizes);
}

/// Maps of all classes over `box`.
std::vector<Volume<std::uint8_t>> maps_of(Network& network, const ModelCard& card, const Volume<std::uint8_t>& raw,
                                          const Box3& box) {
  const ReadTile read = [&](const Box3& tile, std::span<float> out) {
    std::size_t i = 0;
    for (std::int64_t z = tile.min.z; z < tile.max.z; ++z)
      for (std::int64_t y = tile.min.y; y < tile.max.y; ++y)
        for (std::int64_t x = tile.min.x; x < tile.max.x; ++x)
          out[i++] = raw.box().contains(Vec3i(x, y, z)) ? static_cast<float>(raw.at({x, y, z})) / 255.0F : 0.0F;
  };
  std::vector<std::size_t> classes(card.classes.size());
  for (std::size_t c = 0; c < classes.size(); ++c) classes[c] = c;
  std::vector<Volume<std::uint8_t>> maps(classes.size(), Volume<std::uint8_t>(box));
  std::vector<VolumeView<std::uint8_t>> views;
  for (auto& map : maps) views.push_back(map.view());
  TiledInference(network, card).run(read, classes, views);
  return maps;
}

/// Mask of class `c` in `map` and in the truth, counted.
void compare(Volume<std::uint8_t>& map, const LabelledVolume& volume, std::size_t c, std::uint64_t least,
             Overlap& voxels, Objects& objects) {
  const VolumeView<const std::uint8_t> labels = std::as_const(volume.labels).view().sub(map.box());
  Volume<std::uint8_t> truth(map.box());
  std::size_t i = 0;
  for (std::int64_t z = 0; z < labels.size.z; ++z)
    for (std::int64_t y = 0; y < labels.size.y; ++y)
      for (std::int64_t x = 0; x < labels.size.x; ++x, ++i) {
        const bool is = labels(x, y, z) == c, said = map.data()[i] >= 128;
        truth.data()[i] = is, map.data()[i] = said;
        voxels.truth += is, voxels.predicted += said, voxels.both += is && said;
      }
  count_objects(map, truth, least, objects);
}

void add_counts(Json& quality, const std::string& prefix, const std::string& name, const char* f1, std::uint64_t both,
                std::uint64_t predicted, std::uint64_t truth) {
  const auto ratio = [](std::uint64_t part, std::uint64_t of) {
    return of == 0 ? Json() : Json(static_cast<double>(part) / static_cast<double>(of));
  };
  quality[f1][name] = ratio(2 * both, predicted + truth);
  quality[prefix + "precision"][name] = ratio(both, predicted);
  quality[prefix + "recall"][name] = ratio(both, truth);
}

}  // namespace

Json unet_quality(Network& network, const ModelCard& card, const UNetData& data, std::int64_t min_object_vx) {
  std::vector<Overlap> voxels(card.classes.size());
  std::vector<Objects> objects(card.classes.size());
  Json quality = Json::object();
  std::uint64_t tested = 0;
  for (const auto& [volume, box] : data.test) {
    std::vector<Volume<std::uint8_t>> maps = maps_of(network, card, volume.raw, box);
    for (std::size_t c = 1; c < maps.size(); ++c)
      compare(maps[c], volume, c, static_cast<std::uint64_t>(min_object_vx), voxels[c], objects[c]);
    tested += static_cast<std::uint64_t>(box.voxels());
  }
  for (std::size_t c = 1; c < voxels.size(); ++c) {
    const std::string& name = card.classes[c];
    const Overlap& v = voxels[c];
    add_counts(quality, "", name, "dice", v.both, v.predicted, v.truth);
    add_counts(quality, "object_", name, "object_f1", objects[c].both, objects[c].predicted, objects[c].truth);
    quality["truth_vx"][name] = v.truth, quality["truth_objects"][name] = objects[c].truth;
    // the best that a map without any knowledge does: every voxel is of the class
    quality["dice_if_all"][name] = tested == 0 ? Json() : Json(2.0 * double(v.truth) / double(v.truth + tested));
  }
  quality["tested_vx"] = tested;
  return quality;
}

}  // namespace syconn
