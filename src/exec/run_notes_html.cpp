// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include "syconn/core/html.h"
#include "syconn/exec/run_html.h"

namespace syconn {
namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Whether text[first, end) counts something: not within a word (64x64), with a point, or of a place such as (3,2,1).
bool is_count(const std::string& text, std::size_t first, std::size_t end) {
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : ' '; };
  const char before = first == 0 ? ' ' : text[first - 1], after = at(end);
  if (in_word(before) || before == '.' || before == '(' || before == ',' || before == '-') return false;
  if (in_word(after) || after == ')') return false;
  return !((after == '.' || after == ',') && in_word(at(end + 1)));
}

/// A text cut into the whole numbers that count something, and what stands between them.
struct Counted {
  std::vector<std::string> between{""};
  std::vector<std::uint64_t> counts;

  explicit Counted(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i;
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
      if (end > i && end - i < 19 && is_count(text, i, end)) {
        counts.push_back(std::stoull(text.substr(i, end - i)));
        between.emplace_back();
        i = end;
      } else {
        end = std::max(end, i + 1);
        between.back() += text.substr(i, end - i);
        i = end;
      }
    }
  }
  std::string text() const {
    std::string out = between[0];
    for (std::size_t i = 0; i < counts.size(); ++i) out += std::to_string(counts[i]) + between[i + 1];
    return out;
  }
};

/// "min_obj_vx = 2500" for each key of the stage's section that the note names.
void named_keys(const Json& section, const std::string& note, std::vector<std::string>& out) {
  for (const auto& [key, value] : section.items()) {
    if (value.is_object()) {
      const bool group = key == "types" || key == "organelles" || key == "models";
      if (group || note.rfind(key + ":", 0) == 0) named_keys(value, note, out);
      continue;
    }
    for (std::size_t at = note.find(key); at != note.npos; at = note.find(key, at + 1)) {
      const std::size_t end = at + key.size();
      if ((at > 0 && in_word(note[at - 1])) || (end < note.size() && in_word(note[end]))) continue;
      out.push_back(key + " = " + value.dump());
      break;
    }
  }
}

std::string thresholds(const Json& section, const std::string& note) {
  std::vector<std::string> keys;
  named_keys(section, note, keys);
  std::string list;
  for (const std::string& key : keys) list += (list.empty() ? "" : ", ") + escaped_markup(key);
  return list.empty() ? list : "<br/><small>" + list + "</small>";
}

constexpr std::size_t kDifferent = 20;  ///< sentences of a step; more are no counts, and would fill the page

void add_note(std::vector<std::string>& notes, const std::string& note) {
  for (std::string& known : notes)
    if (add_counts(known, note)) return;
  if (notes.size() < kDifferent) notes.push_back(note);
}

std::vector<std::string> notes_of(const PipelineRun& run, const StagePlan& plan, const StepPlan& step) {
  std::vector<std::string> notes;
  for (std::int64_t i = 0; i < step.jobs; ++i) {
    const fs::path path = run.step_folder(plan, step) / "done" / (std::to_string(i) + ".json");
    if (!fs::exists(path)) continue;
    const Json marker = Json::parse(read_file(path), nullptr, false);
    if (!marker.is_object()) continue;
    for (const auto& note : marker.value("notes", Json::array())) add_note(notes, note.get<std::string>());
  }
  return notes;
}

}  // namespace

bool add_counts(std::string& sum, const std::string& sentence) {
  Counted a(sum);
  const Counted b(sentence);
  if (a.between != b.between) return false;
  for (std::size_t i = 0; i < a.counts.size(); ++i) a.counts[i] += b.counts[i];
  sum = a.text();
  return true;
}

std::string notes_html(const PipelineRun& run) {
  HtmlTable counts, remarks;
  counts.caption = "What each step kept and dropped";
  counts.heads = {"Step", "Kept and dropped, all jobs together, and the thresholds"};
  remarks.caption = "What was absent, and other remarks";
  remarks.heads = {"Step", "Remark"};
  counts.words = remarks.words = {true, true};
  for (const StagePlan& plan : run.stages())
    for (const StepPlan& step : plan.steps) {
      const std::string place = escaped_markup(plan.stage->name) + "/<wbr/>" + escaped_markup(step.step->name);
      for (const std::string& note : notes_of(run, plan, step))
        if (Counted(note).counts.empty())
          remarks.add({place, escaped_markup(note)});
        else
          counts.add({place, escaped_markup(note) + thresholds(plan.keys.at(plan.stage->name), note)});
    }
  const std::string out = (counts.rows.empty() ? "" : counts.html()) + (remarks.rows.empty() ? "" : remarks.html());
  return out.empty() ? "<p>No stage has anything to say.</p>\n" : out;
}

}  // namespace syconn
