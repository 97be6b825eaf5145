// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/core/json.h"
#include "syconn/exec/diagnostics.h"
#include "syconn/exec/fields.h"

namespace syconn {

/// One input volume: `dataset.volumes.<name>`.
struct VolumeConfig {
  std::string path, dataset, kind;  ///< kind: image, labels or probability
  std::vector<Id> foreground;       ///< kind labels: ids that count as 1, the rest as 0; empty: labels are instances
  std::vector<Id> sym, asym;        ///< kind labels: synapse-type map
  std::optional<Vec3d> voxel_size_nm;
  std::string format = "auto";  ///< hdf5, precomputed, zarr, knossos; auto: what lies at `path`
  int level = 0;                ///< of a volume with several resolutions
  bool allow_missing = false;   ///< voxels that were never written count as 0
  void describe(Fields& f);
};

struct DatasetConfig {
  std::string name, root = ".";  ///< root: absolute once loaded
  Vec3d voxel_size_nm;
  std::optional<Box3> box_vx;
  Vec3i chunk_vx{512, 512, 512};
  std::map<std::string, VolumeConfig> volumes;
  std::string supervoxel_graph, merges, splits;
  void describe(Fields& f);
};

/// How to compute; nothing here changes a result.
struct ExecutionConfig {
  std::string executor = "local";
  int threads = 0;
  double memory_gb = 8;
  std::int64_t job_order_seed = 0;
  double usd_per_core_hour = 0.0228;  ///< the paper's: US$1,200 for 68.56 h on 768 vCPU
  std::int64_t merge_fan_in = 64;
  std::string profile;  ///< absolute once loaded
  void describe(Fields& f);
};

/// A stage's section without its C++ type.
class AnyConfig {
 public:
  virtual ~AnyConfig() = default;
  virtual void describe(Fields& f) = 0;
  virtual std::unique_ptr<AnyConfig> clone() const = 0;
};
template <Described T>
struct ConfigOf final : AnyConfig {
  T value;
  void describe(Fields& f) override { value.describe(f); }
  std::unique_ptr<AnyConfig> clone() const override { return std::make_unique<ConfigOf>(*this); }
};

/// One a stage: the key of its section (the stage's name), a title for docs, and its defaults.
struct Section {
  std::string name, title;
  std::function<std::unique_ptr<AnyConfig>()> make;
};
template <Described T>
Section make_section(std::string name, std::string title) {
  return {std::move(name), std::move(title), [] { return std::make_unique<ConfigOf<T>>(); }};
}

struct RunConfig {
  DatasetConfig dataset;
  std::vector<std::string> stages;  ///< as listed; empty: all that have their inputs
  ExecutionConfig execution;
  std::map<std::string, std::shared_ptr<AnyConfig>> sections;  ///< every section, defaults where the file has none
  fs::path file, folder;                                       ///< the config file; its folder, absolute
  std::map<std::string, Place> places;                         ///< of every key that the file or --set gives

  /// A path of the dataset: relative ones start at dataset.root.
  fs::path resolve(const std::string& path) const;
  /// "run.yml:12:17" for "dataset.volumes.sv.path"; of a key not given, the nearest parent that is; else the file.
  std::string where(const std::string& key) const;
  /// The section of a stage; T as in its table entry. Throws std::logic_error for a wrong name or type.
  template <Described T>
  const T& section(const std::string& name) const {
    const auto found = sections.find(name);
    const auto* typed = found == sections.end() ? nullptr : dynamic_cast<const ConfigOf<T>*>(found->second.get());
    if (typed == nullptr) throw std::logic_error("no config section '" + name + "' of this type");
    return typed->value;
  }
};

/// Defaults < file < `sets` ("contacts.closings=6", the value parsed as YAML). Throws Error{config} whose text lists
/// ALL errors (see Diagnostics), Error{input} if the file cannot be read. A map in the file (volumes, types) replaces
/// the defaults' names, each name known to the defaults starting from them; --set a.name.key changes or adds one entry.
RunConfig load_config(const fs::path& file, const std::vector<std::string>& sets, const std::vector<Section>& sections);
/// The same of a text; `origin` is its name in errors, relative paths of the file start at `folder`.
RunConfig parse_config(const std::string& text, const std::string& origin, const fs::path& folder,
                       const std::vector<std::string>& sets, const std::vector<Section>& sections);

/// Every key with its value and doc comment; loading it from anywhere gives the same config and hash.
std::string resolved_yaml(const RunConfig& config, const std::vector<Section>& sections);
/// JSON Schema (draft 7) for editors.
Json config_schema(const std::vector<Section>& sections);
/// Commented YAML for `config init`: required keys with examples, all others commented out with their defaults.
std::string config_template(const std::vector<Section>& sections);
/// Markdown: a table a section with key, type, default, range, units, doc, whether it changes results.
std::string config_docs(const std::vector<Section>& sections);

/// Canonical JSON of the keys that can change a result: {"closings":7,…}; unset optional keys are null, or absent if
/// added later.
Json result_keys(const AnyConfig& config);
Json result_keys(const DatasetConfig& config);
/// SHA-256 (64 lower-case hex digits) of the JSON with sorted keys.
std::string config_hash(const Json& keys);
/// One line a difference: "contacts.closings: 7 -> 6"; a key on one side only shows "(none)" on the other.
std::vector<std::string> changed_keys(const Json& before, const Json& now);

}  // namespace syconn
