// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to a connectome.sqlite of 10^7 synapses as the stage `tables` writes it (37 columns, four indices), one
// core, warm file cache. Targets: the partners of a cell in <= 50 ms, a filter over all synapses in <= 3 s.
// `query_bench [--synapses N] [--file FILE]`: the file is made where it does not exist, and kept only if named.
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_writer.h"

namespace syconn {
namespace {

/// Columns of the table `synapses` of docs/stages/tables.md, in their order.

const std::vector<std::string> kCounts{"n_mi_pre",  "mi_vx_pre",  "n_vc_pre",  "vc_vx_pre",
                                       "n_mi_post", "mi_vx_post", "n_vc_post", "vc_vx_post"};
const std::vector<std::string> kPlaces{"x_vx",          "y_vx",          "z_vx",
                                       "bbox_min_x_vx", "bbox_min_y_vx", "bbox_min_z_vx",
                                       "bbox_max_x_vx", "bbox_max_y_vx", "bbox_max_z_vx"};

SqlTable synapse_table() {
  const auto integer = [](const std::string& name) { return SqlColumn{name, SqlType::integer}; };
  const auto real = [](const std::string& name) { return SqlColumn{name, SqlType::real}; };
  SqlTable t{"synapses",
             {integer("id"), integer("pre_id"), integer("post_id"), integer("cell_a"), integer("cell_b"),
              integer("size_vx"), real("area_um2"), real("prob"), integer("sign"), real("sym_frac"),
              integer("pre_comp"), integer("post_comp"), integer("pre_type"), integer("post_type"),
              real("mito_dist_nm"), real("spine_head_vol_um3"), real("direction_vc")},
             {"id"}};
  for (const std::string& name : kCounts) t.columns.push_back(integer(name));
  for (const char* name : {"x_nm", "y_nm", "z_nm"}) t.columns.push_back(real(name));
  for (const std::string& name : kPlaces) t.columns.push_back(integer(name));
  t.indices = synapse_indices(t.columns);
  return t;
}

constexpr std::uint64_t kFirstCell = 1'000'000'000;
float tenth(Rng& rng) { return static_cast<float>(rng.uniform()); }
double stored(float v) { return static_cast<double>(v); }  // as the stage does: floats as doubles

void add_synapse(SqliteWriter& sql, Rng& rng, std::uint64_t id, std::uint64_t cells) {
  // A few cells have many partners, as in tissue.
  const double skew = rng.uniform();
  std::uint64_t pre = static_cast<std::uint64_t>(skew * skew * static_cast<double>(cells)), post = rng.below(cells);
  const bool known = rng.uniform() < 0.95;
  sql.add(id);
  const auto [a, b] = std::minmax(pre, post);
  if (known)
    sql.add(kFirstCell + 17 * pre).add(kFirstCell + 17 * post);
  else
    sql.add_null().add_null();
  sql.add(kFirstCell + 17 * a).add(kFirstCell + 17 * b).add(100 + rng.below(5000)).add(stored(tenth(rng)));
  sql.add(stored(tenth(rng))).add(std::int64_t{rng.uniform() < 0.2 ? -1 : 1}).add(stored(tenth(rng)));
  sql.add(3 + rng.below(3)).add(rng.below(3)).add(pre % 11).add(post % 11).add(stored(5000 * tenth(rng)));
  rng.uniform() < 0.5 ? sql.add_null() : sql.add(stored(tenth(rng)));
  sql.add(stored(tenth(rng)));
  for (std::size_t i = 0; i < kCounts.size(); ++i) sql.add(rng.below(i % 2 == 0 ? 6 : 40000));
  const std::uint64_t at[3] = {rng.below(20000), rng.below(20000), rng.below(8000)};
  for (const std::uint64_t v : at) sql.add((static_cast<double>(v) + 0.5) * 10);
  for (const int shift : {0, -20, 20})
    for (const std::uint64_t v : at) sql.add(static_cast<std::int64_t>(v) + shift);
  sql.end_row();
}

void make(const fs::path& file, std::uint64_t n) {
  const std::uint64_t cells = std::max<std::uint64_t>(n / 200, 10);
  SqliteWriter sql(file, kConnectomeFile);
  const SqlTable synapses = synapse_table();
  sql.begin_table(synapses);
  Rng rng(1);
  for (std::uint64_t id = 1; id <= n; ++id) add_synapse(sql, rng, id, cells);
  sql.begin_table({"cells", {{"id"}, {"type"}}, {"id"}, {{"type"}}});
  for (std::uint64_t c = 0; c < cells; ++c) sql.add(kFirstCell + 17 * c).add(c % 11).end_row();
  const SqlType text = SqlType::text;
  sql.begin_table(
      {"columns",
       {{"table_name", text}, {"column_name", text}, {"type", text}, {"units", text}, {"description", text}},
       {"table_name", "column_name"}});
  for (const SqlColumn& c : synapses.columns)
    sql.add("synapses").add(c.name).add(c.type == SqlType::real ? "REAL" : "INTEGER").add("").add("").end_row();
  for (const char* name : {"id", "type"}) sql.add("cells").add(name).add("INTEGER").add("").add("").end_row();
  sql.begin_table({"meta", {{"name", text}, {"value", text}}, {"name", "value"}});
  sql.add("dataset").add("query_bench").end_row();
  sql.close();
}

/// Counts what it is given.
class Rows final : public AnswerSink {
 public:
  void begin(const std::vector<QueryColumn>&, const AnswerAbout&) override {}
  void row(const std::vector<QueryValue>&) override { ++n; }
  void end() override {}
  std::uint64_t n = 0;
};

/// On the clock, and of the processor: they differ where others use it too.
struct Took {
  double wall = 0, cpu = 0;
};
Took seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC};
}

