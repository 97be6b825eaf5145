// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"

namespace syconn {
namespace {

/// Subcommands and options come from --help when they are asked for, so that they are always those of the program.
constexpr const char* kBash = R"sh(# bash completion of syconn: source <(syconn completion bash)
_syconn_help() { syconn "$@" --help 2>/dev/null; }
_syconn() {
  local cur=${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="@COMMANDS@"
  elif [ "${cur#-}" != "$cur" ]; then
    words=$(_syconn_help "${COMP_WORDS[1]}" | grep -oE -- '--[a-z][a-z0-9-]*')
    if [ "$COMP_CWORD" -gt 2 ] && [ "${COMP_WORDS[2]#-}" = "${COMP_WORDS[2]}" ]; then
      words+=" $(_syconn_help "${COMP_WORDS[1]}" "${COMP_WORDS[2]}" | grep -oE -- '--[a-z][a-z0-9-]*')"
    fi
  elif [ "$COMP_CWORD" -eq 2 ]; then
    words=$(_syconn_help "${COMP_WORDS[1]}" | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
  fi
  COMPREPLY=()
  if [ -n "$words" ]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur" | sort -u); fi
}
complete -o default -F _syconn syconn
)sh";

constexpr const char* kZsh = R"sh(#compdef syconn
# zsh completion of syconn: source <(syconn completion zsh), after compinit
_syconn() {
  local -a words_
  if (( CURRENT == 2 )); then
    words_=(@COMMANDS@)
  elif [[ $words[CURRENT] == -* ]]; then
    words_=(${(f)"$(syconn $words[2] --help 2>/dev/null | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u)"})
    if (( CURRENT > 3 )) && [[ $words[3] != -* ]]; then
      words_+=(${(f)"$(syconn $words[2] $words[3] --help 2>/dev/null | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u)"})
    fi
  elif (( CURRENT == 3 )); then
    words_=(${(f)"$(syconn $words[2] --help 2>/dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')"})
  fi
  compadd -a words_
  [[ $words[CURRENT] == -* ]] || _files
}
compdef _syconn syconn
)sh";

constexpr const char* kFish = R"sh(# fish completion of syconn: syconn completion fish | source
function __syconn_words
    set -l given (commandline -opc)
    if test (count $given) -eq 1
        string split ' ' '@COMMANDS@'
    else
        syconn $given[2] --help 2>/dev/null | string match -rag -- '(--[a-z][a-z0-9-]*)'
        if test (count $given) -eq 2
            syconn $given[2] --help 2>/dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'
        else if not string match -q -- '-*' $given[3]
            syconn $given[2] $given[3] --help 2>/dev/null | string match -rag -- '(--[a-z][a-z0-9-]*)'
        end
    end
end
complete -c syconn -a '(__syconn_words)'
)sh";

std::string filled(std::string script) {
  std::string names;
  for (const Command& c : commands()) names += (names.empty() ? "" : " ") + c.name;
  const std::string place = "@COMMANDS@";
  script.replace(script.find(place), place.size(), names);
  return script;
}

}  // namespace

int completion_command(const std::string&, int argc, char** argv) {
  CLI::App app("Prints what makes a shell complete syconn's commands, subcommands and options.", "syconn completion");
  std::string shell;
  app.add_option("SHELL", shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.footer(help_footer({}, {}, {"source <(syconn completion bash)", "syconn completion fish | source"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  std::cout << filled(shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
  return 0;
}

}  // namespace syconn
