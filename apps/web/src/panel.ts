// SPDX-License-Identifier: GPL-3.0-or-later
// What stands beside the viewer: search, the open cell, its partners and synapses, filters.
import * as api from "./api.ts";
import {arrows, el, number} from "./dom.ts";
import {colourOf, where, type Direction, type State} from "./state.ts";
import {legend} from "./viewer.ts";

/// What the page does; each makes a new address.
export interface Actions {
  change(part: Partial<State>): void;
  open(cell: string): void;
  jump(synapse: api.Row): void;
}
export interface Known { run: api.Run; columns: api.Columns }

const message = (text: string): HTMLElement => el("p", {class: "message", role: "alert"}, text);
const names = (known: Known, table: string): Set<string> => new Set((known.columns[table] ?? []).map((c) => c.name));
const dot = (colour: string): HTMLElement => el("span", {class: "dot", style: `background:${colour}`, "aria-hidden": "true"});

function search(s: State, known: Known, actions: Actions): HTMLElement {
  const input = el("input", {type: "search", id: "search", list: "types", value: s.type}) as HTMLInputElement;
  const label = el("label", {for: "search"}, el("small", {}, "Cell id or type (key /)"));
  const form = el("form", {role: "search", submit: (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (/^[0-9]+$/.test(text)) actions.open(text);
    else actions.change({type: text, cell: "", partner: "", synapse: ""});
  }}, input, el("button", {type: "submit"}, "Find"));
  form.append(el("datalist", {id: "types"}, ...Object.values(known.run.cell_types).map((name) => el("option", {value: name}))));
  return el("div", {}, label, form);
}

function trail(s: State, actions: Actions): HTMLElement | null {
  if (s.trail.length === 0) return null;
  const chips = s.trail.map((id) => el("span", {class: "chip", style: `border-color:${colourOf(s, id)}`},
    el("button", {"aria-current": id === s.cell ? "true" : undefined, click: () => actions.open(id)}, id),
    el("button", {"aria-label": `Take cell ${id} away`, click: () => {
      const rest = s.trail.filter((other) => other !== id);
      actions.change({trail: rest, ...(id === s.cell ? {cell: rest.at(-1) ?? "", partner: "", synapse: ""} : {})});
    }}, "×")));
  return el("nav", {class: "trail", "aria-label": "Cells shown, in the order they were opened"}, ...chips.flatMap((c, i) => i > 0 ? [el("span", {"aria-hidden": "true"}, "→"), c] : [c]));
}

async function cellList(s: State, known: Known, actions: Actions): Promise<HTMLElement> {
  const has = names(known, "cells");
  const parameters: Record<string, string> = {limit: "50", order_by: has.has("n_syn_out") ? "-n_syn_out" : "id"};
  if (s.type) {
    if (!Object.values(known.run.cell_types).includes(s.type)) {
      const all = Object.values(known.run.cell_types).join(", ");
      return message(all ? `There is no cell type '${s.type}'. Types: ${all}.` : `No cell of this run has a type, so '${s.type}' finds nothing. Ids are numbers.`);
    }
    parameters.where = `type=='${s.type.replaceAll("'", "''")}'`;
  }
  const answer = await api.cells(parameters);
  if (answer.rows.length === 0) return message(s.type ? `No cell has the type '${s.type}'.` : "This run has no cells.");
  const list = el("ol", {}, ...answer.rows.map((row) => el("li", {class: "row"}, el("button", {click: () => actions.open(String(row.id))},
    el("span", {}, String(row.id)), el("small", {}, `${row.type ?? ""} ${number(row.n_syn_out)} given, ${number(row.n_syn_in)} received`)))));
  return el("section", {}, el("h2", {}, s.type ? `Cells of type ${s.type}` : "Cells that give most synapses"), arrows(list),
    el("small", {}, `${number(answer.rows.length)} of ${number(answer.about.rows_left)}`));
}

