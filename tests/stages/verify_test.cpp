// SPDX-License-Identifier: GPL-3.0-or-later
// `syconn verify` on a small run of all voxel stages: clean, and with each kind of damage planted in a copy of it.
#include "syconn/stages/verify.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "algo/label_patterns.h"
#include "stages/organelle_balls.h"
#include "stages/verify_damage.h"
#include "support/stage_run.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

constexpr std::uint64_t kMemory = std::uint64_t{1} << 30;

std::string config(const fs::path& inputs) {
  return "dataset:\n  {name: t, root: " + inputs.string() +
         ", voxel_size_nm: [10, 10, 25], chunk_vx: [64, 64, 64],\n   volumes: {sv: {path: sv.h5, dataset: sv, kind: "
         "labels}, sj: {path: sj.h5, dataset: sj, kind: probability},\n             mi: {path: mi.h5, dataset: mi, "
         "kind: "
         "probability}, vc: {path: vc.h5, dataset: vc, kind: probability}},\n   supervoxel_graph: graph.csv}\n"
         "stages: [watershed, contacts, sso, synapses, tables]\nexecution: {threads: 2}\n"
         "watershed: {types: {mi: {morphology: [opening], min_obj_vx: 50}, vc: {morphology: [], min_obj_vx: 50}}}\n"
         "synapses: {min_syn_ssv_vx: 500, mesh: marching_cubes}\n"
         "sso: {organelles: {mi: {min_ratio: 0.5, min_vx: 50}, vc: {min_ratio: 0.3, min_vx: 50}}}\n";
}

class Verify : public ::testing::Test {
 protected:
  void SetUp() override {
    const Box3 box = Box3::of_size({130, 120, 66});
    Volume<Id> sv = patterns::voronoi(box, 60, 0.1, 11);
    std::set<Id> ids;
    for (std::size_t i = 0; i < sv.count(); ++i) sv.data()[i] >>= 2, ids.insert(sv.data()[i]);
    ids.erase(kBackground);
    write_inputs(sv);
    Volume<std::uint8_t> sj(box);
    const Volume<Id> blobs = patterns::voronoi(box, 40, 0.5, 12);
    for (std::size_t i = 0; i < sj.count(); ++i) sj.data()[i] = blobs.data()[i] != 0 ? 255 : 0;
    test::write_volume(inputs_.path() / "sj.h5", "sj", sj);
    test::write_volume(inputs_.path() / "mi.h5", "mi", test::balls(box, {56, 50, 30}, {20, 25, 12}, 180));
    test::write_volume(inputs_.path() / "vc.h5", "vc", test::balls(box, {47, 52, 26}, {44, 4, 6}, 120));
    const Id first = *ids.begin(), second = *std::next(ids.begin());
    write_file_atomically(inputs_.path() / "graph.csv",
                          "sv_a,sv_b\n" + std::to_string(first) + "," + std::to_string(second) + "\n");
    test::run_stages(config(inputs_.path()), temp_.path(), "whole");
  }
  void write_inputs(const Volume<Id>& sv) { test::write_volume(inputs_.path() / "sv.h5", "sv", sv); }

  fs::path copy() {
    fs::remove_all(temp_ / "run");
    fs::copy(temp_ / "whole", temp_ / "run", fs::copy_options::recursive);
    return temp_ / "run";
  }
  static Json report(const fs::path& run, VerifyDepth depth = VerifyDepth::semantic, int threads = 2,
                     std::uint64_t memory = kMemory) {
    const auto progress = make_progress(std::cerr, false, true);
    return verify_run(run, {depth, threads, false}, memory, *progress);
  }
  /// Names of the checks that found something.
  static std::set<std::string> kinds(const Json& report) {
    std::set<std::string> names;
    for (const Json& group : report.at("groups")) names.insert(group.at("check").get<std::string>());
    return names;
  }

  test::TempFolder inputs_, temp_;
};

