// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>

#include "syconn/core/files.h"

namespace syconn {

/// The content of the stored (not compressed) entry "<any folder>/`name`" of a ZIP archive, such as TorchScript's; none
/// if there is no such entry. Trusts no offset of the file. Throws Error{input}: no file, no ZIP archive, damaged.
std::optional<std::string> zip_entry(const fs::path& archive, const std::string& name);

}  // namespace syconn
