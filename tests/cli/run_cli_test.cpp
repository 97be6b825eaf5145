// SPDX-License-Identifier: GPL-3.0-or-later
// Runs one golden test of the command line (tests/cli/README.md tells the format). Standard library and POSIX only.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;
constexpr int kSkipped = 77;

enum class Streams { both, out, err };

struct Block {
  std::size_t line = 0;  ///< of the command, from 1
  std::string command;
  int exit_code = 0;
  Streams streams = Streams::both;
  bool checks_output = false;                        ///< there is a ---- line
  std::size_t expected_begin = 0, expected_end = 0;  ///< lines of the file, from 0
};

struct TestFile {
  Lines lines;
  std::vector<Block> blocks;
  std::vector<std::string> needs_data;  ///< one entry a skip-without-data line; may be empty text
};

struct Options {
  fs::path test, bin, source, data;
  bool update = false;
};

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

Lines split_lines(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

[[noreturn]] void syntax_error(const fs::path& path, std::size_t line, const std::string& what) {
  throw std::runtime_error(path.string() + ":" + std::to_string(line) + ": " + what);
}

// Expected output ends before the next command, before a comment that follows an empty line, or with the file.
std::size_t end_of_expected(const Lines& lines, std::size_t begin) {
  std::size_t end = begin;
  while (end < lines.size() && !starts_with(lines[end], "$ ") &&
         !(starts_with(lines[end], "#") && end > begin && lines[end - 1].empty())) {
    ++end;
  }
  while (end > begin && lines[end - 1].empty()) --end;
  return end;
}

void parse_directive(TestFile& file, const fs::path& path, std::size_t number, const std::string& line) {
  if (starts_with(line, "skip-without-data")) {
    const std::size_t name = line.find_first_not_of(' ', std::string_view("skip-without-data").size());
    file.needs_data.push_back(name == std::string::npos ? "" : line.substr(name));
    return;
  }
  if (file.blocks.empty()) syntax_error(path, number, "expected '$ command', got '" + line + "'");
  Block& block = file.blocks.back();
  if (block.checks_output) {
    syntax_error(path, number, "text after the expected output");
  } else if (starts_with(line, "exit ")) {
    block.exit_code = std::stoi(line.substr(5));
  } else if (line == "stdout") {
    block.streams = Streams::out;
  } else if (line == "stderr") {
    block.streams = Streams::err;
  } else {
    syntax_error(path, number, "unknown directive '" + line + "'");
  }
}

TestFile parse(const fs::path& path) {
  TestFile file;
  file.lines = split_lines(read_text(path));
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    if (line.empty() || starts_with(line, "#")) continue;
    if (starts_with(line, "$ ")) {
      file.blocks.push_back({.line = i + 1, .command = line.substr(2)});
    } else if (line == "----") {
      if (file.blocks.empty()) syntax_error(path, i + 1, "---- without a command");
      Block& block = file.blocks.back();
      block.checks_output = true;
      block.expected_begin = i + 1;
      block.expected_end = end_of_expected(file.lines, i + 1);
      i = block.expected_end - 1;
    } else {
      parse_directive(file, path, i + 1, line);
    }
  }
  if (file.blocks.empty()) syntax_error(path, 1, "no '$ command' in the file");
  return file;
}

std::string substitute(std::string text, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

/// Glob over a sequence: `any(k)` tells whether pattern element k stands for any run of elements, `same(k, i)` whether
/// it matches element i. Greedy with one point of return, O(n·m).
template <class Any, class Same>
bool matches(std::size_t n_pattern, std::size_t n_text, const Any& any, const Same& same) {
  std::size_t p = 0, t = 0, star = n_pattern, star_t = 0;
  while (t < n_text) {
    if (p < n_pattern && any(p)) {
      star = p++, star_t = t;
    } else if (p < n_pattern && same(p, t)) {
      ++p, ++t;
    } else if (star < n_pattern) {
      p = star + 1, t = ++star_t;
    } else {
      return false;
    }
  }
  while (p < n_pattern && any(p)) ++p;
  return p == n_pattern;
}

bool line_matches(const std::string& pattern, const std::string& text) {
  return matches(
      pattern.size(), text.size(), [&](std::size_t k) { return pattern[k] == '*'; },
      [&](std::size_t k, std::size_t i) { return pattern[k] == text[i]; });
}

bool is_gap(const std::string& line) { return line == "..."; }

bool output_matches(const Lines& expected, const Lines& actual) {
  return matches(
      expected.size(), actual.size(), [&](std::size_t k) { return is_gap(expected[k]); },
      [&](std::size_t k, std::size_t i) { return line_matches(expected[k], actual[i]); });
}

/// Longest common subsequence under line_matches, printed as a diff: `-` expected, `+` actual.
void print_diff(const Lines& expected, const Lines& actual) {
  const std::size_t n = expected.size(), m = actual.size();
  std::vector<std::vector<int>> common(n + 1, std::vector<int>(m + 1, 0));
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = m; k-- > 0;) {
      common[i][k] = line_matches(expected[i], actual[k]) ? common[i + 1][k + 1] + 1
                                                          : std::max(common[i + 1][k], common[i][k + 1]);
    }
  }
  std::size_t i = 0, k = 0;
  while (i < n || k < m) {
    if (i < n && k < m && line_matches(expected[i], actual[k])) {
      std::cout << "   " << actual[k] << '\n';
      ++i, ++k;
    } else if (i < n && is_gap(expected[i])) {
      if (k < m && common[i][k + 1] == common[i][k]) {
        std::cout << "   " << actual[k++] << '\n';
      } else {
        ++i;
      }
    } else if (i < n && (k == m || common[i + 1][k] >= common[i][k + 1])) {
      std::cout << "  -" << expected[i++] << '\n';
    } else {
      std::cout << "  +" << actual[k++] << '\n';
    }
  }
}

