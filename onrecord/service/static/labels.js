// How labels look: a colour and a shape by their position in the checkpoint, and always the word itself.

import { element } from "./element.js";

const COLOURS = 8;
const SHAPES = 8;

/** Classes of the label at this position: no two of the first 64 look alike. */
export function look(position) {
  return `colour-${position % COLOURS} shape-${(position + Math.floor(position / COLOURS)) % SHAPES}`;
}

/** The mark of a label: its shape in its colour; the word stands beside it. */
export function mark() {
  return element("span", { className: "mark", "aria-hidden": "true" });
}

/** A probability as people read it. */
export const percent = (share) => `${Math.round(share * 100)}%`;

/** The label of a prediction, with the second one where one other cannot be excluded: scheduling/hedge. */
export function both({ label, label_set: set }) {
  const others = set.filter((other) => other !== label);
  return others.length === 1 && set.length === 2 ? `${label}/${others[0]}` : label;
}
