// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <sqlite3.h>

namespace syconn {

/// Gives a connection the aggregates median(x) and std(x) (n - 1 in the divisor; null of fewer than two), which pass
/// over null, and own ones for SQLite's sum, total and avg: exact sums, so that no answer depends on the order in which
/// an index or the table gives the rows. median holds 8 bytes a row of its group. Returns SQLite's code.
int register_statistics(sqlite3* db);

}  // namespace syconn
