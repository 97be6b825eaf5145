// SPDX-License-Identifier: GPL-3.0-or-later
// Imports of synapse tables: the first line holds the map, its entries separated by blanks, the rest is the CSV. Either
// an Error of the map or of a line and column of the file, or a connectome that opens and has the rows.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fuzz_target.h"
#include "syconn/core/error.h"
#include "syconn/io/connectome.h"
#include "syconn/io/sqlite_reader.h"
#include "syconn/stages/import_synapses.h"

namespace syconn::fuzz {
namespace {

/// A folder of this process, in memory where there is such a place; gone at the end.
class Folder {
 public:
  Folder() {
    const fs::path base = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    path_ = base / ("syconn-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

const fs::path& folder() {
  static const Folder made;
  return made.path();
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out;
  for (std::size_t from = 0, to = 0; from < line.size(); from = to + 1) {
    to = std::min(line.find(' ', from), line.size());
    if (to > from) out.push_back(line.substr(from, to - from));
  }
  return out;
}

bool digits_then_colon(const std::string& text, std::size_t& at) {
  const std::size_t from = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at > from && at < text.size() && text[at++] == ':';
}

void check_error(const Error& error, const fs::path& csv) {
  const std::string what = error.what(), file = csv.string() + ":";
  if (error.category() == Category::usage) return;
  require(error.category() == Category::input, "an error of another category: " + what);
  require(what.starts_with(file), "an error that names no place: " + what);
  std::size_t at = file.size();
  require(digits_then_colon(what, at) && digits_then_colon(what, at) && what[at] == ' ',
          "an error without line and column: " + what);
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string map = "id=n pre_id=a post_id=b area_um2=s*1e-6 post_comp=c:0=shaft:1=spine_head pre_type=t x=x\n";
  const std::string head = "n,a,b,s,c,t,x\n";
  return {map + head + "1,5,6,2.5,1,MSN,7\n2,5,,NaN,0,GP,abc\n",
          map + head + "1,\"5\",6,,1,\"a \"\"b\"\"\n,c\",1.5\r\n",
          map + head + "1,5\n",
          map + head + "1,x,6,2.5,1,MSN,7\n",
          map + head + "1,5,6,2.5,9,MSN,7\n1,5,6,2.5,0,,\n",
          "pre_id=a post_id=b\n# note\n\na,b\n1,2\n3,9223372036854775807\n",
          "pre_id=a\na\n",
          "pre_id=a post_Id=b\na,b\n1,x\n",
          "pre_id=a post_id=q\na,b\n"};
}
std::vector<std::string> tokens() {
  return {"id=",
          "pre_id=",
          "post_id=",
          "pre_type=",
          "post_comp=",
          "prob=",
          "area_um2=",
          "own=",
          "*1e3",
          "*0",
          ":0=shaft",
          ":1=axon",
          "shaft",
          "\n",
          "\r\n",
          "\r",
          ",",
          "\"",
          "\"\"",
          "#",
          "a",
          "b",
          "NaN",
          "-1",
          "0",
          "1.5",
          "1e999",
          " ",
          "\xef\xbb\xbf",
          std::string(1, '\0'),
          "\xff",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551615",
          ",,,,,",
          "\n1,5,6,2.5,1,MSN,7"};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syconn;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  SynapseImport import;
  import.csv = fuzz::folder() / "in.csv", import.out = fuzz::folder() / "out.sqlite", import.name = "fuzz";
  import.map = fuzz::words(text.substr(0, line));
  std::ofstream(import.csv, std::ios::binary) << text.substr(std::min(line + 1, text.size()));
  try {
    const SynapseImported done = import_synapses(import);
    const Connectome connectome(import.out);
    SqliteQuery rows(connectome.path(), "SELECT count(*), sum(pre_id IS NULL OR post_id IS NULL) FROM synapses");
    rows.next();
    fuzz::require(static_cast<std::uint64_t>(rows.integer(0)) == done.synapses, "rows got lost");
    fuzz::require(static_cast<std::uint64_t>(rows.integer(1)) == done.undirected, "undirected rows miscounted");
  } catch (const Error& error) {
    fuzz::check_error(error, import.csv);
  }
  return 0;
}
