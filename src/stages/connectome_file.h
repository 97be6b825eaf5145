// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "syconn/io/connectome.h"

namespace syconn {

/// Adds the tables `columns` (what each column of `tables` means) and `meta`, and closes the file.
void close_connectome(SqliteWriter& sql, const std::vector<SqlTable>& tables,
                      const std::vector<std::pair<std::string, std::string>>& meta);

}  // namespace syconn
