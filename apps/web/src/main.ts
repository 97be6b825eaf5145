// SPDX-License-Identifier: GPL-3.0-or-later
// The client of `syconn serve`: a panel of cells and synapses beside Neuroglancer; the address holds the state.
import "neuroglancer/unstable/util/polyfills.js";
import "neuroglancer/unstable/layer/enabled_frontend_modules.js";
import "neuroglancer/unstable/datasource/enabled_frontend_modules.js";
import "neuroglancer/unstable/kvstore/enabled_frontend_modules.js";
import * as api from "./api.ts";
import {message, nameOf} from "./dom.ts";
import {panel, type Actions, type Known} from "./panel.ts";
import {parse, text, withCell, type State} from "./state.ts";
import {View} from "./viewer.ts";

const place = document.getElementById("panel")!;
let state = parse(location.hash);
let view: View | null = null;
let known: Known;
let drawn = 0; // of several drawings under way only the last counts
let opened = 0; // and of several cells being opened
let shown: Record<string, number> = {}; // rows of lists that are shown a page at a time

async function draw(): Promise<void> {
  const mine = ++drawn;
  view?.show(state);
  const parts = await panel(state, known, actions);
  if (mine !== drawn) return;
  const focused = place.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  const scroll = place.scrollTop;
  place.replaceChildren(...parts);
  place.scrollTop = scroll;
  place.dataset.ready = text(state); // for tests: what is on the page
  if (focused) place.querySelector<HTMLElement>(focused)?.focus();
  document.title = state.cell ? `${state.cell} · ${known.run.name}` : known.run.name;
}

function go(next: State): void {
  if (next.cell !== state.cell || next.partner !== state.partner || next.direction !== state.direction || next.type !== state.type) shown = {};
  state = next;
  history.pushState(null, "", text(state));
  void draw();
}

/// The side on which a cell has synapses, if the table knows it.
function sideOf(row: api.Row | null, otherwise: State["direction"]): State["direction"] {
  if (row && Number(row.n_syn_out) > 0) return "out";
  if (row && Number(row.n_syn_in) > 0) return "in";
  return row && Number(row.n_syn_undirected) > 0 ? "undirected" : otherwise;
}

async function openCell(cell: string): Promise<void> {
  const mine = ++opened;
  const row = await api.cell(cell).catch(() => null); // what is wrong, the panel tells
  if (mine !== opened) return;
  go({...(row === null ? state : withCell(state, cell)), cell, direction: sideOf(row, state.direction), partner: "", synapse: "", type: ""});
}

const actions: Actions = {
  change: (part) => go({...state, ...part}),
  open: (cell) => void openCell(cell),
  jump: (row) => {
    const at = ["x_vx", "y_vx", "z_vx"].map((name) => Number(row[name]) + 0.5);
    if (view && at.every(Number.isFinite)) view.lookAt(at, [1, 600]);
    go({...state, synapse: String(row.id), at: view?.where() ?? state.at});
  },
  shown: (list) => shown[list] ?? 0,
  more: (list, rows) => {
    shown[list] = rows;
    void draw();
  },
};

/// The address follows the view, without an entry of its own in the history.
let waiting = 0;
function moved(): void {
  clearTimeout(waiting);
  waiting = window.setTimeout(() => {
    state = {...state, at: view?.where() ?? []};
    history.replaceState(null, "", text(state));
  }, 500);
}

window.addEventListener("popstate", () => {
  state = parse(location.hash);
  if (view && state.at.length === 5) view.lookAt(state.at.slice(0, 3), [state.at[3], state.at[4]]);
  void draw();
});
document.addEventListener("keydown", (event) => {
  const target = event.target as HTMLElement;
  const typing = /^(input|select|textarea)$/i.test(target.tagName) || target.isContentEditable;
  const inViewer = document.getElementById("view")!.contains(target);
  if ((event.key === "Escape" && !(typing && inViewer)) || (event.key === "/" && !typing)) {
    document.getElementById("search")?.focus();
    event.preventDefault();
  }
}, true);

async function start(): Promise<void> {
  try {
    const run = await api.run();
    const typed = run.tables && Object.keys(run.cell_types).length > 0;
    known = {run, columns: run.tables ? await api.columns() : {}, typeCounts: typed ? await api.typeCounts() : new Map()};
  } catch (error) {
    place.replaceChildren(message(error instanceof Error ? error.message : String(error)));
    return;
  }
  if (Object.values(known.run.layers).some(Boolean)) {
    view = new View(known.run, state, moved);
  }
  const cell = state.cell || (!state.type && !location.hash ? known.run.example_cell : null);
  if (cell) state = withCell({...state, cell}, cell);
  // An address that names no side gets the one on which there is something.
  if (cell && known.run.tables && !/[#&]direction=/.test(location.hash))
    state = {...state, direction: sideOf(await api.cell(cell).catch(() => null), state.direction)};
  await draw();
}
void start();
