// SPDX-License-Identifier: GPL-3.0-or-later
// How synapses are drawn: which of them, and in which colours. The same conditions as where() of state.ts.
import type {State} from "./state.ts";

/// A row of the legend; `when` is the condition in the shader.
export interface Kind { name: string; colour: string; when: string }
const kBySign: Kind[] = [
  {name: "excitatory", colour: "#ff6633", when: "prop_sign() > 0"},
  {name: "inhibitory", colour: "#3399ff", when: "prop_sign() < 0"},
  {name: "sign unknown", colour: "#cccccc", when: "true"},
];
const kByCompartment: Kind[] = [
  {name: "on spine", colour: "#e69f00", when: "post == 1u || post == 2u"},
  {name: "on shaft", colour: "#56b4e9", when: "post == 0u"},
  {name: "on soma", colour: "#cc79a7", when: "post == 6u"},
  {name: "on axon", colour: "#009e73", when: "post >= 3u && post <= 5u"},
  {name: "place unknown", colour: "#cccccc", when: "true"},
];
const kOn: Record<State["on"], string> = {
  "": "", spine: "post != 1u && post != 2u", shaft: "post != 0u", soma: "post != 6u", axon: "post < 3u || post > 5u",
};
export const legend = (s: State): Kind[] => s.colour === "sign" ? kBySign : kByCompartment;

const vec3 = (hex: string): string => `vec3(${[1, 3, 5].map((i) => (parseInt(hex.slice(i, i + 2), 16) / 255).toFixed(3)).join(", ")})`;

/// The smallest 32-bit number that is not below `limit`: the layer's numbers have 32 bits, so what lists keep (numbers >= limit)
/// are those that are not below this one.
export function limitBits(limit: number): string {
  const f = new Float32Array([limit]), bits = new Uint32Array(f.buffer);
  if (f[0] < limit) ++bits[0];
  return `uintBitsToFloat(${bits[0]}u)`;
}

/// `typeCode`: of the type that partners must have; null: any.
export function shader(s: State, typeCode: number | null): string {
  const other = typeCode === null ? "" : s.direction === "out" ? `int(prop_post_type()) != ${typeCode}`
    : s.direction === "in" ? `int(prop_pre_type()) != ${typeCode}` : "";
  const drops = [
    s.minProb > 0 ? `!(prop_prob() >= ${limitBits(s.minProb)})` : "",
    s.minArea > 0 ? `!(prop_area_um2() >= ${limitBits(s.minArea)})` : "",
    s.sign ? `prop_sign() != ${s.sign}` : "",
    kOn[s.on], other,
  ].filter((text) => text !== "");
  return `void main() {
  uint post = uint(prop_post_comp());
${drops.map((condition) => `  if (${condition}) discard;\n`).join("")}  setColor(${
    legend(s).reduceRight((rest, kind) => kind.when === "true" ? vec3(kind.colour) : `(${kind.when}) ? ${vec3(kind.colour)} : ${rest}`, "")});
  setEndpointMarkerSize(2.0, 5.0);
}
`;
}
