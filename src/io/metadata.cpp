// SPDX-License-Identifier: GPL-3.0-or-later
#include "metadata.h"

#include <cmath>

#include "syconn/core/error.h"
#include "syconn/core/utf8.h"

namespace syconn {
namespace {

constexpr std::uint64_t kMaxBytes = 16 << 20;

[[noreturn]] void fail(const std::string& what, const std::string& must) {
  throw Error(Category::input, "'" + what + "' must be " + must);
}

const Json& triple(const Json& value, const std::string& what) {
  if (!value.is_array() || value.size() != 3) fail(what, "three numbers");
  return value;
}

}  // namespace

std::string read_metadata_text(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Error(Category::input, "'" + path.string() + "' is missing");
  const std::uint64_t bytes = fs::file_size(path, error);
  if (error || bytes > kMaxBytes)
    throw Error(Category::input, "'" + path.string() + "' is too large for a description of a volume");
  std::string text = read_file(path);
  if (!is_utf8(text)) throw Error(Category::input, "'" + path.string() + "' is not UTF-8 text");
  return text;
}

Json read_metadata(const fs::path& path) { return parse_json(read_metadata_text(path), "'" + path.string() + "'"); }

void in_metadata(const fs::path& path, const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Json::exception& error) {
    throw Error(Category::input, "'" + path.string() + "': " + error.what());
  } catch (const Error& error) {
    throw error.with_context("'" + path.string() + "'");
  }
}

std::int64_t whole_number(const Json& value, const std::string& what, std::int64_t low, std::int64_t high) {
  const std::string must = "a whole number of " + std::to_string(low) + " to " + std::to_string(high);
  if (!value.is_number()) fail(what, must);
  const double near = value.get<double>();  // exact enough to tell what lies within 2^48, whatever the JSON type
  if (!(near >= static_cast<double>(low) && near <= static_cast<double>(high)) || near != std::floor(near))
    fail(what, must);
  return static_cast<std::int64_t>(near);
}

double positive_number(const Json& value, const std::string& what) {
  if (!value.is_number()) fail(what, "a number above 0");
  const double number = value.get<double>();
  if (!(number > 0) || !std::isfinite(number)) fail(what, "a number above 0");
  return number;
}

Vec3i whole_triple(const Json& value, const std::string& what, std::int64_t low, std::int64_t high) {
  const Json& v = triple(value, what);
  return {whole_number(v[0], what, low, high), whole_number(v[1], what, low, high),
          whole_number(v[2], what, low, high)};
}

Vec3d positive_triple(const Json& value, const std::string& what) {
  const Json& v = triple(value, what);
  return {positive_number(v[0], what), positive_number(v[1], what), positive_number(v[2], what)};
}

fs::path inner_path(const std::string& text, const std::string& what) {
  const fs::path path(text);
  bool inside = !text.empty() && path.is_relative() && text.find('\0') == std::string::npos;
  for (const fs::path& step : path) inside = inside && step != "..";
  if (!inside) fail(what, "a relative path without '..', not '" + text + "'");
  return path;
}

}  // namespace syconn
