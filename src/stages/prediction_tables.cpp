// SPDX-License-Identifier: GPL-3.0-or-later
#include "prediction_tables.h"

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
  std::vector<std::string> names;
  for (const ColumnSpec& c : table.columns()) {
    if (c.name != column || c.enum_json.empty()) continue;
    const Json json = parse_json(c.enum_json, column);
    for (int code = 0; code < 255 && json.contains(std::to_string(code)); ++code)
      names.push_back(json.at(std::to_string(code)).get<std::string>());
  }
  return names;
}

}  // namespace syconn
