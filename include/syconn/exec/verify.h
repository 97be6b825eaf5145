// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "syconn/exec/progress.h"
#include "syconn/exec/run_plan.h"

/// `syconn verify`: a list of checks of a finished run, docs/verify.md. Here is what runs them and what they say; the
/// checks of markers and records are in this room, those of datasets and tables in stages.
namespace syconn {

/// Each level includes those before: what is there; every byte and every count; what the numbers mean.
enum class VerifyDepth { fast, full, semantic };

/// One thing that is wrong. Empty texts say that there is nothing to name.
struct Violation {
  std::string file;     ///< relative to the run folder
  std::string dataset;  ///< column, field/part, table.column or key in it
  std::string id;       ///< object, pair, row or job
  std::string expected, found;
};

class VerifySink;

struct VerifyCheck {
  std::string name;
  VerifyDepth depth = VerifyDepth::fast;
  std::string what;                ///< what holds where it finds nothing, one line
  std::vector<std::string> needs;  ///< files relative to the run folder; where one is absent or damaged it is not done
  std::function<void(VerifySink&, std::int64_t part)> run;
  /// Independent parts, run by several threads; default one.
  std::function<std::int64_t()> parts = {};
  bool damages = true;  ///< a file with a violation is not looked at by the levels after this
};

/// What all checks found. Keeps the `shown` first violations of a kind (check and dataset), counts the others.
class VerifyReport {
 public:
  explicit VerifyReport(std::size_t shown) : shown_(shown) {}

  void add(const VerifyCheck& check, Violation violation);
  /// Why a check, or a part of it, could not be done.
  void not_done(const std::string& check, const std::string& why);
  /// Whether a check of level fast or full found something wrong with this file, or with its parts: those of
  /// "datasets/mi.h5" are in "datasets/mi/".
  bool is_damaged(const std::string& file) const;

  std::uint64_t count() const;
  std::uint64_t count(const std::string& check) const;
  /// {check, dataset, count, violations}, by check in the order of `checks`, by dataset.
  Json groups(const std::vector<VerifyCheck>& checks) const;
  std::vector<std::string> skipped(const std::string& check) const;

 private:
  struct Less {
    bool operator()(const Violation& a, const Violation& b) const;
  };
  struct Group {
    std::uint64_t count = 0;
    std::set<Violation, Less> first;
  };
  std::size_t shown_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Group> groups_;
  std::map<std::string, std::set<std::string>> skipped_;
  std::set<std::string> damaged_;
};

/// What a running check speaks to; from any thread.
class VerifySink {
 public:
  VerifySink(VerifyReport& report, const VerifyCheck& check) : report_(report), check_(check) {}
  void add(Violation violation) { report_.add(check_, std::move(violation)); }
  void not_done(const std::string& why) { report_.not_done(check_.name, why); }
  bool is_damaged(const std::string& file) const { return report_.is_damaged(file); }

 private:
  VerifyReport& report_;
  const VerifyCheck& check_;
};

struct VerifyOptions {
  VerifyDepth depth = VerifyDepth::fast;
  int threads = 1;
  bool all = false;  ///< keep every violation, not the first 20 of a kind
};

/// Runs the checks up to the level, in their order. An Error of a check is a violation.
/// {run, level, clean, violations, checks: [{name, level, what, violations, not_done}], groups: [...]}
Json verify_json(const fs::path& run, const std::vector<VerifyCheck>& checks, const VerifyOptions& options,
                 Progress& progress);
std::string verify_text(const Json& report);

/// What holds of config, records, markers and files of a run; `run` outlives the list.
std::vector<VerifyCheck> record_checks(const PipelineRun& run);

}  // namespace syconn
