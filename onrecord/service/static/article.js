// An article whose sentences are labelled: as running text, as a table, and one sentence in detail.

import { when } from "./days.js";
import { element } from "./element.js";
import { both, look, mark, percent } from "./labels.js";
import { slicer } from "./offsets.js";
import { inWords as statusInWords } from "./timeline.js";

/** The article as paragraphs. A sentence is #sentence-0 and so on, its label a button in it. */
export function asText(read, labels) {
  const slice = slicer(read.text);
  const paragraphs = new Map();
  read.statements.forEach((statement, i) => {
    if (!paragraphs.has(statement.paragraph)) paragraphs.set(statement.paragraph, element("p"));
    const paragraph = paragraphs.get(statement.paragraph);
    if (paragraph.childNodes.length) paragraph.append(" ");
    paragraph.append(sentence(statement, slice(statement.start, statement.end), i, labels));
  });
  const [first] = paragraphs.values();
  // as it looks, no more: nothing hangs on it
  if (paragraphs.size > 1 && !/[.!?:”"’']\s*$/.test(first.textContent)) first.className = "headline";
  return [...paragraphs.values()];
}

function sentence(statement, text, i, labels) {
  const p = statement.prediction;
  const tag = element(
    "button",
    { type: "button", className: "tag", tabIndex: i ? -1 : 0, "aria-pressed": "false" },
    mark(),
    ` ${both(p)} ${percent(p.confidence)}`,
    p.abstained && " unsure",
    statement.speaker_name && element("bdi", { className: "speaker" }, ` · ${statement.speaker_name}`),
  );
  return element(
    "bdi", // what turns the direction in one sentence leaves the others alone
    {
      className: `sentence ${look(labels.indexOf(p.label))}${p.abstained ? " abstained" : ""}`,
      title: probabilities(p),
      id: `sentence-${i}`,
    },
    ...joined(tag, dated(text, statement.dates)),
  );
}

/** The tag with the first word of its sentence, from which no line break shall part it; a long word may be parted. */
function joined(tag, [first, ...rest]) {
  const word = typeof first === "string" ? /^\S{1,12}(?!\S)/.exec(first)?.[0] : undefined;
  if (!word) return [tag, first, ...rest];
  return [element("span", { className: "lead" }, tag, word), first.slice(word.length), ...rest];
}

const probabilities = (p) =>
  ranked(p)
    .map(([label, share]) => `${label} ${percent(share)}`)
    .join(", ");

const ranked = (p) => Object.entries(p.probabilities).sort((a, b) => b[1] - a[1]);

/** The text of a sentence in pieces, its time expressions as <time>. */
function dated(text, dates) {
  const slice = slicer(text);
  const pieces = [];
  let done = 0;
  for (const date of [...dates].sort((a, b) => a.start - b.start)) {
    if (date.start < done) continue;
    pieces.push(
      slice(done, date.start),
      element("time", { dateTime: date.first, title: inWords(date) }, slice(date.start, date.end)),
    );
    done = date.end;
  }
  pieces.push(slice(done, undefined));
  return pieces;
}

const inWords = (date) => {
  const [days, clock, approximate] = when(date);
  return `${approximate ? "about " : ""}${days}${clock ? `, ${clock}` : ""}`;
};

/**
 * The statements as a table, a row each. Its roles are spelt out: on a narrow screen the style sheet makes blocks of
 * its rows.
 */
export function asTable(read, labels) {
  const head = ["Label", "Conf.", "Sentence", "Speaker", "When"].map((name) =>
    element("th", { scope: "col", role: "columnheader" }, name),
  );
  const cell = (properties, ...children) => element("td", { role: "cell", ...properties }, ...children);
  const rows = read.statements.map((s) => {
    const p = s.prediction;
    return element(
      "tr",
      { className: look(labels.indexOf(p.label)), role: "row" },
      cell({}, element("span", { className: "chip" }, mark(), ` ${both(p)}`)),
      cell(
        { className: "number" },
        percent(p.confidence),
        p.abstained && element("span", { className: "unsure" }, " unsure"),
      ),
      cell({ className: "text" }, element("bdi", {}, s.text)),
      cell({ className: "speaker" }, element("bdi", {}, s.speaker_name ?? "")),
      cell({ className: "dates" }, s.dates.map((date) => `${inWords(date)}${date.past ? " (past)" : ""}`).join("; ")),
    );
  });
  const body = element("tbody", { role: "rowgroup" }, ...rows);
  return element(
    "table",
    { role: "table" },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
    body,
  );
}

/** The i-th sentence in detail. `close` is called by its button. */
export function inDetail({ statements, events }, i, labels, close) {
  const statement = statements[i];
  const p = statement.prediction;
  const bars = ranked(p).map(([label, share]) => {
    const bar = element("span", { className: "bar", "aria-hidden": "true" });
    // through the object model: a style attribute would break the content policy
    bar.style.setProperty("--share", share);
    return element(
      "li",
      { className: look(labels.indexOf(label)) },
      element("span", { className: "chip" }, mark(), ` ${label}`),
      bar,
      element("span", { className: "number" }, percent(share)),
    );
  });
  const facts = [];
  const fact = (name, ...value) => facts.push(element("div", {}, element("dt", {}, name), element("dd", {}, ...value)));
  if (p.abstained) fact("Unsure", "too unsure to be answered within the error that the model promises");
  if (p.label_set.length > 1) fact("Not excluded", p.label_set.join(", "));
  const quoted = (text) => element("bdi", {}, text);
  if (statement.speaker_name)
    fact("Said by", quoted(statement.speaker_name), statement.speaker_inherited && " (the quotation goes on)");
  for (const date of statement.dates) fact(date.past ? "Was" : "When", `${inWords(date)} (“`, quoted(date.text), "”)");
  for (const event of events.filter((e) => e.mentions.includes(i)))
    fact("In the diary", quoted(event.title), statusInWords(event) && `: ${statusInWords(event)}`);
  if (p.windows > 1) fact("Long", `read in ${p.windows} overlapping parts`);
  return [
    element(
      "div",
      { className: "detail-head" },
      element("h2", { id: "detail-title" }, "This sentence"),
      element("button", { type: "button", className: "quiet", onclick: close }, "Close"),
    ),
    element("blockquote", { className: look(labels.indexOf(p.label)), dir: "auto" }, statement.text),
    element("ul", { className: "bars" }, ...bars),
    facts.length ? element("dl", {}, ...facts) : null,
  ].filter(Boolean);
}
