// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "syconn/exec/fields_slots.h"

/// One list of (key, member, doc, range) a config struct, written once in T::describe(Fields&) beside the code that
/// uses it. Parsing, error texts, the resolved print-out, JSON Schema, docs table and the config hash all read this
/// list.
namespace syconn {

/// Inclusive limits of a number, of every component of a triple and of every element of a list.
struct Range {
  double min, max = std::numeric_limits<double>::infinity();
};
/// Allowed values of a text or of every text of a list.
struct Choices : std::vector<std::string> {
  using vector::vector;
  explicit Choices(std::vector<std::string> values) : vector(std::move(values)) {}
};

struct Field {
  std::string key, doc, units, example;
  Slot slot;
  std::optional<Range> range;
  std::vector<std::string> choices;
  bool required = false, changes_results = true, is_file_path = false, hashed_unset = true;
  std::function<std::string()> check;
};

/// What Fields::add returns, to say more about the field.
class FieldHandle {
 public:
  explicit FieldHandle(Field& field) : field_(field) {}
  /// Kept out of result_keys() and so of the config hash: chunk size, threads, memory, paths …
  FieldHandle& no_effect_on_results() { return field_.changes_results = false, *this; }
  /// Of an optional member: kept out of the hash while it has no value, so that a new key leaves older results valid.
  FieldHandle& not_hashed_while_unset() { return field_.hashed_unset = false, *this; }
  FieldHandle& required() { return field_.required = true, *this; }
  /// Default: told from the key's suffix (_nm, _vx, _um, _gb, _s, …).
  FieldHandle& units(std::string text) { return field_.units = std::move(text), *this; }
  /// A path relative to the config's folder (from --set: to the current folder); made absolute when loaded. No effect
  /// on results: what the file holds is identified by its fingerprint.
  FieldHandle& file_path() { return field_.is_file_path = true, no_effect_on_results(); }
  /// YAML that `config init` writes for this key.
  FieldHandle& example(std::string yaml) { return field_.example = std::move(yaml), *this; }
  /// Called once all keys are read; returns what is wrong ("must be multiples of 64") or nothing.
  FieldHandle& check(std::function<std::string()> check) { return field_.check = std::move(check), *this; }

 private:
  Field& field_;
};

class Fields {
 public:
  template <class T>
  FieldHandle add(std::string key, T& member, std::string doc) {
    return add_slot(std::move(key), make_slot(member), std::move(doc));
  }
  template <class T>
  FieldHandle add(std::string key, T& member, std::string doc, Range range) {
    FieldHandle handle = add(std::move(key), member, std::move(doc));
    list_.back().range = range;
    return handle;
  }
  template <class T>
  FieldHandle add(std::string key, T& member, std::string doc, Choices choices) {
    FieldHandle handle = add(std::move(key), member, std::move(doc));
    list_.back().choices = std::move(choices);
    return handle;
  }
  FieldHandle add_slot(std::string key, Slot slot, std::string doc);
  const std::deque<Field>& list() const { return list_; }

 private:
  std::deque<Field> list_;  // handles stay valid
};

}  // namespace syconn
