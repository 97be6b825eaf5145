// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/viewer_files.h"

#include <cctype>
#include <cstdio>

#include "syconn/core/json.h"

namespace syconn {
namespace {

Json triple(const Vec3i& v) { return Json::array({v.x, v.y, v.z}); }
Json triple(const Vec3d& v) { return Json::array({v.x, v.y, v.z}); }

constexpr const char* kSynapseShader =
    "#uicontrol float minimal_prob slider(min=0, max=1, default=0)\n"
    "void main() {\n"
    "  if (prop_prob() < minimal_prob) discard;\n"
    "  setColor(prop_sign() > 0 ? vec3(1.0, 0.4, 0.2) : prop_sign() < 0 ? vec3(0.2, 0.5, 1.0) : vec3(0.8));\n"
    "  setEndpointMarkerSize(2.0, 5.0);\n"
    "}\n";

Json image_layer(const ExportedLayers& l) {
  return {{"type", "image"}, {"source", "precomputed://" + l.url + "/raw"}, {"name", "raw"}};
}

Json cell_layer(const ExportedLayers& l) {
  Json layer{{"type", "segmentation"}};
  const std::string base = "precomputed://" + l.url + "/";
  // The volume names its meshes, skeletons and properties; without a volume they are sources of their own.
  layer["source"] = l.seg ? Json::array({base + "seg"})
                          : Json::array({base + "mesh", base + "skeletons", base + "segment_properties"});
  layer["segments"] = Json::array();
  for (const Id id : l.shown) layer["segments"].push_back(std::to_string(id));
  layer["name"] = "cells";
  return layer;
}

Json synapse_layer(const ExportedLayers& l) {
  const Json relationships{"pre_segment", "post_segment", "cell_a", "cell_b"};
  Json layer{{"type", "annotation"}, {"source", "precomputed://" + l.url + "/synapses"}, {"name", "synapses"}};
  for (const auto& name : relationships) layer["linkedSegmentationLayer"][name.get<std::string>()] = "cells";
  layer["filterBySegmentation"] = relationships;
  layer["shader"] = kSynapseShader;
  return layer;
}

Json mags(const PrecomputedPyramid& pyramid, const std::string& layer) {
  Json list = Json::array();
  for (const PrecomputedScale& s : pyramid.scales())
    list.push_back({{"mag", triple(s.mag)},
                    {"path", "./" + layer + "/" + s.key()},
                    {"axisOrder", {{"c", 0}, {"x", 1}, {"y", 2}, {"z", 3}}}});
  return list;
}

Json webknossos_layer(const std::string& name, const char* category, const char* type,
                      const PrecomputedPyramid& pyramid) {
  const Box3& box = pyramid.scales()[0].box;
  return {{"name", name},
          {"category", category},
          {"boundingBox",
           {{"topLeft", triple(box.min)}, {"width", box.size().x}, {"height", box.size().y}, {"depth", box.size().z}}},
          {"elementClass", type},
          {"dataFormat", "neuroglancerPrecomputed"},
          {"mags", mags(pyramid, name)}};
}

}  // namespace

std::string neuroglancer_state(const ExportedLayers& l) {
  Json state;
  for (int axis = 0; axis < 3; ++axis)
    state["dimensions"][std::string(1, "xyz"[axis])] = Json::array({l.voxel_nm[axis] * 1e-9, "m"});
  const Vec3d extent = Vec3d(l.box_vx.size()) * l.voxel_nm;
  state["position"] = triple(Vec3d(l.box_vx.min + l.box_vx.max) / 2.0);
  state["crossSectionScale"] = extent.max_element() / 400 / l.voxel_nm.min_element();
  state["projectionScale"] = 1.5 * extent.max_element() / l.voxel_nm.min_element();
  state["layers"] = Json::array();
  if (l.raw) state["layers"].push_back(image_layer(l));
  state["layers"].push_back(cell_layer(l));
  state["layers"].push_back(synapse_layer(l));
  state["showSlices"] = false;
  state["layout"] = "4panel";
  return state.dump(1) + "\n";
}

std::string neuroglancer_link(const std::string& state) {
  std::string link = "https://neuroglancer-demo.appspot.com/#!";
  for (const char c : parse_json(state, "state").dump()) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-_.~:,{}[]/").find(c) != std::string_view::npos) {
      link += c;
    } else {
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", byte);
      link += code;
    }
  }
  return link + "\n";
}

std::string webknossos_datasource(const ExportedLayers& l, const PrecomputedPyramid& pyramid) {
  Json json{{"version", 1},
            {"id", {{"name", l.name}, {"team", ""}}},
            {"scale", {{"factor", triple(l.voxel_nm)}, {"unit", "nanometer"}}},
            {"dataLayers", Json::array()}};
  if (l.raw) json["dataLayers"].push_back(webknossos_layer("raw", "color", "uint8", pyramid));
  if (l.seg) {
    Json layer = webknossos_layer("seg", "segmentation", "uint64", pyramid);
    layer["largestSegmentId"] = l.largest_id;
    layer["attachments"]["meshes"] = {
        {{"name", "mesh"}, {"path", "./mesh"}, {"dataFormat", "neuroglancerPrecomputed"}}};
    json["dataLayers"].push_back(layer);
  }
  return json.dump(1) + "\n";
}

std::string knossos_toml(const ExportedLayers& l, const PrecomputedPyramid& pyramid) {
  Json sizes = Json::array();
  for (const PrecomputedScale& s : pyramid.scales()) sizes.push_back(triple(s.voxel_nm));
  const Box3& box = pyramid.scales()[0].box;
  const auto layer = [&](const std::string& folder, const std::string& type, const std::string& extension) {
    return "[[Layer]]\nName = \"" + folder + "\"\nURL = \"" + l.url + "/" + folder +
           "/info\"\nServerFormat = \"precomputed\"\nFileExtension = [\"" + extension +
           "\"]\nExtent_px = " + triple(box.max).dump() + "\nVoxelSize_nm = " + sizes.dump() +
           "\nCubeShape_px = " + triple(pyramid.scales()[0].chunk).dump() + "\nDataType = \"" + type +
           "\"\nNumChannels = 1\nDescription = \"" + l.name + " " + folder + "\"\nVisible = true\n\n";
  };
  return (l.raw ? layer("raw", "uint8", ".raw") : "") + (l.seg ? layer("seg", "uint64", ".seg") : "");
}

std::string serving_text(const ExportedLayers& l) {
  return "Layers of '" + l.name + R"(' in Neuroglancer's precomputed formats

 state.json   a state of the viewer: image, cells, synapses
 link.txt     the same as a link to Neuroglancer's public page

Serve this folder at
  )" + l.url +
         R"(
(for another place export again with --url: only the small files change).

The server must understand Range requests, because layers are sharded, and send the header
  Access-Control-Allow-Origin: *
because the viewer comes from elsewhere. Python's http.server can do neither. With nginx:

  server {
    listen 8080;
    root /path/to/export/neuroglancer;
    gzip off;                       # files are stored packed; Range needs them as they are
    add_header Access-Control-Allow-Origin *;
    add_header Access-Control-Allow-Headers Range;
  }

Object stores (S3, Google Cloud Storage) work too once their CORS rules allow GET with Range.

 datasource-properties.json   the same layers for WEBKNOSSOS: make this folder a dataset
 knossos.k.toml               the same for KNOSSOS, from the address above
)";
}

}  // namespace syconn
