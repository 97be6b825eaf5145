// SPDX-License-Identifier: GPL-3.0-or-later
#include <sstream>

#include "syconn/algo/contacts.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {
using Mask = VolumeView<const std::uint8_t>;

const std::uint8_t* row_at(Mask mask, const Run& run, const char* name) {
  if (!mask.data) return nullptr;
  if (!mask.box().contains(run.first()) || run.end() > mask.box().max.x) {
    std::ostringstream os;
    os << "contacts: the " << name << " mask " << mask.box() << " does not cover the contact run at " << run.first()
       << " of length " << run.len;
    throw Error(Category::runtime, os.str());
  }
  return &mask.at(run.first());
}

std::uint64_t count(const std::uint8_t* mask, std::int32_t from, std::int32_t to) {
  std::uint64_t n = 0;
  for (std::int32_t i = from; i < to; ++i) n += mask[i] != 0;
  return n;
}
}  // namespace

SynapseFragments junction_overlap(const ContactSet& contacts, Mask junction, Mask sym, Mask asym) {
  SynapseFragments out;
  for (std::size_t p = 0; p < contacts.n_pairs(); ++p) {
    std::uint64_t size = 0, n_sym = 0, n_asym = 0;
    for (const Run& run : contacts.runs_of(p)) {
      const std::uint8_t* j = row_at(junction, run, "junction");
      if (!j) continue;
      const std::uint8_t *s = row_at(sym, run, "symmetric type"), *a = row_at(asym, run, "asymmetric type");
      for (std::int32_t i = 0; i < run.len; ++i) {
        if (!j[i]) continue;
        const std::int32_t from = i;
        while (i < run.len && j[i]) ++i;
        out.runs.push_back({run.x + from, run.y, run.z, i - from});
        size += static_cast<std::uint64_t>(i - from);
        if (s) n_sym += count(s, from, i);
        if (a) n_asym += count(a, from, i);
      }
    }
    out.run_offset.push_back(out.runs.size());
    out.size_vx.push_back(size), out.n_sym.push_back(n_sym), out.n_asym.push_back(n_asym);
  }
  return out;
}

}  // namespace syconn
