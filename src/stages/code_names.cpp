// SPDX-License-Identifier: GPL-3.0-or-later
#include "code_names.h"

#include "syconn/core/json.h"

namespace syconn {

std::map<std::int64_t, std::string> code_names(const SegmentationDataset& table, const std::string& column) {
  std::map<std::int64_t, std::string> names;
  for (const ColumnSpec& c : table.columns()) {
    if (c.name != column || c.enum_json.empty()) continue;
    const Json json = parse_json(c.enum_json, column + ", attribute 'enum'");
    for (const auto& [code, name] : json.items()) names[std::stoll(code)] = name.get<std::string>();
  }
  return names;
}

}  // namespace syconn
