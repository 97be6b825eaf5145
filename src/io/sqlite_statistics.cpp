// SPDX-License-Identifier: GPL-3.0-or-later
#include "sqlite_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <vector>

namespace syconn {
namespace {

struct Moments {
  std::int64_t n;
  double mean, m2;
};

void std_step(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  auto* m = static_cast<Moments*>(sqlite3_aggregate_context(context, sizeof(Moments)));  // zeroed
  if (m == nullptr) return sqlite3_result_error_nomem(context);
  const double x = sqlite3_value_double(values[0]), delta = x - m->mean;
  m->mean += delta / static_cast<double>(++m->n);
  m->m2 += delta * (x - m->mean);
}
void std_final(sqlite3_context* context) {
  const auto* m = static_cast<const Moments*>(sqlite3_aggregate_context(context, 0));
  if (m != nullptr && m->n > 1) sqlite3_result_double(context, std::sqrt(m->m2 / static_cast<double>(m->n - 1)));
}

using Values = std::vector<double>;

void median_step(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  auto** list = static_cast<Values**>(sqlite3_aggregate_context(context, sizeof(Values*)));
  if (list == nullptr) return sqlite3_result_error_nomem(context);
  try {
    if (*list == nullptr) *list = new Values;
    (*list)->push_back(sqlite3_value_double(values[0]));
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}
void median_final(sqlite3_context* context) {
  auto** list = static_cast<Values**>(sqlite3_aggregate_context(context, 0));
  if (list == nullptr || *list == nullptr) return;
  Values& v = **list;
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  double median = *middle;
  if (v.size() % 2 == 0) median = 0.5 * (median + *std::max_element(v.begin(), middle));
  sqlite3_result_double(context, median);
  delete *list;
  *list = nullptr;
}

}  // namespace

int register_statistics(sqlite3* db) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  const int code = sqlite3_create_function_v2(db, "std", 1, kFlags, nullptr, nullptr, std_step, std_final, nullptr);
  if (code != SQLITE_OK) return code;
  return sqlite3_create_function_v2(db, "median", 1, kFlags, nullptr, nullptr, median_step, median_final, nullptr);
}

}  // namespace syconn
