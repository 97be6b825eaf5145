// SPDX-License-Identifier: GPL-3.0-or-later
// What a file x_fuzz.cpp defines; fuzz_driver.cpp calls it, and so can libFuzzer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Hands the bytes to the parser. A documented Error is fine; what must not be calls require(false, ...).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace syconn::fuzz {

/// Inputs to start from: correct ones, and each kind of mistake.
std::vector<std::string> seeds();
/// Pieces of the language, put in now and then.
std::vector<std::string> tokens();

/// Prints `what` and aborts, so that the driver keeps the input, unless `holds`.
void require(bool holds, std::string_view what);

}  // namespace syconn::fuzz
