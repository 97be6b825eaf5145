// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>

#include "syconn/core/json.h"
#include "syconn/exec/fields.h"

namespace syconn {

/// For std::visit over Slot::value.
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

using DescribeFunction = std::function<void(Fields&)>;
Fields fields_of(const DescribeFunction& describe);

/// Whole `text` as a number: decimal integers, never through floating point; finite floating-point numbers.
bool is_integer_text(const std::string& text);
std::optional<std::int64_t> parse_int(const std::string& text);
std::optional<std::uint64_t> parse_uint(const std::string& text);
std::optional<double> parse_real(const std::string& text);

/// A short text that reads back as the same number ("7", "0.4286", "1000000", "1e+22"); -0 is 0.
std::string number_text(double value);
/// The text as a YAML scalar, in double quotes unless every YAML reader takes it for text as it is.
std::string yaml_text(const std::string& text);
/// The value on one line of YAML: "[512, 512, 512]", "{min: [0, 0, 0], max: [8, 8, 8]}", "null".
std::string flow_yaml(const Slot& slot);
/// The value as JSON; `only_results` leaves out fields without effect on results.
Json json_of(const Slot& slot, bool only_results);
Json json_of(const Fields& fields, bool only_results);

}  // namespace syconn