TEST_F(Verify, FindsNothingInAWholeRun) {
  const Json found = report(temp_ / "whole");
  EXPECT_TRUE(found.at("clean").get<bool>()) << verify_text(found);
  for (const Json& check : found.at("checks")) EXPECT_TRUE(check.at("not_done").empty()) << check.dump();
  EXPECT_GE(found.at("checks").size(), 30U);
  // Slices and threads do not show.
  EXPECT_EQ(report(temp_ / "whole", VerifyDepth::semantic, 1, 5000).dump(), found.dump());
  // A run whose inputs are elsewhere is sound; what needs them says that it was not done.
  fs::rename(inputs_.path() / "sv.h5", inputs_.path() / "gone.h5");
  const Json moved = report(temp_ / "whole");
  fs::rename(inputs_.path() / "gone.h5", inputs_.path() / "sv.h5");
  EXPECT_TRUE(moved.at("clean").get<bool>()) << verify_text(moved);
  std::set<std::string> not_done;
  for (const Json& check : moved.at("checks"))
    if (!check.at("not_done").empty()) not_done.insert(check.at("name").get<std::string>());
  EXPECT_EQ(not_done, (std::set<std::string>{"inputs", "labels"}));
  EXPECT_THROW(report(temp_ / "none"), Error);
}

template <class T>
std::function<void(std::vector<T>&)> set_first(T value) {
  return [value](std::vector<T>& v) { v.at(0) = value; };
}

/// Adds to a value of three-wide column, at the first object whose box lies inside the dataset.
void move_box(const fs::path& run, const std::string& type) {
  const auto set = SegmentationDataset::open(run / "datasets" / (type + ".h5"));
  const auto lo = set.column<std::int64_t>("bbox_min_vx").shard(0);
  std::size_t row = 0;
  while (lo.at(3 * row) == 0) ++row;
  test::edit_column<std::int64_t>(run, type, "bbox_min_vx", [row](std::vector<std::int64_t>& v) { --v.at(3 * row); });
}

fs::path any_file(const fs::path& folder) {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
  return *files.begin();
}

/// One synapse fewer in the first list of the first shard that has one.
void drop_listed_synapse(const fs::path& run) {
  const fs::path top = run / "datasets/ssv.h5";
  const auto cells = SegmentationDataset::open(top);
  const auto list = cells.ragged<Id>("syn_ids", "ids");
  DatasetSchema schema;
  schema.type = "ssv", schema.voxel_size_nm = cells.voxel_size_nm();
  schema.columns = {{"n_syn", DType::u32, 1, "", ""}};
  schema.fields = {ids_field("syn_ids", "")};
  bool dropped = false;
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard) {
    BuilderOptions options;
    options.shard = shard, options.n_shards = cells.n_shards();
    ShardBuilder builder(schema, options);
    cells.for_each(shard, [&](Id id, Row row) {
      std::vector<Id> ids = list(row);
      if (!dropped && ids.size() > 1) ids.pop_back(), dropped = true;
      builder.begin(id);
      builder.set("n_syn", static_cast<std::uint32_t>(ids.size()));
      builder.append<Id>("syn_ids", "ids", ids);
      builder.end();
    });
    builder.write(test::shard_of_column(run, "ssv", "syn_ids", shard));
  }
  test::require(dropped, "no list of two synapses");
}

struct Damage {
  std::string name;
  std::set<std::string> kinds;
  std::function<void(const fs::path& run)> plant;
  bool settled = true;  ///< with checksums and markers of the damaged bytes
};

