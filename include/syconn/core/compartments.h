// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>

namespace syconn {

/// Names of the compartments by code, the same in store, tables, models and queries (docs/glossary.md).
inline constexpr std::array<const char*, 7> kCompartmentNames{
    "shaft", "spine_head", "spine_neck", "axon", "bouton_en_passant", "bouton_terminal", "soma"};
/// The same as the store keeps it with an enumerated column, JSON; 255 is unknown.
inline constexpr const char* kCompartmentEnum =
    R"({"0":"shaft","1":"spine_head","2":"spine_neck","3":"axon","4":"bouton_en_passant","5":"bouton_terminal","6":"soma","255":"unknown"})";

}  // namespace syconn
