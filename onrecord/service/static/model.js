// The second view: what answers, what was measured, what the labels mean, and the model card.

import { element } from "./element.js";
import { look, mark } from "./labels.js";
import { rendered } from "./markdown.js";

/** Set lists whose items begin with a label apart as definitions; the labels that are defined. */
function definitions(text) {
  const defined = new Set();
  for (const item of text.querySelectorAll("li")) {
    const [chip, ...meaning] = item.childNodes;
    if (!(chip instanceof Element && chip.classList.contains("chip") && meaning.length)) continue;
    defined.add(chip.textContent.trim());
    meaning[0].textContent = meaning[0].textContent.replace(/^\s*:\s*/, "");
    item.replaceChildren(chip, " ", element("span", {}, ...meaning));
    item.parentElement.classList.add("definitions");
  }
  return defined;
}

/** Elements for GET /v1/model and GET /v1/card. */
export function modelView(model, card) {
  const chip = (text) => {
    const position = model.labels.indexOf(text);
    return position < 0 ? element("code", {}, text) : element("span", { className: `chip ${look(position)}` }, mark(), ` ${text}`);
  };
  const figures = card.results.map((r) => element("div", { className: "figure" }, element("dt", {}, r.split ? `${r.name}, ${r.split}` : r.name), element("dd", {}, r.value.toFixed(3))));
  const text = element("div", { className: "card" }, ...rendered(card.text, chip));
  const defined = definitions(text);
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
