// SPDX-License-Identifier: GPL-3.0-or-later
// Who may ask: rules on headers, without HTTP.
#pragma once
#include <string>

namespace syconn {

/// Whether an address is one of this machine only: 127.x.x.x, ::1 or localhost.
bool is_loopback(const std::string& host);
/// Whether a header Host (with or without a port) is a name of this machine. Pages of others reach a server on loopback
/// by names of their own that they let point there.
bool names_this_machine(const std::string& host_header);
/// Compares all bytes, so that time tells nothing.
bool same_secret(const std::string& a, const std::string& b);
/// The token a request bears: of "Bearer …" or of the cookie; empty if none.
std::string borne_token(const std::string& authorization, const std::string& cookie);
inline constexpr const char* kTokenCookie = "syconn_token";

}  // namespace syconn
