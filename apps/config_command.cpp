// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/stages/table.h"

namespace syconn {

int config_command(const std::string&, int argc, char** argv) {
  CLI::App app("Looks at configurations; runs nothing.", "syconn config");
  app.require_subcommand(1);
  std::string file;
  std::vector<std::string> sets;
  bool resolved = false;
  const auto with_file = [&](CLI::App* sub) {
    sub->add_option("FILE", file, "the YAML file")->required()->type_name("FILE");
    sub->add_option("--set", sets, "override one key")->type_name("KEY=VALUE")->allow_extra_args(false);
  };
  auto* check = app.add_subcommand("check", "all errors of a config at once, with file:line:column");
  with_file(check);
  auto* show =
      app.add_subcommand("show", "the config as written, or with --resolved every key with its value and meaning");
  with_file(show);
  show->add_flag("--resolved", resolved, "defaults filled in");
  auto* init = app.add_subcommand("init", "a commented config to start from, on stdout");
  auto* schema = app.add_subcommand("schema", "JSON Schema for editors, on stdout");
  app.add_subcommand("docs", "every key as Markdown tables, on stdout");
  app.footer(help_footer({}, {}, {"syconn config init > run.yml", "syconn config check run.yml"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const auto sections = stage_table().sections();
  if (*check) {
    load_config(file, sets, sections);
    std::cout << file << ": ok\n";
  } else if (*show) {
    const RunConfig config = load_config(file, sets, sections);
    std::cout << (resolved ? resolved_yaml(config, sections) : read_file(file));
  } else if (*init) {
    std::cout << config_template(sections);
  } else if (*schema) {
    std::cout << config_schema(sections).dump(2) << '\n';
  } else {
    std::cout << config_docs(sections);
  }
  return 0;
}

}  // namespace syconn
