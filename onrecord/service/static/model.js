// The second view: what answers, what was measured, what the labels mean, and the model card.

import { element } from "./element.js";
import { look, mark } from "./labels.js";

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

/**
 * The card as the service renders it, made fit for the page: labels as chips, headings under the page's own, what is
 * wide in a box of its own.
 */
function rendered(html, chip) {
  const text = element(
    "div",
    { className: "card" },
    ...new DOMParser().parseFromString(html, "text/html").body.childNodes,
  );
  for (const code of text.querySelectorAll(":not(pre) > code")) code.replaceWith(chip(code.textContent));
  for (const title of text.querySelectorAll("h1")) title.replaceWith(element("h2", {}, ...title.childNodes));
  for (const code of text.querySelectorAll("pre")) {
    code.tabIndex = 0;
    code.setAttribute("role", "region");
    code.setAttribute("aria-label", "Code");
  }
  for (const head of text.querySelectorAll("th")) {
    if (head.textContent) head.scope = "col";
    else head.replaceWith(element("td"));
  }
  for (const table of text.querySelectorAll("table")) {
    const box = element("div", { className: "scroller", tabIndex: 0, role: "region", "aria-label": "Table" });
    table.replaceWith(box);
    box.append(table);
  }
  return text;
}

/** Elements for GET /v1/model and GET /v1/card. */
export function modelView(model, card) {
  const chip = (text) => {
    const position = model.labels.indexOf(text);
    return position < 0
      ? element("code", {}, text)
      : element("span", { className: `chip ${look(position)}` }, mark(), ` ${text}`);
  };
  const figures = card.results.map((r) =>
    element(
      "div",
      { className: "figure" },
      element("dt", {}, r.split ? `${r.name}, ${r.split}` : r.name),
      element("dd", {}, r.value.toFixed(3)),
    ),
  );
  const text = rendered(card.html, chip);
  const defined = definitions(text);
  const versions = Object.entries(model.versions).map(([name, version]) => `${name} ${version}`);
  const facts = [
    ["Labels", model.labels.map(chip)],
    ["Prior", [model.prior]],
    ["Backend", [model.backend]],
    ["Window", [`${model.window} tokens`]],
    ["Versions", [versions.join(", ")]],
  ];
  return [
    figures.length ? element("dl", { className: "figures" }, ...figures) : null,
    card.html
      ? null
      : element(
          "p",
          { className: "notice" },
          "This checkpoint has no model card (README.md), so there is nothing to say about how it was made or how " +
            "well it does.",
        ),
    card.html && !model.labels.every((label) => defined.has(label))
      ? element(
          "p",
          { className: "notice" },
          "This model card does not define the labels. Cards that train.evaluate writes do, where the configuration " +
            "has definitions.",
        )
      : null,
    text,
    element("h2", {}, "What answers here"),
    element(
      "dl",
      { className: "facts" },
      ...facts.map(([name, value]) =>
        element(
          "div",
          {},
          element("dt", {}, name),
          element("dd", {}, ...value.flatMap((part, i) => (i ? [" ", part] : [part]))),
        ),
      ),
    ),
  ].filter(Boolean);
}
