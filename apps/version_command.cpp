// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/stages/libraries.h"

namespace syconn {
namespace {

Json version_json(bool with_networks) {
  std::string git = git_hash();
  const bool dirty = git.ends_with('+');
  if (dirty) git.pop_back();
  Json libraries;
  for (const LibraryVersion& l : linked_libraries()) libraries[l.name] = l.version;
  libraries["cli11"] = CLI11_VERSION;
  Json json = {{"version", version()},   {"git", git},           {"dirty", dirty},
               {"compiler", compiler()}, {"simd", simd_level()}, {"libraries", libraries}};
  if (with_networks) {
    const NetworkLibraries networks = network_libraries();
    json["networks"] = networks.description, json["blas"] = networks.blas;
  }
  return json;
}

}  // namespace

int version_command(const std::string&, int argc, char** argv) {
  CLI::App app("Version, git hash, compiler, libraries.", "syconn version");
  bool json = false, networks = false;
  app.add_flag("--json", json, "as JSON, with the versions of libraries and the CPU instructions in use");
  app.add_flag("--networks", networks, "also load LibTorch and name its devices and BLAS");
  app.footer(help_footer({}, {}, {"syconn version", "syconn version --json"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (json) {
    std::cout << version_json(networks).dump(1) << '\n';
    return 0;
  }
  std::cout << "syconn " << version() << " (" << git_hash() << ", " << compiler() << ")\n";
  if (networks) std::cout << network_libraries().description << '\n';
  return 0;
}

}  // namespace syconn
