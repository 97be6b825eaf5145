// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/contacts.h"

#include <algorithm>

#include "chunk_records.h"
#include "contact_records.h"
#include "junctions.h"
#include "number_keys.h"
#include "shards.h"
#include "syconn/algo/run_components.h"
#include "syconn/exec/job.h"
#include "syconn/io/dataset_top.h"
#include "volumes.h"

/// Contact sites between supervoxels and what of them lies on synaptic junctions: docs/stages/contacts.md.
namespace syconn {
namespace {

struct ContactsConfig {
  Vec3i window_vx{13, 13, 7};
  int closings = 7, dilations = 2;
  JunctionConfig junctions;
  int type_threshold = 123, min_cs_vx = 10, min_syn_vx = 10;

  void describe(Fields& f) {
    f.add("window_vx", window_vx, "a boundary voxel's partner is the most frequent other supervoxel in this window",
          Range{1, 255})
        .check([this] {
          return window_vx.x % 2 * (window_vx.y % 2) * (window_vx.z % 2) == 1 ? std::string()
                                                                              : std::string("must be odd");
        });
    f.add("closings", closings, "iterations of the closing of each pair's contact voxels", Range{0, 60});
    f.add("dilations", dilations, "iterations of the dilation after it", Range{0, 60});
    junctions.describe(f);
    f.add("type_threshold", type_threshold, "a voxel of syn_sym or syn_asym counts from this grey value (of 255) on",
          Range{1, 255});
    f.add("min_cs_vx", min_cs_vx, "contacts of fewer voxels are dropped", Range{1});
    f.add("min_syn_vx", min_syn_vx, "synapse fragments of fewer voxels are dropped", Range{1});
  }
  ContactParams params() const { return {window_vx, closings, dilations}; }
};

std::uint32_t slice_of(const SvPair& pair, std::uint32_t slices) { return part_of(mix64(pair.a, pair.b), slices); }

// ---- extract: contacts of one chunk ------------------------------------------------------------------------------

struct ChunkResult {
  ContactSet contacts;
  SynapseFragments fragments;
};

ChunkResult contacts_of_chunk(const JobContext& ctx, const ContactsConfig& c) {
  if (ctx.is_left_out()) return {};
  const Box3 dataset = ctx.geometry().box, write = ctx.job().box;
  const auto sv = open_covering(ctx.config(), "sv", dataset);
  const Volume<Id> labels = sv->read_labels(intersect(write.grown(contact_halo(c.params())), dataset));
  require_table_ids(ctx.config(), "sv", labels);
  ChunkResult result;
  ContactExtractor(c.params()).extract(labels.view(), dataset, write, result.contacts);
  if (!has_volume(ctx.config(), "sj")) return result;
  const JunctionMasks masks = junction_masks(ctx.config(), c.junctions, c.type_threshold, dataset, write);
  result.fragments = junction_overlap(result.contacts, masks.junction.view(), masks.sym.view(), masks.asym.view());
  return result;
}

void extract(JobContext& ctx, const ContactsConfig& c) {
  const ChunkResult found = contacts_of_chunk(ctx, c);
  const std::uint32_t slices = ctx.geometry().id_slices();
  RecordFileWriter runs(ctx.work_output("runs"), slices, 0);
  RecordWriter<PairCount> counts(ctx.work_output("counts"), slices);
  const bool with_syn = !found.fragments.size_vx.empty();
  for (std::size_t p = 0; p < found.contacts.n_pairs(); ++p) {
    const auto cs = found.contacts.runs_of(p);
    PairRecord record{{found.contacts.sv_a[p], found.contacts.sv_b[p]}, 0, 0, cs.size(), 0};
    std::span<const Run> syn;
    if (with_syn) {
      syn = found.fragments.runs_of(p);
      record.n_sym = found.fragments.n_sym[p], record.n_asym = found.fragments.n_asym[p],
      record.n_syn_runs = syn.size();
    }
    const std::uint32_t slice = slice_of(record.pair, slices);
    runs.append(slice, &record, sizeof record);
    append_bytes(runs, slice, cs);
    append_bytes(runs, slice, syn);
    counts.append(slice, PairCount{record.pair, voxel_count(cs), voxel_count(syn)});
  }
  runs.close();
  counts.close();
}

// ---- gather: the files of many chunks as one, so that a slice never opens more than a few thousand ----------------

void gather(JobContext& ctx, const ContactsConfig&) { gather_records(ctx, "extract", {"runs", "counts"}); }

std::vector<fs::path> slice_inputs(const JobContext& ctx, const std::string& name) {
  return chunk_record_files(ctx, "extract", "gather", name);
}

// ---- count: which pairs of a slice are kept ------------------------------------------------------------------------

void count(JobContext& ctx, const ContactsConfig& c) {
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  std::vector<PairCount> counts;
  for (const fs::path& file : slice_inputs(ctx, "counts")) read_records(RecordFile(file), slice, counts);
  std::sort(counts.begin(), counts.end(), [](const PairCount& x, const PairCount& y) { return x.pair < y.pair; });
  std::vector<SvPair> kept;
  std::uint64_t dropped_cs = 0, dropped_syn = 0;
  for (std::size_t i = 0; i < counts.size();) {
    PairCount sum = counts[i++];
    for (; i < counts.size() && counts[i].pair == sum.pair; ++i)
      sum.cs_vx += counts[i].cs_vx, sum.syn_vx += counts[i].syn_vx;
    const bool keep = sum.cs_vx >= static_cast<std::uint64_t>(c.min_cs_vx);
    if (keep) kept.push_back(sum.pair);
    dropped_cs += !keep;
    dropped_syn += sum.syn_vx > 0 && (!keep || sum.syn_vx < static_cast<std::uint64_t>(c.min_syn_vx));
  }
  write_key_blocks(ctx.work_output("pairs"), kept);
  ctx.note(std::to_string(kept.size()) + " contacts kept; dropped: " + std::to_string(dropped_cs) +
           " below min_cs_vx, " + std::to_string(dropped_syn) + " synapse fragments below min_syn_vx");
}

// ---- number: cs ids 1..N by (sv_a, sv_b) over all slices -----------------------------------------------------------

void number(JobContext& ctx, const ContactsConfig&) {
  ctx.note(std::to_string(number_keys<SvPair>(ctx, "count", "pairs")) + " contact sites");
}

// ---- merge: whole objects of a slice, sent to their shards ---------------------------------------------------------

struct PlacedRecord {
  SvPair pair;
  std::size_t at;
};

std::vector<PlacedRecord> index_records(const std::vector<char>& bytes) {
  std::vector<PlacedRecord> index;
  for (RecordCursor cursor(bytes); !cursor.at_end();) {
    const std::size_t at = cursor.position();
    const auto record = cursor.one<PairRecord>();
    cursor.skip<Run>(record.n_cs_runs);
    cursor.skip<Run>(record.n_syn_runs);
    index.push_back({record.pair, at});
  }
  std::sort(index.begin(), index.end(), [](const PlacedRecord& x, const PlacedRecord& y) {
    return x.pair != y.pair ? x.pair < y.pair : x.at < y.at;
  });
  return index;
}

class ObjectMerger {
 public:
  ObjectMerger(JobContext& ctx, const ContactsConfig& c)
      : config_(c),
        geometry_(ctx.geometry()),
        units_(distance_units(geometry_.voxel_size_nm)),
        shards_(n_shards(geometry_.voxels())),
        cs_(ctx.work_output("cs"), shards_, 0),
        syn_(ctx.work_output("syn"), shards_, 0) {}

