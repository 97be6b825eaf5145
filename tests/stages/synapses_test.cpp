// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "support/stage_run.h"
#include "syconn/algo/object_properties.h"
#include "syconn/algo/poisson_mesh.h"
#include "syconn/algo/synapse_features.h"
#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"
#include "syconn/io/forest_file.h"

namespace syconn {
namespace {

constexpr Vec3d kSizeNm{10, 10, 25};
constexpr Vec3i kBoxVx{220, 110, 40};
constexpr Id kFarCell = (Id{1} << 63) + 5;
constexpr double kGapNm = 250, kRepNm = 700, kMiNm = 300, kVcNm = 150;
constexpr std::uint64_t kMinVx = 60;

struct Fragment {
  Id id, sv_a, sv_b;
  std::uint64_t n_sym, n_asym;
  std::vector<Vec3i> voxels;
};

struct Organelle {
  Id id, cell;
  std::uint64_t size_vx;
  Vec3i rep;
  std::vector<float> vertices_nm;
};

struct Input {
  std::map<Id, Id> cell_of;
  std::vector<Fragment> fragments;
  std::map<std::string, std::vector<Organelle>> organelles;
};

std::int64_t below(Rng& rng, std::int64_t n) {
  return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n)));
}

std::vector<Vec3i> blobs(Rng& rng, std::set<std::array<std::int64_t, 3>>& taken) {
  std::vector<Vec3i> voxels;
  for (int blob = 0; blob < 3; ++blob) {
    const Vec3i size{2 + below(rng, 7), 2 + below(rng, 7), 1 + below(rng, 3)};
    const Vec3i corner{below(rng, kBoxVx.x - size.x), below(rng, kBoxVx.y - size.y), below(rng, kBoxVx.z - size.z)};
    for (std::int64_t z = 0; z < size.z; ++z)
      for (std::int64_t y = 0; y < size.y; ++y)
        for (std::int64_t x = 0; x < size.x; ++x) {
          const Vec3i v = corner + Vec3i{x, y, z};
          if (taken.insert(v.array()).second) voxels.push_back(v);
        }
  }
  return voxels;
}

Organelle organelle(Rng& rng, Id id, Id cell) {
  Organelle o{id, cell, 50 + rng.below(500), {below(rng, kBoxVx.x), below(rng, kBoxVx.y), below(rng, kBoxVx.z)}, {}};
  const Vec3d rep = (Vec3d(o.rep) + Vec3d(0.5)) * kSizeNm;
  for (int v = 0; v < 40; ++v)
    for (int axis = 0; axis < 3; ++axis) o.vertices_nm.push_back(static_cast<float>(rep[axis] + rng.normal(0, 150)));
  return o;
}

Input make_input() {
  Input in{{{1, 10}, {3, 10}, {2, 20}, {4, 20}, {6, kFarCell}, {5, kBackground}}, {}, {}};
  Rng rng(11);
  std::set<std::array<std::int64_t, 3>> taken;
  const std::pair<Id, Id> pairs[] = {{1, 2}, {1, 3}, {1, 4}, {1, 6}, {2, 3}, {2, 5}, {2, 6}, {2, 7}, {3, 4}, {4, 6}};
  for (const auto& [a, b] : pairs) {
    std::vector<Vec3i> voxels = blobs(rng, taken);
    const std::uint64_t n = voxels.size(), sym = rng.below(n / 2), asym = rng.below(n / 2);
    in.fragments.push_back({(Id{1} << 34) + a * 8 + b, a, b, sym, asym, std::move(voxels)});
  }
  in.fragments[3].n_sym = in.fragments[3].n_asym = 0;
  for (const char* type : {"mi", "vc"})
    for (Id id = 1; id <= 30; ++id)
      in.organelles[type].push_back(organelle(rng, id, std::array<Id, 4>{10, 20, kFarCell, 0}[rng.below(4)]));
  return in;
}

std::vector<Run> runs_of(const std::vector<Vec3i>& voxels) {
  std::vector<Run> runs;
  for (const Vec3i& v : voxels)
    runs.push_back({static_cast<std::int32_t>(v.x), static_cast<std::int32_t>(v.y), static_cast<std::int32_t>(v.z), 1});
  sort_and_merge(runs);
  return runs;
}

