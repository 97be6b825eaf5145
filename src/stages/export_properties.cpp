// SPDX-License-Identifier: GPL-3.0-or-later
// Properties of cells, as the viewer lists and filters them.
#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "code_names.h"
#include "export_steps.h"
#include "kept_synapses.h"
#include "syconn/io/segment_properties.h"

namespace syconn {
namespace {

/// All of it is one file that the viewer loads at once.
constexpr std::uint64_t kMostCells = 1'000'000;

std::vector<double> numbers(const SegmentationDataset& cells, const ColumnSpec& column) {
  return with_dtype(column.dtype, [&]<class T>(T) {
    const std::vector<T> values = cells.column<T>(column.name).all();
    return std::vector<double>(values.begin(), values.end());
  });
}

/// Rows of the table in the order of their ids; without fragments if there are too many cells.
std::vector<std::size_t> listed_rows(JobContext& ctx, const SegmentationDataset& cells, const std::vector<Id>& ids) {
  std::vector<std::size_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (ids.size() > kMostCells && cells.has_column("fragment")) {
    const auto fragment = cells.column<std::uint8_t>("fragment").all();
    std::erase_if(rows, [&](std::size_t row) { return fragment[row] != 0; });
    ctx.note(std::to_string(ids.size() - rows.size()) + " fragments are not among the segment properties");
  }
  std::sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  return rows;
}

template <class T>
std::vector<T> picked(const std::vector<T>& values, const std::vector<std::size_t>& rows) {
  std::vector<T> out;
  for (const std::size_t row : rows) out.push_back(values[row]);
  return out;
}

void add_types(SegmentProperties& properties, const std::map<std::int64_t, std::string>& names,
               const std::vector<double>& codes) {
  std::vector<std::string> tags, labels;
  std::map<std::int64_t, int> tag_of;
  for (const auto& [code, name] : names) tag_of[code] = static_cast<int>(tags.size()), tags.push_back(name);
  std::vector<int> of_cells;
  for (const double code : codes) {
    const auto at = tag_of.find(static_cast<std::int64_t>(code));
    of_cells.push_back(at == tag_of.end() ? -1 : at->second);
    labels.push_back(at == tag_of.end() ? "" : tags[static_cast<std::size_t>(at->second)]);
  }
  properties.add_labels("cell type", labels);
  properties.add_tags(tags, of_cells);
}

/// Synapses that each cell gives and receives, of those whose direction is known.
void add_synapses(const JobContext& ctx, SegmentProperties& properties, const std::vector<Id>& ids) {
  const auto table = dataset_of(ctx, "syn_ssv");
  if (!table || !table->has_column("pre_id")) return;
  std::unordered_map<Id, std::size_t> place;
  for (std::size_t i = 0; i < ids.size(); ++i) place[ids[i]] = i;
  std::vector<double> out(ids.size(), 0), in(ids.size(), 0);
  const double prob_min = synapse_prob_min(ctx.config());
  const auto count = [&](Id id, std::vector<double>& list) {
    if (const auto at = place.find(id); at != place.end()) ++list[at->second];
  };
  for (std::uint32_t shard = 0; shard < table->n_shards(); ++shard) {
    const auto pre = table->column<Id>("pre_id").shard(shard), post = table->column<Id>("post_id").shard(shard);
    const auto prob = table->column<float>("prob").shard(shard);
    for (std::size_t i = 0; i < pre.size(); ++i)
      if (synapse_is_kept(static_cast<double>(prob[i]), prob_min)) count(pre[i], out), count(post[i], in);
  }
  properties.add_numbers("n_syn_out", DType::u32, "synapses it gives", out);
  properties.add_numbers("n_syn_in", DType::u32, "synapses it receives", in);
}

}  // namespace

void export_properties(JobContext& ctx, const ExportConfig&) {
  const SegmentationDataset cells = exported_cells(ctx);
  const std::vector<Id> all = cells.column<Id>("id").all();
  const std::vector<std::size_t> rows = listed_rows(ctx, cells, all);
  const std::vector<Id> ids = picked(all, rows);
  SegmentProperties properties(ids);
  for (const std::string name :
       {"cell_type", "cell_type_certainty", "path_length_um", "axon_um", "dend_um", "soma_um", "volume_um3",
        "mesh_area_um2", "myelin_fraction", "n_sv", "n_syn", "n_mi", "n_vc", "complete", "fragment", "size_vx"})
    for (const ColumnSpec& column : cells.columns()) {
      if (column.name != name) continue;
      const std::vector<double> values = picked(numbers(cells, column), rows);
      if (name == "cell_type")
        add_types(properties, code_names(cells, name), values);
      else
        properties.add_numbers(name, column.dtype,
                               column.description + (column.units.empty() ? "" : " (" + column.units + ")"), values);
    }
  add_synapses(ctx, properties, ids);
  write_output(ctx, neuroglancer_path("segment_properties/info"), properties.info());
}

}  // namespace syconn