  void add(Id id, const SvPair& pair, std::span<const PlacedRecord> pieces, const std::vector<char>& bytes) {
    cs_runs_.clear(), syn_runs_.clear();
    ObjectHeader object;
    object.id = id, object.pair = pair;
    for (const PlacedRecord& piece : pieces) {
      RecordCursor cursor(bytes, piece.at);
      const auto record = cursor.one<PairRecord>();
      cursor.many(record.n_cs_runs, cs_runs_);
      cursor.many(record.n_syn_runs, syn_runs_);
      object.n_sym += record.n_sym, object.n_asym += record.n_asym;
    }
    sort_and_merge(cs_runs_);
    sort_and_merge(syn_runs_);
    if (voxel_count(syn_runs_) >= static_cast<std::uint64_t>(config_.min_syn_vx)) {
      fill_properties(object, syn_runs_, units_, geometry_.voxel_size_nm);
      put(syn_, object, syn_runs_);
    }
    RunComponents parts = run_components(cs_runs_);
    for (std::uint32_t& part : parts.part) ++part;
    object.n_parts = parts.n_parts;
    fill_properties(object, cs_runs_, units_, geometry_.voxel_size_nm);
    put(cs_, object, cs_runs_);
    append_bytes<std::uint32_t>(cs_, shard_of(id, shards_), parts.part);
  }
  void close() { cs_.close(), syn_.close(); }

