// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/config.h"

#include "config_root.h"
#include "fields_read.h"
#include "fields_value.h"

namespace syconn {

Fields root_fields(RunConfig& config, const std::vector<Section>& sections) {
  std::vector<std::string> names;
  for (const Section& section : sections) names.push_back(section.name);
  Fields f;
  f.add("dataset", config.dataset, "what is analysed").required();
  f.add("stages", config.stages, "stages to run, in their fixed order; empty: all that have their inputs",
        Choices(names))
      .no_effect_on_results()
      .example(flow_yaml(make_slot(names)))
      .check([&config] {
        std::set<std::string> unique(config.stages.begin(), config.stages.end());
        return unique.size() < config.stages.size() ? std::string("must name each stage once") : std::string();
      });
  for (const Section& section : sections) {
    AnyConfig* any = config.sections.at(section.name).get();
    f.add_slot(section.name, Slot{std::function<void(Fields&)>([any](Fields& inner) { any->describe(inner); })},
               section.title);
  }
  f.add("execution", config.execution, "how to compute; nothing here changes a result").no_effect_on_results();
  return f;
}

RunConfig default_config(const std::vector<Section>& sections) {
  RunConfig config;
  for (const Section& section : sections) config.sections[section.name] = section.make();
  return config;
}

fs::path RunConfig::resolve(const std::string& path) const {
  return (fs::path(dataset.root) / path).lexically_normal();
}

std::string RunConfig::where(const std::string& key) const {
  const Place* place = nearest_place(places, key);
  return place != nullptr ? place->text() : file.string();
}

namespace {

/// Whether a stage's section counts: it is written, or its stage runs.
bool is_used(const RunConfig& config, const ReadState& state, const Field& field) {
  const bool is_stage = config.sections.contains(field.key);
  return !is_stage || state.places.contains(field.key) ||
         std::find(config.stages.begin(), config.stages.end(), field.key) != config.stages.end();
}

void read_document(const YamlNode& document, const std::string& origin, const Fields& root, ReadState& state) {
  if (document.kind == YamlNode::Kind::map) return FieldsReader(state).read_table(document, root, {});
  if (document.kind == YamlNode::Kind::null) return state.error({}, {origin}, "the file holds no keys");
  state.error({}, document.place, "the file must be a map of keys, got " + got_text(document));
}

}  // namespace

RunConfig parse_config(const std::string& text, const std::string& origin, const fs::path& folder,
                       const std::vector<std::string>& sets, const std::vector<Section>& sections) {
  RunConfig config = default_config(sections);
  config.file = origin;
  config.folder = fs::absolute(folder).lexically_normal();
  Diagnostics diagnostics(origin);
  ReadState state(diagnostics, {origin});
  const Fields root = root_fields(config, sections);
  const auto document = parse_yaml(text, origin, diagnostics);
  if (document)
    read_document(*document, origin, root, state);
  else if (diagnostics.count() == 0)
    diagnostics.error({origin}, "the file is empty");
  for (const std::string& set : sets) FieldsReader(state).apply_set(set, root);
  if (document && document->kind == YamlNode::Kind::map) {  // else the missing keys say nothing new
    FieldsFinisher finisher(state, config.folder, fs::current_path());
    for (const Field& field : root.list())
      finisher.finish_field(field, KeyPath{}.key(field.key), is_used(config, state, field));
    finisher.run_checks(root, {});
  }
  diagnostics.throw_if_any();
  config.places = std::move(state.places);
  return config;
}

RunConfig load_config(const fs::path& file, const std::vector<std::string>& sets,
                      const std::vector<Section>& sections) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  return parse_config(read_file(file), file.string(), folder, sets, sections);
}

}  // namespace syconn