const std::vector<Damage>& damages() {
  static const std::vector<Damage> list{
      // what is there
      {"truncated shard",
       {"markers"},
       [](const fs::path& run) {
         const fs::path file = test::shard_of_column(run, "mi", "size_vx", 0);
         fs::resize_file(file, fs::file_size(file) - 100);
       },
       false},
      {"missing marker",
       {"markers"},
       [](const fs::path& run) { fs::remove(run / "work/contacts/count/done/0.json"); },
       false},
      {"marker naming a missing file",
       {"markers"},
       [](const fs::path& run) { fs::remove(run / "work/contacts/number/ids.0"); },
       false},
      {"deleted volume chunk",
       {"markers"},
       [](const fs::path& run) { fs::remove(any_file(run / "volumes/mi_seg")); },
       false},
      {"shard of an earlier config",
       {"leftovers"},
       [](const fs::path& run) {
         fs::copy(test::shard_of_column(run, "mi", "size_vx", 0), run / "datasets/mi/watershed-00000000_0000.h5");
       },
       false},
      {"output of no job",
       {"work-leftovers"},
       [](const fs::path& run) { write_file_atomically(run / "work/contacts/count/keys.99", "old"); },
       false},
      {"config changed after the run",
       {"config"},
       [](const fs::path& run) {
         std::string text = read_file(run / "config.yml");
         text.replace(text.find("closings: 7"), 11, "closings: 6");
         write_file_atomically(run / "config.yml", text);
       },
       false},
      {"line cut in runs.jsonl",
       {"records"},
       [](const fs::path& run) { fs::resize_file(run / "runs.jsonl", fs::file_size(run / "runs.jsonl") - 40); },
       false},
      {"stage without its record",
       {"records"},
       [](const fs::path& run) {
         const std::string text = read_file(run / "runs.jsonl");
         write_file_atomically(run / "runs.jsonl", text.substr(text.find('\n') + 1));
       },
       false},
      {"damaged marker of another config",
       {"markers"},
       [](const fs::path& run) {
         const fs::path file = run / "work/contacts/count/done/0.json";
         std::string text = read_file(file);
         text.replace(text.find("\"hash\":\"") + 8, 4, "0000");
         write_file_atomically(file, text);
       },
       false},
      // bytes, order, counts
      {"flipped byte in a shard",
       {"checksums"},
       [](const fs::path& run) {
         const fs::path file = test::shard_of_column(run, "mi", "mesh", 0);
         test::overwrite(file, fs::file_size(file) / 2, "\x55\xaa\x55");
       },
       false},
      {"flipped byte in a shard that no marker tells of",
       {"shards"},
       [](const fs::path& run) {
         // past the checksums of markers, as if copied from another run with its marker
         const fs::path file = test::shard_of_column(run, "cs", "sv_a", 0);
         const auto cs = SegmentationDataset::open(run / "datasets/cs.h5");
         const Id id = cs.column<Id>("sv_b").shard(0).at(0);
         std::string bytes = read_file(file);
         const std::string wanted(reinterpret_cast<const char*>(&id), sizeof id);
         test::overwrite(file, bytes.find(wanted), std::string("\1", 1));
       }},
      {"duplicate id",
       {"structure"},
       [](const fs::path& run) {
         test::edit_column<Id>(run, "cs", "id", [](std::vector<Id>& v) { v.at(1) = v.at(0); });
       }},
      {"ragged offset that falls",
       {"structure"},
       [](const fs::path& run) {
         test::edit_column<std::uint64_t>(run, "cs", "voxels/offset",
                                          [](std::vector<std::uint64_t>& v) { std::swap(v.at(1), v.at(2)); });
       }},
      {"wrong number of rows in the top file",
       {"datasets"},
       [](const fs::path& run) {
         test::edit_dataset<std::uint64_t>(run / "datasets/cs.h5", "shard_start",
                                           [](std::vector<std::uint64_t>& v) { ++v.at(1); });
       },
       false},
      {"page of SQLite destroyed",
       {"database"},
       [](const fs::path& run) { test::overwrite(run / "connectome.sqlite", 3 * 4096, std::string(4096, '\x7f')); }},
      {"row missing in SQLite",
       {"database"},
       [](const fs::path& run) {
         test::edit_sql(run, "DELETE FROM synapses WHERE id = (SELECT min(id) FROM synapses WHERE pre_id IS NULL)");
       }},
      {"CSV cut",
       {"csv"},
       [](const fs::path& run) {
         const std::string text = read_file(run / "export/csv/cells.csv");
         write_file_atomically(run / "export/csv/cells.csv", text.substr(0, text.rfind('\n', text.size() - 2) + 1));
       }},
      // what it means
      {"dangling cell id",
       {"known-ids", "pairs", "table-rows"},
       [](const fs::path& run) {
         test::edit_column<Id>(run, "mi", "cell_id", [](std::vector<Id>& v) {
           *std::find_if(v.begin(), v.end(), [](Id cell) { return cell != 0; }) = 12345;
         });
       }},
      {"contact of an unknown supervoxel",
       {"known-ids", "fragments", "synapse-contacts", "table-contacts"},
       [](const fs::path& run) {
         const Id used =
             SegmentationDataset::open(run / "datasets/syn_ssv.h5").ragged<Id>("cs_ids", "ids", Id{1}).at(0);
         const Row row = SegmentationDataset::open(run / "datasets/cs.h5").at(used);
         test::edit_column<Id>(
             run, "cs", "sv_a", [&](std::vector<Id>& v) { v.at(row.index) = 1; }, row.shard);
       }},
      {"moved bounding box of voxels", {"runs"}, [](const fs::path& run) { move_box(run, "cs"); }},
      {"moved bounding box of labels", {"labels", "table-rows"}, [](const fs::path& run) { move_box(run, "mi"); }},
      {"representative voxel outside",
       {"boxes", "runs"},
       [](const fs::path& run) {
         test::edit_column<std::int64_t>(run, "cs", "rep_vx", set_first<std::int64_t>(100000));
       }},
      {"size of a supervoxel",
       {"labels", "cell-sums"},
       [](const fs::path& run) {
         test::edit_column<std::uint64_t>(run, "sv", "size_vx", [](std::vector<std::uint64_t>& v) { ++v.at(0); });
       }},
      {"voxels of an overlap",
       {"pairs"},
       [](const fs::path& run) {
         test::edit_column<std::uint64_t>(run, "mi", "sv_overlap/voxels",
                                          [](std::vector<std::uint64_t>& v) { ++v.back(); });
       }},
      {"synapse missing in a cell's list", {"pairs", "cell-degrees"}, drop_listed_synapse},
      {"probability of 1.5",
       {"ranges", "table-rows"},
       [](const fs::path& run) { test::edit_column<float>(run, "syn_ssv", "prob", set_first(1.5F)); }},
      {"unknown compartment",
       {"codes", "table-rows"},
       [](const fs::path& run) {
         test::edit_column<std::uint8_t>(run, "syn_ssv", "pre_comp", set_first<std::uint8_t>(9));
       }},
      {"partners that are no partners",
       {"partners", "table-rows"},
       [](const fs::path& run) {
         const auto syn = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
         const auto a = syn.column<Id>("cell_a").shard(0);
         test::edit_column<Id>(run, "syn_ssv", "post_id", set_first(a.at(0)));
         test::edit_column<Id>(run, "syn_ssv", "pre_id", set_first(a.at(0)));
       }},
      {"NaN in a coordinate",
       {"finite"},
       [](const fs::path& run) { test::edit_column<double>(run, "cs", "centroid_nm", set_first(std::nan(""))); }},
      {"count of a list",
       {"counts", "table-rows"},
       [](const fs::path& run) { test::edit_column<std::uint32_t>(run, "ssv", "n_mi", set_first<std::uint32_t>(77)); }},
      {"edge beyond the skeleton's nodes",
       {"skeletons"},
       [](const fs::path& run) {
         test::edit_column<std::uint32_t>(run, "ssv", "skeleton/edges", set_first<std::uint32_t>(1000000));
       }},
      {"skeleton with a circle",
       {"skeletons"},
       [](const fs::path& run) {
         test::edit_column<std::uint32_t>(run, "ssv", "skeleton/edges",
                                          [](std::vector<std::uint32_t>& v) { v.at(0) = v.at(2), v.at(1) = v.at(3); });
       }},
      {"face beyond the mesh's vertices",
       {"meshes"},
       [](const fs::path& run) {
         test::edit_column<std::uint32_t>(run, "ssv", "mesh/faces", set_first<std::uint32_t>(1000000));
       }},
      {"hole in a mesh",
       {"meshes"},
       [](const fs::path& run) {
         test::edit_column<std::uint32_t>(run, "ssv", "mesh/faces",
                                          [](std::vector<std::uint32_t>& v) { v.at(0) = v.at(1); });
       }},
      {"pre and post swapped in edges",
       {"table-edges", "table-degrees"},
       [](const fs::path& run) {
         test::edit_sql(run,
                        "UPDATE edges SET pre_id = post_id, post_id = pre_id WHERE pre_id = (SELECT min(pre_id) FROM "
                        "edges AS e WHERE NOT EXISTS (SELECT 1 FROM edges AS f WHERE f.pre_id = e.post_id AND "
                        "f.post_id = e.pre_id)) AND NOT EXISTS (SELECT 1 FROM edges AS f WHERE f.pre_id = "
                        "edges.post_id AND f.post_id = edges.pre_id)");
       }},
      {"sum of an edge off by one",
       {"table-edges", "table-degrees"},
       [](const fs::path& run) {
         test::edit_sql(run, "UPDATE edges SET n_syn = n_syn + 1 WHERE pre_id = (SELECT min(pre_id) FROM edges)");
       }},
      {"edge of an unknown cell",
       {"table-ids", "table-edges", "table-degrees"},
       [](const fs::path& run) {
         test::edit_sql(run,
                        "UPDATE edges SET post_id = 7 WHERE pre_id = (SELECT min(pre_id) FROM edges) AND post_id = "
                        "(SELECT min(post_id) FROM edges AS e WHERE e.pre_id = edges.pre_id)");
       }},
      {"contacts of a pair",
       {"table-contacts"},
       [](const fs::path& run) {
         test::edit_sql(run, "UPDATE contacts SET n_cs = n_cs + 1 WHERE cell_a = (SELECT min(cell_a) FROM contacts)");
       }},
  };
  return list;
}