void append_runs(ShardBuilder& row, const std::vector<Run>& runs) {
  std::vector<std::int32_t> values;
  for (const Run& r : runs) values.insert(values.end(), {r.x, r.y, r.z, r.len});
  row.append<std::int32_t>("voxels", "runs_vx", values);
}

DatasetBuilder builder(const std::string& type, std::vector<ColumnSpec> columns, std::vector<FieldSpec> fields = {}) {
  return DatasetBuilder({type, kSizeNm, "{}", std::move(columns), std::move(fields)}, 2);
}

void write_datasets(const Input& in, const fs::path& folder) {
  DatasetBuilder sv = builder("sv", {{"cell_id", DType::u64}});
  for (const auto& [id, cell] : in.cell_of) {
    ShardBuilder& row = sv.begin(id);
    row.set("cell_id", cell);
    row.end();
  }
  sv.commit(folder, "sso", "00000000");
  DatasetBuilder ssv = builder("ssv", {{"n_sv", DType::u32}});
  for (const Id cell : {Id{10}, Id{20}, Id{30}, kFarCell}) {
    ShardBuilder& row = ssv.begin(cell);
    row.set("n_sv", std::uint32_t{1});
    row.end();
  }
  ssv.commit(folder, "sso", "00000000");
  DatasetBuilder syn =
      builder("syn", {{"sv_a", DType::u64}, {"sv_b", DType::u64}, {"n_sym_vx", DType::u64}, {"n_asym_vx", DType::u64}},
              {voxels_field()});
  for (const Fragment& f : in.fragments) {
    ShardBuilder& row = syn.begin(f.id);
    row.set("sv_a", f.sv_a);
    row.set("sv_b", f.sv_b);
    row.set("n_sym_vx", f.n_sym);
    row.set("n_asym_vx", f.n_asym);
    append_runs(row, runs_of(f.voxels));
    row.end();
  }
  syn.commit(folder, "contacts", "00000000");
  for (const auto& [type, objects] : in.organelles) {
    DatasetBuilder set =
        builder(type, {{"cell_id", DType::u64}, {"size_vx", DType::u64}, {"rep_vx", DType::i64, 3}}, {mesh_field()});
    for (const Organelle& o : objects) {
      ShardBuilder& row = set.begin(o.id);
      row.set("cell_id", o.cell);
      row.set("size_vx", o.size_vx);
      row.set("rep_vx", o.rep);
      row.append<float>("mesh", "vertices_nm", o.vertices_nm);
      row.end();
    }
    set.commit(folder, "watershed", "00000000");
  }
}

// ---- what the definition says, voxel by voxel ----------------------------------------------------------------------

struct Expected {
  Id cell_a, cell_b;
  std::vector<Vec3i> voxels;
  std::set<Id> cs;
};

bool raster_before(const Vec3i& a, const Vec3i& b) { return std::tie(a.z, a.y, a.x) < std::tie(b.z, b.y, b.x); }

double distance(const Vec3d& a, const Vec3d& b) { return std::hypot(a.x - b.x, a.y - b.y, a.z - b.z); }

