// SPDX-License-Identifier: GPL-3.0-or-later
// What stands beside the viewer: search, the open cell, its partners and synapses, filters.
import * as api from "./api.ts";
import {el, message, number} from "./dom.ts";
import {cellList, dot, names, partnerList} from "./lists.ts";
import {legend} from "./shader.ts";
import {colourOf, withoutCell, type Direction, type State} from "./state.ts";

/// What the page does. Most of it makes a new address.
export interface Actions {
  change(part: Partial<State>): void;
  open(cell: string): void;
  jump(synapse: api.Row): void;
  shown(list: string): number; // rows that a list was asked to show; 0: as many as it likes
  more(list: string, rows: number): void;
}
export interface Known { run: api.Run; columns: api.Columns; typeCounts: Map<string, number> }

function search(s: State, known: Known, actions: Actions): HTMLElement {
  const input = el("input", {type: "search", id: "search", list: "types", value: s.type}) as HTMLInputElement;
  const label = el("label", {for: "search"}, el("small", {}, "Cell id or type (key /)"));
  const form = el("form", {role: "search", submit: (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (/^[0-9]+$/.test(text)) actions.open(text);
    else actions.change({type: text, cell: "", partner: "", synapse: ""});
  }}, input, el("button", {type: "submit"}, "Find"));
  form.append(el("datalist", {id: "types"}, ...Object.values(known.run.cell_types).map((name) =>
    el("option", {value: name}, known.typeCounts.has(name) ? `${name}, ${number(known.typeCounts.get(name))} cells` : name))));
  return el("div", {}, label, form);
}

function trail(s: State, actions: Actions): HTMLElement | null {
  if (s.trail.length === 0) return null;
  const chips = s.trail.map((id) => el("span", {class: "chip", style: `border-color:${colourOf(s, id)}`},
    el("button", {"data-chip": id, "aria-current": id === s.cell ? "true" : undefined, click: () => actions.open(id)}, id),
    el("button", {"data-away": id, "aria-label": `Take cell ${id} away`, click: () => {
      const {trail: rest, colours} = withoutCell(s, id);
      actions.change({trail: rest, colours, ...(id === s.cell ? {cell: rest.at(-1) ?? "", partner: "", synapse: ""} : {})});
    }}, "×")));
  return el("nav", {class: "trail", "aria-label": "Cells shown, in the order they were opened"}, ...chips.flatMap((c, i) => i > 0 ? [el("span", {"aria-hidden": "true"}, "→"), c] : [c]));
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

const kTabs: [Direction, string][] = [["out", "gives to"], ["in", "receives from"], ["undirected", "direction unknown"]];
function tabs(s: State, actions: Actions): HTMLElement {
  const choose = (direction: Direction): void => actions.change({direction, partner: "", synapse: ""});
  const buttons = kTabs.map(([direction, title]) => el("button", {
    role: "tab", id: `tab-${direction}`, "aria-selected": String(s.direction === direction), "aria-controls": "partners",
    tabindex: s.direction === direction ? "0" : "-1", click: () => choose(direction),
  }, title));
  return el("div", {class: "tabs", role: "tablist", "aria-label": "Partners", keydown: (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[(event as KeyboardEvent).key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (kTabs.findIndex(([direction]) => direction === s.direction) + step + kTabs.length) % kTabs.length;
    buttons[next].focus(); // which the drawing that follows keeps
    choose(kTabs[next][0]);
  }}, ...buttons);
}

/// A synapse that the address names and no list shows may not be there at all.
async function unknownSynapse(s: State, shown: HTMLElement): Promise<HTMLElement | null> {
  if (!s.synapse || shown.querySelector(`[data-synapse="${s.synapse}"]`)) return null;
  const row = await api.synapse(s.synapse).catch((error: unknown) => error);
  return row instanceof Error ? message(row.message) : null;
}

async function partners(s: State, known: Known, actions: Actions): Promise<HTMLElement> {
  const list = await later(partnerList(s, known, actions));
  return el("section", {role: "tabpanel", id: "partners", "aria-labelledby": `tab-${s.direction}`}, list, await unknownSynapse(s, list));
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
    rows.push(...choice("Sits on", "on", [["", "anything"], ["spine", "spine"], ["shaft", "shaft"], ["soma", "soma"], ["axon", "axon"]], s.on, (word) => actions.change({on: word as State["on"]})));
  const types = Object.values(known.run.cell_types);
  if (types.length > 0 && (has.has("post_type") || has.has("pre_type")))
    rows.push(...choice("Partner is", "partner-type", [["", "any type"], ...types.map((name): [string, string] => [name, name])], s.partnerType, (word) => actions.change({partnerType: word})));
  rows.push(...choice("Colour by", "colour", [["sign", "sign"], ["compartment", "where they sit"]], s.colour, (word) => actions.change({colour: word as State["colour"]})));
  return el("section", {}, el("h2", {}, "Synapses"), el("div", {class: "filters"}, ...rows),
    el("div", {class: "legend", "aria-label": "Colours of synapses"}, ...legend(s).map((k) => el("span", {}, el("i", {style: `background:${k.colour}`}), k.name))));
}

function about(known: Known): HTMLElement {
  return el("footer", {}, el("small", {}, `${known.run.tables ? `${number(known.run.counts.cells)} cells, ${number(known.run.counts.synapses)} synapses. ` : ""}syconn, GPL-3.0-or-later, on Neuroglancer (Apache-2.0): `,
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
  else if (s.cell) parts.push(await later(card(s, known)), tabs(s, actions), await partners(s, known, actions));
  else parts.push(await later(cellList(s, known, actions)));
  parts.push(filters(s, known, actions), about(known));
  return parts.filter((p): p is HTMLElement => p !== null);
}