TEST_F(Verify, FindsEveryDamageAndNothingElse) {
  const auto synapses = SegmentationDataset::open(temp_ / "whole/datasets/syn_ssv.h5");
  ASSERT_GE(synapses.shard_size(0), 2U);
  for (const Damage& damage : damages()) {
    SCOPED_TRACE(damage.name);
    const fs::path run = copy();
    ASSERT_NO_THROW(damage.plant(run));
    if (damage.settled) {
      ASSERT_NO_THROW(test::settle(run));
    }
    const Json found = report(run);
    EXPECT_EQ(kinds(found), damage.kinds) << verify_text(found);
    EXPECT_FALSE(found.at("clean").get<bool>());
  }
}

TEST_F(Verify, FindsChangedInputs) {
  Volume<Id> sv = [&] {  // closed again before it is written
    const auto volume = open_volume(inputs_.path() / "sv.h5", "sv");
    return volume->read_labels(volume->info().box());
  }();
  const Volume<Id> before = sv;
  for (std::int64_t x = 40; x < 80; ++x) sv.at({x, 60, 30}) = before.at({10, 10, 10});
  write_inputs(sv);
  EXPECT_EQ(kinds(report(temp_ / "whole")), (std::set<std::string>{"inputs", "labels"}));
  write_inputs(before);
}

