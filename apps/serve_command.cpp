// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <iostream>

#include "commands.h"
#include "syconn/core/error.h"
#include "syconn/serve/server.h"

namespace syconn {
namespace {

/// One line of printable characters that go into a header.
std::string token_of(const std::string& file) {
  std::string token = read_file(file);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool fit = std::all_of(token.begin(), token.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
  });
  if (token.size() < 16 || token.size() > 256 || !fit)
    throw Error(Category::usage, "'" + file +
                                     "': a token is one line of 16 to 256 letters, digits, '-', '_', '.' or "
                                     "'~', e.g. of: openssl rand -hex 32");
  return token;
}

}  // namespace

int serve_command(const std::string&, int argc, char** argv) {
  CLI::App app("Shows a run in the browser and answers questions to it as JSON. Changes nothing.", "syconn serve");
  ServeOptions options;
  std::string run, token_file;
  bool verbose = false;
  app.add_option("RUN", run, "run folder, or a connectome.sqlite")->required()->type_name("DIR")->group("Input");
  app.add_option("--port", options.port, "port; 0: a free one, which is printed [8080]")
      ->check(CLI::Range(0, 65535))
      ->type_name("N")
      ->group("Behaviour");
  app.add_option("--host", options.host, "numeric address to listen at; any but loopback needs --token [127.0.0.1]")
      ->type_name("ADDRESS")
      ->group("Behaviour");
  app.add_option("--token", token_file, "file with the token that requests must bear: 16 to 256 characters")
      ->type_name("FILE")
      ->group("Behaviour");
  app.add_option("--cors", options.cors,
                 "origin of pages elsewhere that may read, as https://neuroglancer-demo.appspot.com; '*': any")
      ->type_name("ORIGIN")
      ->group("Behaviour");
  app.add_option("--question-s", options.question_s, "seconds after which a question is broken off [30]")
      ->check(CLI::PositiveNumber)
      ->type_name("S")
      ->group("Resources");
  app.add_flag("-v,--verbose", verbose, "a line on stderr for every request")->group("Behaviour");
  app.footer(help_footer({"RUN/connectome.sqlite, RUN/export/neuroglancer"}, {},
                         {"syconn serve runs/demo", "syconn serve runs/demo --host 0.0.0.0 --token ~/.syconn_token"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  options.run = run;
  if (!token_file.empty()) options.token = token_of(token_file);
  if (verbose) options.log = [](const std::string& line) { std::cerr << line + "\n"; };
  install_signal_handlers();
  Server server(options);
  std::cout << server.url() << std::endl;
  std::cerr << "Open this address in a browser" << (options.token.empty() ? "" : " with ?token=TOKEN behind it, once")
            << "; Ctrl-C ends it.\n";
  server.run(stop_signal);
  return 0;
}

}  // namespace syconn
