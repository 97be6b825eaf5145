// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <set>
#include <string>

#include "syconn/core/files.h"
#include "syconn/exec/diagnostics.h"
#include "syconn/exec/fields.h"
#include "yaml_tree.h"

namespace syconn {

/// Where the reader stands: "watershed.types.mi.threshold", and the short name of it in messages, "mi.threshold": from
/// the innermost named entry on, else without the section.
struct KeyPath {
  std::string full, label;
  bool is_section = false;

  KeyPath key(const std::string& name) const;    ///< a field of a struct
  KeyPath entry(const std::string& name) const;  ///< an entry of a map
  KeyPath element(std::size_t index) const;
  /// "in 'dataset.volumes'" or "at the top level".
  std::string inside() const;
};

/// What reading has found so far.
class ReadState {
 public:
  ReadState(Diagnostics& diagnostics, Place file) : diagnostics_(diagnostics), file_(std::move(file)) {}
  void error(const KeyPath& path, const Place& place, const std::string& message);
  /// Whether an error was reported for the key or one below it.
  bool is_bad(const std::string& full_path) const;
  /// Whether an error was reported for the value of the key as a whole.
  bool is_unusable(const std::string& full_path) const { return bad_.contains(full_path); }
  /// To be called before a map changes: remembers the names that its defaults hold.
  void note_defaults(const MapSlot& map, const KeyPath& path);
  bool is_default_entry(const std::string& full_path) const { return default_entries_.contains(full_path); }
  Diagnostics& diagnostics() { return diagnostics_; }
  /// The key's place or its nearest given parent's; else the file.
  const Place& place_of(const std::string& full_path) const;

  /// Of every key given: of a table or map its key's place, else its value's.
  std::map<std::string, Place> places;

 private:
  Diagnostics& diagnostics_;
  Place file_;
  std::set<std::string> bad_, noted_maps_, default_entries_;
};

/// Moves YAML into described structs and reports everything wrong with it.
class FieldsReader {
 public:
  explicit FieldsReader(ReadState& state) : state_(state) {}

  /// All keys of a table.
  void read_table(const YamlNode& node, const Fields& fields, const KeyPath& path);
  /// One "a.b.c=value".
  void apply_set(const std::string& set, const Fields& root);

 private:
  struct Set {
    std::vector<std::string> keys;
    YamlNode value;
    Place place;
  };

  void read_value(const YamlNode& node, const Field& field, const Slot& slot, const KeyPath& path);
  void read_list(const YamlNode& node, const Field& field, ListSlot& list, const KeyPath& path);
  void read_map(const YamlNode& node, const Field& field, MapSlot& map, const KeyPath& path);
  void read_scalar(const YamlNode& node, const Field& field, const Slot& slot, const KeyPath& path);
  bool check_name(const std::string& name, const Place& place, const KeyPath& map);
  void unknown_key(const std::string& key, const Place& place, const Fields& fields, const KeyPath& path);
  /// Follow set.keys[at…] down and read the value there.
  void set_in_table(const Set& set, std::size_t at, const Fields& fields, const KeyPath& path);
  void set_in_slot(const Set& set, std::size_t at, const Field& field, const Slot& slot, const KeyPath& path);

  ReadState& state_;
};

/// After reading: reports missing required keys, calls checks, makes file paths absolute.
class FieldsFinisher {
 public:
  /// Base of relative file paths from the file, and of those from --set.
  FieldsFinisher(ReadState& state, fs::path folder, fs::path current)
      : state_(state), folder_(std::move(folder)), current_(std::move(current)) {}

  /// `required` false: the table is made of defaults only, its required keys do not matter.
  void finish_table(const Fields& fields, const KeyPath& path, bool required);
  void finish_field(const Field& field, const KeyPath& path, bool required);
  /// Calls the checks of a table's own fields unless something in the table is wrong already.
  void run_checks(const Fields& fields, const KeyPath& path);

 private:
  void finish_slot(const Slot& slot, const Field& field, const KeyPath& path, bool required);
  /// Whether a map's entry has none of its values from the defaults of that name.
  bool is_made_here(const std::string& entry) const;
  void report_missing(const Field& field, const KeyPath& path);
  void make_absolute(std::string& text, const KeyPath& path);

  ReadState& state_;
  fs::path folder_, current_;
};

/// Place of `key`, or of its nearest parent that was given.
const Place* nearest_place(const std::map<std::string, Place>& places, std::string key);

}  // namespace syconn
