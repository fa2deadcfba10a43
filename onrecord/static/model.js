// The second view: what answers, what was measured, what the labels mean, and the model card.

import { element } from "./element.js";
import { look, mark } from "./labels.js";
import { rendered } from "./markdown.js";

/** Elements for GET /v1/model and GET /v1/card. */
export function modelView(model, card) {
  const chip = (text) => {
    const position = model.labels.indexOf(text);
    return position < 0 ? element("code", {}, text) : element("span", { className: `chip ${look(position)}` }, mark(), ` ${text}`);
  };
  const figures = card.results.map((r) => element("div", { className: "figure" }, element("dt", {}, r.split ? `${r.name}, ${r.split}` : r.name), element("dd", {}, r.value.toFixed(3))));
  const text = element("div", { className: "card" }, ...rendered(card.text, chip));
  const defined = new Set([...text.querySelectorAll("li > .chip:first-child")].map((found) => found.textContent.trim()));
  for (const item of text.querySelectorAll("li")) if (item.firstChild instanceof Element && item.firstChild.classList.contains("chip")) item.parentElement.classList.add("definitions");
  const versions = Object.entries(model.versions).map(([name, version]) => `${name} ${version}`);
  const facts = [["Labels", model.labels.map(chip)], ["Prior", [model.prior]], ["Backend", [model.backend]], ["Window", [`${model.window} tokens`]], ["Versions", [versions.join(", ")]]];
  return [
    figures.length ? element("dl", { className: "figures" }, ...figures) : null,
    card.text ? null : element("p", { className: "notice" }, "This checkpoint has no model card (README.md), so there is nothing to say about how it was made or how well it does."),
    card.text && !model.labels.every((label) => defined.has(label))
      ? element("p", { className: "notice" }, "This model card does not define the labels. Cards that train.evaluate writes do, where the configuration has definitions.")
      : null,
    text,
    element("h2", {}, "What answers here"),
    element("dl", { className: "facts" }, ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, ...value.flatMap((part, i) => (i ? [" ", part] : [part])))))),
  ].filter(Boolean);
}
