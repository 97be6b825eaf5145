// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "commands.h"
#include "syconn/core/files.h"
#include "syconn/core/version.h"

/// Man pages in roff, from the same structures as --help.
namespace syconn {
namespace {

/// Bytes of the UTF-8 character that begins with `c`.
std::size_t utf8_bytes(unsigned char c) { return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4; }

/// "\[u00B5]" of a character beyond ASCII: roff reads bytes, each as a character of Latin 1.
std::string named_character(const std::string& utf8) {
  std::uint32_t code = static_cast<unsigned char>(utf8[0]) & (0xffU >> (utf8.size() + 1));
  for (std::size_t i = 1; i < utf8.size(); ++i) code = code << 6 | (static_cast<unsigned char>(utf8[i]) & 0x3fU);
  char text[16];
  std::snprintf(text, sizeof text, "\\[u%04X]", code);
  return text;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t bytes = utf8_bytes(static_cast<unsigned char>(c));
    if (bytes > 1)
      out += named_character(text.substr(i, bytes));
    else if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else
      out += c;
    i += bytes;
  }
  return out;
}

/// A line of text; a dot that begins it is no request.
std::string line(const std::string& text) {
  const std::string out = escaped(text);
  return (out.starts_with('.') ? "\\&" : "") + out + "\n";
}

std::string heading(const char* request, const std::string& text) {
  return std::string(request) + " \"" + escaped(text) + "\"\n";
}

std::string option_head(const CLI::Option& option) {
  std::string names = option.get_positional() ? option.get_name(true, false) : option.get_name(false, true);
  for (std::size_t at = names.find(','); at != std::string::npos; at = names.find(',', at + 2))
    names.insert(at + 1, " ");
  std::string head = "\\fB" + escaped(names) + "\\fR";
  if (option.get_type_size() != 0 && !option.get_type_name().empty())
    head += " \\fI" + escaped(option.get_type_name()) + "\\fR";
  if (option.get_required()) head += " (required)";
  return head;
}

std::string options_of(const CLI::App& app) {
  std::string text;
  const auto add = [&](const std::string& group, const std::vector<const CLI::Option*>& options) {
    if (options.empty()) return;
    text += heading(".SS", group);
    for (const CLI::Option* option : options) {
      const std::string value = option->get_default_str();
      text += ".TP\n" + option_head(*option) + "\n" +
              line(option->get_description() + (value.empty() ? "" : " [" + value + "]"));
    }
  };
  add("Arguments",
      app.get_options([](const CLI::Option* o) { return o->get_positional() && !o->get_group().empty(); }));
  for (const std::string& group : app.get_groups())
    if (!group.empty())
      add(group,
          app.get_options([&](const CLI::Option* o) { return !o->get_positional() && o->get_group() == group; }));
  return text;
}

/// What help_footer() made, without its last line: titles that end with a colon, lines below them.
std::string footer_of(const CLI::App& app) {
  std::istringstream in(app.get_footer());
  std::string text;
  bool in_list = false;
  for (std::string row; std::getline(in, row);) {
    if (row.starts_with("  ")) {
      text += line(row.substr(2)) + ".br\n";
      in_list = true;
    } else if (row.ends_with(':')) {
      text += heading(".SS", row.substr(0, row.size() - 1)) + ".nf\n";
    } else if (in_list && row.empty()) {
      text.erase(text.size() - 4);  // the last line break
      text += ".fi\n", in_list = false;
    }
  }
  return text;
}

std::string usage_of(const CLI::App& app, const std::string& name) {
  std::string text = ".B " + escaped(name) + "\n[options]";
  for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return o->get_positional(); }))
    text += " \\fI" + escaped(option->get_name(true, false)) + "\\fR";
  return text + "\n.br\n";
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty(); });
}

/// One command of a page: its description, options and footer, then those of its subcommands.
std::string sections_of(const CLI::App& app, const std::string& name) {
  std::string text = heading(".SH", name) + line(app.get_description()) + options_of(app) + footer_of(app);
  for (const CLI::App* sub : subcommands_of(app)) text += sections_of(*sub, name + " " + sub->get_name());
  return text;
}

std::string exit_status() {
  std::string codes = kExitCodes;
  codes.erase(0, codes.find(": ") + 2);
  for (std::size_t at = codes.find(", "); at != std::string::npos; at = codes.find(", ")) codes.replace(at, 2, ";\n");
  return heading(".SH", "EXIT STATUS") + line(codes);
}

std::string title(const std::string& name, const std::string& summary) {
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return ".TH " + escaped(upper) + " 1 \"\" \"syconn " + version() + "\" \"syconn\"\n.nh\n.ad l\n" +
         heading(".SH", "NAME") + escaped(name) + " \\- " + line(summary);
}

/// Lets the command describe itself: each of its forms builds its options and hands them over instead of parsing.
std::string page_of(const Command& command) {
  std::string synopsis, sections;
  for (const std::string& form : command.forms) {
    std::vector<std::string> words{command.name};
    if (!form.empty()) words.push_back(form);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    help_reader = [&](const CLI::App& app) {
      synopsis += usage_of(app, app.get_name());
      for (const CLI::App* sub : subcommands_of(app))
        synopsis += usage_of(*sub, app.get_name() + " " + sub->get_name());
      sections += sections_of(app, app.get_name());
    };
    command.run(command.name, static_cast<int>(words.size()), argv.data());
    help_reader = nullptr;
  }
  synopsis.erase(synopsis.size() - 4);  // the last line break
  return title("syconn-" + command.name, command.summary) + heading(".SH", "SYNOPSIS") + synopsis + sections +
         exit_status() + heading(".SH", "SEE ALSO") + ".BR syconn (1)\n";
}

std::string overview() {
  std::string text = title("syconn", "from volume electron microscopy to an annotated connectome") +
                     heading(".SH", "SYNOPSIS") + ".B syconn\n\\fICOMMAND\\fR [options]\n" + heading(".SH", "COMMANDS");
  for (const Command& c : commands()) text += ".TP\n.BR syconn\\-" + escaped(c.name) + " (1)\n" + line(c.summary);
  return text + exit_status();
}

}  // namespace

int man_command(const std::string&, int argc, char** argv) {
  CLI::App app("Writes man pages: syconn.1 and one a command, from the text of --help.", "syconn man");
  std::string folder, name;
  app.add_option("COMMAND", name, "print the page of this command; without it and -o, that of syconn");
  app.add_option("-o,--out", folder, "write all pages into this folder, as share/man/man1")->type_name("DIR");
  app.footer(help_footer({}, {"DIR/syconn.1, DIR/syconn-COMMAND.1"},
                         {"syconn man query | man -l -", "syconn man -o ~/.local/share/man/man1"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (!folder.empty()) {
    make_folder(folder);
    write_file_atomically(fs::path(folder) / "syconn.1", overview());
    for (const Command& c : commands())
      write_file_atomically(fs::path(folder) / ("syconn-" + c.name + ".1"), page_of(c));
    return 0;
  }
  if (name.empty()) {
    std::cout << overview();
    return 0;
  }
  for (const Command& c : commands())
    if (c.name == name) {
      std::cout << page_of(c);
      return 0;
    }
  throw Error(Category::usage, "no command '" + name + "'; 'syconn --help' lists them");
}

}  // namespace syconn
