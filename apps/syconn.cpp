// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "commands.h"
#include "syconn/core/cpu.h"
#include "syconn/core/version.h"
#include "syconn/exec/diagnostics.h"

namespace syconn {
namespace {

void print_help() {
  std::cout << "syconn " << version() << ": from volume electron microscopy to an annotated connectome\n\n"
            << "Usage: syconn COMMAND [options]      (syconn COMMAND --help tells more)\n\nCommands:\n";
  for (const Command& c : commands()) std::printf("  %-14s %s\n", c.name.c_str(), c.summary.c_str());
  std::fflush(stdout);
  std::cout << "\n" << kExitCodes << "\n";
}

int usage_error(const std::string& word) {
  std::vector<std::string> names;
  for (const Command& c : commands()) names.push_back(c.name);
  std::cerr << "syconn: no command '" << word << "'." << did_you_mean(word, names) << " 'syconn --help' lists them.\n";
  return static_cast<int>(Category::usage);
}

int dispatch(int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.empty() || word == "--help" || word == "-h" || word == "help") {
    print_help();
    return word.empty() ? static_cast<int>(Category::usage) : 0;
  }
  const std::string name = word == "--version" ? "version" : word;
  const auto& all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
  if (found == all.end()) return usage_error(word);
  return found->run(name, argc - 1, argv + 1);
}

}  // namespace
}  // namespace syconn

int main(int argc, char** argv) {
  try {
    if (const char* cpu = std::getenv("SYCONN_CPU")) syconn::limit_cpu_level(cpu);
    return syconn::dispatch(argc, argv);
  } catch (const syconn::Error& e) {
    std::cerr << (e.category() == syconn::Category::config ? "" : "syconn: error: ") << e.what() << '\n';
    return e.exit_code();
  } catch (const std::exception& e) {
    std::cerr << "syconn: error: " << e.what() << '\n';
    return static_cast<int>(syconn::Category::runtime);
  }
}