/// Parts of a graph over n things.
template <class F>
std::vector<std::size_t> parts(std::size_t n, F&& joined) {
  std::vector<std::size_t> root(n);
  std::iota(root.begin(), root.end(), std::size_t{0});
  const auto find = [&](std::size_t i) {
    while (root[i] != i) i = root[i];
    return i;
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (find(i) != find(j) && joined(i, j)) root[find(i)] = find(j);
  for (std::size_t i = 0; i < n; ++i) root[i] = find(i);
  return root;
}

struct Part {
  Id cs;
  std::vector<Vec3i> voxels;
};

std::vector<Part> parts_of(const Fragment& f) {
  const auto root = parts(f.voxels.size(), [&](std::size_t i, std::size_t j) {
    return distance(Vec3d(f.voxels[i]), Vec3d(f.voxels[j])) <= 2;
  });
  std::map<std::size_t, Part> by_root;
  for (std::size_t i = 0; i < root.size(); ++i)
    by_root[root[i]].cs = f.id, by_root[root[i]].voxels.push_back(f.voxels[i]);
  std::vector<Part> out;
  for (auto& [key, part] : by_root) out.push_back(std::move(part));
  return out;
}

bool touch(const Part& a, const Part& b) {
  if (a.cs == b.cs) return false;
  for (const Vec3i& v : a.voxels)
    for (const Vec3i& w : b.voxels)
      if (distance(Vec3d(v) * kSizeNm, Vec3d(w) * kSizeNm) <= kGapNm) return true;
  return false;
}

std::vector<Expected> expected(const Input& in, std::uint64_t min_vx) {
  std::map<std::pair<Id, Id>, std::vector<Part>> by_pair;
  for (const Fragment& f : in.fragments) {
    const auto a = in.cell_of.find(f.sv_a), b = in.cell_of.find(f.sv_b);
    if (a == in.cell_of.end() || b == in.cell_of.end() || a->second == 0 || b->second == 0) continue;
    if (a->second == b->second) continue;
    std::vector<Part>& to = by_pair[std::minmax(a->second, b->second)];
    for (Part& p : parts_of(f)) to.push_back(std::move(p));
  }
  std::vector<Expected> all;
  for (auto& [pair, list] : by_pair) {
    const auto root = parts(list.size(), [&](std::size_t i, std::size_t j) { return touch(list[i], list[j]); });
    std::map<std::size_t, Expected> objects;
    for (std::size_t i = 0; i < list.size(); ++i) {
      Expected& e = objects[root[i]];
      e.cell_a = pair.first, e.cell_b = pair.second;
      e.voxels.insert(e.voxels.end(), list[i].voxels.begin(), list[i].voxels.end());
      e.cs.insert(list[i].cs);
    }
    for (auto& [key, e] : objects) {
      std::sort(e.voxels.begin(), e.voxels.end(), raster_before);
      if (e.voxels.size() >= min_vx) all.push_back(std::move(e));
    }
  }
  std::sort(all.begin(), all.end(), [](const Expected& x, const Expected& y) {
    if (x.cell_a != y.cell_a || x.cell_b != y.cell_b)
      return std::tie(x.cell_a, x.cell_b) < std::tie(y.cell_a, y.cell_b);
    return raster_before(x.voxels[0], y.voxels[0]);
  });
  return all;
}

NearOrganelles near(const Input& in, const Expected& e, const Vec3i& rep, Id cell) {
  NearOrganelles sum;
  for (const auto& [type, objects] : in.organelles)
    for (const Organelle& o : objects) {
      const Vec3d a = (Vec3d(rep) + Vec3d(0.5)) * kSizeNm, b = (Vec3d(o.rep) + Vec3d(0.5)) * kSizeNm;
      if (o.cell != cell || distance(a, b) > kRepNm) continue;
      int n = 0;
      for (std::size_t v = 0; v < o.vertices_nm.size(); v += 3) {
        const Vec3d p{o.vertices_nm[v], o.vertices_nm[v + 1], o.vertices_nm[v + 2]};
        n += std::any_of(e.voxels.begin(), e.voxels.end(), [&](const Vec3i& w) {
          return distance((Vec3d(w) + Vec3d(0.5)) * kSizeNm, p) <= (type == "mi" ? kMiNm : kVcNm);
        });
      }
      const double voxels = n / (static_cast<double>(o.vertices_nm.size()) / 3) * static_cast<double>(o.size_vx);
      (type == "mi" ? sum.n_mi : sum.n_vc) += n > 0;
      (type == "mi" ? sum.mi_vx : sum.vc_vx) += voxels;
    }
  return sum;
}

// ---- runs of the stage alone ---------------------------------------------------------------------------------------

std::string config(const std::string& keys, const std::string& execution = "threads: 1") {
  return "dataset: {name: t, voxel_size_nm: [10, 10, 25], box_vx: {min: [0, 0, 0], max: [220, 110, 40]}, volumes: {}}\n"
         "stages: [synapses]\nexecution: {" +
         execution +
         "}\nsynapses: {min_syn_ssv_vx: 60, max_rep_distance_nm: 700, mi_radius_nm: 300, vc_radius_nm: 150" + keys +
         "}\n";
}

/// Without the stages it needs: their datasets stand.
void run_alone(const std::string& yaml, const fs::path& folder) {
  StageTable table;
  table.dataset_box = stage_table().dataset_box;
  table.stages.push_back(stage_table().at("synapses"));
  table.stages[0].needs.clear();
  table.stages[0].uses.clear();
  const PipelineRun run(parse_config(yaml, "test.yml", folder, {}, table.sections()), folder / "run", table);
  const auto progress = make_progress(std::cerr, false, true);
  run_local(run, {}, *progress);
}

fs::path datasets(const test::TempFolder& folder) { return folder / "run" / "datasets"; }

TEST(Synapses, AsTheDefinitionSays) {
  const Input in = make_input();
  const test::TempFolder folder;
  write_datasets(in, datasets(folder));
  run_alone(config(", mesh: marching_cubes"), folder.path());
  const auto syn = SegmentationDataset::open(datasets(folder) / "syn_ssv.h5");
  const std::vector<Expected> want = expected(in, kMinVx);
  ASSERT_GT(want.size(), 4U);
  ASSERT_GT(expected(in, 1).size(), want.size());
  ASSERT_EQ(syn.size(), want.size());
  bool some_joined = false, some_near = false;
  for (std::size_t i = 0; i < want.size(); ++i) {
    SCOPED_TRACE(i);
    const Expected& e = want[i];
    const Row row = syn.at(i + 1);
    EXPECT_EQ(syn.column<Id>("cell_a")(row), e.cell_a);
    EXPECT_EQ(syn.column<Id>("cell_b")(row), e.cell_b);
    EXPECT_EQ(syn.column<std::uint64_t>("size_vx")(row), e.voxels.size());
    const std::vector<syconn::Run> runs = runs_of(e.voxels);
    const auto values = syn.ragged<std::int32_t>("voxels", "runs_vx", i + 1);
    ASSERT_EQ(values.size(), 4 * runs.size());
    for (std::size_t r = 0; r < runs.size(); ++r)
      ASSERT_EQ((syconn::Run{values[4 * r], values[4 * r + 1], values[4 * r + 2], values[4 * r + 3]}), runs[r]);
    EXPECT_EQ(syn.ragged<Id>("cs_ids", "ids", i + 1), std::vector<Id>(e.cs.begin(), e.cs.end()));
    some_joined |= e.cs.size() > 1;
    const ObjectRecord record = record_of_runs(1, runs, distance_units(kSizeNm));
    const Vec3i rep = rep_vx(record, distance_units(kSizeNm));
    EXPECT_EQ(syn.column<std::int64_t>("rep_vx").values(row), (std::vector<std::int64_t>{rep.x, rep.y, rep.z}));
    const double area = mesh_area_um2(voxel_surface(runs, kSizeNm));
    EXPECT_FLOAT_EQ(syn.column<float>("area_um2")(row), static_cast<float>(area / 2));
    EXPECT_EQ(syn.column<std::uint8_t>("mesh_method")(row), 0);
    EXPECT_EQ(syn.ragged<float>("mesh", "vertices_nm", i + 1).size(),
              3 * voxel_surface(runs, kSizeNm).vertices_nm.size());
    const NearOrganelles a = near(in, e, rep, e.cell_a), b = near(in, e, rep, e.cell_b);
    const auto features = syn.column<float>("features").values(row);
    const auto want_features = synapse_features(e.voxels.size(), area, a, b);
    for (std::size_t k = 0; k < features.size(); ++k) EXPECT_FLOAT_EQ(features[k], want_features[k]) << k;
    EXPECT_FLOAT_EQ(syn.column<float>("direction_vc")(row), static_cast<float>(vesicle_direction(a, b)));
    some_near |= a.n_mi > 0 && b.vc_vx > 0;
    const auto sym = syn.column<std::uint64_t>("n_sym_vx")(row), asym = syn.column<std::uint64_t>("n_asym_vx")(row);
    EXPECT_EQ(syn.column<std::int8_t>("sign")(row), synapse_sign(sym, asym));
    EXPECT_TRUE(std::isnan(syn.column<float>("prob")(row)));
  }
  EXPECT_TRUE(some_joined);
  EXPECT_TRUE(some_near);
  EXPECT_TRUE(syn.verify(VerifyLevel::full).empty());
  const auto cells = SegmentationDataset::open(datasets(folder) / "ssv.h5");
  for (const Id cell : {Id{10}, Id{20}, Id{30}, kFarCell}) {
    std::vector<Id> ids;
    for (std::size_t i = 0; i < want.size(); ++i)
      if (want[i].cell_a == cell || want[i].cell_b == cell) ids.push_back(i + 1);
    EXPECT_EQ(cells.ragged<Id>("syn_ids", "ids", cell), ids);
    EXPECT_EQ(cells.column<std::uint32_t>("n_syn")(cells.at(cell)), ids.size());
  }
}

TEST(Synapses, TypedVoxelsAddUp) {
  const Input in = make_input();
  const test::TempFolder folder;
  write_datasets(in, datasets(folder));
  std::string yaml = config(", mesh: marching_cubes");
  yaml.replace(yaml.find("vx: 60"), 6, "vx: 1");
  run_alone(yaml, folder.path());
  const auto syn = SegmentationDataset::open(datasets(folder) / "syn_ssv.h5");
  ASSERT_EQ(syn.size(), expected(in, 1).size());
  std::uint64_t sym = 0, asym = 0;
  for (const Fragment& f : in.fragments) {
    const auto a = in.cell_of.find(f.sv_a), b = in.cell_of.find(f.sv_b);
    if (b == in.cell_of.end() || b->second == 0 || a->second == b->second) continue;
    sym += f.n_sym, asym += f.n_asym;
  }
  const auto got_sym = syn.column<std::uint64_t>("n_sym_vx").all(),
             got_asym = syn.column<std::uint64_t>("n_asym_vx").all();
  EXPECT_EQ(std::accumulate(got_sym.begin(), got_sym.end(), std::uint64_t{0}), sym);
  EXPECT_EQ(std::accumulate(got_asym.begin(), got_asym.end(), std::uint64_t{0}), asym);
}

/// One split by size: 0.25 up to `threshold` voxels, 0.75 above.
void write_size_forest(const fs::path& path, double threshold, std::uint32_t n_features = kSynapseFeatures,
                       const std::string& mesh = "") {
  ForestFile file;
  file.synapse_mesh = mesh;
  file.forest = {n_features,        2,         {0, 3},    {0, -1, -1},
                 {threshold, 0, 0}, {1, 0, 0}, {2, 0, 0}, {0, 0, 0.75, 0.25, 0.25, 0.75}};
  for (std::uint32_t i = 0; i < n_features; ++i) file.feature_names.push_back("f" + std::to_string(i));
  file.class_names = {"other", "synapse"};
  write_forest(path, file);
}

TEST(Synapses, ForestDecidesWhatIsKept) {
  const Input in = make_input();
  const test::TempFolder folder;
  write_datasets(in, datasets(folder));
  const std::vector<Expected> want = expected(in, kMinVx);
  std::vector<std::size_t> sizes;
  for (const Expected& e : want) sizes.push_back(e.voxels.size());
  std::sort(sizes.begin(), sizes.end());
  const double threshold = static_cast<double>(sizes[sizes.size() / 2]) + 0.5;
  write_size_forest(folder / "forest.h5", threshold);
  run_alone(config(", mesh: marching_cubes, forest: forest.h5"), folder.path());
  const auto syn = SegmentationDataset::open(datasets(folder) / "syn_ssv.h5");
  const auto cells = SegmentationDataset::open(datasets(folder) / "ssv.h5");
  ASSERT_EQ(syn.size(), want.size());
  std::vector<Id> kept;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const bool above = static_cast<double>(want[i].voxels.size()) > threshold;
    EXPECT_FLOAT_EQ(syn.column<float>("prob")(syn.at(i + 1)), above ? 0.75F : 0.25F);
    if (above && (want[i].cell_a == 20 || want[i].cell_b == 20)) kept.push_back(i + 1);
  }
  EXPECT_EQ(cells.ragged<Id>("syn_ids", "ids", 20), kept);
}

