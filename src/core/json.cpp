// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/json.h"

namespace syconn {

Json parse_json(const std::string& text, const std::string& origin) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    throw Error(Category::input, origin + ": not valid JSON at byte " + std::to_string(e.byte) + ": " + e.what());
  } catch (const Json::exception& e) {  // a number beyond double
    throw Error(Category::input, origin + ": not valid JSON: " + e.what());
  }
}

}  // namespace syconn
