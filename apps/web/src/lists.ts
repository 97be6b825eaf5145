// SPDX-License-Identifier: GPL-3.0-or-later
// The lists of the panel: cells, partners of the open cell, synapses with one of them. Long ones are shown a page at a time.
import * as api from "./api.ts";
import {arrows, el, message, number} from "./dom.ts";
import type {Actions, Known} from "./panel.ts";
import {colourOf, typeIs, where, type State} from "./state.ts";

const kPage = 50;
const kMost = 10000; // of one question (docs/serve.md)

export const names = (known: Known, table: string): Set<string> => new Set((known.columns[table] ?? []).map((c) => c.name));
export const dot = (colour: string): HTMLElement => el("span", {class: "dot", style: `background:${colour}`, "aria-hidden": "true"});

/// What is under a list: how much of it is shown, and more of it.
function foot(id: string, shown: number, all: number, what: string, actions: Actions): HTMLElement {
  const left = Math.min(all, kMost) - shown;
  return el("div", {class: "foot"}, el("small", {}, `${number(shown)} of ${number(all)} ${what}`),
    left > 0 ? el("button", {id: `more-${id}`, click: () => actions.more(id, shown + kPage)}, `${number(Math.min(left, kPage))} more`) : null,
    left <= 0 && all > kMost ? el("small", {}, "; filters make them fewer") : null);
}

export async function cellList(s: State, known: Known, actions: Actions): Promise<HTMLElement> {
  const has = names(known, "cells");
  const parameters: Record<string, string> = {limit: String(actions.shown("cells") || kPage), order_by: has.has("n_syn_out") ? "-n_syn_out" : "id"};
  if (s.type) {
    if (!Object.values(known.run.cell_types).includes(s.type)) {
      const all = Object.values(known.run.cell_types).join(", ");
      return message(all ? `There is no cell type '${s.type}'. Types: ${all}.` : `No cell of this run has a type, so '${s.type}' finds nothing. Ids are numbers.`);
    }
    parameters.where = typeIs("type", s.type);
  }
  const answer = await api.cells(parameters);
  if (answer.rows.length === 0) return message(s.type ? `No cell has the type '${s.type}'.` : "This run has no cells.");
  const list = el("ol", {}, ...answer.rows.map((row) => el("li", {class: "row"}, el("button", {"data-cell": String(row.id), click: () => actions.open(String(row.id))},
    el("span", {}, String(row.id)), el("small", {}, `${row.type ?? ""} ${number(row.n_syn_out)} given, ${number(row.n_syn_in)} received`)))));
  return el("section", {}, el("h2", {}, s.type ? `Cells of type ${s.type}` : "Cells that give most synapses"), arrows(list),
    foot("cells", answer.rows.length, answer.about.rows_left, "cells", actions));
}

async function synapseList(s: State, known: Known, actions: Actions): Promise<HTMLElement> {
  const filter = where(s, names(known, "synapses")), limit = String(actions.shown("synapses") || kPage);
  const answer = await api.synapses(s.cell, {direction: s.direction, partner: s.partner, limit, ...(filter ? {where: filter} : {})});
  const row = (r: api.Row): HTMLElement => el("li", {class: "synapse"}, el("button", {
    "aria-current": String(r.id) === s.synapse ? "true" : undefined, "data-synapse": String(r.id), click: () => actions.jump(r)},
    el("span", {}, `${String(r.id) === s.synapse ? "▸ " : ""}p ${number(r.prob, 2)}, ${number(r.area_um2, 2)} µm²`),
    el("small", {}, `${r.sign === 1 ? "excitatory" : r.sign === -1 ? "inhibitory" : ""} ${String(r.post_comp ?? "").replaceAll("_", " ")}`)));
  return el("div", {}, arrows(el("ol", {"aria-label": `Synapses with cell ${s.partner}`}, ...answer.rows.map(row))),
    foot("synapses", answer.rows.length, answer.n_rows, "synapses", actions));
}

/// How many synapses the classifier's probabilities let expect, and on what they sit, as far as that is known.
function detail(r: api.Row): string {
  const on = ["spine", "shaft", "soma", "axon"].filter((word) => Number(r[`n_on_${word}`]) > 0).map((word) => `${number(r[`n_on_${word}`])} on ${word}`);
  const expected = typeof r.n_expected === "number" ? `${number(r.n_expected)} ± ${number(r.n_sd, 2)} expected` : "";
  return [expected, ...on].filter((text) => text !== "").join(", ");
}

function partnerLine(r: api.Row, s: State, actions: Actions): HTMLElement {
  const id = r.partner === null ? "" : String(r.partner), chosen = id !== "" && id === s.partner, n = `${number(r.n)} ${r.n === 1 ? "synapse" : "synapses"}`;
  if (id === "") return el("li", {class: "row"}, el("button", {disabled: true, "data-outside": String(r.n)}, "outside of the dataset", el("small", {}, n)));
  const name = el("span", {}, s.trail.includes(id) ? dot(colourOf(s, id)) : "", id);
  return el("li", {class: "row"},
    el("button", {"data-partner": id, click: () => actions.open(id)}, name, el("small", {}, `${r.type ?? ""} ${number(r.area_sum_um2)} µm²`), el("small", {class: "detail"}, detail(r))),
    el("button", {"aria-expanded": String(chosen), "data-synapses-with": id, "aria-label": `${n} with cell ${id}`,
      click: () => actions.change({partner: chosen ? "" : id, synapse: ""})}, n));
}

export async function partnerList(s: State, known: Known, actions: Actions): Promise<HTMLElement> {
  const filter = where(s, names(known, "synapses")), limit = String(actions.shown("partners") || kPage);
  const answer = await api.partners(s.cell, {direction: s.direction, limit, ...(filter ? {where: filter} : {})});
  const removed = answer.about.filter.reduce((n, clause) => n + clause.removed, 0);
  if (answer.rows.length === 0)
    return message(removed > 0 ? `The filters leave none of ${number(removed)} synapses.` : "There are none.");
  const list = el("ol", {});
  for (const r of answer.rows) {
    list.append(partnerLine(r, s, actions));
    if (s.partner !== "" && r.partner === s.partner) list.append(el("li", {}, await synapseList(s, known, actions)));
  }
  return el("div", {}, arrows(list), foot("partners", answer.rows.length, answer.n_rows, "partners", actions),
    removed > 0 ? el("small", {}, `The filters took ${number(removed)} synapses away.`) : null);
}
