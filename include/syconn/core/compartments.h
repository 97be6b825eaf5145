// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>

namespace syconn {

/// Names of the compartments by code, the same in store, tables, models and queries (docs/glossary.md).
inline constexpr std::array<const char*, 7> kCompartmentNames{
    "shaft", "spine_head", "spine_neck", "axon", "bouton_en_passant", "bouton_terminal", "soma"};
/// The same as the store keeps it with an enumerated column, JSON; 255 is unknown.
inline constexpr const char* kCompartmentEnum =
    R"({"0":"shaft","1":"spine_head","2":"spine_neck","3":"axon","4":"bouton_en_passant","5":"bouton_terminal","6":"soma","255":"unknown"})";

/// Kinds of compartments by their codes; unknown is none of them.
constexpr bool is_dendrite(std::uint8_t code) { return code <= 2; }  ///< shaft, spine head or neck
constexpr bool is_spine(std::uint8_t code) { return code == 1 || code == 2; }
constexpr bool is_axon(std::uint8_t code) { return code >= 3 && code <= 5; }  ///< with boutons
constexpr bool is_bouton(std::uint8_t code) { return code == 4 || code == 5; }
constexpr bool is_soma(std::uint8_t code) { return code == 6; }

/// Words for several compartments, as filters and options take them.
struct CompartmentGroup {
  const char* word;
  bool (*holds)(std::uint8_t code);
};
inline constexpr std::array<CompartmentGroup, 4> kCompartmentGroups{
    {{"dendrite", is_dendrite}, {"spine", is_spine}, {"bouton", is_bouton}, {"any_axon", is_axon}}};

}  // namespace syconn
