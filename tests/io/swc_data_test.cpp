// SPDX-License-Identifier: GPL-3.0-or-later
// Every reconstruction of medulla379 and rat_neocortex can be read.
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/temp_folder.h"
#include "syconn/io/swc.h"

namespace syconn {
namespace {

fs::path data_folder() {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  return set ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data";
}

struct SwcCensus {
  std::size_t files = 0, nodes = 0, axon = 0;
};
SwcCensus census_of(const std::string& folder) {
  SwcCensus census;
  const test::TempFolder unpacked;
  for (const auto& archive : fs::directory_iterator(data_folder() / folder)) {
    if (archive.path().extension() != ".gz") continue;
    const std::string command = "tar -xzf '" + archive.path().string() + "' -C '" + unpacked.path().string() + "'";
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  for (const auto& file : fs::recursive_directory_iterator(unpacked.path())) {
    if (file.path().extension() != ".swc") continue;
    const NeuronTree tree = read_swc(file.path());
    ++census.files, census.nodes += tree.n_nodes();
    for (const std::int32_t type : tree.type) census.axon += type == 2;
  }
  return census;
}

TEST(SwcData, Medulla) {
  if (!fs::exists(data_folder() / "medulla379")) GTEST_SKIP() << "medulla379 is not in " << data_folder();
  const SwcCensus census = census_of("medulla379");
  EXPECT_EQ(census.files, 288U);
  EXPECT_EQ(census.nodes, 526356U);
}

TEST(SwcData, RatNeocortex) {
  if (!fs::exists(data_folder() / "rat_neocortex")) GTEST_SKIP() << "rat_neocortex is not in " << data_folder();
  const SwcCensus census = census_of("rat_neocortex");
  EXPECT_EQ(census.files, 40U);
  EXPECT_EQ(census.axon, 189309U);
}

}  // namespace
}  // namespace syconn
