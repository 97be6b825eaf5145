// SPDX-License-Identifier: GPL-3.0-or-later
#include "sqlite_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <vector>

#include "syconn/core/exact_sum.h"

namespace syconn {
namespace {

/// Of the known values of a group. SQLite gives zeroed memory, which is an empty one.
struct Sums {
  std::int64_t n, n_real, whole;  ///< whole: of the integers
  bool overflown;
  ExactSum sum, squares;
};

Sums* sums_of(sqlite3_context* context) {
  auto* sums = static_cast<Sums*>(sqlite3_aggregate_context(context, sizeof(Sums)));
  if (sums == nullptr) sqlite3_result_error_nomem(context);
  return sums;
}
template <bool kSquares>
void sums_step(sqlite3_context* context, int, sqlite3_value** values) {
  const int type = sqlite3_value_numeric_type(values[0]);
  if (type == SQLITE_NULL) return;
  Sums* s = sums_of(context);
  if (s == nullptr) return;
  ++s->n;
  if (type == SQLITE_INTEGER)
    s->overflown |= __builtin_add_overflow(s->whole, sqlite3_value_int64(values[0]), &s->whole);
  else
    ++s->n_real;
  const double x = sqlite3_value_double(values[0]);
  s->sum.add(x);
  if (kSquares) s->squares.add_product(x, x);
}

/// Takes a value back, where a window moves on.
void sums_back(sqlite3_context* context, int, sqlite3_value** values) {
  const int type = sqlite3_value_numeric_type(values[0]);
  Sums* s = type == SQLITE_NULL ? nullptr : sums_of(context);
  if (s == nullptr) return;
  --s->n;
  if (type == SQLITE_INTEGER)
    s->overflown |= __builtin_sub_overflow(s->whole, sqlite3_value_int64(values[0]), &s->whole);
  else
    --s->n_real;
  s->sum.add(-sqlite3_value_double(values[0]));
}

void sum_final(sqlite3_context* context) {
  const Sums* s = sums_of(context);
  if (s == nullptr || s->n == 0) return;
  if (s->n_real > 0) return sqlite3_result_double(context, s->sum.value());
  if (s->overflown) return sqlite3_result_error(context, "integer overflow", -1);
  sqlite3_result_int64(context, s->whole);
}
void total_final(sqlite3_context* context) {
  if (const Sums* s = sums_of(context)) sqlite3_result_double(context, s->sum.value());
}
void mean_final(sqlite3_context* context) {
  const Sums* s = sums_of(context);
  if (s != nullptr && s->n > 0) sqlite3_result_double(context, s->sum.value() / static_cast<double>(s->n));
}
void std_final(sqlite3_context* context) {
  const Sums* s = sums_of(context);
  if (s == nullptr || s->n < 2) return;
  // The difference of two exact sums; what rounds is far below what is left.
  const auto n = static_cast<long double>(s->n);
  const long double sum = static_cast<long double>(s->sum.value()) + s->sum.rest();
  const long double squares = static_cast<long double>(s->squares.value()) + s->squares.rest();
  const long double variance = (squares - sum * sum / n) / (n - 1);
  sqlite3_result_double(context, variance > 0 ? static_cast<double>(std::sqrt(variance)) : 0.0);
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
  struct Sum {
    const char* name;
    void (*value)(sqlite3_context*);
  };
  for (const auto& [name, value] : {Sum{"sum", sum_final}, {"total", total_final}, {"avg", mean_final}})
    if (const int code = sqlite3_create_window_function(db, name, 1, kFlags, nullptr, sums_step<false>, value, value,
                                                        sums_back, nullptr);
        code != SQLITE_OK)
      return code;
  const int code =
      sqlite3_create_function_v2(db, "std", 1, kFlags, nullptr, nullptr, sums_step<true>, std_final, nullptr);
  if (code != SQLITE_OK) return code;
  return sqlite3_create_function_v2(db, "median", 1, kFlags, nullptr, nullptr, median_step, median_final, nullptr);
}

}  // namespace syconn