struct Result {
  int exit_code = 0;
  Lines output;
};

Result run_command(const Block& block, const std::string& command, const fs::path& folder) {
  const fs::path out = folder.parent_path() / "stdout", err = folder.parent_path() / "stderr";
  const std::string both = block.streams == Streams::both ? " 2>&1" : " 2>'" + err.string() + "'";
  const std::string line =
      "cd '" + folder.string() + "' && {\n" + command + "\n} </dev/null >'" + out.string() + "'" + both;
  const int status = std::system(line.c_str());
  Result result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.output = split_lines(read_text(block.streams == Streams::err ? err : out));
  return result;
}

bool check_block(const Options& options, const Block& block, const Lines& expected, const Result& result) {
  const bool exit_ok = result.exit_code == block.exit_code;
  const bool output_ok = !block.checks_output || output_matches(expected, result.output);
  if (exit_ok && output_ok) return true;
  std::cout << options.test.string() << ':' << block.line << ": $ " << block.command << '\n';
  if (!exit_ok) std::cout << "  exit code " << result.exit_code << ", expected " << block.exit_code << '\n';
  if (!output_ok) {
    std::cout << "  output differs (- expected, + actual):\n";
    print_diff(expected, result.output);
  } else {
    for (const std::string& line : result.output) std::cout << "   " << line << '\n';
  }
  return false;
}

/// Writes what the commands printed into the file, with {tmp} and friends put back; only where it differs.
void update_file(const Options& options, TestFile file, const std::vector<std::pair<Block, Lines>>& changed) {
  for (auto it = changed.rbegin(); it != changed.rend(); ++it) {
    const auto at = file.lines.begin() + static_cast<std::ptrdiff_t>(it->first.expected_begin);
    file.lines.erase(at, file.lines.begin() + static_cast<std::ptrdiff_t>(it->first.expected_end));
    file.lines.insert(file.lines.begin() + static_cast<std::ptrdiff_t>(it->first.expected_begin), it->second.begin(),
                      it->second.end());
  }
  std::ofstream out(options.test);
  for (const std::string& line : file.lines) out << line << '\n';
}

int run_test(const Options& options) {
  const TestFile file = parse(options.test);
  for (const std::string& name : file.needs_data) {
    if (fs::exists(options.data / name)) continue;
    std::cout << "skipped: no data at " << (options.data / name).string() << '\n';
    return kSkipped;
  }
  std::string pattern = (fs::temp_directory_path() / "syconn_cli_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  const fs::path scratch = pattern, tmp = scratch / "tmp";
  fs::create_directory(tmp);
  const std::vector<std::pair<std::string, std::string>> values = {{"{tmp}", tmp.string()},
                                                                   {"{data}", options.data.string()},
                                                                   {"{configs}", (options.source / "configs").string()},
                                                                   {"{source}", options.source.string()}};
  std::vector<std::pair<std::string, std::string>> backwards = values;
  for (auto& [name, value] : backwards) std::swap(name, value);
  std::vector<std::pair<Block, Lines>> changed;
  bool ok = true;
  for (const Block& block : file.blocks) {
    Lines expected;
    for (std::size_t i = block.expected_begin; i < block.expected_end; ++i) {
      expected.push_back(substitute(file.lines[i], values));
    }
    Result result = run_command(block, substitute(block.command, values), tmp);
    if (check_block(options, block, expected, result)) continue;
    ok = false;
    for (std::string& line : result.output) line = substitute(line, backwards);
    if (block.checks_output) changed.emplace_back(block, result.output);
  }
  fs::remove_all(scratch);
  if (options.update) update_file(options, file, changed);
  return ok ? 0 : 1;
}

Options parse_command_line(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto value = [&]() -> std::string {
      if (++i >= argc) throw std::runtime_error(arg + " needs a value");
      return argv[i];
    };
    if (arg == "--bin") {
      options.bin = fs::absolute(value());
    } else if (arg == "--source") {
      options.source = fs::absolute(value()).lexically_normal();
    } else if (arg == "--update") {
      options.update = true;
    } else {
      options.test = arg;
    }
  }
  if (options.test.empty() || options.source.empty()) {
    throw std::runtime_error("usage: run_cli_test --bin FOLDER --source CHECKOUT [--update] FILE.test");
  }
  const char* data = std::getenv("SYCONN_DATA_DIR");
  options.data = data != nullptr ? fs::path(data) : (options.source / "../shared/data").lexically_normal();
  return options;
}

void set_environment(const Options& options) {
  const char* path = std::getenv("PATH");
  setenv("PATH", (options.bin.string() + ":" + (path != nullptr ? path : "/usr/bin:/bin")).c_str(), 1);
  for (const auto& [name, value] : {std::pair{"LC_ALL", "C"}, {"TZ", "UTC"}, {"NO_COLOR", "1"}, {"COLUMNS", "80"}}) {
    setenv(name, value, 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse_command_line(argc, argv);
    set_environment(options);
    return run_test(options);
  } catch (const std::exception& e) {
    std::cout << "run_cli_test: " << e.what() << '\n';
    return 2;
  }
}
