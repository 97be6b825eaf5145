// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "algo/label_patterns.h"
#include "stages/contacts_truth.h"
#include "support/stage_run.h"

namespace syconn {
namespace {

constexpr Vec3d kSizeNm{10, 10, 25};
constexpr Vec3i kUnit{2, 2, 5};  // the voxel size in 5 nm

struct Input {
  Volume<Id> sv, type;
  Volume<std::uint8_t> sj;
};

/// Cells, junctions in blobs with single wrong voxels, and types 0 to 2.
Input tissue() {
  const Box3 box = Box3::of_size({150, 140, 70});
  Input in{patterns::voronoi(box, 36, 0.15, 7, {1, 1, 2}), Volume<Id>(box), Volume<std::uint8_t>(box)};
  const Volume<Id> blobs = patterns::voronoi(box, 40, 0.5, 8), types = patterns::voronoi(box, 12, 0.3, 9);
  Rng rng(3);
  for (std::size_t i = 0; i < in.sv.count(); ++i) {
    const bool wrong = rng.below(40) == 0;
    in.sj.data()[i] = (blobs.data()[i] != 0) != wrong ? 49 : 48;  // just above and below 0.19047619 * 255
    in.type.data()[i] = (types.data()[i] >> 1) % 3;
  }
  return in;
}

const Input& shared_tissue() {
  static const Input input = tissue();
  return input;
}

Vec3i element(int k) {  // the diamond of radius 2 in its plane, one voxel above and below
  static const std::vector<Vec3i> list = [] {
    std::vector<Vec3i> all{{0, 0, -1}, {0, 0, 1}};
    for (std::int64_t y = -2; y <= 2; ++y)
      for (std::int64_t x = -2; x <= 2; ++x)
        if (std::abs(x) + std::abs(y) <= 2) all.push_back({x, y, 0});
    return all;
  }();
  return list.at(static_cast<std::size_t>(k));
}

/// Outside `in` is background.
Volume<std::uint8_t> morph(const Volume<std::uint8_t>& in, bool dilate) {
  Volume<std::uint8_t> out(in.box());
  const Box3 box = in.box();
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        bool any = false, all = true;
        for (int k = 0; k < 15; ++k) {
          const Vec3i v = Vec3i{x, y, z} + element(k);
          const bool set = box.contains(v) && in.at(v) != 0;
          any |= set, all &= set;
        }
        out.at({x, y, z}) = dilate ? any : all;
      }
  return out;
}

template <class T>
Volume<T> part_of_volume(const Volume<T>& from, const Box3& box) {
  Volume<T> out(box);
  const Box3 both = intersect(box, from.box());
  for (std::int64_t z = both.min.z; z < both.max.z; ++z)
    for (std::int64_t y = both.min.y; y < both.max.y; ++y)
      for (std::int64_t x = both.min.x; x < both.max.x; ++x) out.at({x, y, z}) = from.at({x, y, z});
  return out;
}

/// The voxels of `box` as a volume that starts at 0.
template <class T>
Volume<T> moved_to_zero(const Volume<T>& part) {
  Volume<T> out(Box3::of_size(part.box().size()));
  std::copy(part.data(), part.data() + part.count(), out.data());
  return out;
}

Volume<std::uint8_t> junctions(const Volume<std::uint8_t>& grey) {
  Volume<std::uint8_t> mask(grey.box());
  for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = grey.data()[i] > 0.19047619 * 255;
  mask = morph(morph(mask, false), true);
  mask = part_of_volume(mask, grey.box().grown(Vec3i(4)));  // closing as on an unbounded grid
  return part_of_volume(morph(morph(mask, true), false), grey.box());
}

truth::Objects expected(const Input& in) {
  const Volume<std::uint8_t> mask = junctions(in.sj);
  return truth::objects_of(in.sv.view(), &mask, &in.type, kUnit, kSizeNm);
}

void write_input(const Input& in, const fs::path& folder) {
  test::write_volume(folder / "sv.h5", "sv", in.sv);
  test::write_volume(folder / "sj.h5", "sj", in.sj);
  test::write_volume(folder / "type.h5", "type", in.type);
}

std::string config(const std::string& dataset, const std::string& execution, bool with_sj = true) {
  return "dataset: {name: t, voxel_size_nm: [10, 10, 25], " + dataset +
         ", volumes: {sv: {path: sv.h5, dataset: sv, kind: labels}" +
         (with_sj ? ", sj: {path: sj.h5, dataset: sj, kind: probability}, syn_type: {path: type.h5, dataset: type, "
                    "kind: labels, asym: [1], sym: [2]}"
                  : "") +
         "}}\nstages: [contacts]\nexecution: {" + execution + "}\n";
}

void expect_equal(const std::vector<truth::Object>& got, const std::vector<truth::Object>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE("row " + std::to_string(i));
    ASSERT_EQ(got[i].id, want[i].id);
    ASSERT_EQ(got[i].sv_a, want[i].sv_a);
    ASSERT_EQ(got[i].sv_b, want[i].sv_b);
    ASSERT_EQ(got[i].runs, want[i].runs);
    ASSERT_EQ(got[i].size_vx, want[i].size_vx);
    ASSERT_EQ(got[i].part, want[i].part);
    ASSERT_EQ(got[i].n_parts, want[i].n_parts);
    ASSERT_EQ(got[i].bbox, want[i].bbox);
    ASSERT_EQ(got[i].rep, want[i].rep);
    ASSERT_EQ(got[i].n_sym, want[i].n_sym);
    ASSERT_EQ(got[i].n_asym, want[i].n_asym);
    for (int k = 0; k < 3; ++k) ASSERT_DOUBLE_EQ(got[i].centroid_nm[k], want[i].centroid_nm[k]);
  }
}

