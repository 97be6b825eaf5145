// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <set>

#include "kept_synapses.h"
#include "syconn/io/sqlite_reader.h"
#include "syconn/io/table_csv.h"
#include "syconn/io/volume_reader.h"
#include "syconn/io/volume_writer.h"
#include "verify_state.h"

/// Checks of `syconn verify` on files: top files and manifests, bytes, order and counts.
namespace syconn {
namespace {

constexpr const char* kDatabase = "connectome.sqlite";

std::string relative(const VerifiedRun& run, const fs::path& file) {
  return file.lexically_relative(run.run().folder());
}

void report(const VerifiedRun& run, const std::vector<Finding>& findings, const std::string& expected,
            VerifySink& sink) {
  for (const Finding& f : findings) {
    const std::string file = relative(run, f.file);
    if (!sink.is_damaged(file)) sink.add({file, f.dataset, "", expected, f.what});
  }
}

struct ManifestFile {
  std::string file;
  std::uint64_t bytes;
};

/// The files of a volume, relative to the run folder. Throws std::exception where the manifest is damaged.
std::vector<ManifestFile> manifest_files(const VerifiedRun& run, const std::string& name) {
  const fs::path manifest = "volumes/" + name + ".json";
  const Json json = parse_json(read_file(run.path(manifest)), manifest);
  std::vector<ManifestFile> files;
  for (const Json& f : json.at("files"))
    files.push_back({"volumes/" + f.at("file").get<std::string>(), f.at("bytes").get<std::uint64_t>()});
  return files;
}

void check_datasets(VerifiedRun& run, VerifySink& sink) {
  for (const std::string& type : run.types())
    report(run, SegmentationDataset::verify(run.path(VerifiedRun::top(type)), VerifyLevel::files),
           "the files that the top file names", sink);
}

void check_volume(const VerifiedRun& run, const std::string& name, VerifySink& sink) {
  const std::string manifest = "volumes/" + name + ".json", combined = "volumes/" + name + ".h5";
  if (sink.is_damaged(manifest)) return;
  std::vector<ManifestFile> files;
  try {
    files = manifest_files(run, name);
  } catch (const std::exception& error) {
    return sink.add({manifest, "", "", "a manifest", error.what()});
  }
  for (const ManifestFile& f : files) {
    std::error_code error;
    const auto bytes = fs::file_size(run.path(f.file), error);
    if (error || bytes != f.bytes)
      sink.add({f.file, "", "", std::to_string(f.bytes) + " bytes", error ? "no such file" : std::to_string(bytes)});
  }
  if (files.size() <= kMaxVirtualFiles && !fs::exists(run.path(combined)))
    sink.add({combined, "", "", "a file that shows the whole volume", "no such file"});
}

/// Files of `folder` beyond `named`; both relative to the run folder.
void check_rest(const VerifiedRun& run, const fs::path& folder, const std::set<std::string>& named, VerifySink& sink) {
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(run.path(folder), ignored))
    if (const std::string file = relative(run, entry.path()); entry.is_regular_file() && !named.contains(file))
      sink.add({file, "", "", "only what top files and manifests name", "a file that none names"});
}

void check_leftovers(VerifiedRun& run, VerifySink& sink) {
  std::set<std::string> named;
  for (const std::string& type : run.types()) {
    named.insert(VerifiedRun::top(type));
    try {
      for (const ShardSet& set : read_top_file(run.path(VerifiedRun::top(type))).sets)
        for (const std::string& file : set.files) named.insert("datasets/" + file);
    } catch (const Error& error) {
      return sink.not_done(error.what());
    }
  }
  check_rest(run, "datasets", named, sink);
  named.clear();
  for (const std::string& name : run.volumes()) {
    named.insert({"volumes/" + name + ".json", "volumes/" + name + ".h5"});
    try {
      for (const ManifestFile& f : manifest_files(run, name)) named.insert(f.file);
    } catch (const std::exception& error) {
      return sink.not_done(error.what());
    }
  }
  check_rest(run, "volumes", named, sink);
}

/// Every shard of every top file that can be read.
std::vector<std::string> shard_files(VerifiedRun& run) {
  std::set<std::string> files;
  for (const std::string& type : run.types()) try {
      for (const ShardSet& set : read_top_file(run.path(VerifiedRun::top(type))).sets)
        for (const std::string& file : set.files) files.insert("datasets/" + file);
    } catch (const Error&) {
      continue;  // told by `datasets`
    }
  return {files.begin(), files.end()};
}

void check_structure(VerifiedRun& run, const std::string& type, VerifySink& sink) {
  const std::string top = VerifiedRun::top(type);
  if (sink.is_damaged(top)) return sink.not_done(top + " is damaged");
  report(run, SegmentationDataset::verify(run.path(top), VerifyLevel::structure),
         "ids and offsets that ascend, and the numbers of rows the top file names", sink);
}

void check_voxels(VerifiedRun& run, const std::string& name, VerifySink& sink) {
  const std::string manifest = "volumes/" + name + ".json";
  if (sink.is_damaged(manifest)) return sink.not_done(manifest + " is damaged");
  for (const std::string& what : open_volume(run.path(manifest), name)->verify())
    sink.add({manifest, name, "", "voxels with the CRC-32C of the manifest", what});
}

std::int64_t count_rows(const VerifiedRun& run, const std::string& table) {
  SqliteQuery query(run.path(kDatabase), "SELECT count(*) FROM \"" + table + "\"");
  return query.next() ? query.integer(0) : 0;
}

std::uint64_t kept_synapses(VerifiedRun& run) {
  const SegmentationDataset& syn = run.open("syn_ssv");
  if (!syn.has_column("prob")) return syn.size();
  const auto prob = syn.column<float>("prob");
  const double prob_min = run.prob_min();
  std::uint64_t kept = 0;
  for (std::uint32_t shard = 0; shard < syn.n_shards(); ++shard)
    for (const float p : prob.shard(shard)) kept += synapse_is_kept(static_cast<double>(p), prob_min);
  return kept;
}

void check_database(VerifiedRun& run, VerifySink& sink) {
  SqliteQuery integrity(run.path(kDatabase), "PRAGMA integrity_check");
  while (integrity.next())
    if (const std::string text = integrity.text(0); text != "ok")
      sink.add({kDatabase, "", "", "a sound database", text});
  const auto compare = [&](const std::string& table, std::uint64_t expected, const std::string& of) {
    if (const auto rows = count_rows(run, table); static_cast<std::uint64_t>(rows) != expected)
      sink.add({kDatabase, table, "", std::to_string(expected) + " rows, as " + of, std::to_string(rows)});
  };
  const auto is_good = [&](const std::string& type) {
    return run.has(type) && !sink.is_damaged(VerifiedRun::top(type));
  };
  if (is_good("ssv")) compare("cells", run.open("ssv").size(), "datasets/ssv.h5");
  if (is_good("syn_ssv")) compare("synapses", kept_synapses(run), "those kept of datasets/syn_ssv.h5");
  std::uint64_t organelles = 0;
  for (const std::string& type : run.organelles()) {
    if (!is_good(type)) return;
    organelles += run.open(type).size();
  }
  compare("organelles", organelles, "datasets of organelles");
}

const std::vector<std::string> kTables{"cells", "synapses", "edges", "organelles", "contacts"};

void check_csv(const VerifiedRun& run, const std::string& table, VerifySink& sink) {
  const std::string file = "export/csv/" + table + ".csv";
  if (!fs::exists(run.path(file)) || sink.is_damaged(file)) return sink.not_done("there is no whole " + file);
  std::int64_t rows = 0;
  try {
    for (CsvReader csv(run.path(file)); csv.next();) ++rows;
  } catch (const Error& error) {
    return sink.add({file, "", "", "a table", error.what()});
  }
  if (const std::int64_t expected = count_rows(run, table); rows != expected)
    sink.add({file, "", "", std::to_string(expected) + " rows, as connectome.sqlite", std::to_string(rows)});
}

/// A check whose parts are names that are listed when it begins.
VerifyCheck for_each_name(VerifyCheck check, const std::function<std::vector<std::string>()>& list,
                          const std::function<void(VerifySink&, const std::string&)>& one) {
  const auto names = std::make_shared<std::vector<std::string>>();
  check.parts = [=] {
    *names = list();
    return static_cast<std::int64_t>(names->size());
  };
  check.run = [=](VerifySink& sink, std::int64_t part) { one(sink, names->at(static_cast<std::size_t>(part))); };
  return check;
}

}  // namespace