TEST(Synapses, RefusesAForestOfOtherFeatures) {
  const test::TempFolder folder;
  write_datasets(make_input(), datasets(folder));
  write_size_forest(folder / "forest.h5", 100, 14);
  EXPECT_THROW(run_alone(config(", mesh: marching_cubes, forest: forest.h5"), folder.path()), Error);
  EXPECT_THROW(run_alone(config(", mesh: marching_cubes, forest: none.h5"), folder.path()), Error);
}

std::string refusal(const std::string& yaml, const fs::path& folder) {
  try {
    run_alone(yaml, folder);
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::input);
    return e.what();
  }
  return "";
}

/// Lines of the logs of the stage's steps.
std::string logs_of(const fs::path& run) {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(run))
    if (entry.is_regular_file() && entry.path().extension() == ".log") text += read_file(entry.path());
  return text;
}

TEST(Synapses, RefusesAForestOfOtherMeshes) {
  using ::testing::HasSubstr;
  using ::testing::Not;
  const test::TempFolder folder;
  write_datasets(make_input(), datasets(folder));
  write_size_forest(folder / "poisson.h5", 100, kSynapseFeatures, "poisson");
  write_size_forest(folder / "cubes.h5", 100, kSynapseFeatures, "marching_cubes");
  write_size_forest(folder / "foreign.h5", 100);
  EXPECT_THAT(refusal(config(", mesh: marching_cubes, forest: poisson.h5"), folder.path()),
              HasSubstr("was trained with synapses.mesh: poisson, the run has marching_cubes"));
  EXPECT_THAT(refusal(config(", mesh: poisson, forest: cubes.h5"), folder.path()),
              HasSubstr("was trained with synapses.mesh: marching_cubes, the run has poisson"));
  EXPECT_FALSE(fs::exists(datasets(folder) / "syn_ssv.h5"));
  EXPECT_EQ(refusal(config(", mesh: marching_cubes, forest: cubes.h5"), folder.path()), "");
  const std::string warning = "does not say with which synapses.mesh it was trained";
  EXPECT_THAT(logs_of(folder / "run"), Not(HasSubstr(warning)));
  EXPECT_EQ(refusal(config(", mesh: marching_cubes, forest: foreign.h5"), folder.path()), "");
  EXPECT_THAT(logs_of(folder / "run"), HasSubstr(warning));
}

