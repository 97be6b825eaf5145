// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "syconn/core/box3.h"

/// Members of config structs seen without their C++ types: what fields.h keeps of each. Users of fields.h need none of
/// it.
namespace syconn {

class Fields;
template <class T>
concept Described = requires(T t, Fields& f) {
  t.describe(f);
};

struct ListSlot;
struct MapSlot;
struct OptionalSlot;
/// A member of a config struct without its C++ type; valid while the struct lives and its lists are not resized.
struct Slot {
  std::variant<bool*, int*, std::int64_t*, std::uint64_t*, double*, std::string*, Vec3i*, Vec3d*,
               std::function<void(Fields&)>, std::shared_ptr<ListSlot>, std::shared_ptr<MapSlot>,
               std::shared_ptr<OptionalSlot>>
      value;
};
struct ListSlot {
  virtual ~ListSlot() = default;
  virtual std::size_t size() const = 0;
  virtual void clear() = 0;
  virtual Slot at(std::size_t index) = 0;
  virtual Slot append() = 0;
  virtual Slot sample() = 0;  ///< a default element outside the list, for docs and schema
};
struct MapSlot {
  virtual ~MapSlot() = default;
  virtual std::vector<std::string> keys() const = 0;
  virtual void keep_only(const std::vector<std::string>& keys) = 0;
  virtual Slot put(const std::string& key) = 0;  ///< the entry, made from defaults if absent
  virtual Slot sample() = 0;
};
struct OptionalSlot {
  virtual ~OptionalSlot() = default;
  virtual bool has_value() const = 0;
  virtual void reset() = 0;
  virtual Slot get() = 0;  ///< the value, made from defaults if absent
  virtual Slot sample() = 0;
};

/// Slots of the supported types: bool, int, int64_t, uint64_t (ids), double, std::string, Vec3i, Vec3d, Box3 (keys min
/// and max), Described structs, and std::vector, std::map<std::string, ·> and std::optional of all of these.
template <class T>
Slot make_slot(T& member);

namespace slots {

template <class T>
struct List final : ListSlot {
  explicit List(std::vector<T>& m) : member(m) {}
  std::size_t size() const override { return member.size(); }
  void clear() override { member.clear(); }
  Slot at(std::size_t index) override { return make_slot(member.at(index)); }
  Slot append() override { return make_slot(member.emplace_back()); }
  Slot sample() override { return make_slot(sample_value); }
  std::vector<T>& member;
  T sample_value{};
};

template <class T>
struct Map final : MapSlot {
  explicit Map(std::map<std::string, T>& m) : member(m) {}
  std::vector<std::string> keys() const override {
    std::vector<std::string> result;
    for (const auto& entry : member) result.push_back(entry.first);
    return result;
  }
  void keep_only(const std::vector<std::string>& kept) override {
    std::erase_if(member,
                  [&](const auto& entry) { return std::find(kept.begin(), kept.end(), entry.first) == kept.end(); });
  }
  Slot put(const std::string& key) override { return make_slot(member[key]); }
  Slot sample() override { return make_slot(sample_value); }
  std::map<std::string, T>& member;
  T sample_value{};
};

template <class T>
struct Optional final : OptionalSlot {
  explicit Optional(std::optional<T>& m) : member(m) {}
  bool has_value() const override { return member.has_value(); }
  void reset() override { member.reset(); }
  Slot get() override { return make_slot(member ? *member : member.emplace()); }
  Slot sample() override { return make_slot(sample_value); }
  std::optional<T>& member;
  T sample_value{};
};

template <class T>
std::shared_ptr<ListSlot> composite(std::vector<T>& m) {
  return std::make_shared<List<T>>(m);
}
template <class T>
std::shared_ptr<MapSlot> composite(std::map<std::string, T>& m) {
  return std::make_shared<Map<T>>(m);
}
template <class T>
std::shared_ptr<OptionalSlot> composite(std::optional<T>& m) {
  return std::make_shared<Optional<T>>(m);
}

/// Box3 as a struct of two required keys.
void describe_box(Box3& box, Fields& f);

template <class T>
concept Scalar =
    std::same_as<T, bool> || std::same_as<T, int> || std::same_as<T, std::int64_t> || std::same_as<T, std::uint64_t> ||
    std::same_as<T, double> || std::same_as<T, std::string> || std::same_as<T, Vec3i> || std::same_as<T, Vec3d>;

}  // namespace slots

template <class T>
Slot make_slot(T& member) {
  if constexpr (slots::Scalar<T>) {
    return Slot{&member};
  } else if constexpr (std::same_as<T, Box3>) {
    return Slot{std::function<void(Fields&)>([&member](Fields& f) { slots::describe_box(member, f); })};
  } else if constexpr (Described<T>) {
    return Slot{std::function<void(Fields&)>([&member](Fields& f) { member.describe(f); })};
  } else {
    return Slot{slots::composite(member)};
  }
}

}  // namespace syconn