TEST_F(Verify, NamesAndCountsViolations) {
  const fs::path run = copy();
  const auto cs = SegmentationDataset::open(run / "datasets/cs.h5");
  ASSERT_GT(cs.shard_size(0), 25U);
  test::edit_column<std::uint64_t>(run, "cs", "size_vx", [](std::vector<std::uint64_t>& v) {
    for (std::uint64_t& n : v) ++n;
  });
  test::settle(run);
  const Json found = report(run);
  bool told = false;
  for (const Json& group : found.at("groups"))
    if (group.at("check") == "runs" && group.at("dataset") == "cs/size_vx") {
      told = true;
      EXPECT_EQ(group.at("count"), cs.shard_size(0));
      ASSERT_EQ(group.at("violations").size(), 20U);
      const Json& first = group.at("violations").at(0);
      const Id id = cs.ids(0).at(0);
      const auto size = cs.column<std::uint64_t>("size_vx")(cs.at(id));  // an open file: already the damaged one
      EXPECT_EQ(first.at("id"), std::to_string(id));
      EXPECT_EQ(first.at("expected"), std::to_string(size - 1) + ", its voxels");
      EXPECT_EQ(first.at("found"), std::to_string(size));
      EXPECT_TRUE(first.at("file").get<std::string>().starts_with("datasets/cs/contacts-"));
    }
  EXPECT_TRUE(told);
  EXPECT_NE(verify_text(found).find("more (--all lists them)"), std::string::npos);
  const auto progress = make_progress(std::cerr, false, true);
  const Json all = verify_run(run, {VerifyDepth::semantic, 1, true}, kMemory, *progress);
  EXPECT_EQ(verify_text(all).find("--all"), std::string::npos);
}

}  // namespace
}  // namespace syconn