std::vector<VerifyCheck> file_checks(const VerifiedRunPtr& run) {
  return {
      {"datasets",
       VerifyDepth::fast,
       "datasets/*.h5 open, and their shards are there with their sizes",
       {},
       [run](VerifySink& sink, std::int64_t) { check_datasets(*run, sink); }},
      for_each_name(
          {"volumes", VerifyDepth::fast, "manifests can be read, and their files are there with their sizes", {}, {}},
          [run] { return run->volumes(); },
          [run](VerifySink& sink, const std::string& name) { check_volume(*run, name, sink); }),
      {"leftovers",
       VerifyDepth::fast,
       "datasets/ and volumes/ hold only what top files and manifests name",
       {},
       [run](VerifySink& sink, std::int64_t) { check_leftovers(*run, sink); },
       {},
       false},
      for_each_name(
          {"shards", VerifyDepth::full, "every dataset of every shard has its CRC-32C", {}, {}},
          [run] { return shard_files(*run); },
          [run](VerifySink& sink, const std::string& file) {
            if (!sink.is_damaged(file)) report(*run, verify_shard_file(run->path(file)), "the values written", sink);
          }),
      for_each_name(
          {"structure",
           VerifyDepth::full,
           "ids ascend and are in their shard, offsets ascend, shards have the rows the top file names",
           {},
           {}},
          [run] { return run->types(); },
          [run](VerifySink& sink, const std::string& type) { check_structure(*run, type, sink); }),
      for_each_name(
          {"voxels", VerifyDepth::full, "voxels of derived volumes have the CRC-32C of their manifest", {}, {}},
          [run] { return run->volumes(); },
          [run](VerifySink& sink, const std::string& name) { check_voxels(*run, name, sink); }),
      {"database",
       VerifyDepth::full,
       "connectome.sqlite is sound and has the rows of the datasets",
       {kDatabase},
       [run](VerifySink& sink, std::int64_t) { check_database(*run, sink); }},
      for_each_name(
          {"csv", VerifyDepth::full, "export/csv has the rows of connectome.sqlite", {kDatabase}, {}},
          [] { return kTables; }, [run](VerifySink& sink, const std::string& table) { check_csv(*run, table, sink); }),
  };
}

}  // namespace syconn
