// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace syconn {

/// A file of the web client, built in (apps/web/dist/NAME.gz).
struct ClientFile {
  std::string_view name;  ///< without .gz
  std::string_view gzip;  ///< its bytes, compressed
};
std::span<const ClientFile> client_files();
const char* client_type(std::string_view name);
/// The page where no client is built in: what there is, and a link that shows the layers in a viewer from elsewhere.
std::string plain_page(const std::string& name, const std::string& viewer_link, const std::string& hint);

}  // namespace syconn
