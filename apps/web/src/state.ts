// SPDX-License-Identifier: GPL-3.0-or-later
// All that the page shows, in the address: #cell=17&trail=4,17&…; so it can be shared, restored and gone back to.
export type Direction = "out" | "in" | "undirected";
export interface State {
  cell: string;
  trail: string[];
  direction: Direction;
  partner: string;
  synapse: string;
  type: string; // whose cells are listed
  minProb: number;
  minArea: number;
  sign: "" | "1" | "-1";
  on: "" | "spine" | "shaft" | "soma";
  colour: "sign" | "compartment";
  at: number[]; // position in voxels, then zoom of sections and of 3-D; empty: as the viewer likes
}

const kBlank: State = {
  cell: "", trail: [], direction: "out", partner: "", synapse: "", type: "", minProb: 0, minArea: 0, sign: "", on: "", colour: "sign", at: [],
};
const digits = (text: string): boolean => /^[0-9]{1,19}$/.test(text);
const one = <T extends string>(text: string | null, words: readonly T[]): T => (words as readonly (string | null)[]).includes(text) ? text as T : words[0];

export function parse(hash: string): State {
  const p = new URLSearchParams(hash.replace(/^#/, ""));
  const id = (name: string): string => digits(p.get(name) ?? "") ? p.get(name)! : "";
  const number = (name: string, high: number): number => Math.min(Math.max(Number(p.get(name)) || 0, 0), high);
  const at = (p.get("at") ?? "").split(",").map(Number);
  return {
    cell: id("cell"), trail: (p.get("trail") ?? "").split(",").filter(digits).slice(0, 50), direction: one(p.get("direction"), ["out", "in", "undirected"]),
    partner: id("partner"), synapse: id("synapse"), type: p.get("type") ?? "", minProb: number("prob", 1), minArea: number("area", 1e6),
    sign: one(p.get("sign"), ["", "1", "-1"]), on: one(p.get("on"), ["", "spine", "shaft", "soma"]), colour: one(p.get("colour"), ["sign", "compartment"]),
    at: at.length === 5 && at.every(Number.isFinite) ? at : [],
  };
}

export function text(s: State): string {
  const p = new URLSearchParams();
  const put = (name: string, value: string, blank: string): void => { if (value !== blank) p.set(name, value); };
  put("cell", s.cell, ""); put("trail", s.trail.join(","), ""); put("direction", s.direction, kBlank.direction);
  put("partner", s.partner, ""); put("synapse", s.synapse, ""); put("type", s.type, ""); put("prob", String(s.minProb), "0");
  put("area", String(s.minArea), "0"); put("sign", s.sign, ""); put("on", s.on, ""); put("colour", s.colour, kBlank.colour);
  put("at", s.at.map((v) => Number(v.toPrecision(6))).join(","), "");
  return `#${p.toString().replaceAll("%2C", ",")}`;
}

/// Colours of the cells of a trail: of equal lightness, told apart also without seeing red and green.
const kColours = ["#e69f00", "#56b4e9", "#f0e442", "#cc79a7", "#009e73", "#d55e00", "#8da0ff"];
export const colourOf = (s: State, id: string): string => kColours[Math.max(s.trail.indexOf(id), 0) % kColours.length];

/// The filter of queries (docs/query.md) for the columns that there are.
export function where(s: State, columns: Set<string>): string {
  const clauses: string[] = [];
  if (s.minProb > 0 && columns.has("prob")) clauses.push(`prob>=${s.minProb}`);
  if (s.minArea > 0 && columns.has("area_um2")) clauses.push(`area_um2>=${s.minArea}`);
  if (s.sign && columns.has("sign")) clauses.push(`sign==${s.sign}`);
  if (s.on && columns.has("post_comp")) clauses.push(`post_comp==${s.on}`);
  return clauses.join(" and ");
}