/// Medians of some repetitions, after a first time that fills the cache.
void report(const char* what, const std::function<std::uint64_t()>& ask, int times) {
  std::uint64_t rows = ask();
  std::vector<double> wall, cpu;
  for (int i = 0; i < times; ++i) {
    const Took took = seconds([&] { rows = ask(); });
    wall.push_back(took.wall), cpu.push_back(took.cpu);
  }
  std::sort(wall.begin(), wall.end()), std::sort(cpu.begin(), cpu.end());
  std::printf("%-70s %9.1f ms (processor %.1f), %llu rows\n", what, 1e3 * wall[wall.size() / 2],
              1e3 * cpu[cpu.size() / 2], static_cast<unsigned long long>(rows));
  std::fflush(stdout);
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

void ask_all(const fs::path& file) {
  utsname system{};
  ::uname(&system);
  std::printf("%s, %s %s, one core; %s: %.2f GB\n", processor().c_str(), system.sysname, system.release,
              file.filename().c_str(), static_cast<double>(fs::file_size(file)) / 1e9);
  const Connectome connectome(file);
  const auto partners = [&](std::int64_t index, const char* where) {
    return [&connectome, index, where] {
      Rows rows;
      ask_partners(connectome, {static_cast<std::int64_t>(kFirstCell) + 17 * index, "all", where, 1}, rows);
      return rows.n;
    };
  };
  report("partners of the cell with most synapses", partners(0, ""), 5);
  report("partners of another cell", partners(101, ""), 5);
  report("partners of a cell of 400 synapses", partners(12500, ""), 5);
  report("partners of another cell, prob>=0.8 and post_comp==spine_head",
         partners(101, "prob>=0.8 and post_comp==spine_head"), 5);
  const auto rows_of = [&](const RowsQuestion& q) {
    return [&connectome, q] {
      Rows rows;
      ask_rows(connectome, q, rows);
      return rows.n;
    };
  };
  RowsQuestion q;
  q.where = "prob>=0.8 and post_comp==spine_head and area_um2>0.1";
  q.aggregates = {"n"};
  report("n where prob>=0.8 and post_comp==spine_head and area_um2>0.1", rows_of(q), 3);
  q.group_by = {"pre_type", "post_type"}, q.aggregates = {"n", "mean(area_um2)"};
  report("the same by types, with the mean of the area", rows_of(q), 3);
  q.group_by = q.aggregates = {}, q.columns = {"id", "pre_id", "post_id", "area_um2"};
  report("the same, four columns of each row", rows_of(q), 3);
  q.where = "mito_dist_nm > 4999 and z_nm < 800", q.columns = {};
  report("all columns where mito_dist_nm > 4999 and z_nm < 800", rows_of(q), 3);
}

int run(int argc, char** argv) {
  std::uint64_t n = 10'000'000;
  fs::path file;
  for (int i = 1; i + 1 < argc; i += 2)
    if (std::string(argv[i]) == "--synapses")
      n = std::stoull(argv[i + 1]);
    else if (std::string(argv[i]) == "--file")
      file = argv[i + 1];
  const bool named = !file.empty();
  if (!named) file = fs::temp_directory_path() / ("syconn-query-bench-" + std::to_string(::getpid()) + ".sqlite");
  if (!fs::exists(file)) {
    const double took = seconds([&] { make(file, n); }).wall;
    std::printf("wrote %llu synapses in %.1f s\n", static_cast<unsigned long long>(n), took);
  }
  ask_all(file);
  if (!named) fs::remove(file);
  return 0;
}

}  // namespace
}  // namespace syconn

int main(int argc, char** argv) {
  try {
    return syconn::run(argc, argv);
  } catch (const syconn::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