 private:
  void put(RecordFileWriter& file, const ObjectHeader& object, const std::vector<Run>& runs) {
    file.append(shard_of(object.id, shards_), &object, sizeof object);
    append_bytes<Run>(file, shard_of(object.id, shards_), runs);
  }
  const ContactsConfig& config_;
  const Geometry& geometry_;
  Vec3i units_;
  std::uint32_t shards_;
  RecordFileWriter cs_, syn_;
  std::vector<Run> cs_runs_, syn_runs_;
};

void merge(JobContext& ctx, const ContactsConfig& c) {
  const auto slice = static_cast<std::uint32_t>(ctx.job().index);
  std::vector<char> bytes;
  for (const fs::path& file : slice_inputs(ctx, "runs")) RecordFile(file).read(slice, bytes);
  const std::vector<PlacedRecord> index = index_records(bytes);
  const std::vector<Id> ids = read_records<Id>(RecordFile(ctx.work_input("number", "ids", 0)), slice);
  KeyStream<SvPair> kept(ctx.work_input("count", "pairs", slice));
  ObjectMerger merger(ctx, c);
  std::size_t at = 0, rank = 0;
  for (; !kept.done(); kept.advance()) {
    while (at < index.size() && index[at].pair < kept.head()) ++at;
    std::size_t end = at;
    while (end < index.size() && index[end].pair == kept.head()) ++end;
    merger.add(ids.at(rank++), kept.head(), std::span(index).subspan(at, end - at), bytes);
    at = end;
  }
  merger.close();
}

// ---- shards and top files ------------------------------------------------------------------------------------------

void write_shard(JobContext& ctx, const std::string& type, const DatasetSchema& schema) {
  const auto shard = static_cast<std::uint32_t>(ctx.job().index);
  const fs::path path = ctx.output("datasets/" + shard_file_name(type, "contacts", ctx.hash8(), shard));
  ShardBuilder builder(
      schema, {shard, static_cast<std::uint32_t>(ctx.job().count), std::uint64_t{256} << 20, path.parent_path(), 1});
  std::vector<char> bytes;
  std::vector<Run> runs;
  std::vector<std::uint32_t> part;
  for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s) {
    bytes.clear();
    RecordFile(ctx.work_input("merge", type, s)).read(shard, bytes);
    for (RecordCursor cursor(bytes); !cursor.at_end();) {
      const auto object = cursor.one<ObjectHeader>();
      runs.clear(), part.clear();
      cursor.many(object.n_runs, runs);
      if (type == "cs") cursor.many(object.n_runs, part);
      add_object(builder, object, runs, part);
    }
  }
  builder.write(path);
}

void shards(JobContext& ctx, const ContactsConfig&) {
  write_shard(ctx, "cs", cs_schema(ctx.geometry().voxel_size_nm, ctx.provenance_json()));
  if (has_volume(ctx.config(), "sj"))
    write_shard(ctx, "syn", syn_schema(ctx.geometry().voxel_size_nm, ctx.provenance_json()));
}

void publish(JobContext& ctx, const ContactsConfig&) {
  for (const std::string type : {"cs", "syn"}) {
    const fs::path relative = "datasets/" + type + ".h5";
    if (type == "syn" && !has_volume(ctx.config(), "sj")) {
      std::error_code ignored;
      fs::remove(ctx.in_run(relative), ignored);  // of an earlier run that had junctions
      ctx.note("no dataset.volumes.sj: contacts only, no synapse fragments (syn)");
      continue;
    }
    publish_objects(ctx, type, shard_set(type, "contacts", ctx.hash8(), n_shards(ctx.geometry().voxels())));
  }
}

// ---- plan ----------------------------------------------------------------------------------------------------------

std::uint64_t extract_memory(const RunConfig& config, const Geometry& g) {
  const auto& c = config.section<ContactsConfig>("contacts");
  const Vec3i chunk = min(g.chunk_vx, g.box.size());
  const Vec3i read = min(chunk + 2 * contact_halo(c.params()), g.box.size());
  const auto voxels = static_cast<std::uint64_t>(read.product());
  const std::uint64_t masks = has_volume(config, "sj") ? junction_memory_bytes(config, c.junctions, chunk) : 0;
  return voxels * sizeof(Id) + contact_memory_bytes(chunk, c.params()) + masks + (std::uint64_t{256} << 20);
}

/// At most an eighth of the voxels starts a run (real tissue: a twentieth): 2 bytes a voxel, twice for the sorted copy.
std::uint64_t slice_memory(const RunConfig&, const Geometry& g) {
  return static_cast<std::uint64_t>(g.voxels() / g.id_slices()) * 4 + (std::uint64_t{256} << 20);
}

StageInputs inputs(const RunConfig& config, const Geometry& g) {
  StageInputs in;
  require_volume(config, g.box, "sv", true, in);
  for (const char* name : {"sj", "syn_type", "syn_sym", "syn_asym"}) require_volume(config, g.box, name, false, in);
  return in;
}

}  // namespace

Stage contacts_stage() {
  return make_stage<ContactsConfig>(
             "Contact sites between supervoxels and their synaptic junctions",
             {
                 {"extract", per_chunk, extract, {.mvx_per_s = 20, .bytes_per_voxel = 1}, extract_memory},
                 {"gather", per_chunk_group, gather, {.mem_gb = 1, .bytes_per_voxel = 1}},
                 {"count", per_id_slice, count, {.mem_gb = 1}},
                 {"number", once, number, {.mem_gb = 1}},
                 {"merge", per_id_slice, merge, {.mvx_per_s = 200, .bytes_per_voxel = 1}, slice_memory},
                 {"shards", per_shard, shards, {.mem_gb = 1, .mvx_per_s = 400, .bytes_per_voxel = 0.4}},
                 {"publish", once, publish, {.mem_gb = 0.5}},
             })
      .leaving_out("extract")
      .reading(inputs, {"dataset.volumes.sv; optional: sj (junctions), syn_type or syn_sym and syn_asym"})
      .writing({"DIR/datasets/cs.h5 (contact sites), DIR/datasets/syn.h5 (their parts on junctions)"});
}

}  // namespace syconn