TEST(Synapses, WithoutOrganellesFeaturesAreZero) {
  Input in = make_input();
  in.organelles.clear();
  const test::TempFolder folder;
  write_datasets(in, datasets(folder));
  run_alone(config(", mesh: marching_cubes"), folder.path());
  const auto syn = SegmentationDataset::open(datasets(folder) / "syn_ssv.h5");
  const auto features = syn.column<float>("features").values(syn.at(1));
  EXPECT_GT(features[0], 0);
  for (std::size_t k = 2; k < features.size(); ++k) EXPECT_EQ(features[k], 0);
  EXPECT_EQ(syn.column<float>("direction_vc")(syn.at(1)), 0);
}

TEST(Synapses, WithoutFragmentsThereAreNone) {
  const test::TempFolder folder;
  write_datasets(make_input(), datasets(folder));
  run_alone(config(", mesh: marching_cubes"), folder.path());
  ASSERT_TRUE(fs::exists(datasets(folder) / "syn_ssv.h5"));
  fs::remove(datasets(folder) / "syn.h5");
  run_alone(config(", mesh: marching_cubes, gap_nm: 240"), folder.path());
  EXPECT_FALSE(fs::exists(datasets(folder) / "syn_ssv.h5"));
  EXPECT_FALSE(SegmentationDataset::open(datasets(folder) / "ssv.h5").has_column("n_syn"));
}