std::map<std::string, std::string> bytes_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

TEST(ContactsStage, EqualsTheDefinition) {
  const test::TempFolder folder;
  write_input(shared_tissue(), folder.path());
  test::run_stages(config("chunk_vx: [64, 128, 64]", "threads: 2"), folder.path());
  const truth::Objects want = expected(shared_tissue());
  ASSERT_GT(want.cs.size(), 50U);
  ASSERT_GT(want.syn.size(), 20U);
  EXPECT_LT(want.syn.size(), want.cs.size());
  expect_equal(truth::read_objects(folder / "run/datasets/cs.h5"), want.cs);
  expect_equal(truth::read_objects(folder / "run/datasets/syn.h5"), want.syn);
}

TEST(ContactsStage, SameBytesForAnyChunksThreadsAndOrder) {
  const test::TempFolder folder;
  write_input(shared_tissue(), folder.path());
  test::run_stages(config("chunk_vx: [192, 192, 192]", "threads: 1"), folder.path(), "whole");
  const auto want = bytes_of(folder / "whole/datasets");
  ASSERT_GE(want.size(), 4U);
  const std::pair<const char*, const char*> others[] = {{"[64, 64, 64]", "threads: 1"},
                                                        {"[64, 64, 64]", "threads: 2, job_order_seed: 7"},
                                                        {"[64, 64, 64]", "threads: 2, merge_fan_in: 2"},
                                                        {"[128, 128, 128]", "threads: 2"},
                                                        {"[128, 64, 192]", "threads: 1, merge_fan_in: 2"}};
  int n = 0;
  for (const auto& [chunk, execution] : others) {
    SCOPED_TRACE(std::string(chunk) + " " + execution);
    const std::string out = "run" + std::to_string(n++);
    test::run_stages(config(std::string("chunk_vx: ") + chunk, execution), folder.path(), out);
    EXPECT_TRUE(bytes_of(folder.path() / out / "datasets") == want);
  }
  EXPECT_TRUE(fs::exists(folder / "run2/work/contacts/gather/done/0.json")) << "merge_fan_in 2 must gather";
}

TEST(ContactsStage, ShardsOfAnEarlierConfigAreRemoved) {
  const test::TempFolder folder;
  write_input(shared_tissue(), folder.path());
  const std::string yaml = config("chunk_vx: [192, 192, 192]", "threads: 2");
  test::run_stages(yaml + "contacts: {closings: 3}\n", folder.path());
  const auto before = bytes_of(folder / "run/datasets");
  test::run_stages(yaml, folder.path());
  test::run_stages(yaml, folder.path(), "fresh");
  EXPECT_TRUE(bytes_of(folder / "run/datasets") == bytes_of(folder / "fresh/datasets"));
  EXPECT_FALSE(bytes_of(folder / "run/datasets") == before);
}

