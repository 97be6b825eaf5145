// SPDX-License-Identifier: GPL-3.0-or-later
// Mutates inputs and keeps those that reach code no other reached. The parsers are compiled with GCC's trace-pc, which
// calls below at each branch, and with the address and undefined behaviour sanitizers.
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "fuzz_target.h"
#include "syconn/core/rng.h"

namespace {

constexpr std::size_t kPlaces = 1 << 16;
std::uint8_t g_hits[kPlaces];  // of this input, by pair of successive branches
std::uint32_t g_before = 0;
std::string g_input, g_crash_file;

}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  const auto here = static_cast<std::uint32_t>((pc * 0x9e3779b97f4a7c15ULL) >> 48);
  std::uint8_t& hit = g_hits[(here ^ g_before) % kPlaces];
  if (hit < 255) ++hit;
  g_before = here >> 1;
}

namespace syconn::fuzz {
namespace {

void keep_input() {
  if (std::FILE* file = std::fopen(g_crash_file.c_str(), "wb")) {
    std::fwrite(g_input.data(), 1, g_input.size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the input is in %s; give it to this program to run it again\n", g_crash_file.c_str());
  }
}
void on_signal(int number) {
  if (number == SIGALRM) std::fprintf(stderr, "one input takes longer than 20 s\n");
  keep_input();
  ::_exit(1);
}

void run(const std::string& input) {
  g_input = input;
  g_before = 0;
  ::alarm(20);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(g_input.data()), g_input.size());
  ::alarm(0);
}

class Fuzzer {
 public:
  explicit Fuzzer(std::uint64_t seed) : rng_(seed), tokens_(tokens()) {
    for (const std::string& s : seeds()) look(s, true);
  }
  void step() {
    std::string input = corpus_[rng_.below(corpus_.size())];
    for (std::uint64_t n = 1 + rng_.below(6); n > 0; --n) mutate(input);
    look(input, false);
  }
  void report(double seconds) const {
    std::printf("%llu inputs in %.0f s, %zu kept, %zu places reached, no finding\n",
                static_cast<unsigned long long>(runs_), seconds, corpus_.size(),
                static_cast<std::size_t>(std::count_if(seen_, seen_ + kPlaces, [](std::uint8_t s) { return s != 0; })));
  }

 private:
  /// Runs it; kept if a branch is reached for the first time, or twice, four times, ... as often as ever.
  void look(const std::string& input, bool keep) {
    std::memset(g_hits, 0, sizeof g_hits);
    run(input);
    ++runs_;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      if (g_hits[i] == 0) continue;
      std::uint8_t level = 1;
      for (std::uint8_t n = g_hits[i]; n > 1; n = static_cast<std::uint8_t>(n / 2))
        level = static_cast<std::uint8_t>(level * 2);
      if ((seen_[i] & level) == 0) seen_[i] = static_cast<std::uint8_t>(seen_[i] | level), keep = true;
    }
    if (keep) corpus_.push_back(input);
  }

  void mutate(std::string& s) {
    constexpr std::size_t kLongest = 4096;
    const std::size_t at = rng_.below(s.size() + 1);
    const std::size_t some = std::min<std::size_t>(1 + rng_.below(8), s.size() - at);
    switch (rng_.below(9)) {
      case 0:
        if (at < s.size()) s[at] = static_cast<char>(rng_.below(256));
        break;
      case 1:
        if (at < s.size()) s[at] = static_cast<char>(s[at] ^ (1 << rng_.below(8)));
        break;
      case 2:
        s.erase(at, some);
        break;
      case 3:
        s.insert(at, s.substr(at, some));
        break;
      case 4: {  // a piece of another input
        const std::string& other = corpus_[rng_.below(corpus_.size())];
        const std::size_t from = rng_.below(other.size() + 1);
        s.insert(at, other.substr(from, rng_.below(64)));
        break;
      }
      case 5: {  // digits become others
        const std::size_t digit = s.find_first_of("0123456789", at);
        if (digit != s.npos) s[digit] = static_cast<char>('0' + rng_.below(10));
        break;
      }
      default:
        s.insert(at, tokens_[rng_.below(tokens_.size())]);
    }
    if (s.size() > kLongest) s.resize(kLongest);
  }

  Rng rng_;
  std::vector<std::string> tokens_, corpus_;
  std::uint8_t seen_[kPlaces] = {};
  std::uint64_t runs_ = 0;
};

int usage() {
  std::fputs("usage: x_fuzz [--seconds N] [--seed S] [--crash FILE] [INPUT...]   with inputs: runs only these\n",
             stderr);
  return 2;
}

int run_files(const std::vector<std::string>& files) {
  for (const std::string& name : files) {
    std::ifstream file(name, std::ios::binary);
    if (!file) return std::fprintf(stderr, "cannot read %s\n", name.c_str()), 2;
    run(std::string(std::istreambuf_iterator<char>(file), {}));
    std::printf("%s: no finding\n", name.c_str());
  }
  return 0;
}

}  // namespace

void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

int main_of(int argc, char** argv) {
  double seconds = 10;
  std::uint64_t seed = 1;
  std::vector<std::string> files;
  const std::string name = argv[0];
  g_crash_file = name.substr(name.rfind('/') + 1) + ".crash";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      files.push_back(word);
      continue;
    }
    if (++i >= argc) return usage();
    if (word == "--seconds")
      seconds = std::atof(argv[i]);
    else if (word == "--seed")
      seed = std::strtoull(argv[i], nullptr, 10);
    else if (word == "--crash")
      g_crash_file = argv[i];
    else
      return usage();
  }
  std::signal(SIGABRT, on_signal), std::signal(SIGALRM, on_signal);
  __sanitizer_set_death_callback(keep_input);
  if (!files.empty()) return run_files(files);
  static Fuzzer fuzzer(seed);
  const auto start = std::chrono::steady_clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  while (passed() < seconds) fuzzer.step();
  fuzzer.report(passed());
  return 0;
}

}  // namespace syconn::fuzz

int main(int argc, char** argv) { return syconn::fuzz::main_of(argc, argv); }
