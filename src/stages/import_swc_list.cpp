// SPDX-License-Identifier: GPL-3.0-or-later
#include "import_swc_list.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "syconn/core/error.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

constexpr std::size_t kMostFiles = 10'000'000;
constexpr std::size_t kMostTypes = 255;  // one byte a cell; 255 stands for unknown

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// NeuroMorpho.Org ends the names of its standardised files with ".CNG.swc".
std::string cell_name(const fs::path& file) {
  std::string name = file.stem().string();
  if (name.size() > 4 && lower(name).ends_with(".cng")) name.resize(name.size() - 4);
  return name;
}

std::vector<SwcFile> find_files(const fs::path& folder) {
  std::error_code error;
  std::vector<SwcFile> files;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (lower(it->path().extension().string()) != ".swc" || !it->is_regular_file()) continue;
    if (files.size() >= kMostFiles)
      throw Error(Category::input, "'" + folder.string() + "': more than " + std::to_string(kMostFiles) + " files");
    SwcFile file;
    file.path = it->path(), file.name = cell_name(it->path());
    file.relative = it->path().lexically_relative(folder).generic_string();
    files.push_back(std::move(file));
  }
  if (error) throw Error(Category::input, "cannot list '" + folder.string() + "': " + error.message());
  if (files.empty()) throw Error(Category::input, "'" + folder.string() + "' holds no .swc file");
  std::sort(files.begin(), files.end(), [](const SwcFile& a, const SwcFile& b) { return a.relative < b.relative; });
  return files;
}

/// A name that is an id: decimal, without a leading zero, and within what SQLite holds.
Id number_of(const std::string& name) {
  Id id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  return whole && name.front() != '0' && id >> 63 == 0 ? id : kBackground;
}

/// Names where all are numbers and differ, else running numbers. True: names.
bool give_ids(std::vector<SwcFile>& files) {
  std::set<Id> seen;
  for (const SwcFile& f : files) {
    const Id id = number_of(f.name);
    if (id == kBackground || !seen.insert(id).second) break;
  }
  const bool names = seen.size() == files.size();
  for (std::size_t i = 0; i < files.size(); ++i) files[i].id = names ? number_of(files[i].name) : Id{i + 1};
  return names;
}

std::map<std::string, std::string> read_types(const fs::path& path) {
  CsvReader csv(path, {"type"});
  const char* key = csv.has("cell") ? "cell" : csv.has("name") ? "name" : "id";
  const std::size_t cell = csv.column(key), type = csv.column("type");
  std::map<std::string, std::string> types;
  while (csv.next()) {
    const auto [at, added] = types.emplace(csv.text(cell), csv.text(type));
    if (!added && at->second != csv.text(type))
      csv.fail("cell '" + at->first + "' has type '" + at->second + "' and type '" + std::string(csv.text(type)) + "'");
  }
  return types;
}

void types_of_table(const SwcImport& options, std::vector<SwcFile>& files, SwcImported& counts) {
  const auto types = read_types(options.types);
  std::map<std::string, const SwcFile*> named;
  for (SwcFile& f : files) {
    const auto type = types.find(f.name);
    if (type == types.end()) continue;
    f.type = type->second;
    const auto [first, added] = named.emplace(f.name, &f);
    if (!added)
      throw Error(Category::input, options.types.string() + ": '" + f.name + "' may be '" + first->second->relative +
                                       "' or '" + f.relative + "'; give the files names of their own");
  }
  counts.unused_types = types.size() - named.size();
}

bool is_excluded(const std::string& type, const std::vector<std::string>& excluded) {
  return std::any_of(excluded.begin(), excluded.end(), [&](const std::string& e) {
    return e.ends_with('*') ? type.starts_with(e.substr(0, e.size() - 1)) : type == e;
  });
}

void leave_out(const SwcImport& options, std::vector<SwcFile>& files) {
  std::erase_if(files, [&](const SwcFile& f) { return !f.type.empty() && is_excluded(f.type, options.exclude_types); });
  std::map<std::string, std::uint64_t> cells;
  for (const SwcFile& f : files) ++cells[f.type];
  if (options.min_cells_per_type > 0)
    std::erase_if(files,
                  [&](const SwcFile& f) { return f.type.empty() || cells[f.type] < options.min_cells_per_type; });
}

}  // namespace

SwcFiles list_swc_files(const SwcImport& options, SwcImported& counts) {
  SwcFiles list;
  std::vector<SwcFile>& files = list.files;
  files = find_files(options.folder);
  counts.files = files.size();
  counts.numbers_are_names = give_ids(files);
  if (!options.types.empty()) types_of_table(options, files, counts);
  if (options.folder_types)
    for (SwcFile& f : files)
      if (f.relative.find('/') != std::string::npos) f.type = f.path.parent_path().filename().string();
  leave_out(options, files);
  counts.left_out = counts.files - files.size();
  if (files.empty())
    throw Error(Category::input, "'" + options.folder.string() + "': all cells are left out by their types");
  for (const SwcFile& f : files) {
    if (f.type.empty())
      ++counts.without_type;
    else
      ++counts.cells_of_type[f.type];
  }
  for (const auto& [type, cells] : counts.cells_of_type) list.types.push_back(type);
  if (list.types.size() > kMostTypes)
    throw Error(Category::input, std::to_string(list.types.size()) + " types of cells; there may be " +
                                     std::to_string(kMostTypes) + ", so leave out rare ones");
  for (SwcFile& f : files)
    if (!f.type.empty())
      f.code = static_cast<std::uint8_t>(std::lower_bound(list.types.begin(), list.types.end(), f.type) -
                                         list.types.begin());
  std::sort(files.begin(), files.end(), [](const SwcFile& a, const SwcFile& b) { return a.id < b.id; });
  return list;
}

}  // namespace syconn
