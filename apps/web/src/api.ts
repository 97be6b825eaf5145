// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON API of `syconn serve` (docs/serve.md). Ids are decimal strings throughout.
export type Value = string | number | null;
export type Row = Record<string, Value>;
export interface Answer {
  about: {rows: number; rows_left: number; filter: {where: string; removed: number}[]};
  n_rows: number;
  rows: Row[];
}
export interface Run {
  name: string;
  tables: boolean;
  voxel_size_nm: [number, number, number] | null;
  synapse_prob_min: number | null;
  counts: Record<string, number>;
  cell_types: Record<string, string>;
  layers: Record<string, boolean>;
  export_hint: string | null;
  example_cell: string | null;
}
export type Columns = Record<string, {name: string; units: string; doc: string}[]>;

/// What went wrong, in words for the user.
export class ApiError extends Error {
  constructor(readonly status: number, message: string) { super(message); }
}

async function get(path: string, parameters: Record<string, string> = {}): Promise<any> {
  const query = new URLSearchParams(parameters).toString();
  let response: Response;
  try {
    response = await fetch(`api/${path}${query ? `?${query}` : ""}`, {credentials: "same-origin"});
  } catch {
    throw new ApiError(0, "The server does not answer. Is 'syconn serve' still running?");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new ApiError(response.status, body?.error?.message ?? `The server answered ${response.status}.`);
}

async function rows(path: string, parameters: Record<string, string>): Promise<Answer> {
  const answer = await get(path, parameters);
  const names: string[] = answer.columns.map((c: {name: string}) => c.name);
  answer.rows = answer.rows.map((row: Value[]) => Object.fromEntries(row.map((v, i) => [names[i], v])));
  return answer;
}

/// Of a run without tables only the layers are known.
export const run = async (): Promise<Run> => ({counts: {}, cell_types: {}, voxel_size_nm: null, synapse_prob_min: null, example_cell: null, ...await get("run")});
export const columns = (): Promise<Columns> => get("columns");
export const cell = async (id: string): Promise<Row> => (await get(`cells/${encodeURIComponent(id)}`)).cell;
export const synapse = async (id: string): Promise<Row> => (await get(`synapses/${encodeURIComponent(id)}`)).synapse;
/// How many cells there are of each type; none where types are not known.
export async function typeCounts(): Promise<Map<string, number>> {
  const {rows: groups} = await rows("cells", {group_by: "type", agg: "n"});
  return new Map(groups.filter((g) => g.type !== null).map((g) => [String(g.type), Number(g.n)]));
}
export const cells = (p: Record<string, string>): Promise<Answer> => rows("cells", p);
export const partners = (id: string, p: Record<string, string>): Promise<Answer> => rows(`cells/${id}/partners`, p);
export const synapses = (id: string, p: Record<string, string>): Promise<Answer> => rows(`cells/${id}/synapses`, p);