TEST(ContactsStage, WithoutJunctionsOnlyContacts) {
  const test::TempFolder folder;
  write_input(shared_tissue(), folder.path());
  test::run_stages(config("chunk_vx: [128, 128, 128]", "threads: 2"), folder.path());
  const auto with = truth::read_objects(folder / "run/datasets/cs.h5");
  ASSERT_TRUE(fs::exists(folder / "run/datasets/syn.h5"));
  test::run_stages(config("chunk_vx: [128, 128, 128]", "threads: 2", false), folder.path());
  expect_equal(truth::read_objects(folder / "run/datasets/cs.h5"), with);
  EXPECT_FALSE(fs::exists(folder / "run/datasets/syn.h5")) << "of the run before";
}

TEST(ContactsStage, ABoxIsADatasetOfItsOwnInTheSameFrame) {
  const Box3 box{{21, 10, 5}, {140, 101, 60}};
  const Input part{part_of_volume(shared_tissue().sv, box), part_of_volume(shared_tissue().type, box),
                   part_of_volume(shared_tissue().sj, box)};
  const truth::Objects want = expected(part);
  const test::TempFolder folder, cropped;
  write_input(shared_tissue(), folder.path());
  test::run_stages(config("box_vx: {min: [21, 10, 5], max: [140, 101, 60]}, chunk_vx: [64, 64, 64]", "threads: 2"),
                   folder.path());
  expect_equal(truth::read_objects(folder / "run/datasets/cs.h5"), want.cs);
  expect_equal(truth::read_objects(folder / "run/datasets/syn.h5"), want.syn);

  write_input({moved_to_zero(part.sv), moved_to_zero(part.type), moved_to_zero(part.sj)}, cropped.path());
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 2"), cropped.path());
  auto moved = truth::read_objects(cropped / "run/datasets/syn.h5");
  ASSERT_EQ(moved.size(), want.syn.size());
  for (std::size_t i = 0; i < moved.size(); ++i) {
    for (std::size_t k = 0; k < moved[i].runs.size(); k += 4)
      moved[i].runs[k] += 21, moved[i].runs[k + 1] += 10, moved[i].runs[k + 2] += 5;
    EXPECT_EQ(moved[i].runs, want.syn[i].runs);
    EXPECT_EQ(moved[i].n_sym, want.syn[i].n_sym);
  }
}

void expect_no_contacts(Id label) {
  const test::TempFolder folder;
  const Box3 box = Box3::of_size({70, 65, 3});
  write_input({Volume<Id>(box, label), Volume<Id>(box), Volume<std::uint8_t>(box, 255)}, folder.path());
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 1"), folder.path());
  for (const char* type : {"run/datasets/cs.h5", "run/datasets/syn.h5"}) {
    EXPECT_TRUE(truth::read_objects(folder / type).empty());
    EXPECT_TRUE(SegmentationDataset::verify(folder / type, VerifyLevel::full).empty());
  }
}

TEST(ContactsStage, OneLabel) { expect_no_contacts(Id{1} << 63); }
TEST(ContactsStage, AllBackground) { expect_no_contacts(0); }

TEST(ContactsStage, OneChunkHoldsAllCells) {
  Input in{Volume<Id>(Box3::of_size({150, 70, 5})), Volume<Id>(Box3::of_size({150, 70, 5})),
           Volume<std::uint8_t>(Box3::of_size({150, 70, 5}))};
  for (std::int64_t y = 0; y < 20; ++y)
    for (std::int64_t x = 0; x < 30; ++x) in.sv.at({x, y, 2}) = x < 11 ? (Id{1} << 40) : 3;
  const test::TempFolder folder;
  write_input(in, folder.path());
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 2"), folder.path());
  const auto got = truth::read_objects(folder / "run/datasets/cs.h5");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].sv_a, 3U);
  expect_equal(got, expected(in).cs);
  EXPECT_TRUE(truth::read_objects(folder / "run/datasets/syn.h5").empty());
}

}  // namespace
}  // namespace syconn
