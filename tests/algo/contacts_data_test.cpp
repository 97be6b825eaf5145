// SPDX-License-Identifier: GPL-3.0-or-later
// The contact kernel against its oracle on real segmentations.
#include <gtest/gtest.h>

#include "algo/contacts_oracle.h"
#include "algo/h5_input.h"
#include "syconn/algo/contacts.h"

namespace syconn {
namespace {
using testing_input::crop;
using testing_input::data_folder;
using testing_input::read_zyx;

void expect_equals_oracle(const Volume<Id>& labels) {
  ContactExtractor extractor;
  ContactSet got;
  extractor.extract(labels.view(), labels.box(), labels.box(), got);
  const ContactSet want = oracle::contact_sites(labels.view(), {});
  EXPECT_GT(got.n_pairs(), 10U);
  ASSERT_EQ(got.sv_a, want.sv_a);
  ASSERT_EQ(got.sv_b, want.sv_b);
  ASSERT_EQ(got.run_offset, want.run_offset);
  ASSERT_TRUE(got.runs == want.runs);
}

Volume<Id> load(const char* folder, const char* file) {
  const auto path = data_folder() / folder / file;
  return std::filesystem::exists(path) ? read_zyx<Id>(path, "seg") : Volume<Id>();
}

TEST(ContactsData, FibMedulla) {
  const Volume<Id> labels = load("fib_medulla", "supervoxels.h5");
  if (labels.count() == 0) GTEST_SKIP() << "fib_medulla/supervoxels.h5 is not in " << data_folder();
  expect_equals_oracle(labels);
}

TEST(ContactsData, VncCrop) {
  const Volume<Id> labels = load("vnc", "supervoxels.h5");
  if (labels.count() == 0) GTEST_SKIP() << "vnc/supervoxels.h5 is not in " << data_folder();
  expect_equals_oracle(crop(labels, {{300, 400, 0}, {620, 721, 14}}));
}

TEST(ContactsData, Pinky40CropAndItsChunks) {
  const Volume<Id> labels = load("pinky40", "seg.h5");
  if (labels.count() == 0) GTEST_SKIP() << "pinky40/seg.h5 is not in " << data_folder();
  const Volume<Id> part = crop(labels, {{90, 345, 200}, {218, 474, 282}});
  expect_equals_oracle(part);
  ContactExtractor extractor;
  ContactSet whole, piece;
  extractor.extract(part.view(), part.box(), part.box(), whole);
  for (const Box3& write :
       {Box3{{0, 0, 0}, {64, 64, 64}}, Box3{{64, 64, 0}, {128, 129, 64}}, Box3{{30, 50, 40}, {101, 52, 80}}}) {
    extractor.extract(part.view().sub(intersect(write.grown(contact_halo({})), part.box())), part.box(), write, piece);
    EXPECT_TRUE(piece == oracle::cut(whole, write));
  }
}

}  // namespace
}  // namespace syconn