const kFacts: [string, string][] = [
  ["type", "Type"], ["type_certainty", "Certainty"], ["volume_um3", "Volume"], ["area_um2", "Surface"], ["path_um", "Skeleton"], ["axon_um", "of it axon"],
  ["dend_um", "of it dendrite"], ["n_syn_out", "Synapses given"], ["n_syn_in", "Synapses received"], ["n_syn_undirected", "without direction"], ["n_mi", "Mitochondria"],
];
async function card(s: State, known: Known): Promise<HTMLElement> {
  const row = await api.cell(s.cell);
  const units = new Map((known.columns.cells ?? []).map((c) => [c.name, c.units.replace("um", "µm").replace("3", "³").replace("2", "²")]));
  const facts = kFacts.filter(([name]) => row[name] !== undefined && row[name] !== null)
    .flatMap(([name, title]) => [el("dt", {}, title), el("dd", {}, `${number(row[name])} ${units.get(name) ?? ""}`)]);
  return el("section", {}, el("h2", {id: "cell"}, dot(colourOf(s, s.cell)), `Cell ${s.cell}`), el("dl", {}, ...facts));
}

function tabs(s: State, actions: Actions): HTMLElement {
  const tab = (direction: Direction, title: string): HTMLElement => el("button", {
    role: "tab", "aria-selected": String(s.direction === direction), click: () => actions.change({direction, partner: "", synapse: ""}),
  }, title);
  return el("div", {class: "tabs", role: "tablist", "aria-label": "Partners"}, tab("out", "gives to"), tab("in", "receives from"), tab("undirected", "direction unknown"));
}

async function synapseList(s: State, known: Known, actions: Actions): Promise<HTMLElement> {
  const filter = where(s, names(known, "synapses"));
  const answer = await api.synapses(s.cell, {direction: s.direction, partner: s.partner, limit: "200", ...(filter ? {where: filter} : {})});
  const row = (r: api.Row): HTMLElement => el("li", {class: "synapse"}, el("button", {
    "aria-current": String(r.id) === s.synapse ? "true" : undefined, "data-synapse": String(r.id), click: () => actions.jump(r)},
    el("span", {}, `${String(r.id) === s.synapse ? "▸ " : ""}p ${number(r.prob, 2)}, ${number(r.area_um2, 2)} µm²`),
    el("small", {}, `${r.sign === 1 ? "excitatory" : r.sign === -1 ? "inhibitory" : ""} ${String(r.post_comp ?? "").replaceAll("_", " ")}`)));
  return arrows(el("ol", {"aria-label": `Synapses with cell ${s.partner}`}, ...answer.rows.map(row)));
}

async function partnerList(s: State, known: Known, actions: Actions): Promise<HTMLElement> {
  const filter = where(s, names(known, "synapses"));
  const answer = await api.partners(s.cell, {direction: s.direction, limit: "100", ...(filter ? {where: filter} : {})});
  const removed = answer.about.filter.reduce((n, clause) => n + clause.removed, 0);
  if (answer.rows.length === 0)
    return message(removed > 0 ? `The filters leave none of ${number(removed)} synapses.` : "There are none.");
  const list = el("ol", {});
  for (const r of answer.rows) {
    const id = r.partner === null ? "" : String(r.partner), chosen = id !== "" && id === s.partner;
    const line = el("li", {class: "row"},
      id === "" ? el("button", {disabled: true}, "outside of the dataset") : el("button", {"data-partner": id, click: () => actions.open(id)},
        el("span", {}, s.trail.includes(id) ? dot(colourOf(s, id)) : "", id), el("small", {}, `${r.type ?? ""} ${number(r.area_sum_um2)} µm²`)),
      id === "" ? null : el("button", {"aria-expanded": String(chosen), "data-synapses-with": id, "aria-label": `${number(r.n)} synapses with cell ${id}`,
        click: () => actions.change({partner: chosen ? "" : id, synapse: ""})}, `${number(r.n)} ${r.n === 1 ? "synapse" : "synapses"}`));
    list.append(line);
    if (chosen) list.append(el("li", {}, await synapseList(s, known, actions)));
  }
  const note = `${number(answer.rows.length)} of ${number(answer.n_rows)} partners${removed > 0 ? `; the filters took ${number(removed)} synapses away` : ""}`;
  return el("section", {}, arrows(list), el("small", {}, note));
}

