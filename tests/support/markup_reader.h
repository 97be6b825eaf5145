// SPDX-License-Identifier: GPL-3.0-or-later
// For tests of pages: reads markup strictly (every element closed, attributes quoted, no stray <, > or &), else throws.
#pragma once
#include <cctype>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace syconn::test {

struct MarkupElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  ///< all text within, of its children too, as it is written
};

/// Every element of a page, in the order they begin.
class MarkupReader {
 public:
  explicit MarkupReader(const std::string& text) : text_(text) {
    if (text_.rfind("<!DOCTYPE html>", 0) == 0) at_ = 15;
    while (at_ < text_.size()) text_[at_] == '<' ? tag() : content();
    if (!open_.empty()) fail("<" + elements_[open_.back()].name + "> is not closed");
  }
  const std::vector<MarkupElement>& elements() const { return elements_; }
  /// The only element whose attribute has this value.
  const MarkupElement& with(const std::string& attribute, const std::string& value) const {
    const MarkupElement* found = nullptr;
    for (const MarkupElement& e : elements_) {
      const auto a = e.attributes.find(attribute);
      if (a == e.attributes.end() || a->second != value) continue;
      if (found != nullptr) fail("two elements of " + attribute + " " + value);
      found = &e;
    }
    if (found == nullptr) fail("no element of " + attribute + " " + value);
    return *found;
  }
  bool has(const std::string& attribute, const std::string& value) const {
    for (const MarkupElement& e : elements_)
      if (const auto a = e.attributes.find(attribute); a != e.attributes.end() && a->second == value) return true;
    return false;
  }
  std::vector<const MarkupElement*> named(const std::string& name) const {
    std::vector<const MarkupElement*> list;
    for (const MarkupElement& e : elements_)
      if (e.name == name) list.push_back(&e);
    return list;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + ", at: " + text_.substr(at_ < 60 ? 0 : at_ - 60, 120));
  }
  void content() {
    const std::size_t end = std::min(text_.find('<', at_), text_.size());
    const std::string piece = text_.substr(at_, end - at_);
    check_text(piece);
    for (const std::size_t e : open_) elements_[e].text += piece;
    if (open_.empty() && piece.find_first_not_of(" \n") != piece.npos) fail("text outside of all elements");
    at_ = end;
  }
  void check_text(const std::string& piece) const {
    const bool style = !open_.empty() && elements_[open_.back()].name == "style";
    for (std::size_t i = 0; i < piece.size(); ++i) {
      if (piece[i] == '>' && !style) fail("a stray >");
      if (piece[i] != '&') continue;
      static const std::set<std::string> known{"&lt;", "&gt;", "&amp;", "&quot;"};
      if (!known.contains(piece.substr(i, piece.find(';', i) - i + 1))) fail("a stray &");
    }
  }
  void tag() {
    const std::size_t end = text_.find('>', at_);
    if (end == text_.npos) fail("a tag without an end");
    if (text_[at_ + 1] == '/') {
      const std::string name = text_.substr(at_ + 2, end - at_ - 2);
      if (open_.empty() || elements_[open_.back()].name != name) fail("</" + name + "> closes nothing");
      open_.pop_back();
    } else {
      MarkupElement e;
      std::size_t i = at_ + 1;
      while (i < end && !std::isspace(static_cast<unsigned char>(text_[i])) && text_[i] != '/') e.name += text_[i++];
      const bool alone = text_[end - 1] == '/';
      attributes(i, alone ? end - 1 : end, e);
      elements_.push_back(e);
      if (!alone) open_.push_back(elements_.size() - 1);
    }
    at_ = end + 1;
  }
  void attributes(std::size_t i, std::size_t end, MarkupElement& e) const {
    while (i < end) {
      if (std::isspace(static_cast<unsigned char>(text_[i])) != 0) {
        ++i;
        continue;
      }
      const std::size_t equals = text_.find("=\"", i);
      const std::size_t quote = equals == text_.npos ? text_.npos : text_.find('"', equals + 2);
      if (quote == text_.npos || quote >= end) fail("an attribute without quotes");
      if (!e.attributes.emplace(text_.substr(i, equals - i), text_.substr(equals + 2, quote - equals - 2)).second)
        fail("an attribute twice");
      check_text(text_.substr(equals + 2, quote - equals - 2));
      i = quote + 1;
    }
  }

  const std::string text_;
  std::size_t at_ = 0;
  std::vector<MarkupElement> elements_;
  std::vector<std::size_t> open_;
};

}  // namespace syconn::test