TEST(Synapses, SameBytesForAnyThreadsAndOrder) {
  const Input in = make_input();
  std::vector<std::map<std::string, std::string>> runs;
  for (const char* execution : {"threads: 1", "threads: 2, job_order_seed: 9"}) {
    const test::TempFolder folder;
    write_datasets(in, datasets(folder));
    std::string yaml = config("", execution);
    yaml.replace(yaml.find("vx: 60"), 6, "vx: 180");  // few meshes
    run_alone(yaml, folder.path());
    auto& files = runs.emplace_back();
    for (const auto& entry : fs::recursive_directory_iterator(datasets(folder)))
      if (entry.is_regular_file())
        files[fs::relative(entry.path(), datasets(folder)).string()] = read_file(entry.path());
    const auto syn = SegmentationDataset::open(datasets(folder) / "syn_ssv.h5");
    const auto methods = syn.column<std::uint8_t>("mesh_method").all();
    EXPECT_TRUE(std::any_of(methods.begin(), methods.end(), [](std::uint8_t m) { return m == 1; }));
  }
  for (const auto& [name, bytes] : runs[0]) EXPECT_TRUE(runs[1][name] == bytes) << name;
  EXPECT_EQ(runs[0].size(), runs[1].size());
}

}  // namespace
}  // namespace syconn
