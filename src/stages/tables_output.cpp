// SPDX-License-Identifier: GPL-3.0-or-later
#include "tables_output.h"

#include "connectome_file.h"

namespace syconn {
TableOutput::TableOutput(JobContext& ctx) : ctx_(ctx), sql_(ctx.output("connectome.sqlite"), kConnectomeFile) {}

void TableOutput::begin(const SqlTable& table) {
  sql_.begin_table(table);
  std::vector<std::string> names;
  for (const SqlColumn& c : table.columns) names.push_back(c.name);
  csv_ = std::make_unique<CsvWriter>(ctx_.output("export/csv/" + table.name + ".csv"), names,
                                     std::vector<std::string>{"provenance: " + ctx_.provenance_json()});
  tables_.push_back(table);
}

void TableOutput::add(const TableValue& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value))
    sql_.add(*i), csv_->add(*i);
  else if (const auto* u = std::get_if<std::uint64_t>(&value))
    sql_.add(*u), csv_->add(*u);
  else if (const auto* f = std::get_if<float>(&value))
    sql_.add(static_cast<double>(*f)), csv_->add(*f);
  else if (const auto* d = std::get_if<double>(&value))
    sql_.add(*d), csv_->add(*d);
  else if (const auto* s = std::get_if<std::string>(&value))
    sql_.add(std::string_view(*s)), csv_->add(*s);
  else
    sql_.add_null(), csv_->add("");
}
void TableOutput::end_row() { sql_.end_row(), csv_->end_row(); }
void TableOutput::end() { csv_->close(), csv_.reset(); }

void TableOutput::close(const std::vector<std::pair<std::string, std::string>>& meta) {
  close_connectome(sql_, tables_, meta);
}

}  // namespace syconn