function filters(s: State, known: Known, actions: Actions): HTMLElement {
  const has = names(known, "synapses");
  const value = (event: Event): string => (event.target as HTMLInputElement).value;
  const choice = (title: string, id: string, words: [string, string][], now: string, change: (word: string) => void): Node[] => [
    el("label", {for: id}, title),
    el("select", {id, change: (event) => change(value(event))}, ...words.map(([word, text]) => el("option", {value: word, selected: word === now}, text)))];
  const rows: Node[] = [];
  if (has.has("prob"))
    rows.push(el("label", {for: "prob"}, "Probability from"), el("input", {id: "prob", type: "number", min: 0, max: 1, step: 0.05, value: s.minProb, change: (e) => actions.change({minProb: Math.min(Math.max(Number(value(e)) || 0, 0), 1)})}));
  if (has.has("area_um2"))
    rows.push(el("label", {for: "area"}, "Area from, µm²"), el("input", {id: "area", type: "number", min: 0, step: 0.05, value: s.minArea, change: (e) => actions.change({minArea: Math.max(Number(value(e)) || 0, 0)})}));
  if (has.has("sign"))
    rows.push(...choice("Sign", "sign", [["", "any"], ["1", "excitatory"], ["-1", "inhibitory"]], s.sign, (word) => actions.change({sign: word as State["sign"]})));
  if (has.has("post_comp"))
    rows.push(...choice("Sits on", "on", [["", "anything"], ["spine", "spine"], ["shaft", "shaft"], ["soma", "soma"]], s.on, (word) => actions.change({on: word as State["on"]})));
  rows.push(...choice("Colour by", "colour", [["sign", "sign"], ["compartment", "where they sit"]], s.colour, (word) => actions.change({colour: word as State["colour"]})));
  return el("section", {}, el("h2", {}, "Synapses"), el("div", {class: "filters"}, ...rows),
    el("div", {class: "legend", "aria-label": "Colours of synapses"}, ...legend(s).map((k) => el("span", {}, el("i", {style: `background:${k.colour}`}), k.name))));
}

function about(known: Known): HTMLElement {
  return el("footer", {}, el("small", {}, `${number(known.run.counts?.cells)} cells, ${number(known.run.counts?.synapses)} synapses. syconn, GPL-3.0-or-later, on Neuroglancer (Apache-2.0): `,
    el("a", {href: "THIRD_PARTY.txt"}, "licences"), ". Keys: / search, arrows in lists, Esc back to the search; in the viewer h lists its own."));
}

/// A part that comes later; what fails is said in its place.
async function later(part: Promise<HTMLElement>): Promise<HTMLElement> {
  return part.catch((error: unknown) => message(error instanceof Error ? error.message : String(error)));
}

/// The whole panel for a state.
export async function panel(s: State, known: Known, actions: Actions): Promise<HTMLElement[]> {
  const {run} = known;
  const parts: (HTMLElement | null)[] = [el("h1", {}, run.name), search(s, known, actions), trail(s, actions)];
  if (run.export_hint) parts.push(message(`There is nothing to look at yet. Make the layers with: ${run.export_hint}`));
  else if (!run.layers.raw) parts.push(el("p", {class: "faint"}, "This run has no image: sections show cells only."));
  if (!run.tables) parts.push(message("This run has no tables yet, so cells cannot be found; run the stage tables."));
  else if (s.cell) parts.push(await later(card(s, known)), tabs(s, actions), await later(partnerList(s, known, actions)));
  else parts.push(await later(cellList(s, known, actions)));
  parts.push(filters(s, known, actions), about(known));
  return parts.filter((p): p is HTMLElement => p !== null);
}
