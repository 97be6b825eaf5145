// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/analyze.h"

#include "syconn/core/error.h"

namespace syconn {

void put_table(const AnalysisTable& table, AnswerSink& answer) {
  answer.begin(table.columns, table.about);
  for (std::uint64_t i = 0; i < table.n_rows; ++i) answer.row(table.row(i));
  answer.end();
}

std::vector<fs::path> write_analysis(const Analysis& analysis, const fs::path& folder) {
  make_folder(folder);
  std::vector<fs::path> files;
  for (const AnalysisTable& table : analysis.tables) {
    const auto write = [&](const char* extension, AnswerFormat format) {
      files.push_back(folder / (table.name + extension));
      put_table(table, *answer_writer(format, files.back().string(), false));
    };
    write(".csv", AnswerFormat::csv);
    write(".json", AnswerFormat::json);
  }
  files.push_back(folder / (analysis.tables.at(0).name + ".svg"));
  AnswerAbout about = analysis.tables[0].about;
  about.notes.clear();  // the tables tell them
  write_file_atomically(files.back(), with_footnote(analysis.figure, about.lines()).svg());
  return files;
}

}  // namespace syconn
