// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/core/version.h"

namespace syconn {

int version_command(const std::string&, int argc, char** argv) {
  CLI::App app("Version, git hash and compiler.", "syconn version");
  bool json = false;
  app.add_flag("--json", json, "as JSON");
  app.footer(help_footer({}, {}, {"syconn version", "syconn version --json"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (json)
    std::cout << Json{{"version", version()}, {"git", git_hash()}, {"compiler", compiler()}}.dump(1) << '\n';
  else
    std::cout << "syconn " << version() << " (" << git_hash() << ", " << compiler() << ")\n";
  return 0;
}

}  // namespace syconn
