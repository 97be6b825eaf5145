// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/exec/fields.h"

namespace syconn {

/// What a value of this field must be: "3 positive integers", "text", "local or slurm".
std::string expected_text(const Field& field, const Slot& slot);
/// "[0, 15]", "[1, inf]".
std::string range_text(const Range& range);
/// "a, b or c".
std::string choices_text(const std::vector<std::string>& choices);
/// Doc, units and limits on one line: "closing iterations (voxels, 0 to 15)".
std::string comment_of(const Field& field);
/// "0 to 15", "at least 0", "local or slurm", "".
std::string limits_text(const Field& field);
/// The type for docs: "integer", "3 numbers", "list of text", "text by name".
std::string type_text(const Slot& slot);

}  // namespace syconn
