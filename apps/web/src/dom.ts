// SPDX-License-Identifier: GPL-3.0-or-later
// Elements from text: nothing that comes from data is ever read as markup.
type Attributes = Record<string, string | number | boolean | EventListener | undefined>;

export function el(tag: string, attributes: Attributes = {}, ...children: (Node | string | null)[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((c): c is Node | string => c !== null));
  return element;
}

/// What went wrong or is missing, said aloud by screen readers.
export const message = (text: string): HTMLElement => el("p", {class: "message", role: "alert"}, text);

/// How to find an element again after a drawing; null: it has nothing that names it.
export function nameOf(element: Element | null): string | null {
  if (!element) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  for (const data of ["data-partner", "data-synapses-with", "data-synapse", "data-cell", "data-chip", "data-away"]) {
    const value = element.getAttribute(data);
    if (value !== null) return `[${data}="${CSS.escape(value)}"]`;
  }
  return null;
}

/// A number as people read it; "unknown" for null.
export function number(value: unknown, digits = 3): string {
  if (typeof value !== "number") return value === null || value === undefined ? "unknown" : String(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(digits)).toLocaleString("en", {maximumFractionDigits: 6});
}

/// Up and down move the focus among the buttons of a list.
export function arrows(list: HTMLElement): HTMLElement {
  list.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    const buttons = [...list.querySelectorAll<HTMLElement>("button")];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)]?.focus();
    event.preventDefault();
  });
  return list;
}
