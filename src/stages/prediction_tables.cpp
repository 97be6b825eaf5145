// SPDX-License-Identifier: GPL-3.0-or-later
#include "prediction_tables.h"

#include "code_names.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

SegmentationDataset open_table(const fs::path& run, const std::string& type) {
  const fs::path file = run / "datasets" / (type + ".h5");
  if (!fs::exists(file)) throw Error(Category::input, "'" + run.string() + "' has no datasets/" + type + ".h5");
  return SegmentationDataset::open(file);
}

}  // namespace

TablePair TablePair::open(const fs::path& run, const fs::path& truth, const std::string& type) {
  std::error_code ignored;
  if (fs::equivalent(run, truth, ignored))
    throw Error(Category::usage, "'" + run.string() + "' is run and truth at once: give the folder with the truth");
  return {open_table(run, type), open_table(truth, type)};
}

MatchedObjects for_each_match(const TablePair& tables, const std::function<void(Id, Row, Row)>& fn) {
  MatchedObjects n;
  for (std::uint32_t shard = 0; shard < tables.run.n_shards(); ++shard)
    tables.run.for_each(shard, [&](Id id, Row row) {
      const std::optional<Row> other = tables.truth.find(id);
      if (!other) {
        ++n.only_run;
        return;
      }
      ++n.matched;
      fn(id, row, *other);
    });
  n.only_truth = tables.truth.size() - n.matched;
  return n;
}

std::vector<std::string> enum_names(const SegmentationDataset& table, const std::string& column) {
  const std::map<std::int64_t, std::string> named = code_names(table, column);
  std::vector<std::string> names;
  for (std::int64_t code = 0; code < 255 && named.contains(code); ++code) names.push_back(named.at(code));
  return names;
}

}  // namespace syconn
