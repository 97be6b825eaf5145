// SPDX-License-Identifier: GPL-3.0-or-later
// All that the page shows, in the address: #cell=17&trail=4,17&…; so it can be shared, restored and gone back to.
export type Direction = "out" | "in" | "undirected";
export interface State {
  cell: string;
  trail: string[]; // cells shown, in the order they were opened
  colours: number[]; // of each of them
  direction: Direction;
  partner: string;
  synapse: string;
  type: string; // whose cells are listed
  minProb: number;
  minArea: number;
  sign: "" | "1" | "-1";
  on: "" | "spine" | "shaft" | "soma" | "axon";
  partnerType: string;
  colour: "sign" | "compartment";
  at: number[]; // position in voxels, then zoom of sections and of 3-D; empty: as the viewer likes
}

/// Told apart also without seeing red and green.
const kColours = ["#e69f00", "#56b4e9", "#f0e442", "#cc79a7", "#009e73", "#d55e00", "#8da0ff"];
export const kMostCells = 50;

const kBlank: State = {
  cell: "", trail: [], colours: [], direction: "out", partner: "", synapse: "", type: "", minProb: 0, minArea: 0, sign: "", on: "", partnerType: "",
  colour: "sign", at: [],
};
const digits = (text: string): boolean => /^[0-9]{1,19}$/.test(text);
const one = <T extends string>(text: string | null, words: readonly T[]): T => (words as readonly (string | null)[]).includes(text) ? text as T : words[0];

/// With the cell in the trail, in a colour that no other cell there has, as far as they last. A cell keeps its colour.
export function withCell(s: State, cell: string): State {
  if (s.trail.includes(cell)) return s;
  const free = kColours.findIndex((_, i) => !s.colours.some((c) => c % kColours.length === i));
  return {...s, trail: [...s.trail, cell].slice(-kMostCells), colours: [...s.colours, free >= 0 ? free : s.trail.length % kColours.length].slice(-kMostCells)};
}
export function withoutCell(s: State, cell: string): State {
  const at = s.trail.indexOf(cell);
  return {...s, trail: s.trail.filter((_, i) => i !== at), colours: s.colours.filter((_, i) => i !== at)};
}
export const colourOf = (s: State, id: string): string => kColours[(s.colours[s.trail.indexOf(id)] ?? 0) % kColours.length];

/// `4,17:3`: cells, with the colour of those that have not that of their place.
function parseTrail(text: string): Pick<State, "trail" | "colours"> {
  const cells = new Map<string, number>();
  for (const part of text.split(",")) {
    const [id, colour] = part.split(":");
    if (digits(id) && !cells.has(id) && cells.size < kMostCells) cells.set(id, /^[0-9]$/.test(colour ?? "") ? Number(colour) : cells.size);
  }
  return {trail: [...cells.keys()], colours: [...cells.values()]};
}

export function parse(hash: string): State {
  const p = new URLSearchParams(hash.replace(/^#/, ""));
  const id = (name: string): string => digits(p.get(name) ?? "") ? p.get(name)! : "";
  const number = (name: string, high: number): number => Math.min(Math.max(Number(p.get(name)) || 0, 0), high);
  const at = (p.get("at") ?? "").split(",").map(Number);
  const state: State = {
    cell: id("cell"), ...parseTrail(p.get("trail") ?? ""), direction: one(p.get("direction"), ["out", "in", "undirected"]),
    partner: id("partner"), synapse: id("synapse"), type: p.get("type") ?? "", minProb: number("prob", 1), minArea: number("area", 1e6),
    sign: one(p.get("sign"), ["", "1", "-1"]), on: one(p.get("on"), ["", "spine", "shaft", "soma", "axon"]), partnerType: p.get("partner_type") ?? "",
    colour: one(p.get("colour"), ["sign", "compartment"]),
    at: at.length === 5 && at.every(Number.isFinite) && at[3] > 0 && at[4] > 0 ? at : [],
  };
  return state.cell ? withCell(state, state.cell) : state;
}

export function text(s: State): string {
  const p = new URLSearchParams();
  const put = (name: string, value: string, blank: string): void => { if (value !== blank) p.set(name, value); };
  put("cell", s.cell, ""); put("trail", s.trail.map((id, i) => s.colours[i] === i ? id : `${id}:${s.colours[i]}`).join(","), "");
  put("direction", s.direction, kBlank.direction); put("partner", s.partner, ""); put("synapse", s.synapse, ""); put("type", s.type, "");
  put("prob", String(s.minProb), "0"); put("area", String(s.minArea), "0"); put("sign", s.sign, ""); put("on", s.on, "");
  put("partner_type", s.partnerType, ""); put("colour", s.colour, kBlank.colour);
  put("at", s.at.map((v) => Number(v.toPrecision(6))).join(","), "");
  return `#${p.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

const quoted = (name: string): string => `'${name.replaceAll("'", "''")}'`;
export const typeIs = (column: string, name: string): string => `${column}==${quoted(name)}`;

/// The filter of queries (docs/query.md) for the columns that there are.
export function where(s: State, columns: Set<string>): string {
  const clauses: string[] = [];
  if (s.minProb > 0 && columns.has("prob")) clauses.push(`prob>=${s.minProb}`);
  if (s.minArea > 0 && columns.has("area_um2")) clauses.push(`area_um2>=${s.minArea}`);
  if (s.sign && columns.has("sign")) clauses.push(`sign==${s.sign}`);
  if (s.on && columns.has("post_comp")) clauses.push(`post_comp==${s.on === "axon" ? "any_axon" : s.on}`);
  if (s.partnerType && s.direction !== "undirected") {
    const column = s.direction === "out" ? "post_type" : "pre_type";
    if (columns.has(column)) clauses.push(typeIs(column, s.partnerType));
  }
  return clauses.join(" and ");
}
