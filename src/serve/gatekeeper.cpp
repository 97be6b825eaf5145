// SPDX-License-Identifier: GPL-3.0-or-later
#include "gatekeeper.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace syconn {

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return host == "::1" || host == "localhost";
}

bool names_this_machine(const std::string& host_header) {
  std::string host = host_header;
  if (host.starts_with("[")) {
    const std::size_t end = host.find(']');
    return end != host.npos && host.substr(1, end - 1) == "::1";
  }
  host = host.substr(0, host.rfind(':'));
  std::transform(host.begin(), host.end(), host.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return is_loopback(host);
}

bool same_secret(const std::string& a, const std::string& b) {
  unsigned different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    different |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^
                                       static_cast<unsigned char>(b.empty() ? '\0' : b[i % b.size()]));
  return different == 0;
}

std::string borne_token(const std::string& authorization, const std::string& cookie) {
  constexpr const char* kBearer = "Bearer ";
  if (authorization.starts_with(kBearer)) return authorization.substr(7);
  const std::string name = std::string(kTokenCookie) + "=";
  for (std::size_t at = 0; at < cookie.size();) {
    const std::size_t end = std::min(cookie.find(';', at), cookie.size());
    std::size_t begin = at;
    while (begin < end && cookie[begin] == ' ') ++begin;
    if (cookie.compare(begin, name.size(), name) == 0)
      return cookie.substr(begin + name.size(), end - begin - name.size());
    at = end + 1;
  }
  return "";
}

}  // namespace syconn
