// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/verify.h"

#include <algorithm>

#include "kept_synapses.h"
#include "syconn/stages/table.h"
#include "verify_state.h"

namespace syconn {
namespace {

/// A run whose records cannot be read at all.
Json unreadable(const fs::path& folder, const Error& error, const VerifyOptions& options, Progress& progress) {
  const std::vector<VerifyCheck> checks{{"config",
                                         VerifyDepth::fast,
                                         "config.yml and work/*/stage.json can be read",
                                         {},
                                         [what = std::string(error.what())](VerifySink& sink, std::int64_t) {
                                           sink.add({"config.yml", "", "", "readable records", what});
                                         }}};
  return verify_json(folder, checks, options, progress);
}

}  // namespace

Json verify_run(const fs::path& folder, const VerifyOptions& options, std::uint64_t memory_bytes, Progress& progress) {
  if (!fs::exists(folder / "config.yml") && !fs::exists(folder / "work") && !fs::exists(folder / "datasets"))
    throw Error(Category::input, "'" + folder.string() + "' is no run folder: it has no config.yml");
  std::optional<PipelineRun> run;
  try {
    run.emplace(PipelineRun::of_records(folder, stage_table()));
  } catch (const Error& error) {
    return unreadable(folder, error, options, progress);
  }
  const auto state = std::make_shared<VerifiedRun>(*run, memory_bytes, options.threads);
  std::vector<VerifyCheck> checks = record_checks(*run);
  for (const auto list : {file_checks, object_checks, shape_checks, relation_checks, pair_checks, synapse_checks,
                          volume_checks, row_checks, table_checks})
    for (VerifyCheck& check : list(state)) checks.push_back(std::move(check));
  return verify_json(folder, checks, options, progress);
}

// ---- what checks share ----------------------------------------------------------------------------------------------

double VerifiedRun::prob_min() const { return synapse_prob_min(run_.config()); }

std::int64_t VerifiedRun::slices(std::uint64_t records, std::uint64_t bytes) const {
  const std::uint64_t of_one = std::max<std::uint64_t>(1, memory_bytes_ / static_cast<std::uint64_t>(threads_) / bytes);
  return static_cast<std::int64_t>(std::clamp<std::uint64_t>((records + of_one - 1) / of_one, 1, 1 << 20));
}

std::vector<std::string> VerifiedRun::names(const std::string& folder, const std::string& extension) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path(folder), ignored))
    if (entry.path().extension() == extension && !is_temporary_name(entry.path())) names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> VerifiedRun::organelles() const {
  std::vector<std::string> names = types();
  std::erase_if(names, [](const std::string& type) {
    return type == "sv" || type == "ssv" || type == "cs" || type == "syn" || type == "syn_ssv";
  });
  return names;
}

const VerifiedRun::Opened& VerifiedRun::opened(const std::string& type) {
  const std::lock_guard lock(mutex_);
  auto& slot = opened_[type];
  if (!slot) slot.reset(new Opened{read_top_file(path(top(type))), SegmentationDataset::open(path(top(type)))});
  return *slot;
}

const SegmentationDataset& VerifiedRun::open(const std::string& type) { return opened(type).set; }

bool VerifiedRun::opens(const std::string& type) {
  try {
    opened(type);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string VerifiedRun::file(const std::string& type, const std::string& name, std::uint32_t shard) {
  const TopFile& top_file = opened(type).top;
  for (const ShardSet& set : top_file.sets)
    for (const auto* list : {&set.columns, &set.fields})
      if (std::find(list->begin(), list->end(), name) != list->end()) return "datasets/" + set.files.at(shard);
  return "datasets/" + top_file.sets.at(0).files.at(shard);
}

namespace {

struct Part {
  std::string type;
  std::uint32_t shard;
};

std::vector<Part> parts_of(VerifiedRun& run, const std::function<bool(const SegmentationDataset&)>& applies) {
  std::vector<Part> parts;
  for (const std::string& type : run.types()) {
    if (!run.opens(type)) {
      parts.push_back({type, 0});  // to say that it was not done
      continue;
    }
    const SegmentationDataset& set = run.open(type);
    if (!applies(set)) continue;
    for (std::uint32_t shard = 0; shard < set.n_shards(); ++shard) parts.push_back({type, shard});
  }
  return parts;
}

}  // namespace

VerifyCheck shard_check(const VerifiedRunPtr& run, const std::string& name, const std::string& what,
                        const std::function<bool(const SegmentationDataset&)>& applies,
                        const std::function<void(const VerifiedShard&)>& check, const std::vector<std::string>& needs) {
  const auto parts = std::make_shared<std::vector<Part>>();
  std::vector<std::string> files;
  for (const std::string& type : needs) files.push_back(VerifiedRun::top(type));
  return {name,
          VerifyDepth::semantic,
          what,
          files,
          [=](VerifySink& sink, std::int64_t i) {
            const auto& [type, shard] = parts->at(static_cast<std::size_t>(i));
            if (sink.is_damaged(VerifiedRun::top(type))) return sink.not_done(VerifiedRun::top(type) + " is damaged");
            check({*run, type, run->open(type), shard, sink});
          },
          [=] {
            *parts = parts_of(*run, applies);
            return static_cast<std::int64_t>(parts->size());
          }};
}

VerifyCheck type_check(const VerifiedRunPtr& run, const std::string& name, const std::string& what,
                       const std::string& type, const std::function<void(const VerifiedShard&)>& check,
                       const std::vector<std::string>& needs) {
  std::vector<std::string> all{type};
  all.insert(all.end(), needs.begin(), needs.end());
  return shard_check(
      run, name, what, [type](const SegmentationDataset& set) { return set.type() == type; }, check, all);
}

Vec3i vector_at(const Column<std::int64_t>& column, Row row) {
  const std::vector<std::int64_t> v = column.values(row);
  return {v[0], v[1], v[2]};
}

std::string text_of(const Box3& box) { return text_of(box.min) + " to " + text_of(box.max); }

std::string text_of(const Vec3i& v) {
  return "(" + std::to_string(v.x) + "," + std::to_string(v.y) + "," + std::to_string(v.z) + ")";
}

std::string text_of(double v) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", v);
  return text;
}

}  // namespace syconn
